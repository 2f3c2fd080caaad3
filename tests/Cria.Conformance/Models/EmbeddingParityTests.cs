using Cria.Gguf;
using Cria.Testing;
using LlamaCpp;
using TestModels;
using Xunit.Abstractions;

namespace Cria.Conformance.Models;

/// <summary>Vectors and scores against llama.cpp: every encoder, way of pooling and kind of rank head, and decoders that embed.</summary>
public sealed class EmbeddingParityTests(Oracle oracle, ITestOutputHelper output) : IClassFixture<Oracle>
{
    private static readonly int[] s_lengths = [1, 3, 17, 70, 200];

    public static TheoryData<string, Pooling> Encoders()
    {
        var encoders = new TheoryData<string, Pooling>();
        foreach (string architecture in TinyEncoder.Architectures)
            foreach (Pooling pooling in (Pooling[])[Pooling.None, Pooling.Mean, Pooling.First, Pooling.Last]) encoders.Add(architecture, pooling);
        return encoders;
    }

    [SkippableTheory]
    [MemberData(nameof(Encoders))]
    public Task Encoders_agree(string architecture, Pooling pooling) => MeasureAsync(new TinyEncoder(architecture).Write, pooling, 1e-6);

    [SkippableFact]
    public Task A_fused_projection_agrees() => MeasureAsync(new TinyEncoder("nomic-bert") { IsFused = true }.Write, Pooling.Mean, 1e-6);

    [SkippableFact]
    public Task An_encoder_that_claims_to_be_causal_is_not() => MeasureAsync(new TinyEncoder("bert") { IsCausal = true }.Write, Pooling.Mean, 1e-6);

    [SkippableFact]
    public Task Quantised_encoders_agree() => MeasureAsync(new TinyEncoder("bert") { Type = TensorType.Q8_0 }.Write, Pooling.Mean, 1e-3);

    [SkippableTheory]
    [InlineData("qwen3", TinyVariants.LastPooling, Pooling.Last)]
    [InlineData("qwen3", TinyVariants.None, Pooling.None)]
    [InlineData("llama", TinyVariants.None, Pooling.Mean)]
    [InlineData("llama", TinyVariants.NonCausal, Pooling.Mean)]
    [InlineData("qwen2", TinyVariants.NonCausal, Pooling.Last)]
    [InlineData("gemma3", TinyVariants.None, Pooling.Mean)]
    public Task Decoders_agree(string architecture, TinyVariants variants, Pooling pooling) =>
        MeasureAsync((path, seed) => TinyModel.Write(path, architecture, TensorType.F32, seed, variants), pooling, 1e-6);

    /// <summary>A score is a sum that may nearly cancel, which llama.cpp's 16-bit table of gelu shows in.</summary>
    [SkippableTheory]
    [InlineData(true, 1)]
    [InlineData(false, 1)]
    [InlineData(true, 3)]
    public Task Rank_heads_agree(bool hasDense, int labels) =>
        MeasureAsync(new TinyEncoder("bert") { Pooling = 4, HasDenseHead = hasDense, Labels = labels }.Write, Pooling.Rank, 1e-5);

    [SkippableFact]
    public Task A_generative_reranker_agrees() =>
        MeasureAsync((path, seed) => TinyModel.Write(path, "qwen3", TensorType.F32, seed, TinyVariants.Ranker), Pooling.Rank, 1e-6);

    /// <summary>Its writer leaves out trailing dimensions of 1, such as the one of a rank head with one score.</summary>
    [SkippableFact]
    public Task A_file_that_llama_cpp_has_written_agrees() => MeasureAsync((path, seed) =>
    {
        const int q8 = 7;
        new TinyEncoder("bert") { Pooling = 4, HasDenseHead = true, Labels = 1 }.Write(path + ".f32", seed);
        oracle.Process.Quantize(path + ".f32", path, q8);
        File.Delete(path + ".f32");
    }, Pooling.Rank, 1e-2);

