using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Cria.Tensors.Kernels.Rows.Blocks;

internal readonly unsafe struct BlockQ4_0 : ISmallBlock
{
    public static int Bytes => 18;

    public static int Offset => 8;

    public static bool HasMinimum => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Load(byte* block) => BlockParts.Nibbles(block + 2);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> FourScales(byte* block, long stride, out Vector128<float> minimums)
    {
        minimums = default;
        return BlockParts.FourHalves(block, stride);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> EightScales(byte* blocks, out Vector256<float> minimums) => BlockParts.EightHalves(blocks, Bytes, out minimums);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void LoadFour(byte* blocks, out Vector512<byte> lower, out Vector512<byte> upper) =>
        BlockParts.FourNibbles(blocks + 2, Bytes, out lower, out upper);
}

internal readonly unsafe struct BlockQ4_1 : ISmallBlock
{
    public static int Bytes => 20;

    public static int Offset => 0;

    public static bool HasMinimum => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Load(byte* block) => BlockParts.Nibbles(block + 4);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> FourScales(byte* block, long stride, out Vector128<float> minimums) => BlockParts.FourPairs(block, stride, out minimums);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> EightScales(byte* blocks, out Vector256<float> minimums) => BlockParts.EightPairs(blocks, Bytes, out minimums);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void LoadFour(byte* blocks, out Vector512<byte> lower, out Vector512<byte> upper) =>
        BlockParts.FourNibbles(blocks + 4, Bytes, out lower, out upper);
}

internal readonly unsafe struct BlockQ5_0 : ISmallBlock
{
    public static int Bytes => 22;

    public static int Offset => 16;

    public static bool HasMinimum => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Load(byte* block) => BlockParts.Nibbles(block + 6) | FifthBits(*(uint*)(block + 2));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> FourScales(byte* block, long stride, out Vector128<float> minimums)
    {
        minimums = default;
        return BlockParts.FourHalves(block, stride);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> EightScales(byte* blocks, out Vector256<float> minimums) => BlockParts.EightHalves(blocks, Bytes, out minimums);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void LoadFour(byte* blocks, out Vector512<byte> lower, out Vector512<byte> upper)
    {
        BlockParts.FourNibbles(blocks + 6, Bytes, out lower, out upper);
        AddFifthBits(BlockParts.FourWords(blocks + 2, Bytes), ref lower, ref upper);
    }

    /// <summary>16 for each bit that is set.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> FifthBits(uint bits)
    {
        Vector256<byte> spread = Vector256.ShuffleNative(
            Vector256.Create(bits).AsByte(),
            Vector256.Create((byte)0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 18, 18, 18, 18, 18, 18, 18, 18, 19, 19, 19, 19, 19, 19, 19, 19));
        Vector256<byte> select = Vector256.Create(0x8040201008040201).AsByte();
        return Vector256.Equals(spread & select, select) & Vector256.Create((byte)16);
    }

    /// <summary>The same for four blocks, a word of bits each.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void AddFifthBits(Vector128<uint> bits, ref Vector512<byte> lower, ref Vector512<byte> upper)
    {
        Vector512<byte> spread = Avx512F.PermuteVar16x32(bits.ToVector256Unsafe().ToVector512Unsafe(), Vector512.Create(0u, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3)).AsByte();
        Vector512<byte> select = Vector512.Create(0x8040201008040201).AsByte(), sixteen = Vector512.Create((byte)16);
        if (Avx512Vbmi.IsSupported)
        {
            // For each byte eight bits of its lane, of which the fifth is the one wanted.
            const ulong Lower0 = 0x030201003F3E3D3C, Lower1 = 0x0B0A090807060504, Upper0 = 0x131211100F0E0D0C, Upper1 = 0x1B1A191817161514;
            lower |= Avx512Vbmi.MultiShift(Vector512.Create(Lower0, Lower1, Lower0, Lower1, Lower0, Lower1, Lower0, Lower1).AsByte(), spread.AsUInt64()) & sixteen;
            upper |= Avx512Vbmi.MultiShift(Vector512.Create(Upper0, Upper1, Upper0, Upper1, Upper0, Upper1, Upper0, Upper1).AsByte(), spread.AsUInt64()) & sixteen;
            return;
        }

        Vector512<byte> low = Avx512BW.Shuffle(spread, Vector512.Create(0UL, 0x0101010101010101, 0, 0x0101010101010101, 0, 0x0101010101010101, 0, 0x0101010101010101).AsByte());
        Vector512<byte> high = Avx512BW.Shuffle(
            spread, Vector512.Create(0x0202020202020202UL, 0x0303030303030303, 0x0202020202020202, 0x0303030303030303, 0x0202020202020202, 0x0303030303030303, 0x0202020202020202, 0x0303030303030303).AsByte());
        lower = Vector512.ConditionalSelect(Vector512.Equals(low & select, default), lower, lower | sixteen);
        upper = Vector512.ConditionalSelect(Vector512.Equals(high & select, default), upper, upper | sixteen);
    }
}

internal readonly unsafe struct BlockQ5_1 : ISmallBlock
{
    public static int Bytes => 24;

    public static int Offset => 16;

    public static bool HasMinimum => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Load(byte* block) => BlockParts.Nibbles(block + 8) | BlockQ5_0.FifthBits(*(uint*)(block + 4));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> FourScales(byte* block, long stride, out Vector128<float> minimums)
    {
        Vector128<float> scales = BlockParts.FourPairs(block, stride, out minimums);
        minimums = Lanes128.MultiplyAdd(scales, Vector128.Create(16f), minimums);
        return scales;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> EightScales(byte* blocks, out Vector256<float> minimums)
    {
        Vector256<float> scales = BlockParts.EightPairs(blocks, Bytes, out minimums);
        minimums = Vector256.FusedMultiplyAdd(scales, Vector256.Create(16f), minimums);
        return scales;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void LoadFour(byte* blocks, out Vector512<byte> lower, out Vector512<byte> upper)
    {
        BlockParts.FourNibbles(blocks + 8, Bytes, out lower, out upper);
        BlockQ5_0.AddFifthBits(BlockParts.FourWords(blocks + 4, Bytes), ref lower, ref upper);
    }
}

/// <summary>Four-bit floats (1 sign, 2 exponent, 1 mantissa bits): twice their values are integers of at most 12.</summary>
internal readonly unsafe struct BlockMXFP4 : ISmallBlock
{
    public static int Bytes => 17;

    public static int Offset => 12;

    public static bool HasMinimum => false;

    private static Vector128<byte> Levels => Vector128.Create((byte)12, 13, 14, 15, 16, 18, 20, 24, 12, 11, 10, 9, 8, 6, 4, 0);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Load(byte* block) => BlockParts.LookUp(Levels, BlockParts.Nibbles(block + 1));

    /// <summary>2^(exponent − 128): half the block's scale, because the values are doubled.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> FourScales(byte* block, long stride, out Vector128<float> minimums)
    {
        minimums = default;
        Vector128<int> exponents = BlockParts.FourWords(block, stride).AsInt32() & Vector128.Create(0xFF), subnormal = Vector128.Create(0x00200000);
        subnormal += subnormal & Vector128.Equals(exponents, Vector128<int>.One);
        return Vector128.ConditionalSelect(Vector128.LessThan(exponents, Vector128.Create(2)), subnormal, (exponents - Vector128<int>.One) << 23).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> EightScales(byte* blocks, out Vector256<float> minimums)
    {
        minimums = default;
        Vector256<int> exponents = BlockParts.EightWords(blocks, Bytes).AsInt32() & Vector256.Create(0xFF);
        Vector256<int> subnormal = Vector256.Create(0x00200000);
        subnormal += subnormal & Vector256.Equals(exponents, Vector256<int>.One);
        return Vector256.ConditionalSelect(Vector256.LessThan(exponents, Vector256.Create(2)), subnormal, (exponents - Vector256<int>.One) << 23).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void LoadFour(byte* blocks, out Vector512<byte> lower, out Vector512<byte> upper)
    {
        BlockParts.FourNibbles(blocks + 1, Bytes, out lower, out upper);
        Vector512<byte> levels = BlockParts.FourTimes(Levels);
        lower = Avx512BW.Shuffle(levels, lower);
        upper = Avx512BW.Shuffle(levels, upper);
    }
}
