using System.Runtime.Intrinsics;
using Cria.Gguf;
using Cria.Models;
using TestModels;

namespace Cria.Tests.Models;

/// <summary>What a network says of a text does not depend, in any bit, on how the text was cut into passes and on what else was in them.</summary>
public sealed class BatchInvarianceTests
{
    // Without vectors a pass takes a hundred times as long.
    private static readonly int s_length = Vector128.IsHardwareAccelerated ? 90 : 9, s_longer = Vector128.IsHardwareAccelerated ? 560 : 9;

    public static TheoryData<string, TensorType, TinyVariants, TensorType> Networks => new()
    {
        { "llama", TensorType.Q4_K, TinyVariants.None, TensorType.Q8_0 },
        { "llama", TensorType.Q6_K, TinyVariants.Biases, TensorType.F32 },
        { "llama", TensorType.F16, TinyVariants.None, TensorType.F16 },
        { "llama", TensorType.Q8_0, TinyVariants.TiedOutput, TensorType.F16 },
        { "llama", TensorType.IQ4_XS, TinyVariants.Experts, TensorType.F16 },
        { "qwen3moe", TensorType.Q4_0, TinyVariants.None, TensorType.F16 },
        { "gemma2", TensorType.Q5_1, TinyVariants.None, TensorType.F16 },
        { "gemma3", TensorType.BF16, TinyVariants.None, TensorType.F32 },
        { "gpt-oss", TensorType.MXFP4, TinyVariants.None, TensorType.F16 },
        { "phi3", TensorType.F32, TinyVariants.LongRope, TensorType.F16 },
    };

    [Theory, MemberData(nameof(Networks))]
    public void A_text_gets_the_same_logits_in_any_passes_and_any_company(string architecture, TensorType type, TinyVariants variants, TensorType cache)
    {
        using var tiny = new TinyNetwork(Options(cache), architecture, type, variants);
        Check(tiny, s_length, adapters: null);
    }

    [Fact]
    public void So_does_a_text_longer_than_what_attention_walks_at_once()
    {
        using var tiny = new TinyNetwork(Options(TensorType.F16), "llama", TensorType.Q4_0);
        Check(tiny, s_longer, adapters: null);
    }

    [Fact]
    public void So_does_a_text_with_an_adapter_among_texts_without()
    {
        using var tiny = new TinyNetwork(Options(TensorType.F16), "llama", TensorType.Q4_K, TinyVariants.Experts);
        using LoraAdapter adapter = tiny.LoadAdapter();
        Check(tiny, s_length, [new ScaledAdapter(adapter, 0.7f)]);
    }

    private static NetworkOptions Options(TensorType cache) => new() { Threads = 2, MaxBatch = 64, KeyType = cache, ValueType = cache };

    private static void Check(TinyNetwork tiny, int length, IReadOnlyList<ScaledAdapter>? adapters)
    {
        Network network = tiny.Network;
        int[] text = TinyNetwork.Tokens(length);
        using KvSequence alone = network.NewSequence(adapters);
        float[][] expected = Read(network, alone, text, Enumerable.Repeat(1, length));
        foreach (int piece in (int[])[2, 3, 4, 5, 8, 17, 64])
        {
            using KvSequence pieces = network.NewSequence(adapters);
            AssertSame(expected, Read(network, pieces, text, Enumerable.Repeat(piece, length)), $"in pieces of {piece}");
        }

        using KvSequence first = network.NewSequence(), second = network.NewSequence(), third = network.NewSequence(adapters), guest = network.NewSequence(adapters);
        AssertSame(expected, Read(network, guest, text, [1, 1, 1, 2, 7, 40, 1, 1, 3, 20, .. Enumerable.Repeat(1, 5), .. Enumerable.Repeat(30, length)], first, second, third), "in company");
    }

    /// <summary>The logits of all tokens of a text that is read in pieces, after tokens of others in the same passes.</summary>
    private static float[][] Read(Network network, KvSequence sequence, ReadOnlySpan<int> text, IEnumerable<int> pieces, params KvSequence[] others)
    {
        using var batch = new Batch(64);
        var logits = new List<float[]>();
        int pass = 0;
        foreach (int piece in pieces)
        {
            int count = Math.Min(piece, text.Length - logits.Count);
            if (count == 0) break;
            batch.Clear();
            for (int i = 0; i < others.Length; i++) batch.Add(others[i], TinyNetwork.Tokens(1 + (pass + i) % 4 * 2, salt: pass + i), i == 1 ? LogitsOf.All : LogitsOf.Last);
            int before = batch.LogitsCount;
            batch.Add(sequence, text.Slice(logits.Count, count), LogitsOf.All);
            network.Forward(batch, CancellationToken.None);
            for (int i = 0; i < count; i++) logits.Add(batch.Logits(before + i).ToArray());
            pass++;
        }

        return [.. logits];
    }

    private static void AssertSame(float[][] expected, float[][] actual, string how)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++) Assert.True(expected[i].AsSpan().SequenceEqual(actual[i]), $"{how}: token {i} has other logits.");
    }
}
