using System.Runtime.InteropServices;
using BenchmarkDotNet.Attributes;
using Cria.Tensors.Kernels;

namespace Cria.Bench.Kernels;

/// <summary>The operations on rows of floats.</summary>
public unsafe class VectorKernelTimes : IMeasuredWork, IDisposable
{
    private const int Length = 4096;

    private readonly VectorKernels _kernels = VectorKernels.Best;
    private float* _x, _y;

    [GlobalSetup]
    public void SetUp()
    {
        _x = (float*)NativeMemory.AlignedAlloc(Length * sizeof(float), 64);
        _y = (float*)NativeMemory.AlignedAlloc(Length * sizeof(float), 64);
        // Zeros stay what they are however often an operation is applied in place.
        new Span<float>(_x, Length).Clear();
        new Span<float>(_y, Length).Clear();
    }

    [GlobalCleanup]
    public void Dispose()
    {
        NativeMemory.AlignedFree(_x);
        NativeMemory.AlignedFree(_y);
        _x = _y = null;
        GC.SuppressFinalize(this);
    }

    /// <summary>Rows read and written; operations are not counted, because an exponential is many or one.</summary>
    public Work WorkOf(string method) => new(Length * sizeof(float) * (method is nameof(Scale) or nameof(SoftCap) ? 2 : 3), 0);

    [Benchmark]
    public void RmsNorm() => _kernels.RmsNorm(_x, _y, Length, 1e-5f, _x);

    [Benchmark]
    public void Add() => _kernels.Add(_x, _y, 1, Length);

    [Benchmark]
    public void Scale() => _kernels.Scale(_x, 0.5f, Length);

    [Benchmark]
    public void SwiGlu() => _kernels.SwiGlu(_x, _y, Length);

    [Benchmark]
    public void GeGlu() => _kernels.GeGlu(_x, _y, Length);

    [Benchmark]
    public void SwiGluClamped() => _kernels.SwiGluClamped(_x, _y, 1.702f, 7, Length);

    [Benchmark]
    public void SoftCap() => _kernels.SoftCap(_x, 30, Length);
}
