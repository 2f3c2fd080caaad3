using Cria.Tensors;

namespace Cria.Tests.Tensors;

/// <summary>The operations on rows against their formulas in double precision, at lengths with and without a tail.</summary>
public sealed class RowOperationTests
{
    public static TheoryData<int, int> Shapes => new() { { 1, 1 }, { 1, 64 }, { 3, 37 }, { 9, 100 } };

    [Theory, MemberData(nameof(Shapes))]
    public void Gates(int rows, int columns)
    {
        Check(rows, columns, (math, x, y) => math.SwiGlu(x, y), (x, y) => x / (1 + Math.Exp(-x)) * y);
        Check(rows, columns, (math, x, y) => math.GeGlu(x, y), (x, y) => 0.5 * x * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x))) * y);
        Check(rows, columns, (math, x, _) => math.Gelu(x), (x, _) => 0.5 * x * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x))));
        Check(rows, columns, (math, x, y) => math.SwiGluClamped(x, y, 1.702f, 7), (x, y) => Math.Min(x, 7) / (1 + Math.Exp(-1.702f * Math.Min(x, 7))) * (1 + Math.Clamp(y, -7, 7)));
    }

    [Theory, MemberData(nameof(Shapes))]
    public void Sums_scales_and_caps(int rows, int columns)
    {
        Check(rows, columns, (math, x, y) => math.Add(x, y, 0.5f), (x, y) => x + 0.5 * y);
        Check(rows, columns, (math, x, _) => math.Scale(x, 3), (x, _) => 3 * x);
        Check(rows, columns, (math, x, _) => math.SoftCap(x, 5), (x, _) => 5 * Math.Tanh(x / 5));
    }

    [Theory, MemberData(nameof(Shapes))]
    public void Norms(int rows, int columns)
    {
        float[] weight = [.. Enumerable.Range(0, columns).Select(i => 1 + i * 0.01f)];
        using var math = new Arithmetic(2);
        using Activations x = Noise(rows, columns, 1), y = new(rows, columns);
        math.RmsNorm(x, weight, 1e-5f, y);
        for (int t = 0; t < rows; t++)
        {
            double squares = 0;
            foreach (float value in x[t]) squares += (double)value * value;
            for (int i = 0; i < columns; i++) Assert.Equal(x[t][i] / Math.Sqrt(squares / columns + 1e-5) * weight[i], y[t][i], 1e-5);
        }
    }

    [Theory, MemberData(nameof(Shapes))]
    public void Layer_norms(int rows, int columns)
    {
        float[] weight = [.. Enumerable.Range(0, columns).Select(i => 1 + i * 0.01f)], bias = [.. Enumerable.Range(0, columns).Select(i => i * 0.1f)];
        using var math = new Arithmetic(2);
        using Activations x = Noise(rows, columns, 1), y = new(rows, columns);
        math.LayerNorm(x, weight, bias, 1e-5f, y);
        for (int t = 0; t < rows; t++)
        {
            double[] row = [.. x[t].ToArray().Select(value => (double)value)];
            double mean = row.Average(), variance = row.Average(value => (value - mean) * (value - mean));
            for (int i = 0; i < columns; i++) Assert.Equal((row[i] - mean) / Math.Sqrt(variance + 1e-5) * weight[i] + bias[i], y[t][i], 1e-5 * columns);
        }
    }

    [Theory, MemberData(nameof(Shapes))]
    public void Biases_are_added_to_each_row(int rows, int columns)
    {
        using var math = new Arithmetic(2);
        using Activations x = Noise(rows, columns, 1), before = Noise(rows, columns, 1), bias = Noise(1, columns, 3);
        math.AddBias(x, bias[0]);
        for (int t = 0; t < rows; t++)
            for (int i = 0; i < columns; i++) Assert.Equal(before[t][i] + bias[0][i], x[t][i]);
    }

    /// <summary>Angles are kept between calls: other positions, other tables and more tables than are kept must not meet stale ones.</summary>
    [Fact]
    public void Rotations_follow_their_positions_and_tables()
    {
        using var math = new Arithmetic(2);
        RopeTable[] tables = [.. Enumerable.Range(0, 12).Select(i => new RopeTable(i % 2 == 0 ? RopePairing.Neighbours : RopePairing.Halves, [.. Enumerable.Range(0, 21).Select(pair => 1f / (1 + i + pair))]))];
        int[][] batches = [[0, 1, 2, 3, 4, 5, 6], [0, 1, 2, 3, 4, 5, 7], [3], [0, 1, 2]];
        for (int repeat = 0; repeat < 2; repeat++)
        {
            foreach (RopeTable table in tables)
            {
                foreach (int[] positions in batches)
                {
                    using Activations x = Noise(positions.Length, 88, 1), before = Noise(positions.Length, 88, 1);
                    math.Rope(x, 44, table, positions);
                    for (int t = 0; t < positions.Length; t++)
                        for (int i = 0; i < 88; i++) Assert.Equal(Rotated(before[t], i, table, positions[t]), x[t][i], 1e-3);
                }
            }
        }

        static double Rotated(Span<float> row, int column, RopeTable table, int position)
        {
            int pairs = table.Frequencies.Length, head = column / 44 * 44, i = column - head;
            if (i >= 2 * pairs) return row[column];
            bool neighbours = table.Pairing == RopePairing.Neighbours, isFirst = neighbours ? i % 2 == 0 : i < pairs;
            int pair = neighbours ? i / 2 : i % pairs, other = head + (neighbours ? i ^ 1 : (i + pairs) % (2 * pairs));
            double angle = position * (double)table.Frequencies[pair];
            return row[column] * Math.Cos(angle) + (isFirst ? -1 : 1) * row[other] * Math.Sin(angle);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Rotations_keep_lengths_and_turn_by_the_position(bool neighbours)
    {
        var table = new RopeTable(neighbours ? RopePairing.Neighbours : RopePairing.Halves, [1, 0.1f, 0.01f], Magnitude: 2);
        using var math = new Arithmetic(2);
        using Activations x = Noise(7, 16, 1), before = Noise(7, 16, 1);
        int[] positions = [0, 1, 2, 3, 100, 1000, 7];
        math.Rope(x, 8, table, positions);
        for (int t = 0; t < 7; t++)
        {
            for (int head = 0; head < 16; head += 8)
            {
                for (int i = 0; i < 3; i++)
                {
                    int a = head + (neighbours ? 2 * i : i), b = head + (neighbours ? 2 * i + 1 : i + 3);
                    double angle = positions[t] * (double)table.Frequencies[i], cos = Math.Cos(angle), sin = Math.Sin(angle);
                    Assert.Equal(2 * (before[t][a] * cos - before[t][b] * sin), x[t][a], 1e-3);
                    Assert.Equal(2 * (before[t][a] * sin + before[t][b] * cos), x[t][b], 1e-3);
                }

                Assert.Equal(before[t][head + 6], x[t][head + 6]);
                Assert.Equal(before[t][head + 7], x[t][head + 7]);
            }
        }
    }

    private static void Check(int rows, int columns, Action<Arithmetic, Activations, Activations> operation, Func<double, double, double> formula)
    {
        using var math = new Arithmetic(2);
        using Activations x = Noise(rows, columns, 1), y = Noise(rows, columns, 2), before = Noise(rows, columns, 1);
        operation(math, x, y);
        for (int t = 0; t < rows; t++)
        {
            for (int i = 0; i < columns; i++)
            {
                double expected = formula(before[t][i], y[t][i]);
                Assert.Equal(expected, x[t][i], 1e-6 * Math.Max(1, Math.Abs(expected)) * 8);
            }
        }
    }

    /// <summary>Mostly small values, and some so large that exponentials overflow.</summary>
    private static Activations Noise(int rows, int columns, int seed)
    {
        var noise = new Activations(rows, columns);
        var random = new Random(seed);
        for (int t = 0; t < rows; t++)
            foreach (ref float value in noise[t]) value = (float)((random.NextDouble() * 2 - 1) * (random.Next(10) == 0 ? 120 : 4));
        return noise;
    }
}
