using System.Runtime.InteropServices;
using Cria.Gguf;
using Cria.Tensors;

namespace Cria.Tests.Tensors;

/// <summary>Matrix products of every format against exact decoding and sums in double precision.</summary>
public sealed class MatMulTests
{
    public static TheoryData<TensorType> Types =>
    [
        TensorType.F32, TensorType.F16, TensorType.BF16, TensorType.Q4_0, TensorType.Q4_1, TensorType.Q5_0, TensorType.Q5_1, TensorType.Q8_0,
        TensorType.IQ4_NL, TensorType.MXFP4, TensorType.Q2_K, TensorType.Q3_K, TensorType.Q4_K, TensorType.Q5_K, TensorType.Q6_K, TensorType.IQ4_XS,
    ];

    [Theory, MemberData(nameof(Types))]
    public void A_product_is_that_of_the_decoded_weights(TensorType type)
    {
        int block = type.BlockLength();
        foreach (int columns in (int[])[block == 1 ? 37 : block, block == 256 ? 768 : 352])
        {
            foreach (int rows in (int[])[1, 5, 16, 51])
            {
                using var case1 = new Case(type, columns, rows, count: 1);
                foreach (int tokens in (int[])[1, 2, 3, 4, 8, 9, 20]) case1.CheckProduct(tokens);
            }
        }
    }

    [Theory, MemberData(nameof(Types))]
    public void Experts_get_the_rows_that_chose_them(TensorType type)
    {
        using var experts = new Case(type, columns: type.BlockLength() == 256 ? 256 : 96, rows: 21, count: 5);
        experts.CheckExperts(tokens: 1, slots: 2, shared: true);
        experts.CheckExperts(tokens: 40, slots: 2, shared: true);
        experts.CheckExperts(tokens: 40, slots: 2, shared: false);
    }

    /// <summary>Row by row, four rows at once, through panels, whole or not, and as a row of an expert: always the same bits.</summary>
    [Theory, MemberData(nameof(Types))]
    public void A_row_gets_what_it_gets_alone(TensorType type)
    {
        int block = type.BlockLength();
        foreach (int columns in (int[])[block == 1 ? 165 : block, block == 1 ? 7 : 5 * block, block == 256 ? 2048 : 352, block == 256 ? 22 * 256 : 1056])
        {
            using var some = new Case(type, columns, rows: 23, count: 1);
            some.CheckInvariance([1, 2, 3, 4, 5, 7, 8, 9, 16, 17, 24, 40], change: _ => { });
            using var largest = new Case(type, columns, rows: 3, count: 1, extreme: true);
            largest.CheckInvariance([4, 9], change: row => row.Fill(-1));
            using var few = new Case(type, columns, rows: 6, count: 1);
            few.CheckInvariance([4, 9], change: row => row[7 % columns] = float.NaN);
            using var experts = new Case(type, columns, rows: 5, count: 3);
            experts.CheckExpertsInvariance();
        }
    }

    [Fact]
    public void Products_that_share_an_input_may_have_different_formats()
    {
        using var a = new Case(TensorType.Q4_K, 512, 19, 1);
        using var b = new Case(TensorType.F16, 512, 33, 1);
        using var c = new Case(TensorType.Q6_K, 512, 8, 1);
        foreach (int tokens in (int[])[1, 11])
        {
            using Activations x = Case.Noise(tokens, 512);
            using Activations ya = new(tokens, 19), yb = new(tokens, 33), yc = new(tokens, 8);
            a.Math.MatMul(x, a.Weight, ya, b.Weight, yb, c.Weight, yc);
            a.CheckAgainst(x, ya, _ => 0, t => t);
            b.CheckAgainst(x, yb, _ => 0, t => t);
            c.CheckAgainst(x, yc, _ => 0, t => t);
        }
    }

