using Cria.Gguf;
using TestModels;

namespace Cria.Tests.Runtime;

public sealed class EmbeddingTests(EmbeddingTests.Files files) : IClassFixture<EmbeddingTests.Files>
{
    // Kernels may sum in another order for another number of rows.
    private const float Rounding = 1e-5f;

    private static readonly string[] s_texts =
        ["the", "of the and", "a rather longer text of words, and then some more of them?", "", "one", "the of and, the of and. the of and"];

    private static readonly EmbeddingOptions s_raw = new() { Normalization = -1 };

    [Theory]
    [InlineData("bert", PoolingType.Mean)]
    [InlineData("bert", PoolingType.Cls)]
    [InlineData("bert", PoolingType.None)]
    [InlineData("bert", PoolingType.Rank)]
    [InlineData("qwen3", PoolingType.Mean)]
    [InlineData("qwen3", PoolingType.Cls)]
    [InlineData("qwen3", PoolingType.Last)]
    [InlineData("qwen3", PoolingType.None)]
    [InlineData("qwen3", PoolingType.Rank)]
    public async Task Texts_in_one_call_get_what_each_gets_alone_whatever_fits_a_batch(string file, PoolingType pooling)
    {
        var options = new EmbeddingOptions { Pooling = pooling, Normalization = -1 };
        await using LlamaModel wide = await LoadAsync(files[file]), narrow = await LoadAsync(files[file], batchSize: 8);
        IReadOnlyList<TextEmbedding> together = await wide.EmbedAsync(s_texts, options), sliced = await narrow.EmbedAsync(s_texts, options);
        for (int i = 0; i < s_texts.Length; i++)
        {
            TextEmbedding alone = await wide.EmbedAsync(s_texts[i], options);
            AssertSame(alone, together[i]);
            AssertSame(alone, sliced[i]);
            Assert.Equal(pooling == PoolingType.None ? alone.TokenCount : 1, alone.Vectors.Count);
        }
    }

    [Fact]
    public async Task Tokens_get_what_their_text_gets()
    {
        await using LlamaModel model = await LoadAsync(files["bert"]);
        int[] tokens = await model.TokenizeAsync("the of and", addSpecial: true);
        TextEmbedding expected = await model.EmbedAsync("the of and");
        AssertSame(expected, await model.EmbedAsync(tokens));
        Assert.Equal((tokens.Length, PoolingType.Mean, TinyEncoder.Embedding), (expected.TokenCount, expected.Pooling, expected.Vector.Length));
    }

    [Fact]
    public async Task Pooling_is_what_its_name_says()
    {
        await using LlamaModel model = await LoadAsync(files["bert"]);
        float[][] rows = [.. (await EmbedAsync(PoolingType.None)).Vectors];
        AssertClose(rows[0], (await EmbedAsync(PoolingType.Cls)).Vector);
        AssertClose(rows[^1], (await EmbedAsync(PoolingType.Last)).Vector);
        AssertClose([.. Enumerable.Range(0, rows[0].Length).Select(i => rows.Average(row => row[i]))], (await EmbedAsync(PoolingType.Mean)).Vector);

        Task<TextEmbedding> EmbedAsync(PoolingType pooling) => model.EmbedAsync(s_texts[2], s_raw with { Pooling = pooling });
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(7)]
    public async Task Vectors_are_scaled_as_asked(int normalization)
    {
        await using LlamaModel model = await LoadAsync(files["bert"]);
        float[] raw = (await model.EmbedAsync("the of and", s_raw)).Vector;
        float[] scaled = (await model.EmbedAsync("the of and", new EmbeddingOptions { Normalization = normalization })).Vector;
        double norm = normalization == 0
            ? scaled.Max(Math.Abs) / 32760
            : Math.Pow(scaled.Sum(value => Math.Pow(Math.Abs(value), normalization)), 1.0 / normalization);
        Assert.Equal(1, norm, 1e-5);
        double factor = scaled[0] / raw[0];
        Assert.All(raw.Zip(scaled), pair => Assert.Equal(pair.First * factor, pair.Second, 1e-5 * Math.Max(1, factor)));
    }

