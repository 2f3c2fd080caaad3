using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Cria.Tensors.Kernels.Panels.Columns;

internal readonly unsafe struct ColumnsQ4_0 : ISmallColumns
{
    public static int Bytes => 18;

    public static int Count => 32;

    public static bool HasMinimums => false;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Read<TLanes, I, F>(byte* block, long stride, byte* values, float* scales)
        where TLanes : struct, ILanes<I, F>
        where I : struct
        where F : struct
    {
        ColumnParts<TLanes, I, F>.Nibbles(block + 2, stride, values, values + 16 * TLanes.Count);
        I eight = TLanes.Broadcast(0x08080808);
        for (int i = 0; i < 8; i++, values += 4 * TLanes.Count) TLanes.Store(TLanes.SubtractBytes(TLanes.Load(values), eight), values);
        TLanes.Store(ColumnParts<TLanes, I, F>.Half(TLanes.Word(block, stride)), scales);
    }
}

internal readonly unsafe struct ColumnsQ4_1 : ISmallColumns
{
    public static int Bytes => 20;

    public static int Count => 32;

    public static bool HasMinimums => true;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Read<TLanes, I, F>(byte* block, long stride, byte* values, float* scales)
        where TLanes : struct, ILanes<I, F>
        where I : struct
        where F : struct
    {
        ColumnParts<TLanes, I, F>.Nibbles(block + 4, stride, values, values + 16 * TLanes.Count);
        I both = TLanes.Word(block, stride);
        TLanes.Store(ColumnParts<TLanes, I, F>.Half(both), scales);
        TLanes.Store(ColumnParts<TLanes, I, F>.UpperHalf(both), scales + TLanes.Count);
    }
}

internal readonly unsafe struct ColumnsQ5_0 : ISmallColumns
{
    public static int Bytes => 22;

    public static int Count => 32;

    public static bool HasMinimums => false;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Read<TLanes, I, F>(byte* block, long stride, byte* values, float* scales)
        where TLanes : struct, ILanes<I, F>
        where I : struct
        where F : struct
    {
        ColumnParts<TLanes, I, F>.Nibbles(block + 6, stride, values, values + 16 * TLanes.Count);
        AddFifthBits<TLanes, I, F>(TLanes.Word(block + 2, stride), values);
        TLanes.Store(ColumnParts<TLanes, I, F>.Half(TLanes.Word(block, stride)), scales);
    }

    /// <summary>Adds 16 where the bit of a word that belongs to a value is set, and lowers all values by 16.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void AddFifthBits<TLanes, I, F>(I bits, byte* values)
        where TLanes : struct, ILanes<I, F>
        where I : struct
        where F : struct
    {
        I sixteen = TLanes.Broadcast(0x10101010), four = TLanes.Broadcast(15);
        for (int i = 0; i < 8; i++, values += 4 * TLanes.Count, bits = TLanes.ShiftRight(bits, 4))
        {
            // Four bits, each to the fifth of a byte of its own.
            I low = TLanes.And(bits, four), two = TLanes.Or(TLanes.ShiftLeft(low, 4), TLanes.ShiftLeft(low, 11));
            I spread = TLanes.And(TLanes.Or(two, TLanes.ShiftLeft(two, 14)), sixteen);
            TLanes.Store(TLanes.SubtractBytes(TLanes.Or(TLanes.Load(values), spread), sixteen), values);
        }
    }
}

internal readonly unsafe struct ColumnsQ5_1 : ISmallColumns
{
    public static int Bytes => 24;

    public static int Count => 32;

    public static bool HasMinimums => true;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Read<TLanes, I, F>(byte* block, long stride, byte* values, float* scales)
        where TLanes : struct, ILanes<I, F>
        where I : struct
        where F : struct
    {
        ColumnParts<TLanes, I, F>.Nibbles(block + 8, stride, values, values + 16 * TLanes.Count);
        ColumnsQ5_0.AddFifthBits<TLanes, I, F>(TLanes.Word(block + 4, stride), values);
        I both = TLanes.Word(block, stride);
        F scale = ColumnParts<TLanes, I, F>.Half(both);
        TLanes.Store(scale, scales);
        // The values are 16 too low, so that eight products of four fit sums of shorts.
        TLanes.Store(TLanes.MultiplyAdd(scale, TLanes.BroadcastFloat(16), ColumnParts<TLanes, I, F>.UpperHalf(both)), scales + TLanes.Count);
    }
}

