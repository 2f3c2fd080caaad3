using System.Runtime.InteropServices;
using Cria.Gguf;
using Cria.Models;
using Cria.Tensors.Formats;
using LlamaCpp;

namespace Cria.Conformance.Formats;

public sealed class QuantizerParityTests(Oracle oracle) : IClassFixture<Oracle>, IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("cria-quantize-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [SkippableTheory]
    [InlineData(QuantizationMix.Q4_K_M)]
    [InlineData(QuantizationMix.Q4_K_S)]
    [InlineData(QuantizationMix.Q5_K_M)]
    [InlineData(QuantizationMix.Q5_K_S)]
    [InlineData(QuantizationMix.Q6_K)]
    [InlineData(QuantizationMix.Q4_0)]
    [InlineData(QuantizationMix.Q5_0)]
    [InlineData(QuantizationMix.Q8_0)]
    [InlineData(QuantizationMix.F16)]
    [InlineData(QuantizationMix.BF16)]
    public async Task Writes_what_llama_cpp_writes(QuantizationMix mix)
    {
        await Compare(WriteModel(new Shape(Layers: 8, Width: 256)), mix);
        await Compare(WriteModel(new Shape(Layers: 2, Width: 96, IsTied: true)), mix);
        await Compare(WriteModel(new Shape(Layers: 3, Width: 256, Experts: 8)), mix);
        await Compare(WriteModel(new Shape(Layers: 9, Width: 256, Experts: 3, IsTied: true)), mix);
    }

    [SkippableFact]
    public async Task A_quantized_file_runs_in_llama_cpp_close_to_the_original()
    {
        string input = WriteModel(new Shape(Layers: 2, Width: 256, MostRows: 512)), output = Path.Combine(_folder, "ours.gguf");
        await ModelQuantizer.QuantizeAsync(input, output, QuantizationMix.Q4_K_M);
        LlamaCppProcess llama = oracle.Process;
        llama.Load(input);
        float[] expected = llama.Logits([1, 2, 3, 4, 5]);
        llama.Load(output);
        float[] actual = llama.Logits([1, 2, 3, 4, 5]);

        double error = expected.Zip(actual).Sum(pair => Math.Pow(pair.First - pair.Second, 2));
        Assert.InRange(error / expected.Sum(logit => Math.Pow(logit, 2)), 1e-6, 0.05);
    }

    private async Task Compare(string input, QuantizationMix mix)
    {
        string ours = Path.Combine(_folder, "ours.gguf"), theirs = Path.Combine(_folder, "theirs.gguf");
        await ModelQuantizer.QuantizeAsync(input, ours, mix, new QuantizationOptions { Overwrite = true });
        oracle.Process.Quantize(input, theirs, (int)mix);

        using GgufFile actual = GgufFile.Open(ours), expected = GgufFile.Open(theirs);
        Assert.Equal(expected.Metadata.Select(Describe).Order(), actual.Metadata.Select(Describe).Order());
        Assert.Equal(expected.Tensors.Select(Describe).Order(), actual.Tensors.Select(Describe).Order());
        foreach (GgufTensor tensor in expected.Tensors) Assert.Equal(Decode(tensor), Decode(actual.FindTensor(tensor.Name)!));
    }

    private static string Describe(GgufTensor tensor) => $"{tensor.Name} {tensor.Type} {string.Join('x', tensor.Dimensions.ToArray())}";

    private static string Describe(KeyValuePair<string, GgufValue> pair) => $"{pair.Key} {pair.Value.Type} {pair.Value}";

    private static float[] Decode(GgufTensor tensor)
    {
        float[] values = new float[tensor.ElementCount];
        BlockFormat.Decode(tensor.Type, tensor.Bytes(0, (int)tensor.ByteLength), values);
        return values;
    }

    private string WriteModel(Shape shape)
    {
        const uint Vocabulary = 40;
        int width = shape.Width, hidden = 2 * shape.Width;
        string path = Path.Combine(_folder, "model.gguf");
        var random = new Random(13);
        var writer = new GgufWriter();
        writer.Set("general.architecture", "llama");
        writer.Set("tokenizer.ggml.model", "no_vocab");
        writer.Set("llama.vocab_size", Vocabulary);
        writer.Set("llama.context_length", 64u);
        writer.Set("llama.embedding_length", (uint)width);
        writer.Set("llama.feed_forward_length", (uint)hidden);
        writer.Set("llama.block_count", (uint)shape.Layers);
        writer.Set("llama.attention.head_count", 4u);
        writer.Set("llama.attention.head_count_kv", 2u);
        writer.Set("llama.attention.layer_norm_rms_epsilon", 1e-5f);
        if (shape.Experts > 0)
        {
            writer.Set("llama.expert_count", (uint)shape.Experts);
            writer.Set("llama.expert_used_count", 2u);
        }

        Add("token_embd.weight", width, Vocabulary);
        Add("output_norm.weight", width);
        if (!shape.IsTied) Add("output.weight", width, Vocabulary);
        for (int layer = 0; layer < shape.Layers; layer++)
        {
            Add($"blk.{layer}.attn_norm.weight", width);
            Add($"blk.{layer}.attn_q.weight", width, width);
            Add($"blk.{layer}.attn_k.weight", width, width / 2);
            Add($"blk.{layer}.attn_v.weight", width, width / 2);
            Add($"blk.{layer}.attn_output.weight", width, width);
            Add($"blk.{layer}.ffn_norm.weight", width);
            if (shape.Experts > 0)
            {
                Add($"blk.{layer}.ffn_gate_inp.weight", width, shape.Experts);
                Add($"blk.{layer}.ffn_gate_exps.weight", width, hidden, shape.Experts);
                Add($"blk.{layer}.ffn_up_exps.weight", width, hidden, shape.Experts);
                Add($"blk.{layer}.ffn_down_exps.weight", hidden, width, shape.Experts);
            }
            else
            {
                Add($"blk.{layer}.ffn_gate.weight", width, hidden);
                Add($"blk.{layer}.ffn_up.weight", width, hidden);
                Add($"blk.{layer}.ffn_down.weight", hidden, width);
            }
        }

        writer.Write(path);
        return path;

        void Add(string name, params long[] dimensions)
        {
            if (dimensions.Length > 1) dimensions[1] = Math.Min(dimensions[1], shape.MostRows);
            float[] values = new float[dimensions.Aggregate((a, b) => a * b)];
            // Three uniform values added are close enough to a bell curve.
            for (int i = 0; i < values.Length; i++)
                values[i] = 0.1f * (random.NextSingle() + random.NextSingle() + random.NextSingle() - 1.5f);
            writer.AddTensor(name, TensorType.F32, dimensions, MemoryMarshal.AsBytes<float>(values).ToArray());
        }
    }

    /// <summary>A small llama; quantizing needs no more than a few rows of each matrix, running it needs all.</summary>
    private sealed record Shape(int Layers, int Width, int Experts = 0, bool IsTied = false, int MostRows = 7);
}
