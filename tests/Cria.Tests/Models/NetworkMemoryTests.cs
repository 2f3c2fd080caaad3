using Cria.Gguf;
using Cria.Models;
using Cria.Tensors;
using TestModels;

namespace Cria.Tests.Models;

/// <summary>What the header promises is what a network comes to hold.</summary>
public sealed class NetworkMemoryTests : IDisposable
{
    private const int Context = 700;

    private readonly string _folder = Directory.CreateTempSubdirectory("cria-").FullName;

    public static TheoryData<string, TensorType, TinyVariants, int, int> Networks => new()
    {
        { "llama", TensorType.F32, TinyVariants.None, 128, 2 },
        { "llama", TensorType.Q4_K, TinyVariants.None, 512, 1 },
        { "llama", TensorType.Q8_0, TinyVariants.FusedAttention | TinyVariants.Biases, 64, 4 },
        { "llama", TensorType.F16, TinyVariants.None, 1, 2 },
        { "llama", TensorType.Q6_K, TinyVariants.Experts, 128, 2 },
        { "qwen2", TensorType.Q5_K, TinyVariants.None, 300, 3 },
        { "qwen3", TensorType.F32, TinyVariants.TiedOutput, 128, 1 },
        { "qwen3moe", TensorType.Q4_K, TinyVariants.None, 256, 2 },
        { "gemma2", TensorType.F16, TinyVariants.None, 128, 2 },
        { "gemma3", TensorType.F32, TinyVariants.None, 96, 2 },
        { "phi3", TensorType.Q4_0, TinyVariants.LongRope, 128, 2 },
        { "gpt-oss", TensorType.MXFP4, TinyVariants.None, 128, 2 },
        { "olmo2", TensorType.IQ4_XS, TinyVariants.None, 200, 2 },
        { "qwen3", TensorType.F32, TinyVariants.NonCausal | TinyVariants.LastPooling, 64, 2 },
    };

    [Theory]
    [MemberData(nameof(Networks))]
    public void The_memory_of_a_network_is_known_before_it_is_loaded(string architecture, TensorType type, TinyVariants variants, int batch, int threads)
    {
        string path = Path.Combine(_folder, "tiny.gguf");
        TinyModel.Write(path, architecture, type, seed: 1, variants);
        AssertPredicted(path, new NetworkOptions { MaxBatch = batch, Threads = threads, ContextLength = Context });
    }

    [Theory]
    [InlineData("bert", TensorType.F32, false)]
    [InlineData("nomic-bert", TensorType.Q8_0, false)]
    [InlineData("nomic-bert-moe", TensorType.F16, false)]
    [InlineData("bert", TensorType.F32, true)]
    public void So_is_that_of_an_encoder(string architecture, TensorType type, bool ranks)
    {
        string path = Path.Combine(_folder, "tiny.gguf");
        new TinyEncoder(architecture) { Type = type, Pooling = ranks ? 4 : 1, HasDenseHead = ranks, Labels = ranks ? 1 : 0 }.Write(path);
        AssertPredicted(path, new NetworkOptions { MaxBatch = 64, Threads = 2 });
    }

    [Theory]
    [InlineData(TensorType.F32, TensorType.F32)]
    [InlineData(TensorType.F16, TensorType.F16)]
    [InlineData(TensorType.Q8_0, TensorType.F16)]
    [InlineData(TensorType.Q8_0, TensorType.Q8_0)]
    public void The_cache_is_predicted_to_the_byte(TensorType keys, TensorType values)
    {
        string path = Path.Combine(_folder, "tiny.gguf");
        TinyModel.Write(path, "llama", TensorType.Q4_K);
        var options = new NetworkOptions { KeyType = keys, ValueType = values, Threads = 1, MaxBatch = 64 };
        using GgufFile file = GgufFile.Open(path);
        var memory = new NetworkMemory(file, options, []);
        using Network network = Network.Load(file, options);
        using KvSequence sequence = network.NewSequence();
        using var batch = new Batch(64);
        foreach (int count in (int[])[1, 62, 1, 1, 64, 7])
        {
            Forward(network, batch, sequence, count, LogitsOf.None);
            Assert.Equal(network.Cache.PagesInUse * network.Cache.Pages.PageBytes, memory.CacheBytes(sequence.Length));
        }
    }

