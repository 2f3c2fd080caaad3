using System.Numerics;

namespace Cria.Tensors.Formats;

/// <summary>
/// Finds the scales of small groups of values by trying many and keeping the one with the least weighted squared
/// error. Each vector lane tries another scale and walks the values one by one, so the sums do not depend on the width
/// of the vectors: the same model is written on every machine, and it is the one that llama.cpp writes.
/// </summary>
internal static class ScaleSearch
{
    /// <summary>Below this the scale of a group would vanish in a half float, and its inverse overflow a float.</summary>
    public const float Nothing = 1e-15f;

    /// <summary>
    /// The scale and minimum (as a positive number to subtract) for whole numbers from 0 to <paramref name="top"/>.
    /// Tries the spacings (top + first + 0.1 · n) / range for n up to <paramref name="steps"/>; for each the best scale
    /// and minimum follow by weighted least squares.
    /// </summary>
    public static (float Scale, float Minimum) Affine(ReadOnlySpan<float> values, int top, float first, int steps)
    {
        Span<float> weights = stackalloc float[values.Length];
        Span<float> raised = stackalloc float[values.Length];
        float sumW = 0, sumX = 0, squares = 0, minimum = values[0], maximum = values[0];
        foreach (float x in values)
        {
            squares += x * x;
            if (x < minimum) minimum = x;
            if (x > maximum) maximum = x;
        }

        float rms = MathF.Sqrt(squares / values.Length);
        if (minimum > 0) minimum = 0;
        if (maximum - minimum < Nothing) return (0, -minimum);

        float inverse = top / (maximum - minimum), scale = 1 / inverse, leastError = 0;
        for (int i = 0; i < values.Length; i++)
        {
            float w = rms + MathF.Abs(values[i]);
            weights[i] = w;
            raised[i] = values[i] - minimum;
            sumW += w;
            sumX += w * values[i];
            float difference = scale * Math.Clamp(MathF.Round(inverse * raised[i]), 0, top) + minimum - values[i];
            leastError += w * (difference * difference);
        }

        var highest = new Vector<float>(top);
        for (int step = 0; step <= steps;)
        {
            Vector<float> inverses = ((Vector<float>.Indices + new Vector<float>(step)) * 0.1f + new Vector<float>(first) + highest)
                / (maximum - minimum);
            Vector<float> sumL = default, sumLL = default, sumXL = default;
            for (int i = 0; i < values.Length; i++)
            {
                Vector<float> l = Nearest(inverses * raised[i], Vector<float>.Zero, highest);
                Vector<float> wl = l * weights[i];
                sumL += wl;
                sumLL += wl * l;
                sumXL += wl * values[i];
            }

            Vector<float> determinant = sumLL * sumW - sumL * sumL;
            Vector<float> scales = (sumXL * sumW - sumL * sumX) / determinant;
            Vector<float> minimums = (sumLL * sumX - sumL * sumXL) / determinant;
            Vector<float> isAbove = Vector.AsVectorSingle(Vector.GreaterThan(minimums, Vector<float>.Zero));
            scales = Vector.ConditionalSelect(isAbove, sumXL / sumLL, scales);
            minimums = Vector.ConditionalSelect(isAbove, Vector<float>.Zero, minimums);

            Vector<float> errors = default;
            for (int i = 0; i < values.Length; i++)
            {
                // Rounding again is faster than keeping the numbers of the walk above.
                Vector<float> l = Nearest(inverses * raised[i], Vector<float>.Zero, highest);
                Vector<float> difference = scales * l + minimums - new Vector<float>(values[i]);
                errors += difference * difference * weights[i];
            }

            int better = 0;
            while (better < Vector<float>.Count && !(determinant[better] > 0 && errors[better] < leastError)) better++;
            step += better;
            if (better == Vector<float>.Count || step > steps) continue;

            // The spacings after this one count from the new minimum, so the remaining lanes are tried again.
            step++;
            leastError = errors[better];
            scale = scales[better];
            minimum = minimums[better];
            for (int i = 0; i < values.Length; i++) raised[i] = values[i] - minimum;
        }

        return (scale, -minimum);
    }

    /// <summary>
    /// The scale for whole numbers from -<paramref name="reach"/> to reach - 1, large values weighing more. The value
    /// of largest magnitude, which may use the longer negative side, is tried at reach ± 0.1 · n, n up to nine.
    /// </summary>
    public static float Symmetric(ReadOnlySpan<float> values, int reach)
    {
        const int Steps = 9;
        float extreme = Extreme(values);
        if (MathF.Abs(extreme) < Nothing) return 0;

        float scale = 0, best = float.NegativeInfinity;
        var lowest = new Vector<float>(-reach);
        var highest = new Vector<float>(reach - 1);
        for (int attempt = 0; attempt <= 2 * Steps; attempt += Vector<float>.Count)
        {
            // The plain scale comes first, so that another must be better to replace it; then -9 to -1 and 1 to 9.
            Vector<float> steps = Vector<float>.Indices + new Vector<float>(attempt - Steps - 1);
            steps += Vector.ConditionalSelect(
                Vector.AsVectorSingle(Vector.GreaterThanOrEqual(steps, Vector<float>.Zero)), Vector<float>.One, Vector<float>.Zero);
            if (attempt == 0) steps = Vector.WithElement(steps, 0, 0);

            Vector<float> inverses = -(steps * 0.1f + new Vector<float>(reach)) / extreme;
            Vector<float> sumXL = default, sumLL = default;
            foreach (float x in values)
            {
                Vector<float> l = Nearest(inverses * x, lowest, highest);
                sumXL += l * (x * x * x);
                sumLL += l * (x * x) * l;
            }

            for (int lane = 0; lane < Vector<float>.Count && attempt + lane <= 2 * Steps; lane++)
            {
                if (!(sumLL[lane] > 0 && sumXL[lane] * sumXL[lane] > best * sumLL[lane])) continue;
                scale = sumXL[lane] / sumLL[lane];
                best = scale * sumXL[lane];
            }
        }

        return scale;
    }

    /// <summary>The first value of the largest magnitude.</summary>
    public static float Extreme(ReadOnlySpan<float> values)
    {
        float magnitude = 0, extreme = 0;
        foreach (float x in values)
        {
            if (!(MathF.Abs(x) > magnitude)) continue;
            magnitude = MathF.Abs(x);
            extreme = x;
        }

        return extreme;
    }

    /// <summary>
    /// q = (value + offset) / scale, rounded and limited to the numbers from lowest to highest, counted from the lowest; zero
    /// for a zero scale.
    /// </summary>
    public static void Quantize(ReadOnlySpan<float> values, float offset, float scale, int lowest, int highest, Span<byte> q)
    {
        if (scale == 0)
        {
            q[..values.Length].Clear();
            return;
        }

        Span<float> numbers = stackalloc float[Vector<float>.Count];
        for (int i = 0; i < values.Length; i += Vector<float>.Count)
        {
            Vector<float> exact = (new Vector<float>(values[i..]) + new Vector<float>(offset)) / scale;
            Vector<float> number = Nearest(exact, new Vector<float>(lowest), new Vector<float>(highest));
            (number - new Vector<float>(lowest)).CopyTo(numbers);
            for (int lane = 0; lane < numbers.Length; lane++) q[i + lane] = (byte)numbers[lane];
        }
    }

    private static Vector<float> Nearest(Vector<float> values, Vector<float> lowest, Vector<float> highest) =>
        Vector.MinNative(Vector.MaxNative(Vector.Round(values), lowest), highest);
}
