using Cria.Gguf;
using Cria.Tensors.Formats;

namespace Cria.Tests.Tensors.Formats;

public class BlockEncodingTests
{
    public static TheoryData<TensorType> Writable => new(Enum.GetValues<TensorType>().Where(BlockFormat.CanEncode));

    /// <summary>The largest error of a bell curve's values, relative to their root mean square, that a sound encoder makes.</summary>
    public static TheoryData<TensorType, double> Errors => new()
    {
        { TensorType.F32, 0 },
        { TensorType.F16, 3e-4 },
        { TensorType.BF16, 2.5e-3 },
        { TensorType.Q4_0, 0.12 },
        { TensorType.Q4_1, 0.10 },
        { TensorType.Q5_0, 0.06 },
        { TensorType.Q5_1, 0.05 },
        { TensorType.Q8_0, 0.008 },
        { TensorType.Q4_K, 0.08 },
        { TensorType.Q5_K, 0.04 },
        { TensorType.Q6_K, 0.02 },
    };

    [Theory]
    [MemberData(nameof(Errors))]
    public void Encodes_a_bell_curve_with_a_small_error(TensorType type, double bound)
    {
        float[] values = BellCurve(64 * 256);
        float[] back = RoundTrip(type, values);
        double error = values.Zip(back).Sum(pair => Math.Pow(pair.First - pair.Second, 2));
        double square = values.Sum(value => Math.Pow(value, 2));
        Assert.InRange(Math.Sqrt(error / square), bound / 10, bound);
    }

    [Theory]
    [MemberData(nameof(Writable))]
    public void Keeps_zeros(TensorType type) => Assert.All(RoundTrip(type, new float[512]), value => Assert.Equal(0, value));

    [Theory]
    [MemberData(nameof(Writable))]
    public void Keeps_a_constant_closely(TensorType type)
    {
        foreach (float constant in new[] { 1, -1, 0.03f, -1234, 60000 })
        {
            float[] values = new float[512];
            Array.Fill(values, constant);
            // BF16 has eight bits; Q4_K and Q5_K round the group's scale to a 63rd, twice in half floats.
            Assert.All(RoundTrip(type, values), value => Assert.InRange(value / constant, 1 - 0.004, 1 + 0.004));
        }
    }

    [Theory]
    [MemberData(nameof(Writable))]
    public void Makes_values_of_like_size_from_the_tiniest_and_the_largest(TensorType type)
    {
        foreach (float size in new[] { float.Epsilon, 1e-38f, 1e-30f, 1e-16f, 1e-14f, 1e-8f, 1e-5f, 65504 })
        {
            // Below 6e-5 the scales are subnormal halves, which have few digits.
            float[] values = [.. BellCurve(512).Select(value => Math.Clamp(value * 50, -1, 1) * size)];
            Assert.All(RoundTrip(type, values), value => Assert.InRange(Math.Abs(value), 0, Math.Max(size * 1.5f, 6.2e-8f)));
        }
    }

    [Theory]
    [MemberData(nameof(Writable))]
    public void Gives_the_same_again_for_what_it_decoded(TensorType type)
    {
        // A second encoding may choose other scales, but must not make matters worse than rounding once more does.
        float[] once = RoundTrip(type, BellCurve(4096)), twice = RoundTrip(type, once);
        double change = Math.Sqrt(once.Zip(twice).Average(pair => Math.Pow(pair.First - pair.Second, 2)));
        Assert.InRange(change / 0.02, 0, 0.03);
    }

    [Theory]
    [InlineData(TensorType.Q4_0, 8)]
    [InlineData(TensorType.Q5_0, 16)]
    public void Spends_the_longer_side_on_the_largest_value(TensorType type, int reach)
    {
        float[] values = new float[32];
        for (int i = 0; i < values.Length; i++) values[i] = i % reach;
        values[5] = reach;
        Assert.Equal(values, RoundTrip(type, values));
        float[] negated = [.. values.Select(value => -value)];
        Assert.Equal(negated, RoundTrip(type, negated));
    }

    [Fact]
    public void Rounds_halves_away_from_zero_in_Q8_0()
    {
        float[] values = new float[32];
        (values[0], values[1], values[2], values[3]) = (127, 2.5f, -2.5f, 0.49999997f);
        Assert.Equal([127, 3, -3, 0], RoundTrip(TensorType.Q8_0, values)[..4]);
    }

    [Fact]
    public void Refuses_types_it_cannot_write() =>
        Assert.Throws<NotSupportedException>(() => BlockFormat.Encode(TensorType.IQ4_XS, new float[256], new byte[136]));

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity)]
    public void Finds_the_first_value_that_no_type_can_hold(float bad)
    {
        foreach (int place in new[] { 0, 3, 17, 99 })
        {
            float[] values = BellCurve(100);
            values[place] = bad;
            Assert.Equal(place, BlockFormat.IndexOfUnencodable(TensorType.Q4_K, values));
            Assert.Equal(place, BlockFormat.IndexOfUnencodable(TensorType.F32, values));
        }
    }

    [Fact]
    public void Finds_values_too_large_for_a_half_float()
    {
        float[] values = [1, 65504, -65505, float.MaxValue];
        Assert.Equal(2, BlockFormat.IndexOfUnencodable(TensorType.F16, values));
        Assert.Equal(3, BlockFormat.IndexOfUnencodable(TensorType.BF16, values));
        Assert.Equal(-1, BlockFormat.IndexOfUnencodable(TensorType.F32, values));
    }

    private static float[] RoundTrip(TensorType type, float[] values)
    {
        byte[] blocks = new byte[type.BytesFor(values.Length)];
        float[] back = new float[values.Length];
        BlockFormat.Encode(type, values, blocks);
        BlockFormat.Decode(type, blocks, back);
        return back;
    }

    private static float[] BellCurve(int count)
    {
        var random = new Random(5);
        return [.. Enumerable.Range(0, count).Select(_ =>
            (float)(0.02 * Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble())))];
    }
}
