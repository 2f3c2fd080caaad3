using System.Runtime.Intrinsics;

namespace Cria.Tensors.Kernels.Rows.Blocks;

/// <summary>A format whose blocks of 32 values have float scales of their own: value = scale · (Load − Offset) + minimum.</summary>
internal unsafe interface ISmallBlock
{
    static abstract int Bytes { get; }

    /// <summary>What the values that <see cref="Load"/> gives are too high by.</summary>
    static abstract int Offset { get; }

    static abstract bool HasMinimum { get; }

    static abstract Vector256<byte> Load(byte* block);

    /// <summary>The values of four blocks in a row: their lower halves, then their upper ones.</summary>
    static abstract void LoadFour(byte* blocks, out Vector512<byte> lower, out Vector512<byte> upper);

    /// <summary>The scales of the blocks of four rows, <paramref name="stride"/> bytes apart, and their minimums if the format has any.</summary>
    static abstract Vector128<float> FourScales(byte* block, long stride, out Vector128<float> minimums);

    /// <summary>The scales of eight blocks in a row, and their minimums if the format has any.</summary>
    static abstract Vector256<float> EightScales(byte* blocks, out Vector256<float> minimums);
}
