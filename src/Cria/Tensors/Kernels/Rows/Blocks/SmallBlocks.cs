using System.Runtime.Intrinsics;

namespace Cria.Tensors.Kernels.Rows.Blocks;

/// <summary>A format whose blocks of 32 values have float scales of their own: value = Scale · (Load − Offset) + Minimum.</summary>
internal unsafe interface ISmallBlock
{
    static abstract int Bytes { get; }

    /// <summary>The values that <see cref="Load"/> gives are at most this.</summary>
    static abstract int Largest { get; }

    /// <summary>What stands for 0 among the values that <see cref="Load"/> gives, unless the format has minimums.</summary>
    static abstract int Offset { get; }

    static abstract bool HasMinimum { get; }

    static abstract Vector256<byte> Load(byte* block);

    /// <summary>
    /// The values of four blocks in a row: their lower halves, then their upper ones. Where they need eight bits, signed
    /// ones, lowered by the offset.
    /// </summary>
    static abstract void LoadFour(byte* blocks, out Vector512<byte> lower, out Vector512<byte> upper);

    static abstract float Scale(byte* block);

    static virtual float Minimum(byte* block) => 0;

    /// <summary>The scales of eight blocks in a row, and their minimums if the format has any.</summary>
    static abstract Vector256<float> EightScales(byte* blocks, out Vector256<float> minimums);
}
