using System.Numerics;

namespace Cria.Runtime;

/// <summary>Keeps tokens from being chosen.</summary>
internal static class LogitMask
{
    /// <summary>Forbids all tokens but those of a set, with a bit for each, 64 in a word, and some more.</summary>
    public static void Keep(Span<float> logits, ReadOnlySpan<ulong> kept, ReadOnlySpan<int> and)
    {
        Span<float> more = and.Length <= 16 ? stackalloc float[16] : new float[and.Length];
        for (int i = 0; i < and.Length; i++) more[i] = logits[and[i]];

        int start = 0;
        foreach (ulong word in kept)
        {
            if (start >= logits.Length) break;
            KeepWord(logits.Slice(start, Math.Min(64, logits.Length - start)), word);
            start += 64;
        }

        // A network may have more logits than its vocabulary has tokens.
        if (start < logits.Length) logits[start..].Fill(float.NegativeInfinity);
        for (int i = 0; i < and.Length; i++) logits[and[i]] = more[i];
    }

    public static void Forbid(Span<float> logits, ReadOnlySpan<int> tokens)
    {
        foreach (int token in tokens) logits[token] = float.NegativeInfinity;
    }

    private static void KeepWord(Span<float> logits, ulong kept)
    {
        // Most words are full, within strings, or empty, everywhere else.
        if (kept == ulong.MaxValue) return;
        if (kept == 0)
        {
            logits.Fill(float.NegativeInfinity);
            return;
        }

        for (ulong missing = ~kept; missing != 0; missing &= missing - 1)
        {
            int index = BitOperations.TrailingZeroCount(missing);
            if (index >= logits.Length) return;
            logits[index] = float.NegativeInfinity;
        }
    }
}
