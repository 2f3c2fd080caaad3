using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Cria.Tensors.Kernels.Rows.Blocks;

internal readonly unsafe struct BlockQ2_K : ISuperBlock
{
    public static int Bytes => 84;

    public static int Centre => 0;

    public static bool IsCrossed => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Load(byte* source, out Parts parts) => TwoBits(source + 16, out parts);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<short> Scales(byte* source, out Vector256<short> minimums)
    {
        Vector128<byte> packed = Vector128.Load(source);
        minimums = Widen(packed >>> 4);
        return Widen(packed & Vector128.Create((byte)15));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> FourScales(byte* block, long stride, out Vector128<float> minimums) => BlockParts.FourPairs(block + 80, stride, out minimums);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<short> WideScales(byte* source, out WideScales scales)
    {
        Vector128<byte> packed = Vector128.Load(source), nibble = Vector128.Create((byte)15);
        BlockParts.SpreadBytes(packed & nibble, out scales);
        return Avx2.ConvertToVector256Int16((packed.AsUInt16() >>> 4).AsByte() & nibble);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void LoadWide(byte* source, out WideParts parts) => WideTwoBits(source + 16, out parts);

    /// <summary>64 bytes: per 128 values, 32 bytes hold four planes of 32 two-bit values.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void TwoBits(byte* source, out Parts parts)
    {
        Vector256<byte> two = Vector256.Create((byte)3), first = Vector256.Load(source), second = Vector256.Load(source + 32);
        parts.P0 = first & two;
        parts.P1 = (first >>> 2) & two;
        parts.P2 = (first >>> 4) & two;
        parts.P3 = first >>> 6;
        parts.P4 = second & two;
        parts.P5 = (second >>> 2) & two;
        parts.P6 = (second >>> 4) & two;
        parts.P7 = second >>> 6;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void WideTwoBits(byte* source, out WideParts parts)
    {
        Vector512<byte> two = Vector512.Create((byte)3);
        Vector512<ushort> first = BlockParts.Twice(source), second = BlockParts.Twice(source + 32), lower = BlockParts.HalfAndHalf(0, 2), upper = BlockParts.HalfAndHalf(4, 6);
        parts.P0 = Avx512BW.ShiftRightLogicalVariable(first, lower).AsByte() & two;
        parts.P1 = Avx512BW.ShiftRightLogicalVariable(first, upper).AsByte() & two;
        parts.P2 = Avx512BW.ShiftRightLogicalVariable(second, lower).AsByte() & two;
        parts.P3 = Avx512BW.ShiftRightLogicalVariable(second, upper).AsByte() & two;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<short> Widen(Vector128<byte> bytes) =>
        Vector256.Create(Vector128.WidenLower(bytes), Vector128.WidenUpper(bytes)).AsInt16();
}

internal readonly unsafe struct BlockQ3_K : ISuperBlock
{
    public static int Bytes => 110;

    public static int Centre => 4;

    public static bool IsCrossed => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Load(byte* source, out Parts parts)
    {
        BlockQ2_K.TwoBits(source + 32, out parts);
        Vector256<byte> bits = Vector256.Load(source), four = Vector256.Create((byte)4);
        parts.P0 |= (bits << 2) & four;
        parts.P1 |= (bits << 1) & four;
        parts.P2 |= bits & four;
        parts.P3 |= (bits >>> 1) & four;
        parts.P4 |= (bits >>> 2) & four;
        parts.P5 |= (bits >>> 3) & four;
        parts.P6 |= (bits >>> 4) & four;
        parts.P7 |= (bits >>> 5) & four;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<short> Scales(byte* source, out Vector256<short> minimums)
    {
        Vector128<byte> bytes = SixBits(source);
        Vector256<short> scales = Vector256.Create(Vector128.WidenLower(bytes), Vector128.WidenUpper(bytes)).AsInt16();
        scales -= Vector256.Create((short)32);
        minimums = scales << 2;
        return scales;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> FourScales(byte* block, long stride, out Vector128<float> minimums)
    {
        minimums = default;
        return BlockParts.FourLastHalves(block + 108, stride);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<short> WideScales(byte* source, out WideScales scales)
    {
        Vector256<short> all = Avx2.ConvertToVector256Int16(SixBits(source).AsSByte() - Vector128.Create((sbyte)32));
        BlockParts.SpreadScales(all, out scales);
        return all << 2;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void LoadWide(byte* source, out WideParts parts)
    {
        BlockQ2_K.WideTwoBits(source + 32, out parts);
        Vector512<ushort> bits = BlockParts.Twice(source);
        Vector512<byte> four = Vector512.Create((byte)4);
        parts.P0 |= Avx512BW.ShiftLeftLogicalVariable(bits, BlockParts.HalfAndHalf(2, 1)).AsByte() & four;
        parts.P1 |= Avx512BW.ShiftRightLogicalVariable(bits, BlockParts.HalfAndHalf(0, 1)).AsByte() & four;
        parts.P2 |= Avx512BW.ShiftRightLogicalVariable(bits, BlockParts.HalfAndHalf(2, 3)).AsByte() & four;
        parts.P3 |= Avx512BW.ShiftRightLogicalVariable(bits, BlockParts.HalfAndHalf(4, 5)).AsByte() & four;
    }

    /// <summary>Twelve bytes: the lower four bits of scales 0 to 15, then their upper two bits, four scales to a byte.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> SixBits(byte* source)
    {
        ulong low = *(ulong*)(source + 96);
        ulong high = *(uint*)(source + 104);
        ulong first = low & 0x0F0F0F0F0F0F0F0F | ((high | high << 30) & 0x0303030303030303) << 4;
        ulong second = (low >> 4) & 0x0F0F0F0F0F0F0F0F | ((high >> 4 | high << 26) & 0x0303030303030303) << 4;
        return Vector128.Create(first, second).AsByte();
    }
}

internal readonly unsafe struct BlockQ4_K : ISuperBlock
{
    public static int Bytes => 144;

    public static int Centre => 0;

    public static bool IsCrossed => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Load(byte* source, out Parts parts)
    {
        Vector256<byte> nibble = Vector256.Create((byte)0x0F);
        Vector256<byte> a = Vector256.Load(source + 16), b = Vector256.Load(source + 48), c = Vector256.Load(source + 80), d = Vector256.Load(source + 112);
        parts.P0 = a & nibble;
        parts.P1 = a >>> 4;
        parts.P2 = b & nibble;
        parts.P3 = b >>> 4;
        parts.P4 = c & nibble;
        parts.P5 = c >>> 4;
        parts.P6 = d & nibble;
        parts.P7 = d >>> 4;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<short> Scales(byte* source, out Vector256<short> minimums) => SixBitScales(source, out minimums);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> FourScales(byte* block, long stride, out Vector128<float> minimums) => BlockParts.FourPairs(block, stride, out minimums);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<short> WideScales(byte* source, out WideScales scales) => WideSixBitScales(source, out scales);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void LoadWide(byte* source, out WideParts parts)
    {
        Vector512<byte> nibble = Vector512.Create((byte)0x0F), a = Vector512.Load(source + 16), b = Vector512.Load(source + 80);
        parts.P0 = a & nibble;
        parts.P1 = (a.AsUInt16() >>> 4).AsByte() & nibble;
        parts.P2 = b & nibble;
        parts.P3 = (b.AsUInt16() >>> 4).AsByte() & nibble;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<short> SixBitScales(byte* header, out Vector256<short> minimums)
    {
        ulong scales = SixBits(header, out ulong eightMinimums);
        minimums = Twice(eightMinimums);
        return Twice(scales);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<short> WideSixBitScales(byte* header, out WideScales scales)
    {
        Vector512<byte> all = Vector512.Create(SixBits(header, out ulong minimums)).AsByte();
        // The upper bit of an index makes the upper half of each short zero.
        scales.S0 = Avx512BW.Shuffle(all, BlockParts.HalfAndHalf(0x8000, 0x8002).AsByte()).AsInt16();
        scales.S1 = Avx512BW.Shuffle(all, BlockParts.HalfAndHalf(0x8001, 0x8003).AsByte()).AsInt16();
        scales.S2 = Avx512BW.Shuffle(all, BlockParts.HalfAndHalf(0x8004, 0x8006).AsByte()).AsInt16();
        scales.S3 = Avx512BW.Shuffle(all, BlockParts.HalfAndHalf(0x8005, 0x8007).AsByte()).AsInt16();
        return Twice(minimums);
    }

    /// <summary>
    /// Eight six-bit scales and eight six-bit minimums, each for two groups of 16. Of the header's four words, the second and
    /// third hold the first four scales and minimums, and in their upper bits those of the last four, whose lower nibbles
    /// are in the fourth. General registers leave the vector units to the products: a fifth faster for a whole row.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong SixBits(byte* header, out ulong minimums)
    {
        const uint Six = 0x3F3F3F3F, Four = 0x0F0F0F0F, Two = 0x30303030;
        uint first = *(uint*)(header + 4), second = *(uint*)(header + 8), third = *(uint*)(header + 12);
        minimums = second & Six | (ulong)((third >> 4) & Four | (second >> 2) & Two) << 32;
        return first & Six | (ulong)(third & Four | (first >> 2) & Two) << 32;
    }

    /// <summary>Eight bytes to sixteen shorts, each twice.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<short> Twice(ulong bytes)
    {
        if (Avx2.IsSupported)
        {
            return Avx2.Shuffle(Vector256.Create(bytes).AsByte(), Vector256.Create(
                (byte)0, 128, 0, 128, 1, 128, 1, 128, 2, 128, 2, 128, 3, 128, 3, 128, 4, 128, 4, 128, 5, 128, 5, 128, 6, 128, 6, 128, 7, 128, 7, 128)).AsInt16();
        }

        Vector128<ushort> eight = Vector128.WidenLower(Vector128.CreateScalar(bytes).AsByte());
        Vector256<uint> wide = Vector256.Create(Vector128.WidenLower(eight), Vector128.WidenUpper(eight));
        return (wide | wide << 16).AsInt16();
    }
}

internal readonly unsafe struct BlockQ5_K : ISuperBlock
{
    public static int Bytes => 176;

    public static int Centre => 0;

    public static bool IsCrossed => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Load(byte* source, out Parts parts)
    {
        BlockQ4_K.Load(source + 32, out parts);
        Vector256<byte> high = Vector256.Load(source + 16), bit = Vector256.Create((byte)16);
        parts.P0 |= (high << 4) & bit;
        parts.P1 |= (high << 3) & bit;
        parts.P2 |= (high << 2) & bit;
        parts.P3 |= (high << 1) & bit;
        parts.P4 |= high & bit;
        parts.P5 |= (high >>> 1) & bit;
        parts.P6 |= (high >>> 2) & bit;
        parts.P7 |= (high >>> 3) & bit;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<short> Scales(byte* source, out Vector256<short> minimums) => BlockQ4_K.SixBitScales(source, out minimums);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> FourScales(byte* block, long stride, out Vector128<float> minimums) => BlockParts.FourPairs(block, stride, out minimums);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<short> WideScales(byte* source, out WideScales scales) => BlockQ4_K.WideSixBitScales(source, out scales);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void LoadWide(byte* source, out WideParts parts)
    {
        BlockQ4_K.LoadWide(source + 32, out parts);
        Vector512<ushort> both = BlockParts.Twice(source + 16);
        Vector512<byte> bit = Vector512.Create((byte)16);
        // The bit of group g is bit g of the byte: groups 0 and 2 first, then 1 and 3, 4 and 6, 5 and 7.
        parts.P0 |= Avx512BW.ShiftLeftLogicalVariable(both, BlockParts.HalfAndHalf(4, 2)).AsByte() & bit;
        parts.P1 |= Avx512BW.ShiftLeftLogicalVariable(both, BlockParts.HalfAndHalf(3, 1)).AsByte() & bit;
        parts.P2 |= Avx512BW.ShiftRightLogicalVariable(both, BlockParts.HalfAndHalf(0, 2)).AsByte() & bit;
        parts.P3 |= Avx512BW.ShiftRightLogicalVariable(both, BlockParts.HalfAndHalf(1, 3)).AsByte() & bit;
    }
}

internal readonly unsafe struct BlockQ6_K : ISuperBlock
{
    public static int Bytes => 210;

    public static int Centre => 32;

    public static bool IsCrossed => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Load(byte* source, out Parts parts)
    {
        Half(source, source + 128, out parts.P0, out parts.P1, out parts.P2, out parts.P3);
        Half(source + 64, source + 160, out parts.P4, out parts.P5, out parts.P6, out parts.P7);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<short> Scales(byte* source, out Vector256<short> minimums)
    {
        Vector128<sbyte> bytes = Vector128.Load((sbyte*)(source + 192));
        Vector256<short> scales = Vector256.Create(Vector128.WidenLower(bytes), Vector128.WidenUpper(bytes));
        minimums = scales << 5;
        return scales;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> FourScales(byte* block, long stride, out Vector128<float> minimums)
    {
        minimums = default;
        return BlockParts.FourLastHalves(block + 208, stride);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<short> WideScales(byte* source, out WideScales scales)
    {
        Vector256<short> all = Avx2.ConvertToVector256Int16((sbyte*)(source + 192));
        BlockParts.SpreadScales(all, out scales);
        return all << 5;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void LoadWide(byte* source, out WideParts parts)
    {
        WideHalf(source, source + 128, out parts.P0, out parts.P1);
        WideHalf(source + 64, source + 160, out parts.P2, out parts.P3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void WideHalf(byte* low, byte* high, out Vector512<byte> p0, out Vector512<byte> p1)
    {
        Vector512<byte> nibble = Vector512.Create((byte)0x0F), two = Vector512.Create((byte)0x30), a = Vector512.Load(low);
        Vector512<ushort> both = BlockParts.Twice(high);
        p0 = a & nibble | Avx512BW.ShiftLeftLogicalVariable(both, BlockParts.HalfAndHalf(4, 2)).AsByte() & two;
        p1 = (a.AsUInt16() >>> 4).AsByte() & nibble | Avx512BW.ShiftRightLogicalVariable(both, BlockParts.HalfAndHalf(0, 2)).AsByte() & two;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Half(byte* low, byte* high, out Vector256<byte> p0, out Vector256<byte> p1, out Vector256<byte> p2, out Vector256<byte> p3)
    {
        Vector256<byte> nibble = Vector256.Create((byte)0x0F), two = Vector256.Create((byte)0x30);
        Vector256<byte> a = Vector256.Load(low), b = Vector256.Load(low + 32), h = Vector256.Load(high);
        p0 = a & nibble | (h << 4) & two;
        p1 = b & nibble | (h << 2) & two;
        p2 = a >>> 4 | h & two;
        p3 = b >>> 4 | (h >>> 2) & two;
    }
}
