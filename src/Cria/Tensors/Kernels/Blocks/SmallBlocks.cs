using System.Runtime.Intrinsics;

namespace Cria.Tensors.Kernels.Blocks;

/// <summary>Formats of 32-value blocks, each with its own half-float scale; eight blocks are read together.</summary>
internal readonly unsafe struct BlocksQ4_0 : IBlocks
{
    public static int Bytes => 8 * 18;

    public static int Fold => 8;

    public static bool Wide => false;

    public static void Expand(byte* source, int values, Expanded* target)
    {
        float* scales = stackalloc float[8];
        for (int b = 0; b < values / 32; b++, source += 18)
        {
            scales[b] = BlockParts.Half(source);
            Nibbles.Split16(source + 2, target->Values + 32 * b);
        }

        target->Scale = BlockParts.ShareScale(scales, 4095, target->Scales);
        BlockParts.Offset(target, 8);
    }
}

internal readonly unsafe struct BlocksQ4_1 : IBlocks
{
    public static int Bytes => 8 * 20;

    public static int Fold => 8;

    public static bool Wide => false;

    public static void Expand(byte* source, int values, Expanded* target)
    {
        float* scales = stackalloc float[8];
        float* minimums = stackalloc float[8];
        for (int b = 0; b < values / 32; b++, source += 20)
        {
            scales[b] = BlockParts.Half(source);
            minimums[b] = -BlockParts.Half(source + 2);
            Nibbles.Split16(source + 4, target->Values + 32 * b);
        }

        target->Scale = BlockParts.ShareScale(scales, 4095, target->Scales);
        target->Minimum = BlockParts.ShareScale(minimums, 32767, target->Minimums);
    }
}

internal readonly unsafe struct BlocksQ5_0 : IBlocks
{
    public static int Bytes => 8 * 22;

    public static int Fold => 4;

    public static bool Wide => false;

    public static void Expand(byte* source, int values, Expanded* target)
    {
        float* scales = stackalloc float[8];
        for (int b = 0; b < values / 32; b++, source += 22)
        {
            scales[b] = BlockParts.Half(source);
            Nibbles.Split16(source + 6, target->Values + 32 * b);
            Nibbles.AddFifthBits(*(uint*)(source + 2), target->Values + 32 * b);
        }

        target->Scale = BlockParts.ShareScale(scales, 2047, target->Scales);
        BlockParts.Offset(target, 16);
    }
}

internal readonly unsafe struct BlocksQ5_1 : IBlocks
{
    public static int Bytes => 8 * 24;

    public static int Fold => 4;

    public static bool Wide => false;

    public static void Expand(byte* source, int values, Expanded* target)
    {
        float* scales = stackalloc float[8];
        float* minimums = stackalloc float[8];
        for (int b = 0; b < values / 32; b++, source += 24)
        {
            scales[b] = BlockParts.Half(source);
            minimums[b] = -BlockParts.Half(source + 2);
            Nibbles.Split16(source + 8, target->Values + 32 * b);
            Nibbles.AddFifthBits(*(uint*)(source + 4), target->Values + 32 * b);
        }

        target->Scale = BlockParts.ShareScale(scales, 2047, target->Scales);
        target->Minimum = BlockParts.ShareScale(minimums, 32767, target->Minimums);
    }
}

internal readonly unsafe struct BlocksQ8_0 : IBlocks
{
    public static int Bytes => 8 * 34;

    public static int Fold => 8;

    public static bool Wide => true;

    public static void Expand(byte* source, int values, Expanded* target)
    {
        float* scales = stackalloc float[8];
        for (int b = 0; b < values / 32; b++, source += 34)
        {
            scales[b] = BlockParts.Half(source);
            // Turning the sign bit adds 128.
            (Vector256.Load(source + 2) ^ Vector256.Create((byte)0x80)).Store(target->Values + 32 * b);
        }

        target->Scale = BlockParts.ShareScale(scales, 255, target->Scales);
        BlockParts.Offset(target, 128);
    }
}

