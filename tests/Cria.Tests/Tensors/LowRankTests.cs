using Cria.Gguf;
using Cria.Tensors;
using Cria.Tests.Gguf;
using TestModels;

namespace Cria.Tests.Tensors;

/// <summary>What low-rank factors add, against plain sums in double precision.</summary>
public sealed class LowRankTests : IDisposable
{
    private const float Scale = 0.75f;

    private readonly TemporaryFolder _folder = new();
    private readonly Arithmetic _math = new(threads: 2);

    public static TheoryData<TensorType, int, int, int> Shapes => new()
    {
        { TensorType.F32, 1, 1, 1 },
        { TensorType.F32, 37, 5, 19 },
        { TensorType.F16, 96, 8, 5001 },
        { TensorType.BF16, 40, 33, 70 },
        { TensorType.Q8_0, 64, 32, 130 },
    };

    public void Dispose()
    {
        _math.Dispose();
        _folder.Dispose();
    }

    [Theory, MemberData(nameof(Shapes))]
    public void All_rows_or_some_get_the_product_of_both_factors(TensorType type, int inputs, int rank, int outputs)
    {
        using var factors = new Factors(_folder, type, inputs, rank, outputs, count: 1);
        int[][] choices = [[0], [0, 1, 2, 3, 4, 5, 6], [1, 5], [.. Enumerable.Range(0, 40)], [.. Enumerable.Range(0, 20).Select(i => 2 * i)]];
        foreach ((int[] rows, int total) in choices.Select(rows => (rows, Math.Max(7, rows[^1] + 1))))
        {
            float[] scales = [.. rows.Select(row => 0.5f - 0.3f * (row % 4))];
            using Activations x = Noise(total, inputs), y = Noise(total, outputs), before = Noise(total, outputs);
            _math.AddLowRank(x, factors.Added, 0, rows, scales, y);
            for (int row = 0; row < total; row++)
            {
                int at = Array.IndexOf(rows, row);
                if (at < 0) Assert.Equal(before[row], y[row]);
                else factors.Check(x[row], scales[at], 0, 0, before[row], y[row]);
            }
        }
    }

    [Fact]
    public void A_part_of_the_outputs_gets_its_part()
    {
        using var factors = new Factors(_folder, TensorType.F32, 20, 4, 300, count: 1);
        using Activations x = Noise(3, 20), y = Noise(3, 130), before = Noise(3, 130);
        _math.AddLowRank(x, factors.Added, 101, [0, 1, 2], [1, 1, 1], y);
        for (int row = 0; row < 3; row++) factors.Check(x[row], 1, 0, 101, before[row], y[row]);
        Assert.Throws<ArgumentException>(() => _math.AddLowRank(x, factors.Added, 171, [0], [1], y));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Rows_of_chosen_matrices_get_those_matrices_products(bool shared)
    {
        const int Tokens = 9, Slots = 3, Count = 5;
        using var factors = new Factors(_folder, TensorType.F16, 48, 8, 90, Count);
        int[] experts = [.. Enumerable.Range(0, Tokens * Slots).Select(i => i * i % 7 % Count)];
        foreach (int[] rows in (int[][])[[0, 1, 2, 3, 4, 5, 6, 7, 8], [2, 3, 8]])
        {
            float[] scales = [.. rows.Select(row => 1 + 0.1f * row)];
            using Activations x = Noise(shared ? Tokens : Tokens * Slots, 48), y = Noise(Tokens * Slots, 90), before = Noise(Tokens * Slots, 90);
            _math.AddLowRankExperts(x, factors.Added, experts, Slots, rows, scales, y);
            for (int row = 0; row < Tokens * Slots; row++)
            {
                int at = Array.IndexOf(rows, row / Slots);
                if (at < 0) Assert.Equal(before[row], y[row]);
                else factors.Check(x[shared ? row / Slots : row], scales[at], experts[row], 0, before[row], y[row]);
            }
        }
    }

    [Fact]
    public void Embeddings_get_the_products_of_their_tokens_rows()
    {
        // Turned around: the first factor has a row per token, and the second one per value of an embedding.
        using var factors = new Factors(_folder, TensorType.F32, inputs: 6, rank: 50, outputs: 30, count: 1, upColumns: 6);
        int[] ids = [49, 0, 7, 7];
        using Activations y = Noise(4, 30), before = Noise(4, 30);
        _math.EmbedLowRank(ids, factors.Added, [0, 2, 3], [1, 2, 3], y);
        Assert.Equal(before[1], y[1]);
        foreach ((int row, float scale) in (ReadOnlySpan<(int, float)>)[(0, 1), (2, 2), (3, 3)])
            factors.CheckCombination(factors.DownRow(ids[row]), scale, 0, 0, before[row], y[row]);
    }

    private static Activations Noise(int rows, int columns)
    {
        var noise = new Activations(rows, columns);
        var random = new Random(rows * columns);
        for (int t = 0; t < rows; t++)
            foreach (ref float value in noise[t]) value = (float)(random.NextDouble() * 2 - 1);
        return noise;
    }

    /// <summary>Random factors in a file and in memory.</summary>
    private sealed class Factors : IDisposable
    {
        private readonly GgufFile _file;
        private readonly Weight _down, _up;

        public Factors(TemporaryFolder folder, TensorType type, int inputs, int rank, int outputs, int count, int? upColumns = null)
        {
            var writer = new GgufWriter();
            Add("down", inputs, rank);
            Add("up", upColumns ?? rank, outputs);
            _file = GgufFile.Open(folder.Write(writer, $"{Guid.NewGuid():n}.gguf"));
            GgufTensor down = _file.FindTensor("down")!, up = _file.FindTensor("up")!;
            (_down, _up) = (new Weight(down), new Weight(up));
            Added = new LowRank(down, up, Scale);

            void Add(string name, int columns, int rows)
            {
                byte[] data = new byte[type.BytesFor((long)columns * rows * count)];
                new BlockNoise(1, name).Fill(type, data, 1);
                writer.AddTensor(name, type, [columns, rows, count], data);
            }
        }

        public LowRank Added { get; }

        public float[] DownRow(int row)
        {
            float[] values = new float[_down.Columns];
            _down.DecodeRow(row, values);
            return values;
        }

        public void Check(ReadOnlySpan<float> x, float scale, int matrix, int firstOutput, ReadOnlySpan<float> before, ReadOnlySpan<float> after)
        {
            double[] low = new double[_down.Rows];
            for (int k = 0; k < low.Length; k++)
            {
                float[] row = DownRow(matrix * _down.Rows + k);
                for (int i = 0; i < row.Length; i++) low[k] += (double)row[i] * x[i];
            }

            CheckCombination([.. low.Select(value => (float)value)], scale, matrix, firstOutput, before, after);
        }

        public void CheckCombination(float[] low, float scale, int matrix, int firstOutput, ReadOnlySpan<float> before, ReadOnlySpan<float> after)
        {
            float[] row = new float[_up.Columns];
            for (int o = 0; o < after.Length; o++)
            {
                _up.DecodeRow((long)matrix * _up.Rows + firstOutput + o, row);
                double sum = before[o], size = Math.Abs(before[o]);
                for (int k = 0; k < row.Length; k++)
                {
                    sum += (double)scale * Scale * low[k] * row[k];
                    size += Math.Abs((double)scale * Scale * low[k] * row[k]);
                }

                Assert.True(Math.Abs(sum - after[o]) <= 1e-5 * (size + 1), $"Output {o}: {after[o]} instead of {sum}.");
            }
        }

        public void Dispose()
        {
            Added.Dispose();
            _file.Dispose();
        }
    }
}
