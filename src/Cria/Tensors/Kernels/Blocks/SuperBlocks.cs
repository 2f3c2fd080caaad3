using System.Runtime.Intrinsics;

namespace Cria.Tensors.Kernels.Blocks;

/// <summary>Formats of 256-value super-blocks with integer scales for their groups of 16 or 32.</summary>
internal readonly unsafe struct BlocksQ2_K : IBlocks
{
    public static int Bytes => 84;

    public static int Fold => 4;

    public static bool Wide => false;

    public static void Expand(byte* source, int values, Expanded* target)
    {
        for (int g = 0; g < 16; g++)
        {
            target->Scales[g] = (short)(source[g] & 15);
            target->Minimums[g] = (short)(source[g] >> 4);
        }

        TwoBits.Split(source + 16, target->Values);
        target->Scale = BlockParts.Half(source + 80);
        target->Minimum = BlockParts.Half(source + 82);
    }
}

internal readonly unsafe struct BlocksQ3_K : IBlocks
{
    public static int Bytes => 110;

    public static int Fold => 4;

    public static bool Wide => false;

    public static void Expand(byte* source, int values, Expanded* target)
    {
        byte* high = source, scales = source + 96;
        TwoBits.Split(source + 32, target->Values);
        Vector256<byte> bits = Vector256.Load(high);
        for (int j = 0; j < 8; j++)
        {
            byte* group = target->Values + 32 * j;
            (Vector256.Load(group) | ((bits >>> j) & Vector256.Create((byte)1)) << 2).Store(group);
        }

        for (int g = 0; g < 16; g++)
        {
            int low = g < 8 ? scales[g] & 15 : scales[g - 8] >> 4;
            int upper = (scales[8 + g % 4] >> (2 * (g / 4))) & 3;
            target->Scales[g] = (short)((low | upper << 4) - 32);
        }

        target->Scale = BlockParts.Half(source + 108);
        BlockParts.Offset(target, 4);
    }
}

internal readonly unsafe struct BlocksQ4_K : IBlocks
{
    public static int Bytes => 144;

    public static int Fold => 8;

    public static bool Wide => false;

    public static void Expand(byte* source, int values, Expanded* target)
    {
        SixBitScales.Expand(source + 4, target);
        for (int j = 0; j < 4; j++)
        {
            Vector256<byte> packed = Vector256.Load(source + 16 + 32 * j);
            (packed & Vector256.Create((byte)0x0F)).Store(target->Values + 64 * j);
            (packed >>> 4).Store(target->Values + 64 * j + 32);
        }

        target->Scale = BlockParts.Half(source);
        target->Minimum = BlockParts.Half(source + 2);
    }
}

internal readonly unsafe struct BlocksQ5_K : IBlocks
{
    public static int Bytes => 176;

    public static int Fold => 4;

    public static bool Wide => false;

    public static void Expand(byte* source, int values, Expanded* target)
    {
        SixBitScales.Expand(source + 4, target);
        Vector256<byte> high = Vector256.Load(source + 16), one = Vector256.Create((byte)1);
        for (int j = 0; j < 4; j++)
        {
            Vector256<byte> packed = Vector256.Load(source + 48 + 32 * j);
            (packed & Vector256.Create((byte)0x0F) | ((high >>> (2 * j)) & one) << 4).Store(target->Values + 64 * j);
            (packed >>> 4 | ((high >>> (2 * j + 1)) & one) << 4).Store(target->Values + 64 * j + 32);
        }

        target->Scale = BlockParts.Half(source);
        target->Minimum = BlockParts.Half(source + 2);
    }
}

internal readonly unsafe struct BlocksQ6_K : IBlocks
{
    public static int Bytes => 210;

    public static int Fold => 2;

    public static bool Wide => false;

    public static void Expand(byte* source, int values, Expanded* target)
    {
        Vector256<byte> nibble = Vector256.Create((byte)0x0F), two = Vector256.Create((byte)3);
        for (int half = 0; half < 2; half++)
        {
            Vector256<byte> low0 = Vector256.Load(source + 64 * half), low1 = Vector256.Load(source + 64 * half + 32);
            Vector256<byte> high = Vector256.Load(source + 128 + 32 * half);
            byte* to = target->Values + 128 * half;
            (low0 & nibble | (high & two) << 4).Store(to);
            (low1 & nibble | ((high >>> 2) & two) << 4).Store(to + 32);
            (low0 >>> 4 | ((high >>> 4) & two) << 4).Store(to + 64);
            (low1 >>> 4 | (high >>> 6) << 4).Store(to + 96);
        }

        Vector256<short> scales = Vector256.Create(Vector128.WidenLower(Vector128.Load((sbyte*)(source + 192))), Vector128.WidenUpper(Vector128.Load((sbyte*)(source + 192))));
        scales.Store(target->Scales);
        (scales << 5).Store(target->Minimums);
        target->Scale = target->Minimum = BlockParts.Half(source + 208);
    }
}

internal readonly unsafe struct BlocksIQ4_XS : IBlocks
{
    public static int Bytes => 136;

    public static int Fold => 8;

    public static bool Wide => true;

    public static void Expand(byte* source, int values, Expanded* target)
    {
        uint high = *(ushort*)(source + 2);
        for (int b = 0; b < 8; b++)
        {
            int low = (source[4 + b / 2] >> (4 * (b & 1))) & 15;
            int scale = (low | (int)((high >> (2 * b)) & 3) << 4) - 32;
            target->Scales[2 * b] = target->Scales[2 * b + 1] = (short)scale;
            Nibbles.Split16(source + 8 + 16 * b, target->Values + 32 * b);
            Nibbles.LookUp(target->Values + 32 * b, Nibbles.NonLinearPlus127);
        }

        target->Scale = BlockParts.Half(source);
        BlockParts.Offset(target, 127);
    }
}

/// <summary>64 bytes of two-bit values, as Q2_K and Q3_K store them: per 128 values, 32 bytes hold four planes of 32.</summary>
internal static unsafe class TwoBits
{
    public static void Split(byte* source, byte* values)
    {
        Vector256<byte> two = Vector256.Create((byte)3);
        for (int half = 0; half < 2; half++)
        {
            Vector256<byte> packed = Vector256.Load(source + 32 * half);
            for (int plane = 0; plane < 4; plane++) ((packed >>> (2 * plane)) & two).Store(values + 128 * half + 32 * plane);
        }
    }
}

/// <summary>The twelve bytes of Q4_K and Q5_K that hold eight six-bit scales and eight six-bit minimums.</summary>
internal static unsafe class SixBitScales
{
    public static void Expand(byte* source, Expanded* target)
    {
        uint a = *(uint*)source, b = *(uint*)(source + 4), c = *(uint*)(source + 8);
        ulong scales = a & 0x3F3F3F3F | (ulong)(c & 0x0F0F0F0F | (a >> 2) & 0x30303030) << 32;
        ulong minimums = b & 0x3F3F3F3F | (ulong)((c >> 4) & 0x0F0F0F0F | (b >> 2) & 0x30303030) << 32;
        Spread(scales, target->Scales);
        Spread(minimums, target->Minimums);
    }

    /// <summary>Eight bytes to sixteen shorts, each twice: one for each group of sixteen.</summary>
    private static void Spread(ulong bytes, short* shorts)
    {
        Vector128<ushort> eight = Vector128.WidenLower(Vector128.CreateScalar(bytes).AsByte());
        Vector128<uint> low = Vector128.WidenLower(eight), high = Vector128.WidenUpper(eight);
        (low | low << 16).Store((uint*)shorts);
        (high | high << 16).Store((uint*)(shorts + 8));
    }
}
