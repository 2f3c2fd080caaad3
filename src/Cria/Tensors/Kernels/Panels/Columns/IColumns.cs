namespace Cria.Tensors.Kernels.Panels.Columns;

/// <summary>
/// How the bits of a format's blocks lie, seen from a panel: as many rows as there are lanes at once, a register holding the
/// same word of each. Written once for all widths of registers.
/// </summary>
internal unsafe interface IColumns
{
    /// <summary>The bytes of one block.</summary>
    static abstract int Bytes { get; }

    /// <summary>The columns of one block: 32 or 256.</summary>
    static abstract int Count { get; }
}

/// <summary>A format whose blocks have float scales per 32 columns.</summary>
internal unsafe interface ISmallColumns : IColumns
{
    /// <summary>Whether blocks have minimums, too.</summary>
    static abstract bool HasMinimums { get; }

    /// <summary>
    /// Reads one block of each row, <paramref name="stride"/> bytes apart: the values as signed bytes, four columns to a
    /// register, and per 32 columns a register of scales, followed by one of minimums if there are any. A minimum is what is
    /// added per activation.
    /// </summary>
    static abstract void Read<TLanes, I, F>(byte* block, long stride, byte* values, float* scales)
        where TLanes : struct, ILanes<I, F>
        where I : struct
        where F : struct;
}

/// <summary>A format of super-blocks: integer scales per 16 or 32 columns, and two float scales per 256.</summary>
internal unsafe interface ISuperColumns : IColumns
{
    /// <summary>How many columns share a scale: 16 or 32.</summary>
    static abstract int Group { get; }

    /// <summary>
    /// How many products of four may be summed in shorts before they are folded with their scale (4 or 8): bounded by
    /// the largest value (|value| · 127 · 2 · Fold ≤ 32767) and by the group.
    /// </summary>
    static abstract int Fold { get; }

    /// <summary>Whether groups have minimums, too; values are unsigned then.</summary>
    static abstract bool HasMinimums { get; }

    /// <summary>
    /// Reads one block of each row, <paramref name="stride"/> bytes apart: the values as bytes, four columns to a
    /// register; a register of each group's scales, as <see cref="ILanes{I, F}.Fold"/> wants them; if there are any, pairs of the groups'
    /// minimums; and the float scale, then that of the minimums, which are subtracted.
    /// </summary>
    static abstract void Read<TLanes, I, F>(byte* block, long stride, byte* values, byte* scales, byte* minimums, float* both)
        where TLanes : struct, ILanes<I, F>
        where I : struct
        where F : struct;
}
