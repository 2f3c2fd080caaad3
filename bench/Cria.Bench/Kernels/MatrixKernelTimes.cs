using System.Runtime.InteropServices;
using BenchmarkDotNet.Attributes;
using Cria.Gguf;
using Cria.Tensors.Formats;
using Cria.Tensors.Kernels;
using Cria.Tensors.Kernels.Inputs;

namespace Cria.Bench.Kernels;

/// <summary>The products with a weight matrix: rows one by one as in decoding, and panels of rows times tiles of eight tokens as in prefill.</summary>
public unsafe class MatrixKernelTimes : IMeasuredWork, IDisposable
{
    // A panel of these stays in the first-level cache or close by, so that the arithmetic is seen and not the memory.
    private const int Columns = 2048;

    private readonly List<nint> _blocks = [];
    private MatrixKernels _kernels;
    private long _rowBytes;
    private byte* _weights, _panel, _row, _tile;
    private float* _result;

    public static IEnumerable<TensorType> Formats => Enum.GetValues<TensorType>().Where(BlockFormat.CanDecode);

    [ParamsSource(nameof(Formats))]
    public TensorType Format { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        _kernels = MatrixKernels.For(Format);
        _rowBytes = Format.BytesFor(Columns);
        _weights = Allocate(_rowBytes * _kernels.Lanes);
        new TestModels.BlockNoise(1, "weights").Fill(Format, new Span<byte>(_weights, (int)_rowBytes * _kernels.Lanes), 0.1f);
        _panel = Allocate(_kernels.PanelBytes(Columns));
        _row = Allocate(_kernels.RowForm.RowBytes(Columns));
        _tile = Allocate(_kernels.TileForm.TileBytes(Columns));
        _result = (float*)Allocate(InputForms.TileRows * _kernels.Lanes * sizeof(float));

        var values = (float*)Allocate(Columns * sizeof(float));
        for (int i = 0; i < Columns; i++) values[i] = i % 17 - 8;
        float** rows = stackalloc float*[InputForms.TileRows];
        for (int i = 0; i < InputForms.TileRows; i++) rows[i] = values;
        _kernels.TileForm.FillTile(rows, InputForms.TileRows, Columns, _tile, Allocate(InputForms.TileRows * _kernels.TileForm.RowBytes(Columns)));
        _kernels.RowForm.FillRow(values, Columns, _row);
        Pack();
    }

    [GlobalCleanup]
    public void Dispose()
    {
        foreach (nint block in _blocks) NativeMemory.AlignedFree((void*)block);
        _blocks.Clear();
        GC.SuppressFinalize(this);
    }

    public Work WorkOf(string method)
    {
        MatrixKernels kernels = MatrixKernels.For(Format);
        double weights = (double)Columns * kernels.Lanes, bytes = Format.BytesFor(Columns) * kernels.Lanes;
        return method switch
        {
            nameof(Dot) => new Work(bytes, 2 * weights),
            nameof(Pack) => new Work(bytes, 0),
            _ => new Work(kernels.PanelBytes(Columns), 2 * InputForms.TileRows * weights),
        };
    }

    /// <summary>As many rows as a panel has, each times one token.</summary>
    [Benchmark]
    public void Dot() => _kernels.Dot(_weights, _rowBytes, _kernels.Lanes, Columns, _row, _result);

    /// <summary>Rows into a panel.</summary>
    [Benchmark]
    public void Pack() => _kernels.Pack(_weights, _rowBytes, _kernels.Lanes, Columns, _panel);

    /// <summary>A panel times eight tokens.</summary>
    [Benchmark]
    public void Multiply() => _kernels.Multiply(_panel, _tile, Columns, _result, _kernels.Lanes, null);

    private byte* Allocate(long bytes)
    {
        void* block = NativeMemory.AlignedAlloc((nuint)bytes, 64);
        _blocks.Add((nint)block);
        return (byte*)block;
    }
}
