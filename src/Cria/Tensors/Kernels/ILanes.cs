using System.Runtime.Intrinsics;
using Cria.Tensors.Kernels.Inputs;

namespace Cria.Tensors.Kernels;

/// <summary>
/// One width of vector registers, seen as 32-bit lanes, so that each kernel is written once for all instruction sets.
/// <typeparamref name="I"/> is an integer register (its lanes hold an int, two shorts or four bytes), <typeparamref name="F"/>
/// a float register. The implementing structs have no state: the compiler specialises a kernel for each.
/// </summary>
internal unsafe interface ILanes<I, F>
    where I : struct
    where F : struct
{
    /// <summary>The number of 32-bit lanes.</summary>
    static abstract int Count { get; }

    /// <summary>Whether 32 registers exist, so that a tile of 8 × 1 registers with its 8 wider sums fits.</summary>
    static abstract bool HasManyRegisters { get; }

    static abstract I Load(void* source);

    static abstract I Broadcast(int value);

    /// <summary>The word at <paramref name="source"/> of each of as many rows as there are lanes, <paramref name="stride"/> bytes apart.</summary>
    static abstract I Word(byte* source, long stride);

    /// <summary>The four words at <paramref name="source"/> of each of as many rows as there are lanes, word by word.</summary>
    static abstract void FourWords(byte* source, long stride, out I a, out I b, out I c, out I d);

    /// <summary>A table of sixteen bytes in the form that <see cref="LookUp"/> wants.</summary>
    static abstract I Table(Vector128<byte> bytes);

    /// <summary>The table's entries at bytes below 16.</summary>
    static abstract I LookUp(I table, I bytes);

    static abstract I And(I a, I b);

    static abstract I Or(I a, I b);

    static abstract I ShiftLeft(I value, int count);

    /// <summary>Fills with zeros.</summary>
    static abstract I ShiftRight(I value, int count);

    /// <summary>Fills with the sign.</summary>
    static abstract I ShiftRightSigned(I value, int count);

    /// <summary>The lane form of a group's scale that <see cref="Fold"/> wants.</summary>
    static abstract int PackScale(short scale);

    /// <summary>The same for the lower of the two shorts in each lane.</summary>
    static abstract I LowScale(I pairs);

    /// <summary>
    /// Adds, per lane, the products of its four unsigned bytes with four signed bytes. The sums may be kept as two shorts, modulo
    /// 2^16: the caller folds them before the true sum passes 32767, and two products together must never do so. Where
    /// <see cref="InputForms.ByteOffset"/> is 0, the unsigned bytes are below 128.
    /// </summary>
    static abstract I MultiplyBytes(I sums, I unsignedBytes, I signedBytes);

    /// <summary>a − b for what <see cref="MultiplyBytes"/> gives.</summary>
    static abstract I SubtractSums(I a, I b);

    /// <summary>a − b, byte by byte.</summary>
    static abstract I SubtractBytes(I a, I b);

    /// <summary>The lower shorts of two registers, as pairs.</summary>
    static abstract I LowShorts(I a, I b);

    /// <summary>total + sums · scale, per lane, where sums came from <see cref="MultiplyBytes"/> and scale from <see cref="PackScale"/>.</summary>
    static abstract I Fold(I total, I sums, I scales);

    /// <summary>total + a.low · b.low + a.high · b.high, on the two shorts of each lane.</summary>
    static abstract I MultiplyPairs(I total, I a, I b);

    /// <summary>The products of sixteen shorts with sixteen others, summed in pairs into any of the lanes.</summary>
    static abstract I MultiplySixteen(short* a, short* b);

    /// <summary>The signed bytes 0 and 2 of each lane, as shorts.</summary>
    static abstract I EvenBytes(I bytes);

    /// <summary>The signed bytes 1 and 3 of each lane, as shorts.</summary>
    static abstract I OddBytes(I bytes);

    static abstract I Add(I a, I b);

    static abstract I Times16(I value);

    /// <summary>The lower four bits of each byte.</summary>
    static abstract I LowNibbles(I bytes);

    /// <summary>The upper four bits of each byte.</summary>
    static abstract I HighNibbles(I bytes);

    /// <summary>
    /// Scales for a register that holds values <paramref name="part"/> · 4 · Count … of one row's super-block:
    /// each of the sixteen scales belongs to four neighbouring lanes.
    /// </summary>
    static abstract I SpreadScales(short* scales, int part);

    static abstract F ToFloat(I value);

    /// <summary>The same bits.</summary>
    static abstract F AsFloat(I bits);

    /// <summary>The halves in the lower sixteen bits of each lane as floats; the upper bits are zero.</summary>
    static abstract F WidenHalves(I halves);

    static abstract F LoadFloats(float* source);

    /// <summary>Count IEEE halves, widened.</summary>
    static abstract F LoadHalves(ushort* source);

    /// <summary>The same, exact for infinities and what is not a number too; <see cref="SignedHalves"/> has the constants.</summary>
    static abstract F LoadHalves(ushort* source, F lower, F twiceLower, F minusSmallest, F lift, F sign);

    /// <summary>Count brain floats, widened.</summary>
    static abstract F LoadBrainFloats(ushort* source);

    /// <summary>Count signed bytes as floats.</summary>
    static abstract F LoadSignedBytes(sbyte* source);

    static abstract F BroadcastFloat(float value);

    static abstract void Store(F value, float* target);

    static abstract void Store(I value, void* target);

    static abstract F Add(F a, F b);

    /// <summary>a - b.</summary>
    static abstract F Subtract(F a, F b);

    static abstract F Multiply(F a, F b);

    static abstract F Divide(F a, F b);

    static abstract F Max(F a, F b);

    static abstract F Min(F a, F b);

    static abstract F Floor(F value);

    /// <summary>value · 2^exponent for whole exponents up to 128; results below 2^-126 may be 0.</summary>
    static abstract F TimesPowerOfTwo(F value, F exponent);

    /// <summary>Whether a lane of a is above that of b; what is not a number is not above anything.</summary>
    static abstract bool AnyGreater(F a, F b);

    /// <summary>Lanes 1, 0, 3, 2 …</summary>
    static abstract F SwapNeighbours(F value);

    /// <summary>a · b + c.</summary>
    static abstract F MultiplyAdd(F a, F b, F c);

    static abstract float Sum(F value);

    static abstract float Largest(F value);
}
