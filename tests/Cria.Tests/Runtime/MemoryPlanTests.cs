using Cria.Gguf;
using Cria.Runtime;
using TestModels;

namespace Cria.Tests.Runtime;

/// <summary>What happens to a model that does not fit the memory, on machines that tests make up.</summary>
public sealed class MemoryPlanTests : IDisposable
{
    private const int Trained = TinyModel.TrainedContext;

    private static readonly ModelOptions s_options = new() { Threads = 1, BatchSize = 64 };

    private readonly string _folder = Directory.CreateTempSubdirectory("cria-").FullName;

    [Fact]
    public void Refuses_a_context_beyond_the_memory_and_says_what_is_missing_and_what_would_fit()
    {
        // Heads of 32 values, which caches of 8-bit blocks need.
        string path = Model(type: TensorType.Q4_K);
        ModelOptions asked = s_options with { ContextLength = Trained };
        long available = Needed(path, asked with { ContextLength = 640 });

        var error = Assert.Throws<ModelTooLargeException>(() => Load(path, asked, available));

        Assert.Equal((path, Trained, 640, available), (error.Path, error.Needed.ContextLength, error.LargestContext, error.AvailableBytes));
        Assert.Equal(Needed(path, asked) - available, error.MissingBytes);
        Assert.Equal(Trained, error.LargestContextWithQ8Cache);
        Assert.StartsWith("model.gguf with a context of 1,024 tokens needs ", error.Message, StringComparison.Ordinal);
        Assert.EndsWith(
            "are missing. ContextLength 640 fits, and 1024 with KeyType and ValueType Q8_0; AllowSmallerContext takes the first.",
            error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Fact]
    public void What_is_said_to_fit_does_and_a_byte_less_does_not()
    {
        string path = Model();
        ModelOptions asked = s_options with { ContextLength = 640 };
        long needed = Needed(path, asked);

        using (LlamaModel model = Load(path, asked, needed)) Assert.Equal(640, model.ContextLength);
        var error = Assert.Throws<ModelTooLargeException>(() => Load(path, asked, needed - 1));
        Assert.Equal((1, 576), (error.MissingBytes, error.LargestContext));
    }

    [Fact]
    public void Takes_the_longest_context_that_fits_if_allowed_and_tells_once()
    {
        string path = Model();
        var told = new List<string>();
        ModelOptions asked = s_options with { ContextLength = Trained, AllowSmallerContext = true, OnWarning = told.Add };
        long available = Needed(path, asked with { ContextLength = 704 }) + 100;

        using LlamaModel model = Load(path, asked, available);

        Assert.Equal(704, model.ContextLength);
        Assert.Equal(704, model.Memory.ContextLength);
        Assert.True(model.Memory.TotalBytes <= available);
        Assert.StartsWith("The context has 704 tokens instead of 1,024, because no more fit into the ", Assert.Single(told), StringComparison.Ordinal);
    }

    [Fact]
    public void A_context_that_was_not_asked_for_is_as_long_as_fits()
    {
        string path = Model();
        var told = new List<string>();

        using (LlamaModel model = Load(path, s_options with { OnWarning = told.Add }, Needed(path, s_options))) Assert.Equal(Trained, model.ContextLength);
        Assert.Empty(told);
        using (LlamaModel model = Load(path, s_options with { OnWarning = told.Add }, Needed(path, s_options) - 1)) Assert.Equal(Trained - 64, model.ContextLength);
        Assert.Single(told);
    }

    [Fact]
    public void Refuses_a_model_of_which_no_useful_context_fits_whatever_is_allowed()
    {
        string path = Model();
        long tooLittle = Needed(path, s_options with { ContextLength = MemoryPlan.ShortestContext }) - 1;
        foreach (ModelOptions options in (ModelOptions[])[s_options, s_options with { ContextLength = Trained, AllowSmallerContext = true }])
        {
            var error = Assert.Throws<ModelTooLargeException>(() => Load(path, options, tooLittle));
            Assert.Equal((0, 0), (error.LargestContext, error.LargestContextWithQ8Cache));
            Assert.Contains("take a smaller model", error.Message, StringComparison.Ordinal);
        }

        Assert.Throws<ModelTooLargeException>(() => Load(path, s_options, 0));
    }

    [Fact]
    public void A_short_context_that_was_asked_for_needs_only_its_own_memory()
    {
        string path = Model();
        ModelOptions asked = s_options with { ContextLength = 100 };
        using LlamaModel model = Load(path, asked, Needed(path, asked));
        Assert.Equal(100, model.ContextLength);
    }

    [Fact]
    public void Loads_whatever_it_is_if_limits_are_to_be_ignored()
    {
        using LlamaModel model = Load(Model(), s_options with { IgnoreMemoryLimits = true }, 0);
        Assert.Equal(Trained, model.ContextLength);
    }

    [Fact]
    public void A_small_container_runs_small_models()
    {
        using LlamaModel model = Load(Model(), new ModelOptions { Threads = 2 }, 64L << 20);
        Assert.Equal(Trained, model.ContextLength);
    }

    [Fact]
    public async Task The_estimate_is_that_of_the_loaded_model_and_names_its_parts()
    {
        string path = Model(type: TensorType.Q4_K);
        ModelOptions options = s_options with { ContextLength = 300, KeyType = CacheType.F32, ValueType = CacheType.Q8_0 };
        MemoryEstimate estimate = await LlamaModel.EstimateMemoryAsync(path, options);
        await using LlamaModel model = await LlamaModel.LoadAsync(path, options);

        Assert.Equal(estimate, model.Memory);
        // Five pages of 64 tokens, four layers, two heads of 32 values: floats, and 34 bytes for 32.
        Assert.Equal(5 * 64 * 4 * 2 * (32 * 4 + 34), estimate.CacheBytes);
        Assert.Equal(new FileInfo(path).Length, estimate.WeightBytes);
        Assert.Equal(estimate.WeightBytes + estimate.TableBytes + estimate.CacheBytes + estimate.WorkBytes, estimate.TotalBytes);
        Assert.True((await LlamaModel.EstimateMemoryAsync(path, options with { BatchSize = 512 })).WorkBytes > 2 * estimate.WorkBytes);
    }

    [Fact]
    public async Task All_parts_of_a_split_model_count()
    {
        string whole = Model();
        string first = Split(whole);
        MemoryEstimate expected = await LlamaModel.EstimateMemoryAsync(whole, s_options), estimate = await LlamaModel.EstimateMemoryAsync(first, s_options);

        Assert.Equal(Directory.GetFiles(_folder, "part-*").Sum(file => new FileInfo(file).Length), estimate.WeightBytes);
        Assert.Equal((expected.TableBytes, expected.CacheBytes, expected.WorkBytes), (estimate.TableBytes, estimate.CacheBytes, estimate.WorkBytes));
    }

    [Fact]
    public void An_encoder_works_on_a_whole_context_at_once()
    {
        string path = Path.Combine(_folder, "encoder.gguf");
        new TinyEncoder("nomic-bert").Write(path);
        Assert.True(Needed(path, s_options with { ContextLength = 256 }) > Needed(path, s_options with { ContextLength = 128 }) + 128 * 96 * 4 * 7);

        var error = Assert.Throws<ModelTooLargeException>(() => Load(path, s_options, Needed(path, s_options) - 1));
        Assert.Equal(TinyEncoder.TrainedContext, error.Needed.ContextLength);
    }

    [Fact]
    public void Adapters_that_are_loaded_with_the_model_count()
    {
        string path = Model(), adapter = Path.Combine(_folder, "adapter.gguf");
        TinyAdapter.Write(adapter, path);
        ModelOptions with = s_options with { Adapters = [new AdapterFile(adapter)], ContextLength = Trained };
        long without = Needed(path, s_options);

        Assert.True(Needed(path, with) > without + 100_000);
        Assert.Throws<ModelTooLargeException>(() => Load(path, with, without));
        using LlamaModel model = Load(path, with, Needed(path, with));
    }

    [Theory]
    [InlineData("llama.attention.key_length", 65536)]
    [InlineData("llama.block_count", 512)]
    [InlineData("llama.attention.head_count", 4096)]
    [InlineData("llama.embedding_length", 1 << 20)]
    public void Sizes_beyond_all_reason_are_an_error_of_the_file_or_of_the_memory(string key, int value)
    {
        string damaged = Damaged(key, value);
        foreach (long memory in (long[])[1L << 20, 1L << 40, long.MaxValue])
        {
            Exception error = Assert.ThrowsAny<ModelLoadException>(() => Load(damaged, s_options with { ContextLength = Trained }, memory));
            Assert.DoesNotContain("-", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_trained_length_beyond_all_reason_is_lowered_to_what_fits()
    {
        // 512 bytes for the keys and values of a token.
        using LlamaModel model = Load(Damaged("llama.context_length", int.MaxValue), s_options, 100L << 20);
        Assert.InRange(model.ContextLength, 150_000, (100 << 20) / 512);
    }

    [Fact]
    public void A_listener_that_throws_does_not_break_the_load()
    {
        string path = Model();
        ModelOptions options = s_options with { GpuLayers = 1, OnWarning = _ => throw new InvalidOperationException() };
        using LlamaModel model = Load(path, options, long.MaxValue);
        Assert.NotNull(model.GpuDisabledReason);
    }

    [Fact]
    public void The_same_matter_is_told_once()
    {
        var told = new List<string>();
        var warnings = new Warnings(told.Add);
        foreach (string matter in (string[])["one", "two", "one"]) warnings.Add(matter);
        Assert.Equal(["one", "two"], told);
    }

    [Fact]
    public void Other_models_of_the_process_are_not_free_memory_until_they_are_closed()
    {
        string first = Model(), second = Path.Combine(_folder, "second.gguf");
        File.Copy(first, second);
        var loaded = new LoadedModels();
        using GgufFile own = GgufFile.Open(first), again = GgufFile.Open(first);
        GgufFile other = GgufFile.Open(second);

        loaded.Add(own);
        loaded.Add(other);
        Assert.Equal(other.FileBytes, loaded.BytesBeside(own));
        // The same file twice is in memory once.
        Assert.Equal(other.FileBytes, loaded.BytesBeside(again));
        loaded.Add(again);
        Assert.Equal(own.FileBytes, loaded.BytesBeside(other));
        other.Dispose();
        Assert.Equal(0, loaded.BytesBeside(own));
    }

    private static LlamaModel Load(string path, ModelOptions options, long available) =>
        new(ModelLoader.Load(path, options, null, CancellationToken.None, new MachineMemory(available, available)));

    private static long Needed(string path, ModelOptions options) =>
        LlamaModel.EstimateMemoryAsync(path, options).GetAwaiter().GetResult().TotalBytes;

    private string Model(TensorType type = TensorType.F32)
    {
        string path = Path.Combine(_folder, "model.gguf");
        TinyModel.Write(path, "llama", type);
        return path;
    }

    private string Damaged(string key, int value)
    {
        string path = Path.Combine(_folder, "damaged.gguf");
        using GgufFile file = GgufFile.Open(Model());
        var writer = new GgufWriter();
        writer.CopyMetadata(file.Metadata);
        writer.Set("llama.attention.head_count_kv", 2u);
        writer.Set(key, (uint)value);
        foreach (GgufTensor tensor in file.Tensors) Copy(writer, tensor);
        writer.Write(path);
        return path;
    }

    private string Split(string path)
    {
        using GgufFile file = GgufFile.Open(path);
        for (int part = 0; part < 2; part++)
        {
            var writer = new GgufWriter();
            if (part == 0) writer.CopyMetadata(file.Metadata);
            writer.Set("split.no", (ushort)part);
            writer.Set("split.count", (ushort)2);
            writer.Set("split.tensors.count", file.Tensors.Count);
            foreach (GgufTensor tensor in file.Tensors.Where((_, i) => i % 2 == part)) Copy(writer, tensor);
            writer.Write(Path.Combine(_folder, $"part-{part + 1:D5}-of-00002.gguf"));
        }

        return Path.Combine(_folder, "part-00001-of-00002.gguf");
    }

    private static void Copy(GgufWriter writer, GgufTensor tensor) =>
        writer.AddTensor(tensor.Name, tensor.Type, tensor.Dimensions.ToArray(), tensor.Bytes(0, (int)tensor.ByteLength).ToArray());

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
