namespace Cria.Bench;

/// <summary>A quantity measured several times; the median stands for it, the extremes tell how far it spreads.</summary>
internal sealed class Sample
{
    public Sample(IEnumerable<double> values)
    {
        Values = [.. values];
        if (Values.Count == 0) throw new ArgumentException("There is nothing to summarise.", nameof(values));
        double[] sorted = [.. Values.Order()];
        int middle = sorted.Length / 2;
        Median = sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
        (Least, Most) = (sorted[0], sorted[^1]);
    }

    /// <summary>What was measured, in order.</summary>
    public IReadOnlyList<double> Values { get; }

    public double Median { get; }

    public double Least { get; }

    public double Most { get; }

    /// <summary>Combines what was measured at the same time.</summary>
    public static Sample Of(Sample a, Sample b, Func<double, double, double> combine) => new(a.Values.Zip(b.Values, combine));
}
