using Cria.Gguf;
using Cria.Tensors.Kernels;
using Cria.Tensors.Kernels.Attention;
using Cria.Tensors.Kernels.Inputs;

namespace Cria.Tensors;

/// <summary>A matrix that inputs meet, or a stack of <paramref name="Count"/> equal ones.</summary>
internal readonly record struct MatrixShape(TensorType Type, int Columns, int Rows, int Count = 1);

/// <summary>What a network asks of the arithmetic in its largest pass; it tells how much scratch memory that comes to hold.</summary>
internal sealed record Workload
{
    public required int Threads { get; init; }

    /// <summary>The most tokens of one pass.</summary>
    public required int Tokens { get; init; }

    public required IReadOnlyCollection<MatrixShape> Matrices { get; init; }

    /// <summary>The pages of a full context.</summary>
    public required int Pages { get; init; }

    /// <summary>The length of a sequence's list of pages, which has room for more.</summary>
    public required int ListedPages { get; init; }

    /// <summary>How many matrices of a stack each token meets.</summary>
    public required int Slots { get; init; }

    public required int Heads { get; init; }

    public required KvShape KeysAndValues { get; init; }

    /// <summary>The highest rank of adapters, 0 without any.</summary>
    public required int AdapterRank { get; init; }
}

internal sealed unsafe partial class Arithmetic
{
    /// <summary>The bytes that operations hold between passes; they grow to what <see cref="ScratchBytes"/> tells.</summary>
    public long HeldBytes =>
        _inputs.Bytes + _scratch.Bytes + _panels.Bytes + _segments.Bytes + _order.Bytes + _attention.Bytes + _walks.Bytes + _stores.Bytes
        + _lowRankRows.Bytes + _lowRankInput.Bytes + _lowRank.Bytes + _rotations.Sum(rotations => rotations.Bytes);

    /// <summary>
    /// What the operations of a network's largest pass need of scratch memory, a few per cent too much rather than too little. It
    /// mirrors what they reserve, which a test compares. In floating point, because damaged files may state sizes that overflow.
    /// </summary>
    public static double ScratchBytes(Workload work)
    {
        double inputs = 0, scratch = 0, panels = 0, order = 0;
        foreach (MatrixShape matrix in work.Matrices)
        {
            MatrixKernels kernels = MatrixKernels.For(matrix.Type);
            double rows = matrix.Count > 1 ? (double)work.Tokens * work.Slots : work.Tokens;
            inputs = Math.Max(inputs, InputBytes(work, matrix, kernels));
            if (matrix.Count > 1) order = Math.Max(order, (matrix.Count + 2 * rows) * sizeof(int) + (double)matrix.Count * sizeof(Segment));
            if (rows < FewestPanelRows) continue;
            scratch = Math.Max(scratch, (double)work.Threads * InputForms.TileRows * kernels.TileForm.RowBytes(matrix.Columns));
            panels = Math.Max(panels, (double)work.Threads * PanelGroup(matrix, kernels, rows, work.Threads) * kernels.PanelBytes(matrix.Columns));
        }

        int pairs = work.KeysAndValues.KeyLength / 2;
        // Two tables of halves, or one of neighbours.
        double rotations = (double)work.Tokens * 4 * pairs * sizeof(float);
        double adapters = work.AdapterRank == 0 ? 0 : Math.Max(1.0, work.Slots) * (Activations.BytesFor(work.Tokens, work.AdapterRank) + 2.0 * work.Tokens * sizeof(int));
        return inputs + scratch + panels + order + AttentionBytes(work) + rotations + adapters;
    }

    private static double InputBytes(Workload work, MatrixShape matrix, MatrixKernels kernels)
    {
        double rowsOfExperts = (double)work.Tokens * work.Slots, bytes = 0;
        if (matrix.Count > 1)
        {
            // Each expert's rows end with a tile that is not full: half of one on average.
            double tiles = rowsOfExperts / InputForms.TileRows + Math.Min(matrix.Count, rowsOfExperts) / 2;
            double direct = kernels.RowForm == InputForm.Floats ? 0 : rowsOfExperts * kernels.RowForm.RowBytes(matrix.Columns);
            return direct + tiles * kernels.TileForm.TileBytes(matrix.Columns);
        }

        bool isTiled = work.Tokens >= FewestPanelRows;
        double units = isTiled ? Math.Ceiling((double)work.Tokens / InputForms.TileRows) : work.Tokens;
        for (InputForm form = InputForm.Floats; form <= InputForm.WideBlocks; form++)
            bytes += units * (isTiled ? form.TileBytes(matrix.Columns) : form.RowBytes(matrix.Columns));
        return bytes;
    }

    private static double PanelGroup(MatrixShape matrix, MatrixKernels kernels, double rows, int threads)
    {
        long bytes = kernels.PanelBytes(matrix.Columns), panels = ((long)matrix.Rows + kernels.Lanes - 1) / kernels.Lanes;
        return Math.Clamp(Math.Min(Math.Min(PanelGroupBytes / Math.Max(1, bytes), rows / InputForms.TileRows), panels / (4 * threads)), 1, 8);
    }

    private static double AttentionBytes(Workload work)
    {
        KvShape shape = work.KeysAndValues;
        long group = work.Heads / shape.KeyValueHeads, wanted = work.Threads == 1 ? 1 : TasksPerThread * work.Threads;
        long tile = Math.Max(1, FloatsPerTask / (((long)shape.KeyLength + shape.ValueLength) * group));
        while (tile > 1 && tile * group > FewestRowsPerTask && (long)work.Tokens * shape.KeyValueHeads < wanted * tile) tile = (tile + 1) / 2;

        // Of the longest pass the scratch memory is the largest; one token with a long context keeps the results of many parts until they are joined.
        double longest = AttentionBytes(work, (int)(tile * group)), parts = Math.Ceiling((double)work.Pages / PagesPerPart) * shape.KeyValueHeads;
        double one = AttentionBytes(work, (int)group) + parts * ResultBytes((int)group, shape);
        double walks = (Math.Ceiling((double)work.Tokens / tile) * shape.KeyValueHeads + wanted) * sizeof(Walk);
        return Math.Max(longest, one) + walks + (double)work.ListedPages * sizeof(byte*);
    }

    /// <summary>What the threads compute in, each with a result and one that is joined to it.</summary>
    private static double AttentionBytes(Workload work, int rows)
    {
        KvShape shape = work.KeysAndValues;
        long scratch = VectorKernels.Best.AttentionScratchFloats(rows, shape.KeyLength, shape.ValueLength) * sizeof(float);
        return work.Threads * (scratch + 2 * ResultBytes(rows, shape));
    }

    private static double ResultBytes(int rows, KvShape shape) =>
        (double)AttentionResult.Floats(rows, VectorKernels.Best.PaddedValueLength(shape.ValueLength)) * sizeof(float);
}
