using System.Runtime.CompilerServices;

namespace Cria.Tensors.Kernels.Panels.Columns;

/// <summary>Steps that several formats share.</summary>
internal static unsafe class ColumnParts<TLanes, I, F>
    where TLanes : struct, ILanes<I, F>
    where I : struct
    where F : struct
{
    /// <summary>Sixteen bytes of each row, as 16 columns.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Bytes(byte* source, long stride, byte* values)
    {
        TLanes.FourWords(source, stride, out I a, out I b, out I c, out I d);
        Store(a, b, c, d, values);
    }

    /// <summary>The lower nibbles of sixteen bytes of each row as 16 columns, the upper ones as 16 columns elsewhere.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Nibbles(byte* source, long stride, byte* low, byte* high)
    {
        TLanes.FourWords(source, stride, out I a, out I b, out I c, out I d);
        Store(TLanes.LowNibbles(a), TLanes.LowNibbles(b), TLanes.LowNibbles(c), TLanes.LowNibbles(d), low);
        Store(TLanes.HighNibbles(a), TLanes.HighNibbles(b), TLanes.HighNibbles(c), TLanes.HighNibbles(d), high);
    }

    /// <summary>Replaces 16 columns of values below 16 by their entries in a table.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void LookUp(I table, byte* values)
    {
        for (int i = 0; i < 4; i++, values += 4 * TLanes.Count) TLanes.Store(TLanes.LookUp(table, TLanes.Load(values)), values);
    }

    /// <summary>Byte <paramref name="index"/> of each word, signed, in the form of a scale.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static I Scale(I bytes, int index) => TLanes.LowScale(TLanes.ShiftRightSigned(TLanes.ShiftLeft(bytes, 24 - 8 * index), 24));

    /// <summary>Stores the scales in the four bytes of each word.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Scales(I bytes, byte* scales)
    {
        for (int i = 0; i < 4; i++) TLanes.Store(Scale(bytes, i), scales + i * 4 * TLanes.Count);
    }

    /// <summary>Stores the four bytes of each word as two pairs of shorts.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Pairs(I bytes, byte* pairs)
    {
        I low = TLanes.And(bytes, TLanes.Broadcast(0x00FF00FF)), high = TLanes.And(TLanes.ShiftRight(bytes, 8), TLanes.Broadcast(0x00FF00FF));
        TLanes.Store(TLanes.LowShorts(low, high), pairs);
        TLanes.Store(TLanes.LowShorts(TLanes.ShiftRight(low, 16), TLanes.ShiftRight(high, 16)), pairs + 4 * TLanes.Count);
    }

    /// <summary>The half in the lower part of a word of each row as floats.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F Half(I words) => TLanes.WidenHalves(TLanes.And(words, TLanes.Broadcast(0xFFFF)));

    /// <summary>The half in the upper part of a word of each row as floats.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F UpperHalf(I words) => TLanes.WidenHalves(TLanes.ShiftRight(words, 16));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(I a, I b, I c, I d, byte* values)
    {
        TLanes.Store(a, values);
        TLanes.Store(b, values + 4 * TLanes.Count);
        TLanes.Store(c, values + 8 * TLanes.Count);
        TLanes.Store(d, values + 12 * TLanes.Count);
    }
}
