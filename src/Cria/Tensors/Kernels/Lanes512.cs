using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Cria.Tensors.Kernels;

/// <summary>Sixteen lanes: AVX-512 with the byte and word instructions.</summary>
internal readonly unsafe struct Lanes512 : ILanes<Vector512<int>, Vector512<float>>
{
    public static bool IsSupported => Avx512BW.IsSupported && Vector512.IsHardwareAccelerated;

    public static int Count => 16;

    public static bool HasManyRegisters => true;

    public static Vector512<int> Load(void* source) => Vector512.Load((int*)source);

    public static Vector512<int> Broadcast(int value) => Vector512.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Word(byte* source, long stride) => Vector512.Create(
        *(int*)source, *(int*)(source + stride), *(int*)(source + 2 * stride), *(int*)(source + 3 * stride),
        *(int*)(source + 4 * stride), *(int*)(source + 5 * stride), *(int*)(source + 6 * stride), *(int*)(source + 7 * stride),
        *(int*)(source + 8 * stride), *(int*)(source + 9 * stride), *(int*)(source + 10 * stride), *(int*)(source + 11 * stride),
        *(int*)(source + 12 * stride), *(int*)(source + 13 * stride), *(int*)(source + 14 * stride), *(int*)(source + 15 * stride));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void FourWords(byte* source, long stride, out Vector512<int> a, out Vector512<int> b, out Vector512<int> c, out Vector512<int> d)
    {
        // Each row's 128 bits go to the lane they belong to, then words and double words are interleaved.
        Vector512<int> r0 = FourRows(source, stride), r1 = FourRows(source + stride, stride);
        Vector512<int> r2 = FourRows(source + 2 * stride, stride), r3 = FourRows(source + 3 * stride, stride);
        Vector512<long> low01 = Avx512F.UnpackLow(r0, r1).AsInt64(), high01 = Avx512F.UnpackHigh(r0, r1).AsInt64();
        Vector512<long> low23 = Avx512F.UnpackLow(r2, r3).AsInt64(), high23 = Avx512F.UnpackHigh(r2, r3).AsInt64();
        a = Avx512F.UnpackLow(low01, low23).AsInt32();
        b = Avx512F.UnpackHigh(low01, low23).AsInt32();
        c = Avx512F.UnpackLow(high01, high23).AsInt32();
        d = Avx512F.UnpackHigh(high01, high23).AsInt32();
    }

    public static Vector512<int> Table(Vector128<byte> bytes) => Vector512.Create(Vector256.Create(bytes, bytes), Vector256.Create(bytes, bytes)).AsInt32();

    public static Vector512<int> LookUp(Vector512<int> table, Vector512<int> bytes) => Avx512BW.Shuffle(table.AsByte(), bytes.AsByte()).AsInt32();

    public static Vector512<int> And(Vector512<int> a, Vector512<int> b) => a & b;

    public static Vector512<int> Or(Vector512<int> a, Vector512<int> b) => a | b;

    public static Vector512<int> ShiftLeft(Vector512<int> value, int count) => value << count;

    public static Vector512<int> ShiftRight(Vector512<int> value, int count) => value >>> count;

    public static Vector512<int> ShiftRightSigned(Vector512<int> value, int count) => value >> count;

    public static int PackScale(short scale) => (ushort)scale | (scale << 16);

    public static Vector512<int> MultiplyBytes(Vector512<int> sums, Vector512<int> unsignedBytes, Vector512<int> signedBytes) =>
        (sums.AsInt16() + Avx512BW.MultiplyAddAdjacent(unsignedBytes.AsByte(), signedBytes.AsSByte())).AsInt32();

    public static Vector512<int> LowScale(Vector512<int> pairs) => LowShorts(pairs, pairs);

    public static Vector512<int> SubtractSums(Vector512<int> a, Vector512<int> b) => (a.AsInt16() - b.AsInt16()).AsInt32();

    public static Vector512<int> SubtractBytes(Vector512<int> a, Vector512<int> b) => (a.AsByte() - b.AsByte()).AsInt32();

    public static Vector512<int> LowShorts(Vector512<int> a, Vector512<int> b) => (a & Vector512.Create(0xFFFF)) | (b << 16);

    public static Vector512<int> Fold(Vector512<int> total, Vector512<int> sums, Vector512<int> scales) => MultiplyPairs(total, sums, scales);

    public static Vector512<int> MultiplyPairs(Vector512<int> total, Vector512<int> a, Vector512<int> b) =>
        total + Avx512BW.MultiplyAddAdjacent(a.AsInt16(), b.AsInt16());

    public static Vector512<int> MultiplySixteen(short* a, short* b) =>
        Avx2.MultiplyAddAdjacent(Vector256.Load(a), Vector256.Load(b)).ToVector512();

    public static Vector512<int> EvenBytes(Vector512<int> bytes) => ((bytes.AsInt16() << 8) >> 8).AsInt32();

    public static Vector512<int> OddBytes(Vector512<int> bytes) => (bytes.AsInt16() >> 8).AsInt32();

    public static Vector512<int> Add(Vector512<int> a, Vector512<int> b) => a + b;

    public static Vector512<int> Times16(Vector512<int> value) => value << 4;

    public static Vector512<int> LowNibbles(Vector512<int> bytes) => bytes & Vector512.Create(0x0F0F0F0F);

    public static Vector512<int> HighNibbles(Vector512<int> bytes) => (bytes >>> 4) & Vector512.Create(0x0F0F0F0F);

    public static Vector512<int> SpreadScales(short* scales, int part)
    {
        // Shorts 4·part … 4·part+3, each into the eight shorts of four lanes.
        Vector512<short> all = Vector256.Load(scales).ToVector512Unsafe();
        Vector512<short> index = Vector512.Create(0L, 0L, 0x0001000100010001, 0x0001000100010001, 0x0002000200020002, 0x0002000200020002, 0x0003000300030003, 0x0003000300030003)
            .AsInt16() + Vector512.Create((short)(4 * part));
        return Avx512BW.PermuteVar32x16(all, index).AsInt32();
    }

    public static Vector512<float> ToFloat(Vector512<int> value) => Vector512.ConvertToSingle(value);

    public static Vector512<float> AsFloat(Vector512<int> bits) => bits.AsSingle();

    public static Vector512<float> WidenHalves(Vector512<int> halves) => Halves.Widen(halves.AsUInt32());

    public static Vector512<float> LoadFloats(float* source) => Vector512.Load(source);

    public static Vector512<float> LoadHalves(ushort* source) => Halves.Widen(Avx512F.ConvertToVector512Int32(Vector256.Load(source)).AsUInt32());

    public static Vector512<float> LoadHalves(ushort* source, Vector512<float> lower, Vector512<float> twiceLower, Vector512<float> minusSmallest, Vector512<float> lift, Vector512<float> sign) =>
        SignedHalves.Widen(Avx512F.ConvertToVector512Int32(Vector256.Load((short*)source)), lower, twiceLower, minusSmallest, lift, sign);

    public static Vector512<float> LoadBrainFloats(ushort* source) =>
        (Avx512F.ConvertToVector512Int32(Vector256.Load(source)).AsUInt32() << 16).AsSingle();

    public static Vector512<float> LoadSignedBytes(sbyte* source) => Vector512.ConvertToSingle(Avx512F.ConvertToVector512Int32(Vector128.Load(source)));

    public static Vector512<float> BroadcastFloat(float value) => Vector512.Create(value);

    public static void Store(Vector512<float> value, float* target) => value.Store(target);

    public static void Store(Vector512<int> value, void* target) => value.Store((int*)target);

    public static Vector512<float> Add(Vector512<float> a, Vector512<float> b) => a + b;

    public static Vector512<float> Subtract(Vector512<float> a, Vector512<float> b) => a - b;

    public static Vector512<float> Multiply(Vector512<float> a, Vector512<float> b) => a * b;

    public static Vector512<float> Divide(Vector512<float> a, Vector512<float> b) => a / b;

    public static Vector512<float> Max(Vector512<float> a, Vector512<float> b) => Vector512.MaxNative(a, b);

    public static Vector512<float> Min(Vector512<float> a, Vector512<float> b) => Vector512.MinNative(a, b);

    public static Vector512<float> Floor(Vector512<float> value) => Avx512F.RoundScale(value, 1);

    public static Vector512<float> TimesPowerOfTwo(Vector512<float> value, Vector512<float> exponent) => Avx512F.Scale(value, exponent);

    public static bool AnyGreater(Vector512<float> a, Vector512<float> b) => Vector512.GreaterThanAny(a, b);

    public static Vector512<float> SwapNeighbours(Vector512<float> value) => Avx512F.Permute4x32(value, 0b10_11_00_01);

    public static Vector512<float> MultiplyAdd(Vector512<float> a, Vector512<float> b, Vector512<float> c) => Vector512.FusedMultiplyAdd(a, b, c);

    public static float Sum(Vector512<float> value) => Vector512.Sum(value);

    public static float Largest(Vector512<float> value) => Lanes256.Largest(Vector256.MaxNative(value.GetLower(), value.GetUpper()));

    /// <summary>Sixteen bytes of every fourth row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> FourRows(byte* source, long stride)
    {
        // Vector512.Create of two halves inserts both, the first into whatever the register held, which it then waits for.
        Vector256<int> low = Vector256.Create(Vector128.Load((int*)source), Vector128.Load((int*)(source + 4 * stride)));
        Vector256<int> high = Vector256.Create(Vector128.Load((int*)(source + 8 * stride)), Vector128.Load((int*)(source + 12 * stride)));
        return Avx512F.InsertVector256(low.ToVector512Unsafe(), high, 1);
    }
}