    [SkippableTheory]
    [InlineData("vocab/ggml-vocab-bert-bge.gguf")]
    [InlineData(null)]
    public async Task A_text_takes_the_same_way_to_its_vector(string? vocabulary)
    {
        if (vocabulary is not null) vocabulary = TestData.Files(Path.GetDirectoryName(vocabulary)!, Path.GetFileName(vocabulary))[0];
        using var file = new TemporaryModel(new TinyEncoder("bert") { Vocabulary = vocabulary }.Write);
        LlamaCppProcess llama = Load(file.Path, Pooling.FromModel);
        await using LlamaModel model = await LoadAsync(file.Path);
        string[] texts = ["", "The quick brown fox?", "naïve café, 東京 … and [SEP] of it all", new('x', 200)];
        IReadOnlyList<TextEmbedding> embeddings = await model.EmbedAsync(texts, new EmbeddingOptions { Normalization = -1 });
        for (int i = 0; i < texts.Length; i++)
        {
            var error = new NormalisedError();
            error.Add(llama.Embed(llama.Tokenize(texts[i], addSpecial: true, parseSpecial: true)), embeddings[i].Vector);
            Assert.True(error.Value < 1e-6, $"'{texts[i]}': {error.Value}");
        }
    }

    /// <summary>The tokens between query and document as llama.cpp's server puts them.</summary>
    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Documents_are_ranked_as_the_server_does(bool isGenerative)
    {
        const string Query = "the other one", QueryAndDocument = "ask the other one of {0} then";
        // Llama.cpp looks gelu up in a table of 16-bit floats.
        float tolerance = isGenerative ? 1e-5f : 1e-3f;
        string[] documents = ["another thing", "on and on", "", "the other one then"];
        using var file = new TemporaryModel((path, seed) =>
        {
            if (isGenerative) TinyModel.Write(path, "qwen3", TensorType.F32, seed, TinyVariants.Ranker);
            else new TinyEncoder("bert") { Pooling = 4, HasDenseHead = true, Labels = 1 }.Write(path, seed);
        });
        LlamaCppProcess llama = Load(file.Path, Pooling.Rank);
        VocabularyInfo vocabulary = llama.Vocabulary();
        float[] expected = [.. documents.Select(document => llama.Embed(isGenerative
            ? llama.Tokenize(string.Format(QueryAndDocument, document), addSpecial: false, parseSpecial: true)
            : [vocabulary.Bos, .. llama.Tokenize(Query), vocabulary.Separator, .. llama.Tokenize(document)])[0])];

        await using LlamaModel model = await LoadAsync(file.Path);
        IReadOnlyList<RankedDocument> ranked = await model.RerankAsync(Query, documents);

        Assert.Equal(expected.OrderDescending(), ranked.Select(document => document.Score), (a, b) => MathF.Abs(a - b) < tolerance);
        Assert.All(ranked, document => Assert.Equal((documents[document.Index], expected[document.Index]), (document.Document, document.Score),
            (a, b) => a.Item1 == b.Item1 && MathF.Abs(a.Item2 - b.Item2) < tolerance));
    }

    private async Task MeasureAsync(Action<string, int> write, Pooling pooling, double bound)
    {
        using var file = new TemporaryModel(write);
        LlamaCppProcess llama = Load(file.Path, pooling);
        await using LlamaModel model = await LoadAsync(file.Path);
        var options = new EmbeddingOptions { Pooling = (PoolingType)pooling, Normalization = -1 };
        var error = new NormalisedError();
        foreach (int length in s_lengths)
        {
            int[] tokens = [.. Enumerable.Range(0, length).Select(i => (i * 7919 + 13 + length) % model.Info.VocabularySize)];
            TextEmbedding embedding = await model.EmbedAsync(tokens, options);
            error.Add(pooling == Pooling.None ? llama.EmbedAll(tokens) : llama.Embed(tokens), [.. embedding.Vectors.SelectMany(vector => vector)]);
            output.WriteLine($"up to {length} tokens: {error.Value:g3}");
        }

        Assert.True(error.Value < bound, $"{error.Value}");
    }

    private static Task<LlamaModel> LoadAsync(string path) =>
        LlamaModel.LoadAsync(path, new ModelOptions { Threads = 1, KeyType = CacheType.F32, ValueType = CacheType.F32 });

    private LlamaCppProcess Load(string path, Pooling pooling)
    {
        LlamaCppProcess llama = oracle.Process;
        llama.Load(path, new LlamaCppOptions
        {
            Context = 512,
            Embeddings = true,
            Pooling = pooling,
            KeyType = LlamaCppCacheType.F32,
            ValueType = LlamaCppCacheType.F32,
            FlashAttention = FlashAttention.Off,
        });
        return llama;
    }

    private sealed class TemporaryModel : IDisposable
    {
        public TemporaryModel(Action<string, int> write) => write(Path, 1);

        public string Path { get; } = System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"cria-embedding-{Guid.NewGuid():n}.gguf");

        public void Dispose() => File.Delete(Path);
    }
}
