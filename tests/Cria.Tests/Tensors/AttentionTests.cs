using Cria.Gguf;
using Cria.Tensors;

namespace Cria.Tests.Tensors;

/// <summary>Attention over the paged cache against the definition of softmax attention in double precision.</summary>
public sealed class AttentionTests
{
    /// <summary>Heads, heads of keys and values, their lengths.</summary>
    public static TheoryData<int, int, int, int> Shapes => new()
    {
        { 4, 4, 32, 32 },
        { 8, 2, 64, 64 },
        { 6, 3, 20, 12 },
        { 7, 1, 96, 40 },
    };

    [Theory, MemberData(nameof(Shapes))]
    public void Rows_see_the_keys_up_to_their_own_position(int heads, int keyValueHeads, int keyLength, int valueLength)
    {
        using var layer = new Layer(new KvShape(keyValueHeads, keyLength, valueLength), TensorType.F32);
        layer.Check(new AttentionShape { Heads = heads, Scale = 0.3f }, past: 0, tokens: 1);
        layer.Check(new AttentionShape { Heads = heads, Scale = 0.3f }, past: 0, tokens: 150);
        layer.Check(new AttentionShape { Heads = heads, Scale = 0.3f }, past: 200, tokens: 70);
    }

    [Theory, MemberData(nameof(Shapes))]
    public void Rows_see_all_of_their_run_where_attention_is_not_causal(int heads, int keyValueHeads, int keyLength, int valueLength)
    {
        using var layer = new Layer(new KvShape(keyValueHeads, keyLength, valueLength), TensorType.F32);
        var attention = new AttentionShape { Heads = heads, Scale = 0.3f, IsCausal = false };
        foreach (int tokens in (int[])[1, 9, 64, 65, 150, 700]) layer.Check(attention, past: 0, tokens);
        layer.Check(attention, past: 200, tokens: 70);
        layer.Check(attention with { Window = 20 }, past: 0, tokens: 150);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(10)]
    [InlineData(64)]
    [InlineData(100)]
    public void A_window_hides_what_lies_further_back(int window)
    {
        using var layer = new Layer(new KvShape(2, 32, 32), TensorType.F32);
        var attention = new AttentionShape { Heads = 4, Scale = 0.3f, Window = window };
        layer.Check(attention, past: 300, tokens: 1);
        layer.Check(attention, past: 120, tokens: 150);
    }

    [Fact]
    public void Caps_and_sinks_shape_the_weights()
    {
        using var layer = new Layer(new KvShape(2, 32, 32), TensorType.F32);
        layer.Check(new AttentionShape { Heads = 4, Scale = 2, SoftCap = 3 }, past: 70, tokens: 9);
        layer.Check(new AttentionShape { Heads = 4, Scale = 1, Sinks = [4, -2, 0.5f, 9] }, past: 70, tokens: 9);
        layer.Check(new AttentionShape { Heads = 4, Scale = 1, Sinks = [4, -2, 0.5f, 9], Window = 20 }, past: 70, tokens: 9);
    }

    /// <summary>A single token after a long past: the walk is cut into parts, which are joined again.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1500)]
    public void Parts_of_a_long_walk_join_exactly(int window)
    {
        using var layer = new Layer(new KvShape(1, 16, 16), TensorType.F32);
        layer.Check(new AttentionShape { Heads = 3, Scale = 1, Window = window, Sinks = [1, 2, 3] }, past: 2200, tokens: 1);
        layer.Check(new AttentionShape { Heads = 3, Scale = 1, Window = window }, past: 2200, tokens: 2);
    }

    [Theory]
    [InlineData(TensorType.F16, 2e-3)]
    [InlineData(TensorType.Q8_0, 2e-2)]
    public void Narrower_caches_stay_close(TensorType type, double tolerance)
    {
        using var layer = new Layer(new KvShape(2, 64, 32), type) { Tolerance = tolerance };
        layer.Check(new AttentionShape { Heads = 4, Scale = 0.3f }, past: 100, tokens: 30);
    }

