using Cria.Gguf;

namespace Cria.Tensors;

/// <summary>A weight matrix, or a stack of equal ones (experts), in its file's block format: one row per output value.</summary>
internal sealed unsafe class Weight
{
    public Weight(GgufTensor tensor)
    {
        ReadOnlySpan<long> shape = tensor.Dimensions;
        Name = tensor.Name;
        Type = tensor.Type;
        Columns = checked((int)shape[0]);
        Rows = shape.Length > 1 ? checked((int)shape[1]) : 1;
        Count = shape.Length > 2 ? checked((int)shape[2]) : 1;
        RowBytes = Type.BytesFor(Columns);
        Address = tensor.Address;
        Kernels = Tensors.Kernels.MatrixKernels.For(Type);
    }

    private Weight(Weight whole, int firstRow, int rows)
    {
        Name = whole.Name;
        Type = whole.Type;
        Columns = whole.Columns;
        Rows = rows;
        Count = 1;
        RowBytes = whole.RowBytes;
        Address = whole.Address + firstRow * whole.RowBytes;
    }

    public string Name { get; }

    public TensorType Type { get; }

    /// <summary>Values per row: the length of the input.</summary>
    public int Columns { get; }

    /// <summary>Rows per matrix: the length of the output.</summary>
    public int Rows { get; }

    /// <summary>The number of stacked matrices.</summary>
    public int Count { get; }

    public long RowBytes { get; }

    internal Kernels.MatrixKernels Kernels { get; }

    internal byte* Address { get; }

    /// <summary>Some rows of the first matrix as a matrix of their own, without copying.</summary>
    public Weight Slice(int firstRow, int rows)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(firstRow);
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(firstRow, Rows - rows);
        return new Weight(this, firstRow, rows);
    }

    /// <summary>Decodes one row, counted over all stacked matrices, into floats.</summary>
    public void DecodeRow(long row, Span<float> values)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((ulong)row, (ulong)Rows * (ulong)Count, nameof(row));
        Formats.BlockFormat.Decode(Type, new ReadOnlySpan<byte>(Address + row * RowBytes, checked((int)RowBytes)), values[..Columns]);
    }
}
