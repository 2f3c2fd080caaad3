using System.Runtime.InteropServices;

namespace Cria.Tensors;

/// <summary>A matrix of floats outside the managed heap, one row per token; each row starts on a 64-byte border.</summary>
internal sealed unsafe class Activations : IDisposable
{
    private float* _data;
    private long _floats;

    public Activations(int capacity, int columns) => Reshape(capacity, columns);

    ~Activations() => Release();

    /// <summary>The bytes held now.</summary>
    public long Bytes => _data == null ? 0 : _floats * sizeof(float);

    /// <summary>The most rows that fit.</summary>
    public int Capacity { get; private set; }

    /// <summary>The number of values in a row.</summary>
    public int Columns { get; private set; }

    /// <summary>The distance between rows, in floats.</summary>
    public int Stride { get; private set; }

    /// <summary>The number of rows in use; every operation works on these.</summary>
    public int Rows { get; private set; }

    internal float* Address => _data;

    /// <summary>One row in use.</summary>
    public Span<float> this[int row]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)row, (uint)Rows, nameof(row));
            return new Span<float>(_data + (long)row * Stride, Columns);
        }
    }

    /// <summary>The bytes that so many rows take.</summary>
    public static long BytesFor(int rows, long columns) => rows * StrideFor(columns) * sizeof(float);

    /// <summary>Sets how many rows are in use; their values are undefined.</summary>
    public void Resize(int rows)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)rows, (uint)Capacity, nameof(rows));
        Rows = rows;
    }

    /// <summary>Makes it another matrix, taking more memory only where it needs more; all values are undefined.</summary>
    public void Reshape(int rows, int columns)
    {
        int stride = checked((int)StrideFor(columns));
        long floats = (long)rows * stride;
        if (_data == null || floats > _floats)
        {
            Release();
            _floats = 0;
            _data = (float*)NativeMemory.AlignedAlloc((nuint)(floats * sizeof(float)), 64);
            _floats = floats;
        }

        (Capacity, Rows, Columns, Stride) = (rows, rows, columns, stride);
    }

    private static long StrideFor(long columns) => (columns + 15) & ~15L;

    public void Dispose()
    {
        Release();
        GC.SuppressFinalize(this);
    }

    private void Release()
    {
        NativeMemory.AlignedFree(_data);
        _data = null;
    }
}