    [Theory, MemberData(nameof(Types))]
    public void A_value_that_is_no_number_reaches_every_output(TensorType type)
    {
        using var weights = new Case(type, 256, 16, 1);
        foreach (int tokens in (int[])[1, 8])
        {
            using Activations x = Case.Noise(tokens, 256), y = new(tokens, 16);
            x[0][5] = float.NaN;
            weights.Math.MatMul(x, weights.Weight, y);
            foreach (float value in y[0]) Assert.True(float.IsNaN(value), $"{value} at {tokens} rows");
            if (tokens > 1) Assert.False(float.IsNaN(y[1][0]));
        }
    }

    /// <summary>The extreme blocks: every value and every scale at its largest, where sums of shorts are closest to overflowing.</summary>
    [Theory, MemberData(nameof(Types))]
    public void The_largest_values_do_not_overflow(TensorType type)
    {
        if (type.BlockLength() == 1) return;
        using var largest = new Case(type, 256, 16, 1, extreme: true);
        foreach (int tokens in (int[])[1, 8])
        {
            using Activations x = new(tokens, 256), y = new(tokens, 16);
            for (int t = 0; t < tokens; t++) x[t].Fill(t % 2 == 0 ? 1 : -1);
            largest.Math.MatMul(x, largest.Weight, y);
            largest.CheckAgainst(x, y, _ => 0, t => t);
        }
    }

    private sealed unsafe class Case : IDisposable
    {
        private readonly byte* _blocks;
        private readonly double _tolerance;

        public Case(TensorType type, int columns, int rows, int count, bool extreme = false)
        {
            long bytes = type.BytesFor((long)columns * rows * count);
            _blocks = (byte*)NativeMemory.Alloc((nuint)bytes);
            var blocks = new Span<byte>(_blocks, (int)bytes);
            var random = new Random(columns + 31 * rows);
            if (extreme) blocks.Fill(0xFF);
            else random.NextBytes(blocks);
            FixScales(type, blocks, extreme);
            Weight = new Weight("test", type, columns, rows, count, _blocks);
            // Activations are rounded to eight bits where weights are quantised.
            _tolerance = type is TensorType.F32 or TensorType.F16 or TensorType.BF16 ? 1e-5 : 0.012;
        }

        public Arithmetic Math { get; } = new(threads: 2);

        public Weight Weight { get; }

        public static Activations Noise(int rows, int columns)
        {
            var noise = new Activations(rows, columns);
            var random = new Random(rows * columns);
            for (int t = 0; t < rows; t++)
                foreach (ref float value in noise[t]) value = (float)(random.NextDouble() * 2 - 1);
            return noise;
        }

        public void CheckProduct(int tokens)
        {
            using Activations x = Noise(tokens, Weight.Columns), y = new(tokens, Weight.Rows);
            Math.MatMul(x, Weight, y);
            CheckAgainst(x, y, _ => 0, t => t);
        }

        /// <summary>Compares products of several rows, the third of which is changed first, to those of each row alone.</summary>
        public void CheckInvariance(int[] counts, SpanAction change)
        {
            int most = counts.Max();
            using Activations x = Noise(most, Weight.Columns), y = new(most, Weight.Rows);
            change(x[2]);
            float[][] alone = [.. Enumerable.Range(0, most).Select(t => Alone(x[t].ToArray(), 0))];
            foreach (int count in counts)
            {
                x.Resize(count);
                y.Resize(count);
                for (int t = 0; t < count; t++) y[t].Clear();
                Math.MatMul(x, Weight, y);
                for (int t = 0; t < count; t++) CheckBits(alone[t], y[t], $"row {t} of {count}");
            }
        }

        /// <summary>The same for rows of an expert that has many, one that has four and one that has a single one.</summary>
        public void CheckExpertsInvariance()
        {
            int[] experts = [0, 1, 0, 0, 2, 0, 1, 0, 0, 1, 0, 0, 0, 0, 1];
            using Activations x = Noise(experts.Length, Weight.Columns), y = new(experts.Length, Weight.Rows);
            Math.MatMulExperts(x, Weight, experts, 1, y);
            for (int t = 0; t < experts.Length; t++) CheckBits(Alone(x[t].ToArray(), experts[t]), y[t], $"row {t} of expert {experts[t]}");
        }