    [Fact]
    public void Adapters_are_predicted_to_the_byte()
    {
        string path = Path.Combine(_folder, "tiny.gguf");
        TinyModel.Write(path, "llama", TensorType.Q4_0, variants: TinyVariants.Experts);
        string[] adapters = [path + ".first", path + ".second"];
        TinyAdapter.Write(adapters[0], path, rank: 6, type: TensorType.Q8_0);
        TinyAdapter.Write(adapters[1], path, rank: 17, type: TensorType.F16);
        using GgufFile file = GgufFile.Open(path);
        var options = new NetworkOptions { Threads = 2, MaxBatch = 64 };
        var memory = new NetworkMemory(file, options, adapters);
        using Network network = Network.Load(file, options);
        foreach (string adapter in adapters) network.AddAdapter(adapter, 1);

        Assert.Equal(network.AdapterBytes, memory.AdapterBytes);
        AssertWork(network, memory);
    }

    [Fact]
    public void Small_tensors_and_the_vocabulary_are_counted_as_tables()
    {
        string path = Path.Combine(_folder, "tiny.gguf");
        TinyModel.Write(path, "qwen2", TensorType.Q4_K);
        using GgufFile file = GgufFile.Open(path);

        long small = file.Tensors.Where(tensor => tensor.Type == TensorType.F32).Sum(tensor => tensor.ByteLength);
        Assert.InRange(new NetworkMemory(file, new NetworkOptions(), []).TableBytes, small + 307 * 50, small + 307 * 500);
    }

    private static void AssertPredicted(string path, NetworkOptions options)
    {
        using GgufFile file = GgufFile.Open(path);
        var memory = new NetworkMemory(file, options, []);
        Assert.Equal(new FileInfo(path).Length, memory.WeightBytes);
        using Network network = Network.Load(file, options);
        AssertWork(network, memory);
    }

    /// <summary>Lets a network do all that takes memory, and compares with what was said: hardly less, and not much more.</summary>
    private static void AssertWork(Network network, NetworkMemory memory)
    {
        bool predicts = network.CanPredict;
        long cache;
        using (var batch = new Batch(network.MaxBatch, predicts ? BatchOutput.Logits : BatchOutput.Embeddings))
        {
            using KvSequence sequence = network.NewSequence();
            if (!predicts) Forward(network, batch, sequence, Math.Min(network.MaxBatch, network.ContextLength), LogitsOf.All);
            while (predicts && sequence.Length < network.ContextLength)
            {
                // A last slice of one token: decoding with a full context.
                int left = network.ContextLength - sequence.Length;
                Forward(network, batch, sequence, left > 1 ? Math.Min(network.MaxBatch, left - 1) : 1, LogitsOf.Last);
            }

            cache = network.Cache.PagesInUse * network.Cache.Pages.PageBytes;
        }

        // The logits belong to the batch.
        int width = predicts ? network.Shape.VocabularySize : network.Shape.EmbeddingLength;
        long promised = memory.WorkBytes(network.ContextLength) - Activations.BytesFor(1, width);
        Assert.InRange(network.WorkBytes, promised * 0.85, promised * 1.02);
        Assert.Equal(cache, memory.CacheBytes(network.ContextLength));
    }

    private static void Forward(Network network, Batch batch, KvSequence sequence, int count, LogitsOf logits)
    {
        batch.Clear();
        batch.Add(sequence, [.. Enumerable.Range(0, count).Select(i => (i * 7919 + 13) % 200)], logits);
        network.Forward(batch, CancellationToken.None);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
