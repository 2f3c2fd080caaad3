using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Cria.Tensors.Kernels.Blocks;

/// <summary>A format whose blocks of 32 values have float scales of their own: value = Scale · (Load − Offset) + Minimum.</summary>
internal unsafe interface ISmallBlock
{
    static abstract int Bytes { get; }

    /// <summary>The values that <see cref="Load"/> gives are at most this.</summary>
    static abstract int Largest { get; }

    static abstract int Offset { get; }

    static abstract bool HasMinimum { get; }

    static abstract Vector256<byte> Load(byte* block);

    static abstract float Scale(byte* block);

    static abstract float Minimum(byte* block);

    /// <summary>The scales of eight blocks in a row.</summary>
    static abstract Vector256<float> EightScales(byte* blocks);

    static abstract Vector256<float> EightMinimums(byte* blocks);
}

/// <summary>Eight small blocks in the form of the integer kernels.</summary>
internal readonly unsafe struct SmallBlocks<TBlock> : IBlocks
    where TBlock : struct, ISmallBlock
{
    public static int Bytes => 8 * TBlock.Bytes;

    public static int Fold
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => TBlock.Largest is <= 15 or > 127 ? 8 : 4;
    }

    public static bool Wide
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => TBlock.Largest > 127;
    }

    /// <summary>
    /// The largest integer scale: the sums of 256 products with it must stay below 2^31, and its product with the offset must
    /// be a short. At 8 to 12 bits its rounding is far below that of the 8-bit activations it meets.
    /// </summary>
    private static int ScaleLimit => Wide ? 255 : TBlock.Largest <= 15 ? 4095 : TBlock.Largest <= 24 ? 2600 : 2000;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Expand(byte* source, int values, Expanded* target)
    {
        float* scales = stackalloc float[8];
        float* minimums = stackalloc float[8];
        for (int b = 0; b < values / 32; b++, source += TBlock.Bytes)
        {
            TBlock.Load(source).Store(target->Values + 32 * b);
            scales[b] = TBlock.Scale(source);
            if (TBlock.HasMinimum) minimums[b] = -TBlock.Minimum(source);
        }

        target->Scale = Share(scales, ScaleLimit, target->Scales);
        if (TBlock.HasMinimum)
        {
            target->Minimum = Share(minimums, short.MaxValue, target->Minimums);
            return;
        }

        (Vector256.Load(target->Scales) * (short)TBlock.Offset).Store(target->Minimums);
        target->Minimum = target->Scale;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float Dot256(byte* row, int columns, byte* activations)
    {
        Vector256<float> total = default;
        float* scales = stackalloc float[8];
        for (; columns >= 256; columns -= 256, row += Bytes, activations += QuantizedRow.RecordBytes)
            total = DotEight(row, activations, scales, total);
        if (columns > 0)
        {
            // Blocks of zeros have the scale 0.
            byte* padded = stackalloc byte[Bytes];
            Unsafe.CopyBlock(padded, row, (uint)(columns / 32 * TBlock.Bytes));
            total = DotEight(padded, activations, scales, total);
        }

        return Vector256.Sum(total);
    }

    public static float Dot512(byte* row, int columns, byte* activations) => Dot256(row, columns, activations);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> DotEight(byte* blocks, byte* activations, float* scales, Vector256<float> total)
    {
        BlockParts.Prefetch(blocks, Bytes);
        Vector256<float> eight = TBlock.EightScales(blocks) * *(float*)(activations + QuantizedRow.ScaleOffset);
        eight.Store(scales);
        Vector256<float> even = Product(blocks, activations, 0) * scales[0], odd = Product(blocks, activations, 1) * scales[1];
        even = Vector256.FusedMultiplyAdd(Product(blocks, activations, 2), Vector256.Create(scales[2]), even);
        odd = Vector256.FusedMultiplyAdd(Product(blocks, activations, 3), Vector256.Create(scales[3]), odd);
        even = Vector256.FusedMultiplyAdd(Product(blocks, activations, 4), Vector256.Create(scales[4]), even);
        odd = Vector256.FusedMultiplyAdd(Product(blocks, activations, 5), Vector256.Create(scales[5]), odd);
        even = Vector256.FusedMultiplyAdd(Product(blocks, activations, 6), Vector256.Create(scales[6]), even);
        odd = Vector256.FusedMultiplyAdd(Product(blocks, activations, 7), Vector256.Create(scales[7]), odd);
        total += even + odd;
        if (!TBlock.HasMinimum && (Wide || TBlock.Offset == 0)) return total;

        // What all 32 values of a block have in common meets the sum of their activations.
        Vector256<int> sums = Avx2.MultiplyAddAdjacent(Vector256.Load((short*)(activations + QuantizedRow.SumsOffset)), Vector256<short>.One);
        Vector256<float> common = TBlock.HasMinimum
            ? TBlock.EightMinimums(blocks) * *(float*)(activations + QuantizedRow.ScaleOffset)
            : eight * -TBlock.Offset;
        return Vector256.FusedMultiplyAdd(Vector256.ConvertToSingle(sums), common, total);
    }

    /// <summary>
    /// Eight sums of a block's products. Values that need eight bits are made signed and multiplied as |w| times a with the
    /// sign of w, which fits the one instruction for unsigned times signed; others stay as they are, offset and all.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Product(byte* blocks, byte* activations, int block)
    {
        Vector256<byte> w = TBlock.Load(blocks + block * TBlock.Bytes);
        Vector256<sbyte> a = Vector256.Load((sbyte*)activations + 32 * block);
        if (Wide)
        {
            Vector256<sbyte> signed = (w - Vector256.Create((byte)TBlock.Offset)).AsSByte();
            w = Avx2.Abs(signed);
            a = Avx2.Sign(a, signed);
        }

        return Vector256.ConvertToSingle(Avx2.MultiplyAddAdjacent(Avx2.MultiplyAddAdjacent(w, a), Vector256<short>.One));
    }

    /// <summary>Writes the eight blocks' scales as integers of a common one, each for its two groups of sixteen.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Share(float* scales, int limit, short* shared)
    {
        Vector256<float> eight = Vector256.Load(scales), sizes = Vector256.Abs(eight);
        Vector128<float> four = Vector128.MaxNative(sizes.GetLower(), sizes.GetUpper());
        float largest = MathF.Max(MathF.Max(four[0], four[1]), MathF.Max(four[2], four[3]));
        bool isUsable = largest > 0 && float.IsFinite(largest);
        Vector256<float> scaled = Vector256.Round(eight * Vector256.Create(isUsable ? limit / largest : 0));
        Vector256<int> integers = Vector256.ConvertToInt32Native(scaled) & Vector256.Create(0xFFFF);
        (integers | integers << 16).Store((int*)shared);
        return isUsable ? largest / limit : 0;
    }
}

