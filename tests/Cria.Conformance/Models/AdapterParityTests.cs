using System.Runtime.InteropServices;
using Cria.Gguf;
using Cria.Models;
using Cria.Tensors.Formats;
using LlamaCpp;
using TestModels;
using Xunit.Abstractions;

namespace Cria.Conformance.Models;

/// <summary>Models with random LoRA adapters on all of their matrices against llama.cpp.</summary>
public sealed class AdapterParityTests(Oracle oracle, ITestOutputHelper output) : IClassFixture<Oracle>, IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("cria-adapters-");

    public static TheoryData<string, TinyVariants> Networks()
    {
        var networks = new TheoryData<string, TinyVariants>();
        foreach (string architecture in TinyModel.Architectures) networks.Add(architecture, TinyVariants.None);
        networks.Add("llama", TinyVariants.Experts);
        networks.Add("llama", TinyVariants.FusedAttention | TinyVariants.Biases | TinyVariants.TiedOutput);
        return networks;
    }

    public void Dispose() => _folder.Delete(recursive: true);

    [SkippableTheory]
    [MemberData(nameof(Networks))]
    public void One_adapter_agrees(string architecture, TinyVariants variants)
    {
        Parity parity = Measure(architecture, variants, TensorType.F32, new AdapterFile(Adapter("a"), 1));
        Assert.True(parity.PromptError < 1e-6 && parity.GenerationError < 1e-6, $"{parity}");
        Assert.Equal(0, parity.ChoiceGap);
    }

    [SkippableTheory]
    [InlineData("llama", TinyVariants.None)]
    [InlineData("gemma3", TinyVariants.None)]
    [InlineData("qwen3moe", TinyVariants.None)]
    public void Two_adapters_with_scales_agree(string architecture, TinyVariants variants)
    {
        Parity parity = Measure(architecture, variants, TensorType.F32, new AdapterFile(Adapter("a"), 0.6f), new AdapterFile(Adapter("b"), -0.4f));
        Assert.True(parity.PromptError < 1e-6 && parity.GenerationError < 1e-6, $"{parity}");
        Assert.Equal(0, parity.ChoiceGap);
    }

    /// <summary>llama.cpp rounds what meets factors of these types; Cria does not, so llama.cpp gets the same values as floats.</summary>
    [SkippableTheory]
    [InlineData("llama", TensorType.F16)]
    [InlineData("llama", TensorType.BF16)]
    [InlineData("llama", TensorType.Q8_0)]
    [InlineData("qwen3moe", TensorType.Q8_0)]
    [InlineData("qwen3", TensorType.Q4_0)]
    public void Factors_of_other_types_agree(string architecture, TensorType type)
    {
        Parity parity = Measure(architecture, TinyVariants.None, type, new AdapterFile(Adapter("a"), 1));
        Assert.True(parity.PromptError < 1e-6 && parity.GenerationError < 1e-6, $"{parity}");
    }

    [SkippableFact]
    public void What_llama_cpp_refuses_is_refused()
    {
        string model = Path.Combine(_folder.FullName, "model.gguf"), broken = Adapter("broken");
        TinyModel.Write(model, "llama");
        TinyAdapter.Write(broken, model, changes: name => name == "blk.1.attn_q.weight");
        using GgufFile file = GgufFile.Open(model);
        using Network network = Network.Load(file, new NetworkOptions { Threads = 1 });
        foreach (string key in (string[])["general.type", "adapter.type", "general.architecture"])
        {
            using (GgufFile sound = GgufFile.Open(broken))
            {
                var writer = new GgufWriter();
                writer.CopyMetadata(sound.Metadata);
                writer.Set(key, "qwen3");
                foreach (GgufTensor tensor in sound.Tensors) writer.AddTensor(tensor);
                writer.Write(Adapter("wrong"));
            }

            Assert.Throws<AdapterException>(() => network.LoadAdapter(Adapter("wrong")));
            var options = new LlamaCppOptions { Adapters = [new LlamaCppAdapter(Adapter("wrong"), 1)] };
            Assert.Throws<LlamaCppException>(() => oracle.Process.Load(model, options));
        }
    }

    private string Adapter(string name) => Path.Combine(_folder.FullName, $"{name}.gguf");

    /// <summary>The adapters differ in rank and in whether they state an alpha.</summary>
    private Parity Measure(string architecture, TinyVariants variants, TensorType factors, params AdapterFile[] adapters)
    {
        string model = Path.Combine(_folder.FullName, "model.gguf");
        TinyModel.Write(model, architecture, TensorType.F32, seed: 1, variants);
        int rank = factors.BlockLength() > 1 ? factors.BlockLength() : 6;
        for (int i = 0; i < adapters.Length; i++)
            TinyAdapter.Write(adapters[i].Path, model, rank + 10 * i, alpha: i == 0 ? 1.5f * rank : null, factors, seed: i + 1);
        var theirs = new LlamaCppOptions
        {
            Context = 0,
            KeyType = LlamaCppCacheType.F32,
            ValueType = LlamaCppCacheType.F32,
            FlashAttention = FlashAttention.Off,
            Adapters = [.. adapters.Select(adapter => new LlamaCppAdapter(Decoded(adapter.Path), adapter.Scale))],
        };
        var ours = new NetworkOptions { Threads = 2, KeyType = TensorType.F32, ValueType = TensorType.F32 };
        Parity parity = Parity.Measure(oracle.Process, model, theirs, ours, adapters);
        output.WriteLine($"{architecture} {variants}, {adapters.Length} adapters of {factors}: {parity}");
        return parity;
    }

    /// <summary>A copy of an adapter in floats.</summary>
    private static string Decoded(string path)
    {
        using GgufFile file = GgufFile.Open(path);
        var writer = new GgufWriter();
        writer.CopyMetadata(file.Metadata);
        foreach (GgufTensor tensor in file.Tensors)
        {
            float[] values = new float[tensor.ElementCount];
            BlockFormat.Decode(tensor.Type, tensor.Bytes(0, (int)tensor.ByteLength), values);
            writer.AddTensor(tensor.Name, TensorType.F32, tensor.Dimensions, MemoryMarshal.AsBytes<float>(values).ToArray());
        }

        writer.Write(path + ".f32");
        return path + ".f32";
    }
}