        private float[] Alone(ReadOnlySpan<float> row, int expert)
        {
            using Activations x = new(1, Weight.Columns), y = new(1, Weight.Rows);
            row.CopyTo(x[0]);
            Math.MatMulExperts(x, Weight, [expert], 1, y);
            return y[0].ToArray();
        }

        private void CheckBits(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, string what)
        {
            for (int i = 0; i < expected.Length; i++)
            {
                Assert.True(
                    BitConverter.SingleToInt32Bits(expected[i]) == BitConverter.SingleToInt32Bits(actual[i]) || (float.IsNaN(expected[i]) && float.IsNaN(actual[i])),
                    $"{Weight.Type}, {Weight.Columns} columns, {what}, output {i}: {actual[i]:R} instead of {expected[i]:R}");
            }
        }

        public delegate void SpanAction(Span<float> row);

        public void CheckExperts(int tokens, int slots, bool shared)
        {
            using Activations x = Noise(shared ? tokens : tokens * slots, Weight.Columns), y = new(tokens * slots, Weight.Rows);
            int[] experts = [.. Enumerable.Range(0, tokens * slots).Select(i => i * i % 7 % Weight.Count)];
            Math.MatMulExperts(x, Weight, experts, slots, y);
            CheckAgainst(x, y, r => experts[r], r => shared ? r / slots : r);
        }

        public void CheckAgainst(Activations x, Activations y, Func<int, int> matrix, Func<int, int> input)
        {
            float[] row = new float[Weight.Columns];
            for (int t = 0; t < y.Rows; t++)
            {
                for (int o = 0; o < Weight.Rows; o++)
                {
                    Weight.DecodeRow((long)matrix(t) * Weight.Rows + o, row);
                    double expected = 0, size = 0;
                    for (int i = 0; i < row.Length; i++)
                    {
                        expected += (double)row[i] * x[input(t)][i];
                        size += (double)row[i] * row[i] * x[input(t)][i] * x[input(t)][i];
                    }

                    // An error of one rounding step per activation adds up like a random walk, as the products themselves do.
                    Assert.True(System.Math.Abs(expected - y[t][o]) <= _tolerance * System.Math.Sqrt(size) * 3 + 1e-6, $"{Weight.Type}, {Weight.Columns} columns, {y.Rows} rows: row {t}, output {o}: {y[t][o]} instead of {expected}");
                }
            }
        }

        public void Dispose()
        {
            Math.Dispose();
            NativeMemory.Free(_blocks);
        }

        /// <summary>Random bytes make absurd floats: gives every float of the blocks a sensible value.</summary>
        private static void FixScales(TensorType type, Span<byte> blocks, bool extreme)
        {
            var random = new Random(7);
            int[] scales = type switch
            {
                TensorType.Q4_0 or TensorType.Q5_0 or TensorType.Q8_0 or TensorType.IQ4_NL or TensorType.IQ4_XS => [0],
                TensorType.Q4_1 or TensorType.Q5_1 or TensorType.Q4_K or TensorType.Q5_K => [0, 2],
                TensorType.Q2_K => [80, 82],
                TensorType.Q3_K => [108],
                TensorType.Q6_K => [208],
                _ => [],
            };
            for (int block = 0; block < blocks.Length; block += type.BlockBytes())
            {
                Span<byte> one = blocks.Slice(block, type.BlockBytes());
                float scale = extreme ? 1 : (float)random.NextDouble() + 0.1f;
                foreach (int offset in scales) BitConverter.TryWriteBytes(one[offset..], (Half)scale);
                if (type == TensorType.F32) BitConverter.TryWriteBytes(one, scale - 0.5f);
                if (type == TensorType.F16) BitConverter.TryWriteBytes(one, (Half)(scale - 0.5f));
                if (type == TensorType.BF16) BitConverter.TryWriteBytes(one, (short)(BitConverter.SingleToInt32Bits(scale - 0.5f) >> 16));
                if (type == TensorType.MXFP4) one[0] = (byte)(extreme ? 127 : 124 + random.Next(6));
                if (type == TensorType.Q8_0 && extreme) one[2..].Fill(0x81);
            }
        }
    }
}
