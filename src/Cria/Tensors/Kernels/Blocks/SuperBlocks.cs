using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Cria.Tensors.Kernels.Blocks;

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

    /// <summary>Whether values need eight bits: panels then hold shorts, and single rows are multiplied nibble by nibble.</summary>
    static abstract bool Wide { get; }

    /// <summary>The values in eight parts of 32.</summary>
    static abstract void Load(byte* source, out Parts parts);

    /// <summary>The scales of the sixteen groups of 16, and what is to be subtracted per group in units of the minimum's scale.</summary>
    static abstract Vector256<short> Scales(byte* source, out Vector256<short> minimums);

    /// <summary>The super-block's own scale, then that of its minimums.</summary>
    static abstract Vector128<float> BothScales(byte* source);

    /// <summary>Whether <see cref="LoadWide"/> exists.</summary>
    static abstract bool HasWideLoad { get; }

    /// <summary>Whether <see cref="LoadWide"/> gives its groups of 32 in the order 0 2 1 3 4 6 5 7, as their bits lie.</summary>
    static abstract bool IsCrossed { get; }

    /// <summary>The values in four parts of 64.</summary>
    static virtual void LoadWide(byte* source, out WideParts parts) => parts = default;
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

/// <summary>Super-blocks as the kernels read them: expanded for panels, or multiplied row by row.</summary>
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

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float Dot256(byte* row, int columns, byte* activations)
    {
        // Masks that spread shorts 2g and 2g+1 of a register's halves over its lower and its upper half.
        Vector256<byte> spread0 = Spread(0), spread1 = Spread(1), spread2 = Spread(2), spread3 = Spread(3);
        Vector256<float> total = default;
        for (; columns > 0; columns -= 256, row += TBlock.Bytes, activations += SuperRow.RecordBytes)
        {
            BlockParts.Prefetch(row, TBlock.Bytes);
            Vector256<short> scales = TBlock.Scales(row, out Vector256<short> minimums);
            Vector256<byte> low = Avx2.Permute2x128(scales, scales, 0x00).AsByte(), high = Avx2.Permute2x128(scales, scales, 0x11).AsByte();
            TBlock.Load(row, out Parts parts);
            sbyte* a = (sbyte*)activations;
            Vector256<int> even = Scaled(parts.P0, a, Avx2.Shuffle(low, spread0)), odd = Scaled(parts.P1, a + 32, Avx2.Shuffle(low, spread1));
            even += Scaled(parts.P2, a + 64, Avx2.Shuffle(low, spread2));
            odd += Scaled(parts.P3, a + 96, Avx2.Shuffle(low, spread3));
            even += Scaled(parts.P4, a + 128, Avx2.Shuffle(high, spread0));
            odd += Scaled(parts.P5, a + 160, Avx2.Shuffle(high, spread1));
            even += Scaled(parts.P6, a + 192, Avx2.Shuffle(high, spread2));
            odd += Scaled(parts.P7, a + 224, Avx2.Shuffle(high, spread3));

            Vector128<float> both = TBlock.BothScales(row) * *(float*)(activations + SuperRow.ScaleOffset);
            total = Vector256.FusedMultiplyAdd(Vector256.ConvertToSingle(even + odd), Avx2.BroadcastScalarToVector256(both), total);
            Vector256<int> minimum = Avx2.MultiplyAddAdjacent(minimums, Vector256.Load((short*)(activations + SuperRow.SumsOffset)));
            total = Fma.MultiplyAddNegated(Vector256.ConvertToSingle(minimum), Avx2.BroadcastScalarToVector256(Sse3.MoveHighAndDuplicate(both)), total);
        }

        return Vector256.Sum(total);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float Dot512(byte* row, int columns, byte* activations)
    {
        if (!TBlock.HasWideLoad) return Dot256(row, columns, activations);
        // Which of the sixteen scales belongs to each short of a part.
        Vector512<short> index0 = TBlock.IsCrossed ? Groups(0, 1, 4, 5) : Groups(0, 1, 2, 3), index1 = TBlock.IsCrossed ? Groups(2, 3, 6, 7) : Groups(4, 5, 6, 7);
        Vector512<short> index2 = index0 + Vector512.Create((short)8), index3 = index1 + Vector512.Create((short)8);
        Vector512<float> total = default;
        Vector256<float> minimumTotal = default;
        for (; columns > 0; columns -= 256, row += TBlock.Bytes, activations += SuperRow.RecordBytes)
        {
            BlockParts.Prefetch(row, TBlock.Bytes);
            Vector512<short> scales = TBlock.Scales(row, out Vector256<short> minimums).ToVector512Unsafe();
            TBlock.LoadWide(row, out WideParts parts);
            sbyte* a = (sbyte*)activations + (TBlock.IsCrossed ? SuperRow.CrossedOffset : 0);
            Vector512<int> even = Scaled(parts.P0, a, Avx512BW.PermuteVar32x16(scales, index0)), odd = Scaled(parts.P1, a + 64, Avx512BW.PermuteVar32x16(scales, index1));
            even += Scaled(parts.P2, a + 128, Avx512BW.PermuteVar32x16(scales, index2));
            odd += Scaled(parts.P3, a + 192, Avx512BW.PermuteVar32x16(scales, index3));

            Vector128<float> both = TBlock.BothScales(row) * *(float*)(activations + SuperRow.ScaleOffset);
            total = Vector512.FusedMultiplyAdd(Vector512.ConvertToSingle(even + odd), Avx512F.BroadcastScalarToVector512(both), total);
            Vector256<int> minimum = Avx2.MultiplyAddAdjacent(minimums, Vector256.Load((short*)(activations + SuperRow.SumsOffset)));
            minimumTotal = Fma.MultiplyAddNegated(
                Vector256.ConvertToSingle(minimum), Avx2.BroadcastScalarToVector256(Sse3.MoveHighAndDuplicate(both)), minimumTotal);
        }

        return Vector256.Sum(total.GetLower() + total.GetUpper() + minimumTotal);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> Scaled(Vector512<byte> w, sbyte* activations, Vector512<short> scales) =>
        Avx512BW.MultiplyAddAdjacent(Avx512BW.MultiplyAddAdjacent(w, Vector512.Load(activations)), scales);

    private static Vector512<short> Groups(short a, short b, short c, short d) =>
        Vector512.Create(Vector256.Create(Vector128.Create(a), Vector128.Create(b)), Vector256.Create(Vector128.Create(c), Vector128.Create(d)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Scaled(Vector256<byte> w, sbyte* activations, Vector256<byte> scales)
    {
        Vector256<sbyte> a = Vector256.Load(activations);
        if (!TBlock.Wide) return Avx2.MultiplyAddAdjacent(Avx2.MultiplyAddAdjacent(w, a), scales.AsInt16());
        Vector256<byte> nibble = Vector256.Create((byte)0x0F);
        Vector256<int> high = Avx2.MultiplyAddAdjacent(Avx2.MultiplyAddAdjacent((w.AsUInt16() >>> 4).AsByte() & nibble, a), scales.AsInt16());
        return (high << 4) + Avx2.MultiplyAddAdjacent(Avx2.MultiplyAddAdjacent(w & nibble, a), scales.AsInt16());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<byte> Spread(int part) =>
        Vector256.Create(Vector128.Create((short)(part * 0x0404 + 0x0100)), Vector128.Create((short)(part * 0x0404 + 0x0302))).AsByte();
}
