using System.Runtime.InteropServices;
using Cria.Gguf;

namespace Cria.Tensors;

/// <summary>
/// A run of consecutive tokens of one sequence within a batch: rows <paramref name="FirstRow"/> … of the batch hold
/// positions <paramref name="FirstPosition"/> … of the sequence whose cache lies in <paramref name="Pages"/>, in order.
/// </summary>
internal readonly record struct SequenceRun(int FirstRow, int Count, int FirstPosition, int[] Pages);

/// <summary>The settings of one layer's attention.</summary>
internal sealed record AttentionShape
{
    public required int Heads { get; init; }

    public required float Scale { get; init; }

    /// <summary>Keys further back than this are not seen; 0 sees all.</summary>
    public int Window { get; init; }

    /// <summary>Scores are capped as cap · tanh(score / cap); 0 leaves them.</summary>
    public float SoftCap { get; init; }

    /// <summary>A score per head that takes part in the softmax without a value.</summary>
    public float[]? Sinks { get; init; }
}

internal sealed unsafe partial class Arithmetic
{
    /// <summary>Stores the keys and values of all rows at their positions in the cache.</summary>
    public void StoreKeysAndValues(Activations keys, Activations values, KvPages cache, int layer, ReadOnlySpan<SequenceRun> runs)
    {
        KvShape shape = cache.Shape(layer);
        foreach (SequenceRun run in runs)
        {
            for (int i = 0; i < run.Count; i++)
            {
                int position = run.FirstPosition + i, page = run.Pages[position / KvPages.PageTokens], slot = position % KvPages.PageTokens;
                for (int h = 0; h < shape.KeyValueHeads; h++)
                {
                    Write(cache.KeyType, cache.Keys(page, layer), (long)h * KvPages.PageTokens + slot, keys[run.FirstRow + i].Slice(h * shape.KeyLength, shape.KeyLength));
                    Write(cache.ValueType, cache.Values(page, layer), (long)h * KvPages.PageTokens + slot, values[run.FirstRow + i].Slice(h * shape.ValueLength, shape.ValueLength));
                }
            }
        }
    }

    /// <summary>Each row's heads attend over the cached keys and values of its sequence, up to and with its own position.</summary>
    public void Attention(Activations queries, KvPages cache, int layer, AttentionShape attention, ReadOnlySpan<SequenceRun> runs, Activations output)
    {
        KvShape shape = cache.Shape(layer);
        int group = attention.Heads / shape.KeyValueHeads;
        float[] vector = new float[Math.Max(shape.KeyLength, shape.ValueLength)];
        foreach (SequenceRun run in runs)
        {
            for (int i = 0; i < run.Count; i++)
            {
                int position = run.FirstPosition + i;
                int from = attention.Window > 0 ? Math.Max(0, position - attention.Window + 1) : 0;
                float[] scores = new float[position + 1 - from];
                for (int h = 0; h < attention.Heads; h++)
                {
                    Span<float> query = queries[run.FirstRow + i].Slice(h * shape.KeyLength, shape.KeyLength);
                    float max = attention.Sinks is { } s ? s[h] : float.NegativeInfinity;
                    for (int p = from; p <= position; p++)
                    {
                        Span<float> key = vector.AsSpan(0, shape.KeyLength);
                        Read(cache.KeyType, cache.Keys(run.Pages[p / KvPages.PageTokens], layer), (long)(h / group) * KvPages.PageTokens + p % KvPages.PageTokens, key);
                        float score = Dot(query, key) * attention.Scale;
                        if (attention.SoftCap > 0) score = attention.SoftCap * MathF.Tanh(score / attention.SoftCap);
                        scores[p - from] = score;
                        max = MathF.Max(max, score);
                    }

                    float sum = attention.Sinks is { } sinks ? MathF.Exp(sinks[h] - max) : 0;
                    Span<float> result = output[run.FirstRow + i].Slice(h * shape.ValueLength, shape.ValueLength);
                    result.Clear();
                    for (int p = from; p <= position; p++)
                    {
                        float weight = MathF.Exp(scores[p - from] - max);
                        sum += weight;
                        Span<float> value = vector.AsSpan(0, shape.ValueLength);
                        Read(cache.ValueType, cache.Values(run.Pages[p / KvPages.PageTokens], layer), (long)(h / group) * KvPages.PageTokens + p % KvPages.PageTokens, value);
                        for (int d = 0; d < value.Length; d++) result[d] += weight * value[d];
                    }

                    for (int d = 0; d < result.Length; d++) result[d] /= sum;
                }
            }
        }
    }

    private static void Write(TensorType type, byte* page, long slot, ReadOnlySpan<float> values)
    {
        int bytes = (int)type.BytesFor(values.Length);
        var target = new Span<byte>(page + slot * bytes, bytes);
        if (type == TensorType.F16)
        {
            Span<Half> halves = MemoryMarshal.Cast<byte, Half>(target);
            for (int i = 0; i < values.Length; i++) halves[i] = (Half)values[i];
        }
        else
        {
            Formats.BlockFormat.Encode(type, values, target);
        }
    }

    private static void Read(TensorType type, byte* page, long slot, Span<float> values)
    {
        int bytes = (int)type.BytesFor(values.Length);
        var source = new ReadOnlySpan<byte>(page + slot * bytes, bytes);
        if (type == TensorType.F16)
        {
            ReadOnlySpan<Half> halves = MemoryMarshal.Cast<byte, Half>(source);
            for (int i = 0; i < values.Length; i++) values[i] = (float)halves[i];
        }
        else
        {
            Formats.BlockFormat.Decode(type, source, values);
        }
    }
}
