using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Cria.Tensors.Kernels.Blocks;

/// <summary>Blocks of 32 with eight-bit values.</summary>
internal readonly unsafe struct WideSmall<TBlock> : IWideSource
    where TBlock : struct, ISmallBlock
{
    public static int Columns => 32;

    public static int Bytes => TBlock.Bytes;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Expand(byte* block, short* values, float* scales)
    {
        Widen(TBlock.Load(block), TBlock.Offset, values);
        *scales = TBlock.Scale(block);
    }

    /// <summary>32 bytes as shorts, lowered by an offset.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Widen(Vector256<byte> bytes, int offset, short* values)
    {
        Vector256<short> lower = Vector256.Create((short)offset);
        (Vector256.WidenLower(bytes).AsInt16() - lower).Store(values);
        (Vector256.WidenUpper(bytes).AsInt16() - lower).Store(values + 16);
    }
}

/// <summary>Super-blocks with eight-bit values and scales per 32.</summary>
internal readonly unsafe struct WideSuper<TBlock> : IWideSource
    where TBlock : struct, ISuperBlock
{
    public static int Columns => 256;

    public static int Bytes => TBlock.Bytes;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Expand(byte* block, short* values, float* scales)
    {
        TBlock.Load(block, out Parts parts);
        int centre = TBlock.Centre;
        WideSmall<BlockQ8_0>.Widen(parts.P0, centre, values);
        WideSmall<BlockQ8_0>.Widen(parts.P1, centre, values + 32);
        WideSmall<BlockQ8_0>.Widen(parts.P2, centre, values + 64);
        WideSmall<BlockQ8_0>.Widen(parts.P3, centre, values + 96);
        WideSmall<BlockQ8_0>.Widen(parts.P4, centre, values + 128);
        WideSmall<BlockQ8_0>.Widen(parts.P5, centre, values + 160);
        WideSmall<BlockQ8_0>.Widen(parts.P6, centre, values + 192);
        WideSmall<BlockQ8_0>.Widen(parts.P7, centre, values + 224);
        // Each scale comes twice, for both of its groups of 16: one word.
        Vector256<int> eight = (TBlock.Scales(block, out _).AsInt32() << 16) >> 16;
        (Vector256.ConvertToSingle(eight) * TBlock.BothScales(block).ToScalar()).Store(scales);
    }
}
