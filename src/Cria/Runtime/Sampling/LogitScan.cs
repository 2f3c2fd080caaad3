using System.Numerics;

namespace Cria.Runtime.Sampling;

/// <summary>Walks over the logits of a whole vocabulary.</summary>
internal static class LogitScan
{
    /// <summary>The first position from <paramref name="start"/> on whose logit is above <paramref name="bound"/>, or -1.</summary>
    public static int IndexOfAbove(ReadOnlySpan<float> logits, int start, float bound)
    {
        int i = start;
        var bounds = new Vector<float>(bound);
        for (; i <= logits.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            if (Vector.GreaterThanAny(new Vector<float>(logits[i..]), bounds)) break;
        }

        for (; i < logits.Length; i++)
        {
            if (logits[i] > bound) return i;
        }

        return -1;
    }

    /// <summary>The highest logit; not-a-number ones do not count.</summary>
    public static float Max(ReadOnlySpan<float> logits)
    {
        float max = float.NegativeInfinity;
        int i = 0;
        if (logits.Length >= Vector<float>.Count)
        {
            var maxima = new Vector<float>(float.NegativeInfinity);
            for (; i <= logits.Length - Vector<float>.Count; i += Vector<float>.Count)
                maxima = Vector.MaxNumber(maxima, new Vector<float>(logits[i..]));
            for (int lane = 0; lane < Vector<float>.Count; lane++) max = Math.Max(max, maxima[lane]);
        }

        for (; i < logits.Length; i++) max = float.MaxNumber(max, logits[i]);
        return max;
    }

    /// <summary>The position of the highest logit, the first of equal ones.</summary>
    public static int IndexOfMax(ReadOnlySpan<float> logits) => Math.Max(0, logits.IndexOf(Max(logits)));

    /// <summary>The sum of the logits' exponentials, each taken relative to <paramref name="max"/>.</summary>
    public static double SumOfExponentials(ReadOnlySpan<float> logits, float max)
    {
        double sum = 0;
        foreach (float logit in logits) sum += MathF.Exp(logit - max);
        return sum;
    }
}