    [Fact]
    public async Task A_text_longer_than_a_batch_is_read_whole_by_an_encoder_and_in_slices_by_a_decoder()
    {
        foreach (string file in (string[])["bert", "qwen3"])
        {
            await using LlamaModel wide = await LoadAsync(files[file]), narrow = await LoadAsync(files[file], batchSize: 16);
            int[] tokens = [.. Enumerable.Range(0, 250).Select(i => i * 31 % 200)];
            AssertSame(await wide.EmbedAsync(tokens, s_raw), await narrow.EmbedAsync(tokens, s_raw));
        }
    }

    [Fact]
    public async Task Refuses_a_text_that_does_not_fit_the_context()
    {
        await using LlamaModel model = await LoadAsync(files["bert"]);
        await Assert.ThrowsAsync<ContextFullException>(() => model.EmbedAsync(new int[TinyEncoder.TrainedContext + 1]));
        await Assert.ThrowsAsync<ContextFullException>(() => model.EmbedAsync(["the", new string('.', TinyEncoder.TrainedContext)]));
        await using LlamaModel ranker = await LoadAsync(files["ranker"]);
        await Assert.ThrowsAsync<ContextFullException>(() => ranker.RerankAsync("the", [new string('.', TinyEncoder.TrainedContext)]));
        Assert.Equal(TinyEncoder.TrainedContext, (await model.EmbedAsync(new int[TinyEncoder.TrainedContext])).TokenCount);
    }

    [Fact]
    public async Task An_encoder_has_no_more_positions_than_it_was_trained_for()
    {
        var options = new ModelOptions { ContextLength = 2 * TinyEncoder.TrainedContext, AllowLongerContext = true };
        var error = await Assert.ThrowsAsync<InvalidOptionException>(() => LlamaModel.LoadAsync(files["bert"], options));
        Assert.Equal(nameof(ModelOptions.ContextLength), error.Option);
    }

    [Fact]
    public async Task An_encoder_says_that_it_cannot_continue_texts()
    {
        await using LlamaModel model = await LoadAsync(files["bert"]);
        var error = await Assert.ThrowsAsync<UnsupportedTaskException>(() => model.GenerateAsync("the"));
        Assert.Equal("generation", error.Task);
        await Assert.ThrowsAsync<UnsupportedTaskException>(() => model.GetLogitsAsync(new int[] { 1, 2 }));
        await Assert.ThrowsAsync<UnsupportedTaskException>(() => model.BenchmarkAsync(10, 10, 1));
        await Assert.ThrowsAsync<UnsupportedTaskException>(() => model.MeasurePerplexityAsync(new string('.', 100), 20));
        await Assert.ThrowsAsync<UnsupportedTaskException>(async () =>
        {
            await foreach (string _ in model.StreamAsync("the"))
            {
            }
        });
        Assert.NotEmpty((await model.EmbedAsync("the")).Vector);
    }

    [Fact]
    public async Task A_model_without_a_head_says_that_it_cannot_rank()
    {
        await using LlamaModel model = await LoadAsync(files["plain"]);
        var error = await Assert.ThrowsAsync<UnsupportedTaskException>(() => model.RerankAsync("the", ["of"]));
        Assert.Equal("reranking", error.Task);
        await Assert.ThrowsAsync<UnsupportedTaskException>(() => model.EmbedAsync("the", new EmbeddingOptions { Pooling = PoolingType.Rank }));
    }

    [Fact]
    public async Task Ranks_no_documents_as_none_and_keeps_the_order_of_equal_ones()
    {
        await using LlamaModel model = await LoadAsync(files["ranker"]);
        Assert.Empty(await model.RerankAsync("the", []));
        Assert.Equal([0, 1], (await model.RerankAsync("the", ["of", "of"])).Select(document => document.Index));
    }

    [Theory]
    [InlineData("of {query} and", "{document}")]
    [InlineData("{document}", "{query}")]
    public async Task Marks_of_the_template_in_a_text_are_text(string query, string document)
    {
        await using LlamaModel model = await LoadAsync(files["qwen3"]);
        int[] tokens = await model.TokenizeAsync($"ask {query} of {document} then", addSpecial: false, parseSpecial: true);
        TextEmbedding expected = await model.EmbedAsync(tokens, new EmbeddingOptions { Pooling = PoolingType.Rank });
        Assert.Equal(expected.Vector[0], (await model.RerankAsync(query, [document]))[0].Score, Rounding);
    }

