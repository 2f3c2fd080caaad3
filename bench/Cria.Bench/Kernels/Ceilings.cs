using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using BenchmarkDotNet.Attributes;
using Cria.Tensors.Kernels;

namespace Cria.Bench.Kernels;

/// <summary>What one core can do at most: read from memory, and multiply and add in registers.</summary>
public unsafe class Ceilings : IMeasuredWork, IDisposable
{
    private const int MemoryBytes = 256 << 20, CacheBytes = 256 << 10, Steps = 4096, Accumulators = 8;

    private byte* _memory;

    [GlobalSetup]
    public void SetUp()
    {
        _memory = (byte*)NativeMemory.AlignedAlloc(MemoryBytes, 4096);
        new Span<byte>(_memory, MemoryBytes).Fill(1);
    }

    [GlobalCleanup]
    public void Dispose()
    {
        NativeMemory.AlignedFree(_memory);
        _memory = null;
        GC.SuppressFinalize(this);
    }

    public Work WorkOf(string method) => method switch
    {
        nameof(ReadMemory) => new Work(MemoryBytes, 0),
        nameof(ReadCache) => new Work(CacheBytes, 0),
        nameof(MultiplyAddBytes) => new Work(0, 2.0 * Steps * Accumulators * ByteLanes),
        _ => new Work(0, 2.0 * Steps * Accumulators * ByteLanes / sizeof(float)),
    };

    private static int ByteLanes => Lanes512.IsSupported ? 64 : Lanes256.IsSupported ? 32 : 16;

    [Benchmark]
    public long ReadMemory() => MemoryBandwidth.Sum(_memory, MemoryBytes);

    /// <summary>A stretch that fits the second-level cache.</summary>
    [Benchmark]
    public long ReadCache() => MemoryBandwidth.Sum(_memory, CacheBytes);

    /// <summary>Unsigned times signed bytes, added to sums: the step that quantised products are made of.</summary>
    [Benchmark]
    public float MultiplyAddBytes() => Lanes512.IsSupported ? Bytes<Lanes512, Vector512<int>, Vector512<float>>()
        : Lanes256.IsSupported ? Bytes<Lanes256, Vector256<int>, Vector256<float>>()
        : Bytes<Lanes128, Vector128<int>, Vector128<float>>();

    [Benchmark]
    public float MultiplyAddFloats() => Lanes512.IsSupported ? Floats<Lanes512, Vector512<int>, Vector512<float>>()
        : Lanes256.IsSupported ? Floats<Lanes256, Vector256<int>, Vector256<float>>()
        : Floats<Lanes128, Vector128<int>, Vector128<float>>();

    // One load and eight independent sums a step, as in a kernel whose tile fits the registers.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private float Bytes<TLanes, I, F>()
        where TLanes : struct, ILanes<I, F>
        where I : struct
        where F : struct
    {
        // Different operands, or the compiler would multiply once for all.
        I x0 = TLanes.Load(_memory + 4096), x1 = TLanes.Load(_memory + 4160), x2 = TLanes.Load(_memory + 4224), x3 = TLanes.Load(_memory + 4288);
        I x4 = TLanes.Load(_memory + 4352), x5 = TLanes.Load(_memory + 4416), x6 = TLanes.Load(_memory + 4480), x7 = TLanes.Load(_memory + 4544);
        I a = default, b = default, c = default, d = default, e = default, f = default, g = default, h = default;
        for (int i = 0; i < Steps; i++)
        {
            I w = TLanes.Load(_memory + i % 32 * 64);
            a = TLanes.MultiplyBytes(a, w, x0);
            b = TLanes.MultiplyBytes(b, w, x1);
            c = TLanes.MultiplyBytes(c, w, x2);
            d = TLanes.MultiplyBytes(d, w, x3);
            e = TLanes.MultiplyBytes(e, w, x4);
            f = TLanes.MultiplyBytes(f, w, x5);
            g = TLanes.MultiplyBytes(g, w, x6);
            h = TLanes.MultiplyBytes(h, w, x7);
        }

        I sum = TLanes.Add(TLanes.Add(TLanes.Add(a, b), TLanes.Add(c, d)), TLanes.Add(TLanes.Add(e, f), TLanes.Add(g, h)));
        return TLanes.Sum(TLanes.ToFloat(sum));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private float Floats<TLanes, I, F>()
        where TLanes : struct, ILanes<I, F>
        where I : struct
        where F : struct
    {
        F x0 = TLanes.LoadFloats((float*)(_memory + 4096)), x1 = TLanes.LoadFloats((float*)(_memory + 4160)), x2 = TLanes.LoadFloats((float*)(_memory + 4224)), x3 = TLanes.LoadFloats((float*)(_memory + 4288));
        F x4 = TLanes.LoadFloats((float*)(_memory + 4352)), x5 = TLanes.LoadFloats((float*)(_memory + 4416)), x6 = TLanes.LoadFloats((float*)(_memory + 4480)), x7 = TLanes.LoadFloats((float*)(_memory + 4544));
        F a = default, b = default, c = default, d = default, e = default, f = default, g = default, h = default;
        for (int i = 0; i < Steps; i++)
        {
            F w = TLanes.LoadFloats((float*)(_memory + i % 32 * 64));
            a = TLanes.MultiplyAdd(w, x0, a);
            b = TLanes.MultiplyAdd(w, x1, b);
            c = TLanes.MultiplyAdd(w, x2, c);
            d = TLanes.MultiplyAdd(w, x3, d);
            e = TLanes.MultiplyAdd(w, x4, e);
            f = TLanes.MultiplyAdd(w, x5, f);
            g = TLanes.MultiplyAdd(w, x6, g);
            h = TLanes.MultiplyAdd(w, x7, h);
        }

        F sum = TLanes.Add(TLanes.Add(TLanes.Add(a, b), TLanes.Add(c, d)), TLanes.Add(TLanes.Add(e, f), TLanes.Add(g, h)));
        return TLanes.Sum(sum);
    }
}
