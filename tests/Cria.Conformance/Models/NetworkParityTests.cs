using Cria.Gguf;
using Cria.Models;
using LlamaCpp;
using TestModels;
using Xunit.Abstractions;

namespace Cria.Conformance.Models;

/// <summary>Every architecture, variant, tensor type and cache type against llama.cpp.</summary>
public sealed class NetworkParityTests(Oracle oracle, ITestOutputHelper output) : IClassFixture<Oracle>
{
    public static TheoryData<string, TinyVariants> Networks()
    {
        var networks = new TheoryData<string, TinyVariants>();
        foreach (string architecture in TinyModel.Architectures) networks.Add(architecture, TinyVariants.None);
        networks.Add("llama", TinyVariants.TiedOutput);
        networks.Add("llama", TinyVariants.LinearRope);
        networks.Add("llama", TinyVariants.YarnRope);
        networks.Add("llama", TinyVariants.RopeFactors);
        networks.Add("llama", TinyVariants.LongRope);
        networks.Add("llama", TinyVariants.Experts);
        networks.Add("llama", TinyVariants.Biases | TinyVariants.TiedOutput);
        networks.Add("llama", TinyVariants.FusedAttention);
        networks.Add("qwen2", TinyVariants.YarnRope | TinyVariants.TiedOutput);
        networks.Add("qwen3", TinyVariants.YarnRope);
        networks.Add("gemma3", TinyVariants.LinearRope | TinyVariants.TiedOutput);
        networks.Add("phi3", TinyVariants.LongRope);
        networks.Add("phi3", TinyVariants.LongRope | TinyVariants.PartialRotation | TinyVariants.TiedOutput);
        networks.Add("granite", TinyVariants.Biases | TinyVariants.TiedOutput);
        networks.Add("olmo2", TinyVariants.Window | TinyVariants.YarnRope);
        networks.Add("smollm3", TinyVariants.TiedOutput | TinyVariants.YarnRope);
        networks.Add("gpt-oss", TinyVariants.YarnRope);
        return networks;
    }

    public static TheoryData<string, TensorType> QuantisedNetworks() => new()
    {
        { "llama", TensorType.F16 },
        { "llama", TensorType.BF16 },
        { "llama", TensorType.Q4_0 },
        { "llama", TensorType.Q4_1 },
        { "llama", TensorType.Q5_0 },
        { "llama", TensorType.Q5_1 },
        { "llama", TensorType.Q8_0 },
        { "llama", TensorType.Q2_K },
        { "llama", TensorType.Q3_K },
        { "llama", TensorType.Q4_K },
        { "llama", TensorType.Q5_K },
        { "llama", TensorType.Q6_K },
        { "llama", TensorType.IQ4_NL },
        { "llama", TensorType.IQ4_XS },
        { "llama", TensorType.MXFP4 },
        { "gpt-oss", TensorType.MXFP4 },
        { "qwen3moe", TensorType.Q8_0 },
        { "qwen3moe", TensorType.Q4_K },
        { "phi3", TensorType.Q6_K },
        { "gemma3", TensorType.Q4_0 },
    };

    /// <summary>
    /// Two settings of llama.cpp: an F32 cache without fused attention, where it computes in full precision and so does
    /// Cria, and its defaults, where its fused attention rounds to 16 bits after each step and Cria does not.
    /// </summary>
    [SkippableTheory]
    [MemberData(nameof(Networks))]
    public void Full_precision_agrees(string architecture, TinyVariants variants)
    {
        Parity exact = Measure(architecture, TensorType.F32, variants, LlamaCppCacheType.F32, FlashAttention.Off);
        Assert.True(exact.PromptError < 1e-7 && exact.GenerationError < 1e-7, $"{exact}");
        Assert.Equal(0, exact.ChoiceGap);

        Parity usual = Measure(architecture, TensorType.F32, variants, LlamaCppCacheType.F16, FlashAttention.Auto);
        Assert.True(usual.PromptError < 1e-6 && usual.GenerationError < 1e-6, $"{usual}");
        Assert.Equal(0, usual.ChoiceGap);
    }

    [SkippableTheory]
    [MemberData(nameof(QuantisedNetworks))]
    public void Quantised_weights_agree(string architecture, TensorType type)
    {
        Parity parity = Measure(architecture, type, TinyVariants.None, LlamaCppCacheType.F16, FlashAttention.Auto);
        Assert.True(parity.PromptError < 1e-3 && parity.GenerationError < 1e-3, $"{parity}");
    }

    [SkippableTheory]
    [InlineData("llama", LlamaCppCacheType.F16, 1e-6)]
    [InlineData("gpt-oss", LlamaCppCacheType.F16, 1e-6)]
    [InlineData("qwen3", LlamaCppCacheType.Q8_0, 1e-3)]
    public void A_smaller_cache_agrees(string architecture, LlamaCppCacheType cache, double bound)
    {
        // Blocks of Q8_0 need heads of 32 values, which the tiny models have in formats of 256.
        TensorType type = cache == LlamaCppCacheType.Q8_0 ? TensorType.Q4_K : TensorType.F32;
        Parity parity = Measure(architecture, type, TinyVariants.None, cache, cache == LlamaCppCacheType.Q8_0 ? FlashAttention.On : FlashAttention.Off);
        Assert.True(parity.PromptError < bound && parity.GenerationError < bound, $"{parity}");
    }

    [SkippableTheory]
    [InlineData("phi3")]
    [InlineData("llama")]
    public void Longrope_takes_the_short_factors_in_a_short_context(string architecture)
    {
        Parity parity = Measure(architecture, TensorType.F32, TinyVariants.LongRope, LlamaCppCacheType.F32, FlashAttention.Off, TinyModel.OriginalContext);
        Assert.True(parity.PromptError < 1e-7 && parity.GenerationError < 1e-7, $"{parity}");
    }

    private Parity Measure(string architecture, TensorType type, TinyVariants variants, LlamaCppCacheType cache, FlashAttention flash, int context = 0)
    {
        string path = Path.Combine(Path.GetTempPath(), $"cria-parity-{Guid.NewGuid():n}.gguf");
        try
        {
            TinyModel.Write(path, architecture, type, seed: 1, variants);
            var parity = Parity.Measure(oracle.Process, path,
                new LlamaCppOptions { Context = context, Threads = 1, KeyType = cache, ValueType = cache, FlashAttention = flash },
                new NetworkOptions { Threads = 1, ContextLength = context, KeyType = (TensorType)cache, ValueType = (TensorType)cache });
            output.WriteLine($"{architecture} {type} {variants}, cache {cache}, flash attention {flash}: {parity}");
            return parity;
        }
        finally
        {
            File.Delete(path);
        }
    }
}
