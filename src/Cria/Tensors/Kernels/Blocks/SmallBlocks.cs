using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Cria.Tensors.Kernels.Blocks;

/// <summary>A format whose blocks of 32 values have float scales of their own: value = Scale · (Load − Offset) + Minimum.</summary>
internal unsafe interface ISmallBlock
{
    static abstract int Bytes { get; }

    /// <summary>The values that <see cref="Load"/> gives are at most this; above 127 panels hold shorts.</summary>
    static abstract int Largest { get; }

    /// <summary>
    /// The middle of the values that <see cref="Load"/> gives: what stands for 0, unless the format has minimums. Lowered by it
    /// they are at most 16 in size, or else wide: eight products of four then fit sums of shorts (16 · 127 · 2 · 8 ≤ 32767).
    /// </summary>
    static abstract int Offset { get; }

    static abstract bool HasMinimum { get; }

    static abstract Vector256<byte> Load(byte* block);

    static abstract float Scale(byte* block);

    static virtual float Minimum(byte* block) => 0;

    /// <summary>The scales of eight blocks in a row.</summary>
    static abstract Vector256<float> EightScales(byte* blocks);

    static virtual Vector256<float> EightMinimums(byte* blocks) => default;

    /// <summary>Whether <see cref="LoadPair"/> exists.</summary>
    static abstract bool HasPairs { get; }

    /// <summary>The unsigned values of two blocks: both lower halves, then both upper halves.</summary>
    static virtual Vector512<byte> LoadPair(byte* blocks) => default;
}

/// <summary>The dot product of a row of small blocks with a quantised row of activations, on eight lanes: one block to a register.</summary>
internal static unsafe class SmallBlocks<TBlock>
    where TBlock : struct, ISmallBlock
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float Dot256(byte* row, int columns, byte* activations)
    {
        Vector256<float> total = default;
        float* scales = stackalloc float[8];
        int bytes = 8 * TBlock.Bytes;
        for (; columns >= 256; columns -= 256, row += bytes, activations += SmallRow.RecordBytes)
        {
            BlockParts.Prefetch(row, bytes);
            total = DotEight(row, activations, scales, total);
        }

        if (columns > 0)
        {
            // Blocks of zeros have the scale 0.
            byte* padded = stackalloc byte[bytes];
            Unsafe.CopyBlock(padded, row, (uint)(columns / 32 * TBlock.Bytes));
            total = DotEight(padded, activations, scales, total);
        }

        return Vector256.Sum(total);
    }

    /// <summary>The same on sixteen lanes, two blocks to a register, for formats that gain from it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float Dot512(byte* row, int columns, byte* activations)
    {
        if (!TBlock.HasPairs || columns % 256 != 0) return Dot256(row, columns, activations);
        Vector512<int> pair0 = Vector512.Create(0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1, 1), two = Vector512.Create(2);
        Vector512<int> pair1 = pair0 + two, pair2 = pair1 + two, pair3 = pair2 + two;
        Vector512<float> even = default, odd = default;
        Vector256<float> commonTotal = default;
        int bytes = 8 * TBlock.Bytes;
        for (; columns > 0; columns -= 256, row += bytes, activations += SmallRow.RecordBytes)
        {
            BlockParts.Prefetch(row, bytes);
            Vector256<float> eight = TBlock.EightScales(row), scaled = eight * Vector256.Load((float*)(activations + SmallRow.ScalesOffset));
            Vector512<float> scales = scaled.ToVector512Unsafe();
            even = Vector512.FusedMultiplyAdd(PairProduct(row, activations, 0), Avx512F.PermuteVar16x32(scales, pair0), even);
            odd = Vector512.FusedMultiplyAdd(PairProduct(row, activations, 1), Avx512F.PermuteVar16x32(scales, pair1), odd);
            even = Vector512.FusedMultiplyAdd(PairProduct(row, activations, 2), Avx512F.PermuteVar16x32(scales, pair2), even);
            odd = Vector512.FusedMultiplyAdd(PairProduct(row, activations, 3), Avx512F.PermuteVar16x32(scales, pair3), odd);
            Vector256<float> common = TBlock.HasMinimum ? TBlock.EightMinimums(row) : eight * -TBlock.Offset;
            commonTotal = Vector256.FusedMultiplyAdd(Vector256.Load((float*)(activations + SmallRow.SumsOffset)), common, commonTotal);
        }

        even += odd;
        return Vector256.Sum(even.GetLower() + even.GetUpper() + commonTotal);
    }

    /// <summary>The same with four rows of activations, <paramref name="stride"/> bytes apart.</summary>
    public static void DotFour512(byte* weights, int columns, byte* activations, long stride, float* results)
    {
        for (int i = 0; i < 4; i++) results[i] = Dot512(weights, columns, activations + i * stride);
    }

    /// <summary>The same with four rows of activations, <paramref name="stride"/> bytes apart.</summary>
    public static void DotFour256(byte* weights, int columns, byte* activations, long stride, float* results)
    {
        for (int i = 0; i < 4; i++) results[i] = Dot256(weights, columns, activations + i * stride);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> PairProduct(byte* blocks, byte* activations, int pair)
    {
        Vector512<sbyte> a = Vector512.Load((sbyte*)activations + SmallRow.PairsOffset + 64 * pair);
        Vector512<short> products = Avx512BW.MultiplyAddAdjacent(TBlock.LoadPair(blocks + 2 * pair * TBlock.Bytes), a);
        return Vector512.ConvertToSingle(Avx512BW.MultiplyAddAdjacent(products, Vector512<short>.One));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> DotEight(byte* blocks, byte* activations, float* scales, Vector256<float> total)
    {
        Vector256<float> eight = TBlock.EightScales(blocks);
        (eight * Vector256.Load((float*)(activations + SmallRow.ScalesOffset))).Store(scales);
        Vector256<float> even = Product(blocks, activations, 0) * scales[0], odd = Product(blocks, activations, 1) * scales[1];
        even = Vector256.FusedMultiplyAdd(Product(blocks, activations, 2), Vector256.Create(scales[2]), even);
        odd = Vector256.FusedMultiplyAdd(Product(blocks, activations, 3), Vector256.Create(scales[3]), odd);
        even = Vector256.FusedMultiplyAdd(Product(blocks, activations, 4), Vector256.Create(scales[4]), even);
        odd = Vector256.FusedMultiplyAdd(Product(blocks, activations, 5), Vector256.Create(scales[5]), odd);
        even = Vector256.FusedMultiplyAdd(Product(blocks, activations, 6), Vector256.Create(scales[6]), even);
        odd = Vector256.FusedMultiplyAdd(Product(blocks, activations, 7), Vector256.Create(scales[7]), odd);
        total += even + odd;
        if (!TBlock.HasMinimum && (TBlock.Largest > 127 || TBlock.Offset == 0)) return total;

        // What all 32 values of a block have in common meets the sum of their activations.
        Vector256<float> common = TBlock.HasMinimum ? TBlock.EightMinimums(blocks) : eight * -TBlock.Offset;
        return Vector256.FusedMultiplyAdd(Vector256.Load((float*)(activations + SmallRow.SumsOffset)), common, total);
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
        if (TBlock.Largest > 127)
        {
            Vector256<sbyte> signed = (w - Vector256.Create((byte)TBlock.Offset)).AsSByte();
            w = Avx2.Abs(signed);
            a = Avx2.Sign(a, signed);
        }

        return Vector256.ConvertToSingle(Avx2.MultiplyAddAdjacent(Avx2.MultiplyAddAdjacent(w, a), Vector256<short>.One));
    }
}