    /// <summary>A few rows read the cache as it is, more share widened pages; groups and lengths fill the kernel's tiles or do not.</summary>
    [Theory]
    [InlineData(TensorType.F32, 1e-5)]
    [InlineData(TensorType.F16, 2e-3)]
    [InlineData(TensorType.Q8_0, 2e-2)]
    public void Groups_and_lengths_of_all_kinds(TensorType type, double tolerance)
    {
        foreach (int length in (int[])[64, 96, 128, 256])
        {
            using var layer = new Layer(new KvShape(1, length, length), type) { Tolerance = tolerance };
            foreach (int group in (int[])[1, 3, 4, 5, 8, 9])
            {
                var attention = new AttentionShape { Heads = group, Scale = 0.1f };
                layer.Check(attention, past: 130, tokens: 1);
                layer.Check(attention, past: 63, tokens: 2);
            }
        }

        if (type == TensorType.Q8_0) return;
        using var odd = new Layer(new KvShape(2, 80, 80), type) { Tolerance = tolerance };
        odd.Check(new AttentionShape { Heads = 16, Scale = 0.1f }, past: 130, tokens: 1);
        odd.Check(new AttentionShape { Heads = 2, Scale = 0.1f }, past: 130, tokens: 33);
    }

    [Fact]
    public void Scores_far_apart_keep_their_order_of_magnitude()
    {
        using var layer = new Layer(new KvShape(1, 16, 16), TensorType.F32);
        layer.Check(new AttentionShape { Heads = 2, Scale = 40 }, past: 300, tokens: 20);
        layer.Check(new AttentionShape { Heads = 2, Scale = 40, Sinks = [500, -500] }, past: 300, tokens: 1);
    }

    [Theory]
    [InlineData(TensorType.F32)]
    [InlineData(TensorType.F16)]
    [InlineData(TensorType.Q8_0)]
    public void What_is_not_a_number_reaches_those_who_see_it(TensorType type)
    {
        foreach (int tokens in (int[])[1, 30, 300])
        {
            foreach (bool inKey in (bool[])[true, false])
            {
                var shape = new KvShape(1, 32, 32);
                using var math = new Arithmetic(2);
                using var cache = new KvPages(type, type, [shape]);
                int[] pages = [.. Enumerable.Range(0, 5).Select(_ => cache.Grow())];
                using Activations keys = Noise(310, 32, 1), values = Noise(310, 32, 2), queries = Noise(tokens, 64, 3), output = new(tokens, 64);
                (inKey ? keys : values)[300][5] = float.NaN;
                math.StoreKeysAndValues(keys, values, cache, 0, [new SequenceRun(0, 310, 0, pages)]);
                var attention = new AttentionShape { Heads = 2, Scale = 0.3f };
                math.Attention(queries, cache, 0, attention, [new SequenceRun(0, tokens, 310 - tokens, pages)], output);
                for (int t = 0; t < tokens; t++)
                {
                    // Rows of neighbouring tokens share a tile, in which a weight of 0 meets the value that is not a number.
                    int position = 310 - tokens + t;
                    if (position is < 292 or >= 300) Assert.Equal(position >= 300, float.IsNaN(output[t][5]) && float.IsNaN(output[t][32 + 5]));
                }

                queries.Resize(1);
                output.Resize(1);
                math.Attention(queries, cache, 0, attention with { Window = 5 }, [new SequenceRun(0, 1, 299, pages)], output);
                Assert.False(float.IsNaN(output[0][5]));
            }
        }
    }

