using System.Runtime.InteropServices;
using BenchmarkDotNet.Attributes;
using Cria.Tensors.Kernels.Inputs;

namespace Cria.Bench.Kernels;

/// <summary>The preparation of activations for the products: one row, and tiles of eight.</summary>
public unsafe class InputTimes : IMeasuredWork, IDisposable
{
    private const int Columns = 2048;

    private InputForm _form;
    private float* _values;
    private byte* _prepared, _scratch;

    public static IEnumerable<string> Forms => Enum.GetNames<InputForm>();

    [ParamsSource(nameof(Forms))]
    public string Form { get; set; } = nameof(InputForm.Floats);

    [GlobalSetup]
    public void SetUp()
    {
        _form = Enum.Parse<InputForm>(Form);
        _values = (float*)NativeMemory.AlignedAlloc(Columns * sizeof(float), 64);
        for (int i = 0; i < Columns; i++) _values[i] = i % 17 - 8;
        _prepared = (byte*)NativeMemory.AlignedAlloc((nuint)_form.TileBytes(Columns), 64);
        _scratch = (byte*)NativeMemory.AlignedAlloc((nuint)(InputForms.TileRows * _form.RowBytes(Columns)), 64);
    }

    [GlobalCleanup]
    public void Dispose()
    {
        NativeMemory.AlignedFree(_values);
        NativeMemory.AlignedFree(_prepared);
        NativeMemory.AlignedFree(_scratch);
        _values = null;
        _prepared = _scratch = null;
        GC.SuppressFinalize(this);
    }

    public Work WorkOf(string method) => new(Columns * sizeof(float) * (method == nameof(FillTile) ? InputForms.TileRows : 1), 0);

    [Benchmark]
    public void FillRow() => _form.FillRow(_values, Columns, _scratch);

    [Benchmark]
    public void FillTile()
    {
        float** rows = stackalloc float*[InputForms.TileRows];
        for (int i = 0; i < InputForms.TileRows; i++) rows[i] = _values;
        _form.FillTile(rows, InputForms.TileRows, Columns, _prepared, _scratch);
    }
}
