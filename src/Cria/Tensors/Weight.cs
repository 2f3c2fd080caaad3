using Cria.Gguf;

namespace Cria.Tensors;

/// <summary>A weight matrix, or a stack of equal ones (experts), in its file's block format: one row per output value.</summary>
internal sealed unsafe class Weight
{
    public Weight(GgufTensor tensor)
        : this(tensor.Name, tensor.Type, Length(tensor, 0), Length(tensor, 1), Length(tensor, 2), tensor.Address)
    {
    }

    /// <summary>Wraps memory that holds all the rows and outlives the weight.</summary>
    internal Weight(string name, TensorType type, int columns, int rows, int count, byte* address)
    {
        Name = name;
        Type = type;
        Columns = columns;
        Rows = rows;
        Count = count;
        RowBytes = type.BytesFor(columns);
        Address = address;
        Kernels = Tensors.Kernels.MatrixKernels.For(type);
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
        return new Weight(Name, Type, Columns, rows, 1, Address + firstRow * RowBytes);
    }

    /// <summary>Decodes one row, counted over all stacked matrices, into floats.</summary>
    public void DecodeRow(long row, Span<float> values)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((ulong)row, (ulong)Rows * (ulong)Count, nameof(row));
        Formats.BlockFormat.Decode(Type, new ReadOnlySpan<byte>(Address + row * RowBytes, checked((int)RowBytes)), values[..Columns]);
    }

    private static int Length(GgufTensor tensor, int dimension) =>
        dimension < tensor.Dimensions.Length ? checked((int)tensor.Dimensions[dimension]) : 1;
}
