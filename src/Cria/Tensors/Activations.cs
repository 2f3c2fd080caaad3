using System.Runtime.InteropServices;

namespace Cria.Tensors;

/// <summary>A matrix of floats outside the managed heap, one row per token; each row starts on a 64-byte border.</summary>
internal sealed unsafe class Activations : IDisposable
{
    private float* _data;

    public Activations(int capacity, int columns)
    {
        Capacity = capacity;
        Columns = columns;
        Stride = (columns + 15) & ~15;
        _data = (float*)NativeMemory.AlignedAlloc((nuint)((long)capacity * Stride * sizeof(float)), 64);
        Rows = capacity;
    }

    ~Activations() => Release();

    /// <summary>The most rows that fit.</summary>
    public int Capacity { get; }

    /// <summary>The number of values in a row.</summary>
    public int Columns { get; }

    /// <summary>The distance between rows, in floats.</summary>
    public int Stride { get; }

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

    /// <summary>Sets how many rows are in use; their values are undefined.</summary>
    public void Resize(int rows)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)rows, (uint)Capacity, nameof(rows));
        Rows = rows;
    }

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
