namespace Cria.Runtime;

/// <summary>Scales vectors as <see cref="EmbeddingOptions.Normalization"/> says.</summary>
internal static class VectorNorm
{
    private const int None = -1, Largest = 0, Euclidean = 2;

    /// <summary>The largest absolute value after scaling by it: within the range of 16-bit integers.</summary>
    private const double Peak = 32760;

    public static void Apply(Span<float> vector, int kind)
    {
        if (kind == None) return;
        double norm = kind switch
        {
            Largest => Maximum(vector) / Peak,
            Euclidean => Math.Sqrt(Sum(vector, value => value * value)),
            _ => Math.Pow(Sum(vector, value => Math.Pow(Math.Abs(value), kind)), 1.0 / kind),
        };
        float scale = norm > 0 ? (float)(1 / norm) : 0;
        foreach (ref float value in vector) value *= scale;
    }

    private static double Maximum(ReadOnlySpan<float> vector)
    {
        float maximum = 0;
        foreach (float value in vector) maximum = MathF.Max(maximum, MathF.Abs(value));
        return maximum;
    }

    private static double Sum(ReadOnlySpan<float> vector, Func<double, double> of)
    {
        double sum = 0;
        foreach (float value in vector) sum += of(value);
        return sum;
    }
}
