using Cria.Tensors.Kernels;

namespace Cria.Tensors;

internal sealed unsafe partial class Arithmetic
{
    /// <summary>The floats of a task's part of the second factor, which is read for each of its rows: a first-level cache.</summary>
    private const int CombinedFloats = 1 << 13;

    /// <summary>Fewer multiplications than this are not worth waking anyone for.</summary>
    private const int FewestSharedProducts = 1 << 15;

    private readonly Activations _lowRankInput = new(1, 1);
    private readonly Activations _lowRank = new(1, 1);
    private readonly NativeBuffer _lowRankRows = new();

    /// <summary>
    /// y[rows[i]] += scales[i] · (x[rows[i]] · downᵀ) · up, for some rows, ascending. Where y is a part of the outputs,
    /// <paramref name="firstOutput"/> tells where that begins.
    /// </summary>
    public void AddLowRank(Activations x, LowRank added, int firstOutput, ReadOnlySpan<int> rows, ReadOnlySpan<float> scales, Activations y)
    {
        Check(x.Columns == added.Down.Columns && x.Rows == y.Rows && rows.Length == scales.Length, "AddLowRank: shapes differ.");
        Activations input = Gather(x, rows);
        _lowRank.Reshape(rows.Length, added.Rank);
        MatMul(input, added.Down, _lowRank);
        fixed (int* targets = rows) Combine(added, firstOutput, scales, slots: 1, matrices: null, targets, y);
    }

    /// <summary>The same for an embedding: the first factor's rows are those that the ids of the rows name.</summary>
    public void EmbedLowRank(ReadOnlySpan<int> ids, LowRank added, ReadOnlySpan<int> rows, ReadOnlySpan<float> scales, Activations y)
    {
        Check(ids.Length == y.Rows && rows.Length == scales.Length, "EmbedLowRank: shapes differ.");
        _lowRank.Reshape(rows.Length, added.Rank);
        for (int i = 0; i < rows.Length; i++) added.Down.DecodeRow(ids[rows[i]], _lowRank[i]);
        fixed (int* targets = rows) Combine(added, 0, scales, slots: 1, matrices: null, targets, y);
    }

    /// <summary>
    /// The same with chosen matrices of a stack, as <see cref="MatMulExperts"/> chooses them; <paramref name="rows"/> count tokens, each of
    /// which has <paramref name="slots"/> rows of y.
    /// </summary>
    public void AddLowRankExperts(
        Activations x, LowRank added, ReadOnlySpan<int> experts, int slots, ReadOnlySpan<int> rows, ReadOnlySpan<float> scales, Activations y)
    {
        bool shared = slots > 1 && x.Rows * slots == y.Rows;
        Check(x.Columns == added.Down.Columns && y.Rows == experts.Length && rows.Length == scales.Length, "AddLowRankExperts: shapes differ.");
        int count = rows.Length * slots;
        int* targets = (int*)_lowRankRows.Reserve(2L * count * sizeof(int));
        int* chosen = targets + count;
        for (int i = 0; i < count; i++)
        {
            targets[i] = rows[i / slots] * slots + i % slots;
            chosen[i] = experts[targets[i]];
        }

        Activations input = Gather(x, shared ? rows : new ReadOnlySpan<int>(targets, count));
        _lowRank.Reshape(count, added.Rank);
        MatMulExperts(input, added.Down, new ReadOnlySpan<int>(chosen, count), slots, _lowRank);
        Combine(added, 0, scales, slots, chosen, targets, y);
    }

    /// <summary>The named rows, one after the other; x itself if these are all.</summary>
    private Activations Gather(Activations x, ReadOnlySpan<int> rows)
    {
        if (rows.Length == x.Rows) return x;
        _lowRankInput.Reshape(rows.Length, x.Columns);
        for (int i = 0; i < rows.Length; i++) x[rows[i]].CopyTo(_lowRankInput[i]);
        return _lowRankInput;
    }

    /// <summary>Adds to y the rows of the second factor, each times its value between the factors.</summary>
    private void Combine(LowRank added, int firstOutput, ReadOnlySpan<float> scales, int slots, int* matrices, int* targets, Activations y)
    {
        Weight up = added.Up;
        Check(firstOutput + y.Columns <= up.Columns && _lowRank.Rows == scales.Length * slots, "AddLowRank: shapes differ.");
        for (int i = 0; i < _lowRank.Rows; i++)
            foreach (ref float value in _lowRank[i]) value *= scales[i / slots];

        int columns = Math.Max(64, CombinedFloats / up.Rows & ~63), blocks = (y.Columns + columns - 1) / columns;
        var work = new CombineWork
        {
            Low = _lowRank.Address,
            LowStride = _lowRank.Stride,
            Rank = up.Rows,
            Up = (float*)up.Address + firstOutput,
            UpStride = up.Columns,
            Matrices = matrices,
            Targets = targets,
            Rows = _lowRank.Rows,
            RowsPerTask = Math.Max(1, _lowRank.Rows * blocks / (TasksPerThread * _team.Size)),
            Y = y.Address,
            YStride = y.Stride,
            Columns = y.Columns,
            ColumnsPerTask = columns,
            Blocks = blocks,
        };
        int tasks = blocks * ((work.Rows + work.RowsPerTask - 1) / work.RowsPerTask);
        if ((long)work.Rows * y.Columns * up.Rows >= FewestSharedProducts) _team.Run(ref work, tasks);
        else for (int task = 0; task < tasks; task++) work.Execute(task, 0);
    }

    private struct CombineWork : IParallelWork
    {
        public float* Low;
        public nint LowStride;
        public int Rank;
        public float* Up;
        public nint UpStride;

        /// <summary>Which matrix of the stack each row meets; null is the first for all.</summary>
        public int* Matrices;
        public int* Targets;
        public int Rows;
        public int RowsPerTask;
        public float* Y;
        public nint YStride;
        public int Columns;
        public int ColumnsPerTask;
        public int Blocks;

        public readonly void Execute(int task, int worker)
        {
            int column = task % Blocks * ColumnsPerTask, length = Math.Min(ColumnsPerTask, Columns - column);
            int first = task / Blocks * RowsPerTask, end = Math.Min(Rows, first + RowsPerTask);
            for (int row = first; row < end; row++)
            {
                float* low = Low + row * LowStride, y = Y + Targets[row] * YStride + column;
                float* up = Up + (Matrices == null ? 0 : Matrices[row]) * Rank * UpStride + column;
                VectorKernels.Best.AddCombination(y, low, up, UpStride, Rank, length);
            }
        }
    }
}
