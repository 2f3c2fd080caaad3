using System.Runtime.InteropServices;
using Cria.Gguf;
using Cria.Models;
using Cria.Tensors.Formats;

namespace Cria.Tests.Models;

public sealed class ModelQuantizerTests : IDisposable
{
    private const int Layers = 16;
    private readonly string _folder = Directory.CreateTempSubdirectory("cria-quantize-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    // Of 16 layers: the first two, the last two, and every third between.
    [InlineData(QuantizationMix.Q4_K_M, TensorType.Q4_K, TensorType.Q6_K, new[] { 0, 1, 4, 7, 10, 13, 14, 15 }, null)]
    [InlineData(QuantizationMix.Q5_K_M, TensorType.Q5_K, TensorType.Q6_K, new[] { 0, 1, 4, 7, 10, 13, 14, 15 }, null)]
    [InlineData(QuantizationMix.Q4_K_S, TensorType.Q4_K, TensorType.Q5_K, new[] { 0, 1, 2, 3 }, new[] { 0, 1 })]
    [InlineData(QuantizationMix.Q5_K_S, TensorType.Q5_K, TensorType.Q5_K, new int[0], new int[0])]
    [InlineData(QuantizationMix.Q6_K, TensorType.Q6_K, TensorType.Q6_K, new int[0], new int[0])]
    [InlineData(QuantizationMix.Q4_0, TensorType.Q4_0, TensorType.Q4_0, new int[0], new int[0])]
    [InlineData(QuantizationMix.Q5_0, TensorType.Q5_0, TensorType.Q5_0, new int[0], new int[0])]
    public async Task Gives_more_bits_to_the_layers_that_matter(
        QuantizationMix mix, TensorType main, TensorType better, int[] betterValues, int[]? betterDowns)
    {
        betterDowns ??= betterValues;
        QuantizationReport report = await ModelQuantizer.QuantizeAsync(WriteModel(), Out(), mix);

        Assert.Equal(main, report.Tensors.Single(tensor => tensor.Name == "token_embd.weight").To);
        Assert.Equal(TensorType.Q6_K, report.Tensors.Single(tensor => tensor.Name == "output.weight").To);
        for (int layer = 0; layer < Layers; layer++)
        {
            TensorType To(string name) => report.Tensors.Single(tensor => tensor.Name == $"blk.{layer}.{name}.weight").To;
            Assert.Equal(betterValues.Contains(layer) ? better : main, To("attn_v"));
            Assert.Equal(betterDowns.Contains(layer) ? better : main, To("ffn_down"));
            Assert.Equal(main, To("attn_q"));
            Assert.Equal(TensorType.F32, To("attn_norm"));
            Assert.Equal(TensorType.F32, To("ffn_gate_inp"));
        }
    }

    [Theory]
    [InlineData(QuantizationMix.F16, TensorType.F16)]
    [InlineData(QuantizationMix.BF16, TensorType.BF16)]
    [InlineData(QuantizationMix.Q8_0, TensorType.Q8_0)]
    public async Task Uses_one_type_for_every_matrix_where_there_is_nothing_to_gain(QuantizationMix mix, TensorType type)
    {
        QuantizationReport report = await ModelQuantizer.QuantizeAsync(WriteModel(), Out(), mix);
        foreach (QuantizedTensor tensor in report.Tensors)
        {
            bool isKept = tensor.Name.Contains("norm") || tensor.Name.Contains("gate_inp");
            Assert.Equal(isKept ? TensorType.F32 : type, tensor.To);
        }
    }

    [Fact]
    public async Task Quantizes_an_embedding_that_is_also_the_output_like_an_output()
    {
        QuantizationReport report = await ModelQuantizer.QuantizeAsync(WriteModel(isTied: true), Out(), QuantizationMix.Q4_K_M);
        Assert.Equal(TensorType.Q6_K, report.Tensors.Single(tensor => tensor.Name == "token_embd.weight").To);
    }

    [Fact]
    public async Task Keeps_the_output_on_request()
    {
        var options = new QuantizationOptions { KeepOutputTensor = true };
        QuantizationReport report = await ModelQuantizer.QuantizeAsync(WriteModel(), Out(), QuantizationMix.Q4_K_M, options);
        Assert.Equal(TensorType.F32, report.Tensors.Single(tensor => tensor.Name == "output.weight").To);
    }

    [Fact]
    public async Task Uses_the_main_type_alone_on_request()
    {
        var options = new QuantizationOptions { Pure = true };
        QuantizationReport report = await ModelQuantizer.QuantizeAsync(WriteModel(), Out(), QuantizationMix.Q4_K_M, options);
        Assert.Equal([TensorType.F32, TensorType.Q4_K], report.Tensors.Select(tensor => tensor.To).Distinct().Order());
    }

    [Fact]
    public async Task Spends_more_on_the_attention_of_eight_experts()
    {
        QuantizationReport report = await ModelQuantizer.QuantizeAsync(WriteModel(experts: 8), Out(), QuantizationMix.Q4_K_M);
        TensorType To(string name) => report.Tensors.Single(tensor => tensor.Name == $"blk.3.{name}.weight").To;
        Assert.Equal(
            (TensorType.Q8_0, TensorType.Q8_0, TensorType.Q5_K, TensorType.Q4_K),
            (To("attn_v"), To("attn_k"), To("attn_output"), To("attn_q")));
    }

    [Theory]
    [InlineData(QuantizationMix.Q4_K_S, 96, TensorType.Q5_0)]
    [InlineData(QuantizationMix.Q5_K_S, 96, TensorType.Q5_1)]
    [InlineData(QuantizationMix.Q6_K, 96, TensorType.Q8_0)]
    [InlineData(QuantizationMix.Q4_K_M, 40, TensorType.F16)]
    [InlineData(QuantizationMix.Q8_0, 40, TensorType.F16)]
    public async Task Takes_smaller_blocks_where_rows_do_not_fill_whole_ones(QuantizationMix mix, int columns, TensorType expected)
    {
        string input = Path.Combine(_folder, "odd.gguf");
        var writer = new GgufWriter();
        writer.Set("general.architecture", "llama");
        writer.Set("llama.block_count", 1u);
        Add(writer, "output.weight", [256, 2]);
        Add(writer, "blk.0.attn_q.weight", [columns, 3]);
        writer.Write(input);

        QuantizationReport report = await ModelQuantizer.QuantizeAsync(input, Out(), mix);
        Assert.Equal(expected, report.Tensors.Single(tensor => tensor.Name == "blk.0.attn_q.weight").To);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task Writes_each_row_encoded_and_in_its_place(int threads)
    {
        // Larger than one thread's slab.
        string input = WriteMatrix(new float[700 * 512].Select((_, i) => MathF.Sin(i * 0.37f) * (1 + i / 512)).ToArray(), [512, 350, 2]);
        var options = new QuantizationOptions { Threads = threads };
        QuantizationReport report = await ModelQuantizer.QuantizeAsync(input, Out(), QuantizationMix.Q4_K_S, options);

        using GgufFile source = GgufFile.Open(input), written = GgufFile.Open(Out());
        GgufTensor from = source.Tensors[0], to = written.Tensors[0];
        byte[] expected = new byte[to.ByteLength];
        BlockFormat.Encode(TensorType.Q4_K, MemoryMarshal.Cast<byte, float>(from.Bytes(0, (int)from.ByteLength)), expected);
        Assert.Equal(TensorType.Q4_K, to.Type);
        Assert.Equal(from.Dimensions, to.Dimensions);
        Assert.True(to.Bytes(0, expected.Length).SequenceEqual(expected));
        Assert.Equal((from.ByteLength, to.ByteLength), (report.BytesBefore, report.BytesAfter));
    }

    [Fact]
    public async Task Keeps_the_metadata_and_says_what_the_file_is()
    {
        string input = WriteModel();
        await ModelQuantizer.QuantizeAsync(input, Out(), QuantizationMix.Q4_K_M);
        using GgufFile written = GgufFile.Open(Out());
        Assert.Equal("llama", written.Metadata.GetString("general.architecture"));
        Assert.Equal(["a", "b"], written.Metadata.GetStrings("some.texts")!);
        Assert.Equal(15, written.Metadata.GetInteger("general.file_type"));
        Assert.Equal(2, written.Metadata.GetInteger("general.quantization_version"));
    }

    [Fact]
    public async Task Starts_from_half_floats_too()
    {
        string half = Path.Combine(_folder, "half.gguf");
        await ModelQuantizer.QuantizeAsync(WriteModel(), half, QuantizationMix.F16);
        QuantizationReport report = await ModelQuantizer.QuantizeAsync(half, Out(), QuantizationMix.Q8_0);
        Assert.Contains(new QuantizedTensor("blk.0.attn_q.weight", TensorType.F16, TensorType.Q8_0), report.Tensors);
    }

    [Fact]
    public async Task Quantizes_again_only_on_request()
    {
        string eight = Path.Combine(_folder, "eight.gguf");
        await ModelQuantizer.QuantizeAsync(WriteModel(), eight, QuantizationMix.Q8_0);
        QuantizationException refusal = await Assert.ThrowsAsync<QuantizationException>(
            () => ModelQuantizer.QuantizeAsync(eight, Out(), QuantizationMix.Q4_0));
        Assert.Contains("AllowRequantize", refusal.Message);
        Assert.False(File.Exists(Out()));

        await ModelQuantizer.QuantizeAsync(eight, Out(), QuantizationMix.Q8_0);
        var options = new QuantizationOptions { AllowRequantize = true, Overwrite = true };
        await ModelQuantizer.QuantizeAsync(eight, Out(), QuantizationMix.Q4_0, options);
        using GgufFile written = GgufFile.Open(Out());
        Assert.Equal(TensorType.Q4_0, written.FindTensor("blk.0.attn_q.weight")!.Type);
    }

    [Theory]
    [InlineData(float.NaN, QuantizationMix.Q4_K_M, "NaN")]
    [InlineData(float.NegativeInfinity, QuantizationMix.BF16, "Infinity")]
    [InlineData(70000, QuantizationMix.F16, "70000")]
    public async Task Names_the_place_of_a_value_that_cannot_be_written(float bad, QuantizationMix mix, string named)
    {
        float[] values = new float[700 * 512];
        values[600 * 512 + 33] = bad;
        QuantizationException refusal = await Assert.ThrowsAsync<QuantizationException>(
            () => ModelQuantizer.QuantizeAsync(WriteMatrix(values, [512, 700]), Out(), mix));
        Assert.Equal("blk.0.attn_q.weight", refusal.Tensor);
        Assert.Contains(named, refusal.Message);
        Assert.Contains("row 600, column 33", refusal.Message);
        Assert.Equal(["matrix.gguf"], Directory.GetFiles(_folder).Select(Path.GetFileName));
    }

    [Fact]
    public async Task Refuses_to_write_over_its_input()
    {
        string input = WriteModel(), link = Path.Combine(_folder, "link.gguf");
        File.CreateSymbolicLink(link, input);
        var options = new QuantizationOptions { Overwrite = true };
        foreach (string output in new[] { input, Path.Combine(_folder, ".", Path.GetFileName(input)), link })
        {
            InvalidOptionException refusal = await Assert.ThrowsAsync<InvalidOptionException>(
                () => ModelQuantizer.QuantizeAsync(input, output, QuantizationMix.Q8_0, options));
            Assert.Equal("output", refusal.Option);
        }

        await Assert.ThrowsAsync<InvalidOptionException>(() => ModelQuantizer.QuantizeAsync(link, input, QuantizationMix.Q8_0, options));
    }

    [Fact]
    public async Task Refuses_to_replace_a_file_unless_asked_to()
    {
        string input = WriteModel();
        File.WriteAllText(Out(), "precious");
        await Assert.ThrowsAsync<InvalidOptionException>(() => ModelQuantizer.QuantizeAsync(input, Out(), QuantizationMix.Q8_0));
        Assert.Equal("precious", File.ReadAllText(Out()));
        await ModelQuantizer.QuantizeAsync(input, Out(), QuantizationMix.Q8_0, new QuantizationOptions { Overwrite = true });
        GgufFile.Open(Out()).Dispose();
    }

    [Fact]
    public async Task Refuses_a_folder_a_missing_input_and_a_negative_thread_count()
    {
        string input = WriteModel();
        await Assert.ThrowsAsync<InvalidOptionException>(() => ModelQuantizer.QuantizeAsync(input, _folder, QuantizationMix.Q8_0));
        await Assert.ThrowsAsync<ModelLoadException>(() => ModelQuantizer.QuantizeAsync(input + "x", Out(), QuantizationMix.Q8_0));
        await Assert.ThrowsAsync<ModelLoadException>(
            () => ModelQuantizer.QuantizeAsync(input, Path.Combine(_folder, "missing", "out.gguf"), QuantizationMix.Q8_0));
        await Assert.ThrowsAsync<InvalidOptionException>(
            () => ModelQuantizer.QuantizeAsync(input, Out(), QuantizationMix.Q8_0, new QuantizationOptions { Threads = -1 }));
        await Assert.ThrowsAsync<InvalidOptionException>(() => ModelQuantizer.QuantizeAsync(input, Out(), (QuantizationMix)99));
    }

    [Fact]
    public async Task Reports_progress_up_to_the_end()
    {
        var seen = new Progress();
        QuantizationReport report = await ModelQuantizer.QuantizeAsync(WriteModel(), Out(), QuantizationMix.Q8_0, progress: seen);
        Assert.Equal(seen.Reports.Select(r => r.BytesDone).Order(), seen.Reports.Select(r => r.BytesDone));
        Assert.All(seen.Reports, r => Assert.Equal(report.BytesBefore, r.BytesTotal));
        Assert.Equal(report.BytesBefore, seen.Reports[^1].BytesDone);
        Assert.Equal(report.Tensors.Select(tensor => tensor.Name), seen.Reports.Select(r => r.Tensor));
    }

    [Fact]
    public async Task Stops_when_cancelled_and_leaves_nothing_behind()
    {
        string input = WriteModel();
        using var source = new CancellationTokenSource();
        var progress = new Progress { OnReport = _ => source.Cancel() };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => ModelQuantizer.QuantizeAsync(input, Out(), QuantizationMix.Q8_0, progress: progress, cancellationToken: source.Token));
        Assert.Single(progress.Reports);
        Assert.Equal([input], Directory.GetFiles(_folder));
    }

    [Theory]
    [InlineData("q4_k_m", QuantizationMix.Q4_K_M)]
    [InlineData("Q4_K", QuantizationMix.Q4_K_M)]
    [InlineData("q5_k", QuantizationMix.Q5_K_M)]
    [InlineData("bf16", QuantizationMix.BF16)]
    public void Finds_mixes_by_name(string name, QuantizationMix expected) => Assert.Equal(expected, QuantizationMixes.Parse(name));

    [Theory]
    [InlineData("Q3_K_M")]
    [InlineData("15")]
    [InlineData("")]
    public void Lists_the_mixes_when_asked_for_an_unknown_one(string name) =>
        Assert.Contains("Q4_K_M", Assert.Throws<InvalidOptionException>(() => QuantizationMixes.Parse(name)).Message);

    private string Out() => Path.Combine(_folder, "out.gguf");

    private string WriteMatrix(float[] values, long[] dimensions)
    {
        string path = Path.Combine(_folder, "matrix.gguf");
        var writer = new GgufWriter();
        writer.Set("general.architecture", "llama");
        writer.AddTensor("blk.0.attn_q.weight", TensorType.F32, dimensions, MemoryMarshal.AsBytes<float>(values).ToArray());
        writer.Write(path);
        return path;
    }

    /// <summary>A model by its tensors' names, with tiny matrices; the layers are not in order.</summary>
    private string WriteModel(bool isTied = false, int experts = 0)
    {
        string path = Path.Combine(_folder, "model.gguf");
        var writer = new GgufWriter();
        writer.Set("general.architecture", "llama");
        writer.Set("llama.block_count", (uint)Layers);
        writer.Set("llama.expert_count", (uint)experts);
        writer.Set("some.texts", ["a", "b"]);
        Add(writer, "token_embd.weight", [256, 3]);
        foreach (int layer in Enumerable.Range(0, Layers).Reverse())
        {
            foreach (string name in new[] { "attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate_inp" })
                Add(writer, $"blk.{layer}.{name}.weight", [256, 2]);
            Add(writer, $"blk.{layer}.ffn_down.weight", [512, 2]);
            Add(writer, $"blk.{layer}.attn_norm.weight", [256]);
        }

        if (!isTied) Add(writer, "output.weight", [256, 3]);
        writer.Write(path);
        return path;
    }

    private static void Add(GgufWriter writer, string name, long[] dimensions)
    {
        var values = new float[dimensions.Aggregate((a, b) => a * b)];
        for (int i = 0; i < values.Length; i++) values[i] = MathF.Sin(i + name.Length);
        writer.AddTensor(name, TensorType.F32, dimensions, MemoryMarshal.AsBytes<float>(values).ToArray());
    }

    private sealed class Progress : IProgress<QuantizationProgress>
    {
        public List<QuantizationProgress> Reports { get; } = [];

        public Action<QuantizationProgress> OnReport { get; init; } = _ => { };

        public void Report(QuantizationProgress value)
        {
            Reports.Add(value);
            OnReport(value);
        }
    }
}
