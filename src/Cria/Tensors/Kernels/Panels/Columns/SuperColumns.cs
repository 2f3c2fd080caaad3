using System.Runtime.CompilerServices;

namespace Cria.Tensors.Kernels.Panels.Columns;

internal readonly unsafe struct ColumnsQ2_K : ISuperColumns
{
    public static int Bytes => 84;

    public static int Count => 256;

    public static int Group => 16;

    public static int Fold => 4;

    public static bool HasMinimums => true;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Read<TLanes, I, F>(byte* block, long stride, byte* values, byte* scales, byte* minimums, float* both)
        where TLanes : struct, ILanes<I, F>
        where I : struct
        where F : struct
    {
        int lanes = TLanes.Count;
        for (int half = 0; half < 2; half++)
        {
            for (int part = 0; part < 2; part++)
            {
                TLanes.FourWords(block + 16 + 32 * half + 16 * part, stride, out I a, out I b, out I c, out I d);
                I two = TLanes.Broadcast(0x03030303);
                byte* target = values + (128 * half + 16 * part) * lanes;
                for (int plane = 0; plane < 4; plane++, target += 32 * lanes)
                {
                    ColumnParts<TLanes, I, F>.Store(TLanes.And(a, two), TLanes.And(b, two), TLanes.And(c, two), TLanes.And(d, two), target);
                    (a, b, c, d) = (TLanes.ShiftRight(a, 2), TLanes.ShiftRight(b, 2), TLanes.ShiftRight(c, 2), TLanes.ShiftRight(d, 2));
                }
            }
        }

        TLanes.FourWords(block, stride, out I s0, out I s1, out I s2, out I s3);
        Nibbles<TLanes, I, F>(s0, scales, minimums);
        Nibbles<TLanes, I, F>(s1, scales + 16 * lanes, minimums + 8 * lanes);
        Nibbles<TLanes, I, F>(s2, scales + 32 * lanes, minimums + 16 * lanes);
        Nibbles<TLanes, I, F>(s3, scales + 48 * lanes, minimums + 24 * lanes);
        I halves = TLanes.Word(block + 80, stride);
        TLanes.Store(ColumnParts<TLanes, I, F>.Half(halves), both);
        TLanes.Store(ColumnParts<TLanes, I, F>.UpperHalf(halves), both + lanes);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Nibbles<TLanes, I, F>(I bytes, byte* scales, byte* minimums)
        where TLanes : struct, ILanes<I, F>
        where I : struct
        where F : struct
    {
        ColumnParts<TLanes, I, F>.Scales(TLanes.LowNibbles(bytes), scales);
        ColumnParts<TLanes, I, F>.Pairs(TLanes.HighNibbles(bytes), minimums);
    }
}

internal readonly unsafe struct ColumnsQ3_K : ISuperColumns
{
    public static int Bytes => 110;

    public static int Count => 256;

    public static int Group => 16;

    public static int Fold => 4;

    public static bool HasMinimums => false;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Read<TLanes, I, F>(byte* block, long stride, byte* values, byte* scales, byte* minimums, float* both)
        where TLanes : struct, ILanes<I, F>
        where I : struct
        where F : struct
    {
        int lanes = TLanes.Count;
        for (int part = 0; part < 2; part++)
        {
            TLanes.FourWords(block + 16 * part, stride, out I h0, out I h1, out I h2, out I h3);
            I one = TLanes.Broadcast(0x01010101), two = TLanes.Broadcast(0x03030303), four = TLanes.Broadcast(0x04040404);
            byte* target = values + 16 * part * lanes;
            for (int half = 0; half < 2; half++)
            {
                TLanes.FourWords(block + 32 + 32 * half + 16 * part, stride, out I a, out I b, out I c, out I d);
                for (int plane = 0; plane < 4; plane++, target += 32 * lanes)
                {
                    ColumnParts<TLanes, I, F>.Store(
                        TLanes.SubtractBytes(TLanes.Or(TLanes.And(a, two), TLanes.ShiftLeft(TLanes.And(h0, one), 2)), four),
                        TLanes.SubtractBytes(TLanes.Or(TLanes.And(b, two), TLanes.ShiftLeft(TLanes.And(h1, one), 2)), four),
                        TLanes.SubtractBytes(TLanes.Or(TLanes.And(c, two), TLanes.ShiftLeft(TLanes.And(h2, one), 2)), four),
                        TLanes.SubtractBytes(TLanes.Or(TLanes.And(d, two), TLanes.ShiftLeft(TLanes.And(h3, one), 2)), four),
                        target);
                    (a, b, c, d) = (TLanes.ShiftRight(a, 2), TLanes.ShiftRight(b, 2), TLanes.ShiftRight(c, 2), TLanes.ShiftRight(d, 2));
                    (h0, h1, h2, h3) = (TLanes.ShiftRight(h0, 1), TLanes.ShiftRight(h1, 1), TLanes.ShiftRight(h2, 1), TLanes.ShiftRight(h3, 1));
                }
            }
        }

        // Words 96, 100 and 104: lower nibbles of scales 0 to 3 and 8 to 11, of 4 to 7 and 12 to 15, then the upper bits of all.
        TLanes.FourWords(block + 92, stride, out _, out I first, out I second, out I upper);
        Six<TLanes, I, F>(TLanes.LowNibbles(first), upper, 0, scales);
        Six<TLanes, I, F>(TLanes.LowNibbles(second), upper, 2, scales + 16 * lanes);
        Six<TLanes, I, F>(TLanes.HighNibbles(first), upper, 4, scales + 32 * lanes);
        Six<TLanes, I, F>(TLanes.HighNibbles(second), upper, 6, scales + 48 * lanes);
        TLanes.Store(ColumnParts<TLanes, I, F>.UpperHalf(TLanes.Word(block + 106, stride)), both);
    }

    /// <summary>Four scales of four lower and two upper bits, raised by 32.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Six<TLanes, I, F>(I low, I upper, int shift, byte* scales)
        where TLanes : struct, ILanes<I, F>
        where I : struct
        where F : struct
    {
        I high = TLanes.ShiftLeft(TLanes.And(TLanes.ShiftRight(upper, shift), TLanes.Broadcast(0x03030303)), 4);
        ColumnParts<TLanes, I, F>.Scales(TLanes.SubtractBytes(TLanes.Or(low, high), TLanes.Broadcast(0x20202020)), scales);
    }
}

internal readonly unsafe struct ColumnsQ4_K : ISuperColumns
{
    public static int Bytes => 144;

    public static int Count => 256;

    public static int Group => 32;

    public static int Fold => 8;

    public static bool HasMinimums => true;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Read<TLanes, I, F>(byte* block, long stride, byte* values, byte* scales, byte* minimums, float* both)
        where TLanes : struct, ILanes<I, F>
        where I : struct
        where F : struct
    {
        Header<TLanes, I, F>(block, stride, scales, minimums, both);
        for (int i = 0; i < 8; i++)
        {
            byte* target = values + (64 * (i / 2) + 16 * (i % 2)) * TLanes.Count;
            ColumnParts<TLanes, I, F>.Nibbles(block + 16 + 16 * i, stride, target, target + 32 * TLanes.Count);
        }
    }

    /// <summary>
    /// Two halves, then eight six-bit scales and eight six-bit minimums: the second and third word hold the first four scales
    /// and minimums, and in their upper bits those of the last four, whose lower nibbles are in the fourth.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Header<TLanes, I, F>(byte* block, long stride, byte* scales, byte* minimums, float* both)
        where TLanes : struct, ILanes<I, F>
        where I : struct
        where F : struct
    {
        int lanes = TLanes.Count;
        TLanes.FourWords(block, stride, out I halves, out I first, out I second, out I nibbles);
        TLanes.Store(ColumnParts<TLanes, I, F>.Half(halves), both);
        TLanes.Store(ColumnParts<TLanes, I, F>.UpperHalf(halves), both + lanes);
        I six = TLanes.Broadcast(0x3F3F3F3F), upper = TLanes.Broadcast(0x30303030);
        ColumnParts<TLanes, I, F>.Scales(TLanes.And(first, six), scales);
        ColumnParts<TLanes, I, F>.Scales(TLanes.Or(TLanes.LowNibbles(nibbles), TLanes.And(TLanes.ShiftRight(first, 2), upper)), scales + 16 * lanes);
        ColumnParts<TLanes, I, F>.Pairs(TLanes.And(second, six), minimums);
        ColumnParts<TLanes, I, F>.Pairs(TLanes.Or(TLanes.HighNibbles(nibbles), TLanes.And(TLanes.ShiftRight(second, 2), upper)), minimums + 8 * lanes);
    }
}

internal readonly unsafe struct ColumnsQ5_K : ISuperColumns
{
    public static int Bytes => 176;

    public static int Count => 256;

    public static int Group => 32;

    public static int Fold => 4;

    public static bool HasMinimums => true;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Read<TLanes, I, F>(byte* block, long stride, byte* values, byte* scales, byte* minimums, float* both)
        where TLanes : struct, ILanes<I, F>
        where I : struct
        where F : struct
    {
        ColumnsQ4_K.Header<TLanes, I, F>(block, stride, scales, minimums, both);
        for (int part = 0; part < 2; part++)
        {
            TLanes.FourWords(block + 16 + 16 * part, stride, out I h0, out I h1, out I h2, out I h3);
            byte* target = values + 16 * part * TLanes.Count;
            for (int group = 0; group < 8; group += 2, target += 64 * TLanes.Count)
            {
                TLanes.FourWords(block + 48 + 16 * group + 16 * part, stride, out I a, out I b, out I c, out I d);
                ColumnParts<TLanes, I, F>.Store(
                    TLanes.Or(TLanes.LowNibbles(a), Fifth<TLanes, I, F>(h0, group)), TLanes.Or(TLanes.LowNibbles(b), Fifth<TLanes, I, F>(h1, group)),
                    TLanes.Or(TLanes.LowNibbles(c), Fifth<TLanes, I, F>(h2, group)), TLanes.Or(TLanes.LowNibbles(d), Fifth<TLanes, I, F>(h3, group)), target);
                ColumnParts<TLanes, I, F>.Store(
                    TLanes.Or(TLanes.HighNibbles(a), Fifth<TLanes, I, F>(h0, group + 1)), TLanes.Or(TLanes.HighNibbles(b), Fifth<TLanes, I, F>(h1, group + 1)),
                    TLanes.Or(TLanes.HighNibbles(c), Fifth<TLanes, I, F>(h2, group + 1)), TLanes.Or(TLanes.HighNibbles(d), Fifth<TLanes, I, F>(h3, group + 1)),
                    target + 32 * TLanes.Count);
            }
        }
    }

    /// <summary>16 where the group's bit of a byte is set.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static I Fifth<TLanes, I, F>(I bits, int group)
        where TLanes : struct, ILanes<I, F>
        where I : struct
        where F : struct => TLanes.ShiftLeft(TLanes.And(TLanes.ShiftRight(bits, group), TLanes.Broadcast(0x01010101)), 4);
}

internal readonly unsafe struct ColumnsQ6_K : ISuperColumns
{
    public static int Bytes => 210;

    public static int Count => 256;

    public static int Group => 16;

    public static int Fold => 4;

    public static bool HasMinimums => false;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Read<TLanes, I, F>(byte* block, long stride, byte* values, byte* scales, byte* minimums, float* both)
        where TLanes : struct, ILanes<I, F>
        where I : struct
        where F : struct
    {
        int lanes = TLanes.Count;
        for (int half = 0; half < 2; half++)
        {
            for (int part = 0; part < 2; part++)
            {
                byte* target = values + (128 * half + 16 * part) * lanes;
                TLanes.FourWords(block + 128 + 32 * half + 16 * part, stride, out I h0, out I h1, out I h2, out I h3);
                TLanes.FourWords(block + 64 * half + 16 * part, stride, out I a, out I b, out I c, out I d);
                TLanes.FourWords(block + 64 * half + 32 + 16 * part, stride, out I e, out I f, out I g, out I h);
                ColumnParts<TLanes, I, F>.Store(
                    Six<TLanes, I, F>(TLanes.LowNibbles(a), TLanes.ShiftLeft(h0, 4)), Six<TLanes, I, F>(TLanes.LowNibbles(b), TLanes.ShiftLeft(h1, 4)),
                    Six<TLanes, I, F>(TLanes.LowNibbles(c), TLanes.ShiftLeft(h2, 4)), Six<TLanes, I, F>(TLanes.LowNibbles(d), TLanes.ShiftLeft(h3, 4)), target);
                ColumnParts<TLanes, I, F>.Store(
                    Six<TLanes, I, F>(TLanes.LowNibbles(e), TLanes.ShiftLeft(h0, 2)), Six<TLanes, I, F>(TLanes.LowNibbles(f), TLanes.ShiftLeft(h1, 2)),
                    Six<TLanes, I, F>(TLanes.LowNibbles(g), TLanes.ShiftLeft(h2, 2)), Six<TLanes, I, F>(TLanes.LowNibbles(h), TLanes.ShiftLeft(h3, 2)), target + 32 * lanes);
                ColumnParts<TLanes, I, F>.Store(
                    Six<TLanes, I, F>(TLanes.HighNibbles(a), h0), Six<TLanes, I, F>(TLanes.HighNibbles(b), h1),
                    Six<TLanes, I, F>(TLanes.HighNibbles(c), h2), Six<TLanes, I, F>(TLanes.HighNibbles(d), h3), target + 64 * lanes);
                ColumnParts<TLanes, I, F>.Store(
                    Six<TLanes, I, F>(TLanes.HighNibbles(e), TLanes.ShiftRight(h0, 2)), Six<TLanes, I, F>(TLanes.HighNibbles(f), TLanes.ShiftRight(h1, 2)),
                    Six<TLanes, I, F>(TLanes.HighNibbles(g), TLanes.ShiftRight(h2, 2)), Six<TLanes, I, F>(TLanes.HighNibbles(h), TLanes.ShiftRight(h3, 2)), target + 96 * lanes);
            }
        }

        TLanes.FourWords(block + 192, stride, out I s0, out I s1, out I s2, out I s3);
        ColumnParts<TLanes, I, F>.Scales(s0, scales);
        ColumnParts<TLanes, I, F>.Scales(s1, scales + 16 * lanes);
        ColumnParts<TLanes, I, F>.Scales(s2, scales + 32 * lanes);
        ColumnParts<TLanes, I, F>.Scales(s3, scales + 48 * lanes);
        TLanes.Store(ColumnParts<TLanes, I, F>.UpperHalf(TLanes.Word(block + 206, stride)), both);
    }

    /// <summary>A nibble and the two bits above it, lowered by 32.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static I Six<TLanes, I, F>(I nibbles, I bits)
        where TLanes : struct, ILanes<I, F>
        where I : struct
        where F : struct =>
        TLanes.SubtractBytes(TLanes.Or(nibbles, TLanes.And(bits, TLanes.Broadcast(0x30303030))), TLanes.Broadcast(0x20202020));
}
