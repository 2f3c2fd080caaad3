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
    public static void Scales(byte* blocks, long stride, int parts, float* scales)
    {
        for (int part = 0; part < parts; part++) BlockParts.FourHalves(blocks + part * PartBytes, stride).Store(scales + 4 * part);
    }
}

internal readonly unsafe struct BlockIQ4_NL : IWideBlock
{
    private const int PartBytes = 18;

    public static int Bytes => 8 * PartBytes;

    public static Vector128<byte> Levels => Vector128.Create((sbyte)-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<sbyte> Load(byte* blocks, int part) => BlockParts.LookUp(Levels, BlockParts.Nibbles(blocks + part * PartBytes + 2)).AsSByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Scales(byte* blocks, long stride, int parts, float* scales)
    {
        for (int part = 0; part < parts; part++) BlockParts.FourHalves(blocks + part * PartBytes, stride).Store(scales + 4 * part);
    }
}

internal readonly unsafe struct BlockIQ4_XS : IWideBlock
{
    public static int Bytes => 136;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<sbyte> Load(byte* blocks, int part) => BlockParts.LookUp(BlockIQ4_NL.Levels, BlockParts.Nibbles(blocks + 8 + 16 * part)).AsSByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Scales(byte* blocks, long stride, int parts, float* scales)
    {
        Vector128<float> a = Eight(blocks, out Vector128<float> a1), b = Eight(blocks + stride, out Vector128<float> b1);
        Vector128<float> c = Eight(blocks + 2 * stride, out Vector128<float> c1), d = Eight(blocks + 3 * stride, out Vector128<float> d1);
        BlockParts.StoreTurned(a, b, c, d, scales);
        BlockParts.StoreTurned(a1, b1, c1, d1, scales + 16);
    }

    /// <summary>Eight six-bit scales, raised by 32, times the block's: lower four bits in nibbles, upper two bits in one 16-bit word.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Eight(byte* block, out Vector128<float> last)
    {
        uint low = *(uint*)(block + 4), high = *(ushort*)(block + 2);
        Vector128<float> scale = Vector128.Create(BlockParts.Half(block)), raise = Vector128.Create(-32f);
        last = (Vector128.ConvertToSingle(Four(low >> 16, high >> 8)) + raise) * scale;
        return (Vector128.ConvertToSingle(Four(low, high)) + raise) * scale;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<int> Four(uint low, uint high)
    {
        Vector128<uint> nibbles = Avx2.IsSupported ? Avx2.ShiftRightLogicalVariable(Vector128.Create(low), Vector128.Create(0u, 4, 8, 12)) : Vector128.Create(low, low >> 4, low >> 8, low >> 12);
        Vector128<uint> twos = Avx2.IsSupported ? Avx2.ShiftRightLogicalVariable(Vector128.Create(high), Vector128.Create(0u, 2, 4, 6)) : Vector128.Create(high, high >> 2, high >> 4, high >> 6);
        return (nibbles & Vector128.Create(15u) | (twos & Vector128.Create(3u)) << 4).AsInt32();
    }
}