internal readonly unsafe struct ColumnsQ8_0 : ISmallColumns
{
    public static int Bytes => 34;

    public static int Count => 32;

    public static bool HasMinimums => false;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Read<TLanes, I, F>(byte* block, long stride, byte* values, float* scales)
        where TLanes : struct, ILanes<I, F>
        where I : struct
        where F : struct
    {
        ColumnParts<TLanes, I, F>.Bytes(block + 2, stride, values);
        ColumnParts<TLanes, I, F>.Bytes(block + 18, stride, values + 16 * TLanes.Count);
        TLanes.Store(ColumnParts<TLanes, I, F>.Half(TLanes.Word(block, stride)), scales);
    }
}

internal readonly unsafe struct ColumnsIQ4_NL : ISmallColumns
{
    public static int Bytes => 18;

    public static int Count => 32;

    public static bool HasMinimums => false;

    public static Vector128<byte> Levels =>
        Vector128.Create((sbyte)-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Read<TLanes, I, F>(byte* block, long stride, byte* values, float* scales)
        where TLanes : struct, ILanes<I, F>
        where I : struct
        where F : struct
    {
        ColumnParts<TLanes, I, F>.Nibbles(block + 2, stride, values, values + 16 * TLanes.Count);
        I levels = TLanes.Table(Levels);
        ColumnParts<TLanes, I, F>.LookUp(levels, values);
        ColumnParts<TLanes, I, F>.LookUp(levels, values + 16 * TLanes.Count);
        TLanes.Store(ColumnParts<TLanes, I, F>.Half(TLanes.Word(block, stride)), scales);
    }
}

/// <summary>Four-bit floats (1 sign, 2 exponent, 1 mantissa bits): twice their values are integers of at most 12.</summary>
internal readonly unsafe struct ColumnsMXFP4 : ISmallColumns
{
    public static int Bytes => 17;

    public static int Count => 32;

    public static bool HasMinimums => false;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Read<TLanes, I, F>(byte* block, long stride, byte* values, float* scales)
        where TLanes : struct, ILanes<I, F>
        where I : struct
        where F : struct
    {
        ColumnParts<TLanes, I, F>.Nibbles(block + 1, stride, values, values + 16 * TLanes.Count);
        I levels = TLanes.Table(Vector128.Create((sbyte)0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12).AsByte());
        ColumnParts<TLanes, I, F>.LookUp(levels, values);
        ColumnParts<TLanes, I, F>.LookUp(levels, values + 16 * TLanes.Count);
        // 2^(exponent − 128), half the block's scale, because the values are doubled: a float with that exponent is 2^(exponent − 127).
        I exponents = TLanes.And(TLanes.Word(block, stride), TLanes.Broadcast(0xFF));
        F scale = TLanes.Multiply(TLanes.AsFloat(TLanes.ShiftLeft(exponents, 23)), TLanes.BroadcastFloat(0.5f));
        TLanes.Store(TLanes.Max(scale, TLanes.BroadcastFloat(2.938735877e-39f)), scales);
    }
}

/// <summary>A super-block of eight blocks with six-bit scales.</summary>
internal readonly unsafe struct ColumnsIQ4_XS : ISmallColumns
{
    public static int Bytes => 136;

    public static int Count => 256;

    public static bool HasMinimums => false;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Read<TLanes, I, F>(byte* block, long stride, byte* values, float* scales)
        where TLanes : struct, ILanes<I, F>
        where I : struct
        where F : struct
    {
        I levels = TLanes.Table(ColumnsIQ4_NL.Levels), both = TLanes.Word(block, stride), low = TLanes.Word(block + 4, stride), high = TLanes.ShiftRight(both, 16);
        F scale = ColumnParts<TLanes, I, F>.Half(both);
        for (int i = 0; i < 8; i++, values += 32 * TLanes.Count, scales += TLanes.Count)
        {
            ColumnParts<TLanes, I, F>.Nibbles(block + 8 + 16 * i, stride, values, values + 16 * TLanes.Count);
            ColumnParts<TLanes, I, F>.LookUp(levels, values);
            ColumnParts<TLanes, I, F>.LookUp(levels, values + 16 * TLanes.Count);
            // Four lower bits and two upper bits, raised by 32.
            I six = TLanes.Or(TLanes.And(low, TLanes.Broadcast(15)), TLanes.ShiftLeft(TLanes.And(high, TLanes.Broadcast(3)), 4));
            low = TLanes.ShiftRight(low, 4);
            high = TLanes.ShiftRight(high, 2);
            TLanes.Store(TLanes.Multiply(TLanes.Add(TLanes.ToFloat(six), TLanes.BroadcastFloat(-32)), scale), scales);
        }
    }
}
