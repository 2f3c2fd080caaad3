using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Cria.Tensors.Kernels.Rows.Blocks;

/// <summary>A format whose values need eight bits, with a float scale per part of 32 columns.</summary>
internal unsafe interface IWideBlock
{
    /// <summary>The bytes of eight parts.</summary>
    static abstract int Bytes { get; }

    /// <summary>The values of one of eight parts.</summary>
    static abstract Vector256<sbyte> Load(byte* blocks, int part);

    /// <summary>The values of four of eight parts, as pairs of bytes: their lower halves, then their upper ones.</summary>
    static abstract void LoadFour(byte* blocks, int part, out Vector512<short> lower, out Vector512<short> upper);

    /// <summary>The scales of the first of eight parts of four rows, <paramref name="stride"/> bytes apart: four for each part.</summary>
    static abstract void Scales(byte* blocks, long stride, int parts, float* scales);
}

internal readonly unsafe struct BlockQ8_0 : IWideBlock
{
    private const int PartBytes = 34;

    public static int Bytes => 8 * PartBytes;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<sbyte> Load(byte* blocks, int part) => Vector256.Load((sbyte*)blocks + part * PartBytes + 2);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void LoadFour(byte* blocks, int part, out Vector512<short> lower, out Vector512<short> upper)
    {
        byte* first = blocks + part * PartBytes + 2;
        Vector512<long> ab = Pair(first), cd = Pair(first + 2 * PartBytes);
        lower = Avx512F.Shuffle4x128(ab, cd, 0b10_00_10_00).AsInt16();
        upper = Avx512F.Shuffle4x128(ab, cd, 0b11_01_11_01).AsInt16();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Scales(byte* blocks, long stride, int parts, float* scales) => PartScales(blocks, PartBytes, stride, parts, scales);

    /// <summary>The scales of parts that begin with a half.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void PartScales(byte* blocks, int partBytes, long stride, int parts, float* scales)
    {
        int part = 0;
        if (Lanes512.IsSupported && stride == 0 && parts == 8)
        {
            Vector512<float> eight = BlockParts.EightHalves(blocks, partBytes, out _).ToVector512Unsafe();
            Avx512F.PermuteVar16x32(eight, Vector512.Create(0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3)).Store(scales);
            Avx512F.PermuteVar16x32(eight, Vector512.Create(4, 4, 4, 4, 5, 5, 5, 5, 6, 6, 6, 6, 7, 7, 7, 7)).Store(scales + 16);
            return;
        }

        if (Lanes512.IsSupported)
        {
            // Sixteen at once: widening takes ten steps, and general registers have nothing else to do than to collect halves.
            for (; part <= parts - 4; part += 4)
            {
                byte* first = blocks + part * partBytes;
                Vector256<ulong> halves = Vector256.Create(
                    FourHalves(first, stride), FourHalves(first + partBytes, stride), FourHalves(first + 2 * partBytes, stride), FourHalves(first + 3 * partBytes, stride));
                Halves.Widen(Avx512F.ConvertToVector512UInt32(halves.AsUInt16())).Store(scales + 4 * part);
            }
        }

        for (; part < parts; part++) BlockParts.FourHalves(blocks + part * partBytes, stride).Store(scales + 4 * part);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<long> Pair(byte* values) =>
        Avx512F.InsertVector256(Vector256.Load((long*)values).ToVector512Unsafe(), Vector256.Load((long*)(values + PartBytes)), 1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong FourHalves(byte* source, long stride) =>
        *(ushort*)source | (ulong)*(ushort*)(source + stride) << 16 | (ulong)*(ushort*)(source + 2 * stride) << 32 | (ulong)*(ushort*)(source + 3 * stride) << 48;
}

internal readonly unsafe struct BlockIQ4_NL : IWideBlock
{
    private const int PartBytes = 18;

    public static int Bytes => 8 * PartBytes;

    private static Vector128<byte> Levels
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Vector128.Create((sbyte)-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113).AsByte();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<sbyte> Load(byte* blocks, int part) => LookUp(blocks + part * PartBytes + 2);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void LoadFour(byte* blocks, int part, out Vector512<short> lower, out Vector512<short> upper) =>
        LookUpFour(BlockParts.FourParts(blocks + part * PartBytes + 2, PartBytes), out lower, out upper);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Scales(byte* blocks, long stride, int parts, float* scales) => BlockQ8_0.PartScales(blocks, PartBytes, stride, parts, scales);

    /// <summary>The values of sixteen bytes: those of lower nibbles, then of upper ones.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<sbyte> LookUp(byte* source) => BlockParts.LookUp(Levels, BlockParts.Nibbles(source)).AsSByte();

    /// <summary>The same for 64 bytes, in two registers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void LookUpFour(Vector512<byte> packed, out Vector512<short> lower, out Vector512<short> upper)
    {
        Vector512<byte> nibble = Vector512.Create((byte)0x0F), levels = BlockParts.FourTimes(Levels);
        lower = Avx512BW.Shuffle(levels, packed & nibble).AsInt16();
        upper = Avx512BW.Shuffle(levels, (packed.AsUInt16() >>> 4).AsByte() & nibble).AsInt16();
    }
}

internal readonly unsafe struct BlockIQ4_XS : IWideBlock
{
    public static int Bytes => 136;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<sbyte> Load(byte* blocks, int part) => BlockIQ4_NL.LookUp(blocks + 8 + 16 * part);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void LoadFour(byte* blocks, int part, out Vector512<short> lower, out Vector512<short> upper) =>
        BlockIQ4_NL.LookUpFour(Vector512.Load(blocks + 8 + 16 * part), out lower, out upper);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Scales(byte* blocks, long stride, int parts, float* scales)
    {
        Vector128<float> four = BlockParts.FourHalves(blocks, stride), a = Eight(blocks, four[0], out Vector128<float> a1), b = a, c = a, d = a, b1 = a1, c1 = a1, d1 = a1;
        if (stride != 0)
        {
            b = Eight(blocks + stride, four[1], out b1);
            c = Eight(blocks + 2 * stride, four[2], out c1);
            d = Eight(blocks + 3 * stride, four[3], out d1);
        }

        BlockParts.StoreTurned(a, b, c, d, scales);
        BlockParts.StoreTurned(a1, b1, c1, d1, scales + 16);
    }

    /// <summary>Eight six-bit scales, raised by 32, times the block's: lower four bits in nibbles, upper two bits in one 16-bit word.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Eight(byte* block, float scale, out Vector128<float> last)
    {
        uint low = *(uint*)(block + 4), high = *(ushort*)(block + 2);
        if (Bmi2.X64.IsSupported && Avx2.IsSupported)
        {
            ulong eight = Bmi2.X64.ParallelBitDeposit(low, 0x0F0F0F0F0F0F0F0F) | Bmi2.X64.ParallelBitDeposit(high, 0x3030303030303030);
            Vector256<int> words = Avx2.ConvertToVector256Int32(Vector128.CreateScalarUnsafe(eight).AsByte());
            Vector256<float> scales = (Vector256.ConvertToSingle(words) + Vector256.Create(-32f)) * Vector256.Create(scale);
            last = scales.GetUpper();
            return scales.GetLower();
        }

        last = Four(low >> 16, high >> 8) * scale;
        return Four(low, high) * scale;
    }

    private static Vector128<float> Four(uint low, uint high)
    {
        Vector128<uint> nibbles = Vector128.Create(low, low >> 4, low >> 8, low >> 12) & Vector128.Create(15u);
        Vector128<uint> twos = Vector128.Create(high, high >> 2, high >> 4, high >> 6) & Vector128.Create(3u);
        return Vector128.ConvertToSingle((nibbles | twos << 4).AsInt32()) + Vector128.Create(-32f);
    }
}
