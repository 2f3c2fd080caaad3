using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Cria.Tensors.Kernels.Rows.Blocks;

/// <summary>A format of 256-value super-blocks with integer scales for their groups of 16 or 32.</summary>
internal unsafe interface ISuperBlock
{
    static abstract int Bytes { get; }

    /// <summary>How many values share a scale: 16 or 32.</summary>
    static abstract int Group { get; }

    /// <summary>What the values that <see cref="Load"/> gives are too high by; 0 for formats with minimums of their own.</summary>
    static abstract int Centre { get; }

    /// <summary>
    /// How many products of four may be summed in shorts before they are folded with their scale (4 or 8): bounded by
    /// the largest value (|value − Centre| · 127 · 2 · Fold ≤ 32767) and by the group.
    /// </summary>
    static abstract int Fold { get; }

    /// <summary>Whether values need eight bits: panels then hold shorts, and single rows are multiplied as sizes and signs.</summary>
    static abstract bool Wide { get; }

    /// <summary>The values in eight parts of 32.</summary>
    static abstract void Load(byte* source, out Parts parts);

    /// <summary>The scales of the sixteen groups of 16, and what is to be subtracted per group in units of the minimum's scale.</summary>
    static abstract Vector256<short> Scales(byte* source, out Vector256<short> minimums);

    /// <summary>The super-block's own scale, then that of its minimums.</summary>
    static abstract Vector128<float> BothScales(byte* source);

    /// <summary>The same, the scales spread over the values of <see cref="LoadWide"/>: a short for each pair. Returns the minimums, which values of eight bits need not.</summary>
    static abstract Vector256<short> WideScales(byte* source, out WideScales scales);

    /// <summary>Whether <see cref="LoadWide"/> gives its groups of 32 in the order 0 2 1 3 4 6 5 7, as their bits lie.</summary>
    static abstract bool IsCrossed { get; }

    /// <summary>The values in four parts of 64; where they need eight bits, signed ones without the centre.</summary>
    static abstract void LoadWide(byte* source, out WideParts parts);
}

/// <summary>256 values in registers.</summary>
internal struct Parts
{
    public Vector256<byte> P0, P1, P2, P3, P4, P5, P6, P7;
}

/// <summary>256 values in wide registers.</summary>
internal struct WideParts
{
    public Vector512<byte> P0, P1, P2, P3;
}

/// <summary>What belongs to pairs of values in wide registers.</summary>
internal struct WideScales
{
    public Vector512<short> S0, S1, S2, S3;
}

/// <summary>
/// 256 values of one row in the form all integer kernels share:
/// value[i] = Scale · Scales[i / 16] · Values[i] − Minimum · Minimums[i / 16].
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct Expanded
{
    public fixed byte Values[256];
    public fixed short Scales[16];
    public fixed short Minimums[16];
    public float Scale;
    public float Minimum;

    // Up to a whole number of 128 bits, which is what rows are turned around by.
    private fixed int _padding[2];

    public static int ScalesOffset => 256;

    public static int MinimumsOffset => 288;

    public static int ScaleOffset => 320;
}

/// <summary>Super-blocks as panels read them.</summary>
internal static unsafe class SuperBlocks<TBlock>
    where TBlock : struct, ISuperBlock
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Expand(byte* source, Expanded* target)
    {
        TBlock.Load(source, out Parts parts);
        parts.P0.Store(target->Values);
        parts.P1.Store(target->Values + 32);
        parts.P2.Store(target->Values + 64);
        parts.P3.Store(target->Values + 96);
        parts.P4.Store(target->Values + 128);
        parts.P5.Store(target->Values + 160);
        parts.P6.Store(target->Values + 192);
        parts.P7.Store(target->Values + 224);
        TBlock.Scales(source, out Vector256<short> minimums).Store(target->Scales);
        minimums.Store(target->Minimums);
        Vector128<float> both = TBlock.BothScales(source);
        target->Scale = both[0];
        target->Minimum = both[1];
    }
}