internal readonly unsafe struct BlocksIQ4_NL : IBlocks
{
    public static int Bytes => 8 * 18;

    public static int Fold => 8;

    public static bool Wide => true;

    public static void Expand(byte* source, int values, Expanded* target)
    {
        float* scales = stackalloc float[8];
        for (int b = 0; b < values / 32; b++, source += 18)
        {
            scales[b] = BlockParts.Half(source);
            Nibbles.Split16(source + 2, target->Values + 32 * b);
            Nibbles.LookUp(target->Values + 32 * b, Nibbles.NonLinearPlus127);
        }

        target->Scale = BlockParts.ShareScale(scales, 255, target->Scales);
        BlockParts.Offset(target, 127);
    }
}

/// <summary>Four-bit floats; twice their values are integers of at most 12, and the scales are powers of two.</summary>
internal readonly unsafe struct BlocksMXFP4 : IBlocks
{
    public static int Bytes => 8 * 17;

    public static int Fold => 4;

    public static bool Wide => false;

    public static void Expand(byte* source, int values, Expanded* target)
    {
        float* scales = stackalloc float[8];
        for (int b = 0; b < values / 32; b++, source += 17)
        {
            scales[b] = HalfOfPowerOfTwo(*source);
            Nibbles.Split16(source + 1, target->Values + 32 * b);
            Nibbles.LookUp(target->Values + 32 * b, Nibbles.DoubledFloat4Plus12);
        }

        target->Scale = BlockParts.ShareScale(scales, 2730, target->Scales);
        BlockParts.Offset(target, 12);
    }

    /// <summary>2^(exponent − 128): half the block's scale, because the values are doubled.</summary>
    private static float HalfOfPowerOfTwo(byte exponent) =>
        BitConverter.UInt32BitsToSingle(exponent < 2 ? 0x00200000u << exponent : (uint)(exponent - 1) << 23);
}

/// <summary>Steps on four-bit values, 32 at a time.</summary>
internal static unsafe class Nibbles
{
    /// <summary>The sixteen levels of IQ4_NL and IQ4_XS, raised by 127.</summary>
    public static Vector128<byte> NonLinearPlus127 => Vector128.Create((byte)0, 23, 44, 62, 78, 92, 105, 117, 128, 140, 152, 165, 180, 196, 216, 240);

    /// <summary>Twice the sixteen values of a four-bit float (1 sign, 2 exponent, 1 mantissa bits), raised by 12.</summary>
    public static Vector128<byte> DoubledFloat4Plus12 => Vector128.Create((byte)12, 13, 14, 15, 16, 18, 20, 24, 12, 11, 10, 9, 8, 6, 4, 0);

    /// <summary>Sixteen bytes to 32 values: the lower nibbles first, then the upper ones.</summary>
    public static void Split16(byte* source, byte* values)
    {
        Vector128<byte> packed = Vector128.Load(source);
        (packed & Vector128.Create((byte)0x0F)).Store(values);
        (packed >>> 4).Store(values + 16);
    }

    /// <summary>Adds 16 to each value whose bit is set.</summary>
    public static void AddFifthBits(uint bits, byte* values)
    {
        Vector256<byte> spread = Vector256.ShuffleNative(
            Vector256.Create(bits).AsByte(),
            Vector256.Create((byte)0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 18, 18, 18, 18, 18, 18, 18, 18, 19, 19, 19, 19, 19, 19, 19, 19));
        Vector256<byte> select = Vector256.Create(0x8040201008040201).AsByte();
        Vector256<byte> isSet = Vector256.Equals(spread & select, select);
        (Vector256.Load(values) | isSet & Vector256.Create((byte)16)).Store(values);
    }

    /// <summary>Replaces each value by its entry in a table.</summary>
    public static void LookUp(byte* values, Vector128<byte> table)
    {
        Vector128.ShuffleNative(table, Vector128.Load(values)).Store(values);
        Vector128.ShuffleNative(table, Vector128.Load(values + 16)).Store(values + 16);
    }
}