    /// <summary>Sequences that decode together, one of which is so long that its walk alone is cut into parts.</summary>
    [Fact]
    public void Long_and_short_sequences_share_one_dispatch()
    {
        var shape = new KvShape(2, 16, 16);
        using var math = new Arithmetic(3);
        using var cache = new KvPages(TensorType.F32, TensorType.F32, [shape]);
        for (int i = 0; i < 60; i++) cache.Grow();
        int[] lengths = [1, 65, 2500, 200, 64];
        int firstPage = 0;
        var attention = new AttentionShape { Heads = 6, Scale = 1 };
        using Activations queries = Noise(lengths.Length, 96, 3), output = new(lengths.Length, 96);
        var runs = new List<SequenceRun>();
        foreach (int length in lengths)
        {
            int[] pages = [.. Enumerable.Range(firstPage, (length + 63) / 64)];
            firstPage += pages.Length;
            using Activations keys = Noise(length, 32, length), values = Noise(length, 32, length + 1);
            math.StoreKeysAndValues(keys, values, cache, 0, [new SequenceRun(0, length, 0, pages)]);
            runs.Add(new SequenceRun(runs.Count, 1, length - 1, pages));
        }

        math.Attention(queries, cache, 0, attention, [.. runs], output);
        foreach (SequenceRun run in runs)
        {
            int length = lengths[run.FirstRow];
            using Activations keys = Noise(length, 32, length), values = Noise(length, 32, length + 1);
            CheckRow(shape, attention, keys, values, 0, length - 1, length - 1, queries[run.FirstRow], output[run.FirstRow], 1e-5);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Runs_of_several_sequences_keep_to_their_own_pages(bool isCausal)
    {
        var shape = new KvShape(2, 32, 32);
        using var math = new Arithmetic(2);
        using var cache = new KvPages(TensorType.F32, TensorType.F32, [shape]);
        for (int i = 0; i < 4; i++) cache.Grow();
        SequenceRun[] runs = [new(0, 70, 0, [2, 0]), new(70, 5, 0, [3]), new(75, 60, 0, [1])];
        using Activations keys = Noise(135, 64, 1), values = Noise(135, 64, 2), queries = Noise(135, 128, 3), output = new(135, 128);
        var attention = new AttentionShape { Heads = 4, Scale = 0.3f, IsCausal = isCausal };
        math.StoreKeysAndValues(keys, values, cache, 0, runs);
        math.Attention(queries, cache, 0, attention, runs, output);
        foreach (SequenceRun run in runs)
            for (int i = 0; i < run.Count; i++)
                CheckRow(shape, attention, keys, values, run.FirstRow, i, run.Count - 1, queries[run.FirstRow + i], output[run.FirstRow + i], 1e-5);
    }

    private static Activations Noise(int rows, int columns, int seed)
    {
        var noise = new Activations(rows, columns);
        var random = new Random(seed);
        for (int t = 0; t < rows; t++)
            foreach (ref float value in noise[t]) value = (float)(random.NextDouble() * 2 - 1);
        return noise;
    }

    private static void CheckRow(KvShape shape, AttentionShape attention, Activations keys, Activations values, int firstRow, int position, int end, ReadOnlySpan<float> query, ReadOnlySpan<float> actual, double tolerance)
    {
        int last = attention.IsCausal ? position : end;
        int from = attention.Window > 0 ? Math.Max(0, position - attention.Window + 1) : 0;
        for (int head = 0; head < attention.Heads; head++)
        {
            int shared = head / (attention.Heads / shape.KeyValueHeads);
            double[] weights = new double[last + 1];
            double sum = attention.Sinks is { } sinks ? Math.Exp(sinks[head]) : 0;
            for (int p = from; p <= last; p++)
            {
                double score = 0;
                for (int d = 0; d < shape.KeyLength; d++) score += (double)query[head * shape.KeyLength + d] * keys[firstRow + p][shared * shape.KeyLength + d];
                score *= attention.Scale;
                if (attention.SoftCap > 0) score = attention.SoftCap * Math.Tanh(score / attention.SoftCap);
                sum += weights[p] = Math.Exp(score);
            }

            for (int d = 0; d < shape.ValueLength; d++)
            {
                double expected = 0;
                for (int p = from; p <= last; p++) expected += weights[p] / sum * values[firstRow + p][shared * shape.ValueLength + d];
                Assert.Equal(expected, actual[head * shape.ValueLength + d], tolerance);
            }
        }
    }

    private sealed class Layer : IDisposable
    {
        private readonly KvShape _shape;
        private readonly Arithmetic _math = new(threads: 3);
        private readonly KvPages _cache;

        public Layer(KvShape shape, TensorType type)
        {
            _shape = shape;
            _cache = new KvPages(type, type, [new KvShape(1, 32, 64), shape]);
            for (int i = 0; i < 40; i++) _cache.Grow();
        }

        public double Tolerance { get; init; } = 1e-5;

        public void Check(AttentionShape attention, int past, int tokens)
        {
            int[] pages = [.. Enumerable.Range(0, 40).Select(i => i * 7 % 40)];
            using Activations keys = Noise(past + tokens, _shape.KeyValueHeads * _shape.KeyLength, 1);
            using Activations values = Noise(past + tokens, _shape.KeyValueHeads * _shape.ValueLength, 2);
            using Activations queries = Noise(tokens, attention.Heads * _shape.KeyLength, 3), output = new(tokens, attention.Heads * _shape.ValueLength);
            _math.StoreKeysAndValues(keys, values, _cache, 1, [new SequenceRun(0, past + tokens, 0, pages)]);
            _math.Attention(queries, _cache, 1, attention, [new SequenceRun(0, tokens, past, pages)], output);
            for (int t = 0; t < tokens; t += Math.Max(1, tokens / 13))
                CheckRow(_shape, attention, keys, values, 0, past + t, past + tokens - 1, queries[t], output[t], Tolerance);
        }

        public void Dispose()
        {
            _cache.Dispose();
            _math.Dispose();
        }
    }
}
