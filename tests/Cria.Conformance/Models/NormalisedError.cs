namespace Cria.Conformance.Models;

/// <summary>The squared differences over the squares of what is expected; NaN if anything is not a number.</summary>
internal sealed class NormalisedError
{
    private double _difference, _square;

    public double Value => _difference / _square;

    public void Add(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            double difference = actual[i] - (double)expected[i];
            _difference += difference * difference;
            _square += (double)expected[i] * expected[i];
        }
    }
}
