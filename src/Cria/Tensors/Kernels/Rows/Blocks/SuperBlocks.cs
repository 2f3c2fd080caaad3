using System.Runtime.Intrinsics;

namespace Cria.Tensors.Kernels.Rows.Blocks;

/// <summary>A format of 256-value super-blocks with integer scales for their groups of 16 or 32.</summary>
internal unsafe interface ISuperBlock
{
    static abstract int Bytes { get; }

    /// <summary>What the values that <see cref="Load"/> gives are too high by; 0 for formats with minimums of their own.</summary>
    static abstract int Centre { get; }

    /// <summary>The values in eight parts of 32.</summary>
    static abstract void Load(byte* source, out Parts parts);

    /// <summary>The scales of the sixteen groups of 16, and what is to be subtracted per group in units of the minimum's scale.</summary>
    static abstract Vector256<short> Scales(byte* source, out Vector256<short> minimums);

    /// <summary>The scales of the blocks of four rows, <paramref name="stride"/> bytes apart, and those of their minimums.</summary>
    static abstract Vector128<float> FourScales(byte* block, long stride, out Vector128<float> minimums);

    /// <summary>The same, the scales spread over the values of <see cref="LoadWide"/>: a short for each pair. Returns the minimums.</summary>
    static abstract Vector256<short> WideScales(byte* source, out WideScales scales);

    /// <summary>Whether <see cref="LoadWide"/> gives its groups of 32 in the order 0 2 1 3 4 6 5 7, as their bits lie.</summary>
    static abstract bool IsCrossed { get; }

    /// <summary>The values in four parts of 64.</summary>
    static abstract void LoadWide(byte* source, out WideParts parts);
}

/// <summary>256 values in registers.</summary>
internal struct Parts
{
    public Vector256<byte> P0, P1, P2, P3, P4, P5, P6, P7;
}

/// <summary>256 values in wide registers.</summary>
internal struct WideParts
{
    public Vector512<byte> P0, P1, P2, P3;
}

/// <summary>What belongs to pairs of values in wide registers.</summary>
internal struct WideScales
{
    public Vector512<short> S0, S1, S2, S3;
}