    [Fact]
    public async Task Refuses_what_is_no_option_token_or_text()
    {
        await using LlamaModel model = await LoadAsync(files["bert"]);
        await Assert.ThrowsAsync<InvalidOptionException>(() => model.EmbedAsync("the", new EmbeddingOptions { Normalization = -2 }));
        await Assert.ThrowsAsync<InvalidOptionException>(() => model.EmbedAsync("the", new EmbeddingOptions { Pooling = (PoolingType)9 }));
        await Assert.ThrowsAsync<InvalidOptionException>(() => model.EmbedAsync(new[] { 5000 }));
        await Assert.ThrowsAsync<InvalidOptionException>(() => model.EmbedAsync(Array.Empty<int>()));
        await Assert.ThrowsAsync<ArgumentNullException>(() => model.EmbedAsync(["the", null!]));
        Assert.Empty(await model.EmbedAsync(Array.Empty<string>()));
    }

    [Fact]
    public async Task Cancelling_ends_the_work_and_the_next_request_works()
    {
        await using LlamaModel model = await LoadAsync(files["qwen3"]);
        using var cancellation = new CancellationTokenSource();
        Task<IReadOnlyList<TextEmbedding>> many = model.EmbedAsync(Enumerable.Repeat(s_texts[2], 20_000), s_raw, cancellation.Token);
        TextEmbedding meanwhile = await model.EmbedAsync("the", s_raw);
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => many);
        AssertSame(meanwhile, await model.EmbedAsync("the", s_raw));
    }

    [Fact]
    public async Task A_disposed_model_embeds_no_more()
    {
        LlamaModel model = await LoadAsync(files["bert"]);
        await model.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => model.EmbedAsync("the"));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => model.RerankAsync("the", ["of"]));
    }

    [Fact]
    public void Tells_how_a_model_pools()
    {
        Assert.Equal(PoolingType.Mean, ModelInfo.Read(files["bert"]).Pooling);
        Assert.Equal(PoolingType.Rank, ModelInfo.Read(files["qwen3"]).Pooling);
        Assert.Null(ModelInfo.Read(files["plain"]).Pooling);
    }

    private static Task<LlamaModel> LoadAsync(string path, int batchSize = 512) =>
        LlamaModel.LoadAsync(path, new ModelOptions { Threads = 1, BatchSize = batchSize, KeyType = CacheType.F32, ValueType = CacheType.F32 });

    private static void AssertSame(TextEmbedding expected, TextEmbedding actual)
    {
        Assert.Equal((expected.TokenCount, expected.Pooling, expected.Vectors.Count), (actual.TokenCount, actual.Pooling, actual.Vectors.Count));
        foreach ((float[] a, float[] b) in expected.Vectors.Zip(actual.Vectors)) AssertClose(a, b);
    }

    private static void AssertClose(float[] expected, float[] actual) =>
        Assert.Equal(expected, actual, (a, b) => a.Zip(b).All(pair => MathF.Abs(pair.First - pair.Second) <= Rounding * (1 + MathF.Abs(pair.First))));

    /// <summary>An encoder that can do everything, one that ranks by default, a decoder that ranks, and one that only writes.</summary>
    public sealed class Files : IDisposable
    {
        private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("cria-embedding-");

        public Files()
        {
            new TinyEncoder("bert") { HasDenseHead = true, Labels = 1 }.Write(this["bert"]);
            new TinyEncoder("bert") { Pooling = 4, Labels = 1 }.Write(this["ranker"]);
            TinyModel.Write(this["qwen3"], "qwen3", TensorType.F32, seed: 1, TinyVariants.Ranker);
            TinyModel.Write(this["plain"], "llama");
        }

        public string this[string name] => Path.Combine(_folder.FullName, name + ".gguf");

        public void Dispose() => _folder.Delete(recursive: true);
    }
}
