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

/// <summary>The dot product of a row of small blocks with a quantised row of activations, on eight lanes: one block to a register.</summary>
internal static unsafe class SmallBlocks<TBlock>
    where TBlock : struct, ISmallBlock
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float Dot(byte* row, int columns, byte* activations)
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