internal readonly unsafe struct BlockQ4_0 : ISmallBlock
{
    public static int Bytes => 18;

    public static int Largest => 15;

    public static int Offset => 8;

    public static bool HasMinimum => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Load(byte* block) => BlockParts.Nibbles(block + 2);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Scale(byte* block) => BlockParts.Half(block);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Minimum(byte* block) => 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> EightScales(byte* blocks) => BlockParts.EightHalves(blocks, Bytes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> EightMinimums(byte* blocks) => default;
}

internal readonly unsafe struct BlockQ4_1 : ISmallBlock
{
    public static int Bytes => 20;

    public static int Largest => 15;

    public static int Offset => 0;

    public static bool HasMinimum => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Load(byte* block) => BlockParts.Nibbles(block + 4);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Scale(byte* block) => BlockParts.Half(block);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Minimum(byte* block) => BlockParts.Half(block + 2);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> EightScales(byte* blocks) => BlockParts.EightHalves(blocks, Bytes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> EightMinimums(byte* blocks) => BlockParts.EightHalves(blocks + 2, Bytes);
}

internal readonly unsafe struct BlockQ5_0 : ISmallBlock
{
    public static int Bytes => 22;

    public static int Largest => 31;

    public static int Offset => 16;

    public static bool HasMinimum => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Load(byte* block) => BlockParts.Nibbles(block + 6) | FifthBits(*(uint*)(block + 2));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Scale(byte* block) => BlockParts.Half(block);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Minimum(byte* block) => 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> EightScales(byte* blocks) => BlockParts.EightHalves(blocks, Bytes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> EightMinimums(byte* blocks) => default;

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
}

internal readonly unsafe struct BlockQ5_1 : ISmallBlock
{
    public static int Bytes => 24;

    public static int Largest => 31;

    public static int Offset => 0;

    public static bool HasMinimum => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Load(byte* block) => BlockParts.Nibbles(block + 8) | BlockQ5_0.FifthBits(*(uint*)(block + 4));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Scale(byte* block) => BlockParts.Half(block);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Minimum(byte* block) => BlockParts.Half(block + 2);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> EightScales(byte* blocks) => BlockParts.EightHalves(blocks, Bytes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> EightMinimums(byte* blocks) => BlockParts.EightHalves(blocks + 2, Bytes);
}

internal readonly unsafe struct BlockQ8_0 : ISmallBlock
{
    public static int Bytes => 34;

    public static int Largest => 255;

    public static int Offset => 128;

    public static bool HasMinimum => false;

    /// <summary>Turning the sign bit adds 128.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Load(byte* block) => Vector256.Load(block + 2) ^ Vector256.Create((byte)0x80);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Scale(byte* block) => BlockParts.Half(block);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Minimum(byte* block) => 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> EightScales(byte* blocks) => BlockParts.EightHalves(blocks, Bytes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> EightMinimums(byte* blocks) => default;
}

internal readonly unsafe struct BlockIQ4_NL : ISmallBlock
{
    public static int Bytes => 18;

    public static int Largest => 240;

    public static int Offset => 127;

    public static bool HasMinimum => false;

    /// <summary>The sixteen levels, raised by 127.</summary>
    public static Vector128<byte> Levels => Vector128.Create((byte)0, 23, 44, 62, 78, 92, 105, 117, 128, 140, 152, 165, 180, 196, 216, 240);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Load(byte* block) => BlockParts.LookUp(Levels, BlockParts.Nibbles(block + 2));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Scale(byte* block) => BlockParts.Half(block);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Minimum(byte* block) => 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> EightScales(byte* blocks) => BlockParts.EightHalves(blocks, Bytes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> EightMinimums(byte* blocks) => default;
}

/// <summary>Four-bit floats (1 sign, 2 exponent, 1 mantissa bits): twice their values are integers of at most 12.</summary>
internal readonly unsafe struct BlockMXFP4 : ISmallBlock
{
    public static int Bytes => 17;

    public static int Largest => 24;

    public static int Offset => 12;

    public static bool HasMinimum => false;

    private static Vector128<byte> Levels => Vector128.Create((byte)12, 13, 14, 15, 16, 18, 20, 24, 12, 11, 10, 9, 8, 6, 4, 0);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Load(byte* block) => BlockParts.LookUp(Levels, BlockParts.Nibbles(block + 1));

    /// <summary>2^(exponent − 128): half the block's scale, because the values are doubled.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Scale(byte* block)
    {
        uint exponent = *block;
        return BitConverter.UInt32BitsToSingle(exponent < 2 ? 0x00200000u << (int)exponent : (exponent - 1) << 23);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Minimum(byte* block) => 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> EightScales(byte* blocks)
    {
        Vector256<int> exponents = Vector256.Create(
            (int)blocks[0], blocks[Bytes], blocks[2 * Bytes], blocks[3 * Bytes], blocks[4 * Bytes], blocks[5 * Bytes], blocks[6 * Bytes], blocks[7 * Bytes]);
        Vector256<int> subnormal = Vector256.Create(0x00200000);
        subnormal += subnormal & Vector256.Equals(exponents, Vector256<int>.One);
        return Vector256.ConditionalSelect(Vector256.LessThan(exponents, Vector256.Create(2)), subnormal, (exponents - Vector256<int>.One) << 23).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> EightMinimums(byte* blocks) => default;
}
