using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Cria.Tensors.Kernels;

/// <summary>Eight lanes: AVX2 with fused multiply-add.</summary>
internal readonly unsafe struct Lanes256 : ILanes<Vector256<int>, Vector256<float>>
{
    public static bool IsSupported => Avx2.IsSupported && Fma.IsSupported;

    public static int Count => 8;

    public static bool HasManyRegisters => false;

    public static Vector256<int> Load(void* source) => Vector256.Load((int*)source);

    public static Vector256<int> Broadcast(int value) => Vector256.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Word(byte* source, long stride) => Vector256.Create(
        *(int*)source, *(int*)(source + stride), *(int*)(source + 2 * stride), *(int*)(source + 3 * stride),
        *(int*)(source + 4 * stride), *(int*)(source + 5 * stride), *(int*)(source + 6 * stride), *(int*)(source + 7 * stride));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void FourWords(byte* source, long stride, out Vector256<int> a, out Vector256<int> b, out Vector256<int> c, out Vector256<int> d)
    {
        // Each row's 128 bits go to the lane they belong to, then words and double words are interleaved.
        Vector256<int> r0 = TwoRows(source, stride), r1 = TwoRows(source + stride, stride);
        Vector256<int> r2 = TwoRows(source + 2 * stride, stride), r3 = TwoRows(source + 3 * stride, stride);
        Vector256<long> low01 = Avx2.UnpackLow(r0, r1).AsInt64(), high01 = Avx2.UnpackHigh(r0, r1).AsInt64();
        Vector256<long> low23 = Avx2.UnpackLow(r2, r3).AsInt64(), high23 = Avx2.UnpackHigh(r2, r3).AsInt64();
        a = Avx2.UnpackLow(low01, low23).AsInt32();
        b = Avx2.UnpackHigh(low01, low23).AsInt32();
        c = Avx2.UnpackLow(high01, high23).AsInt32();
        d = Avx2.UnpackHigh(high01, high23).AsInt32();
    }

    public static Vector256<int> Table(Vector128<byte> bytes) => Vector256.Create(bytes, bytes).AsInt32();

    public static Vector256<int> LookUp(Vector256<int> table, Vector256<int> bytes) => Avx2.Shuffle(table.AsByte(), bytes.AsByte()).AsInt32();

    public static Vector256<int> And(Vector256<int> a, Vector256<int> b) => a & b;

    public static Vector256<int> Or(Vector256<int> a, Vector256<int> b) => a | b;

    public static Vector256<int> ShiftLeft(Vector256<int> value, int count) => value << count;

    public static Vector256<int> ShiftRight(Vector256<int> value, int count) => value >>> count;

    public static Vector256<int> ShiftRightSigned(Vector256<int> value, int count) => value >> count;

    public static int PackScale(short scale) => (ushort)scale | (scale << 16);

    public static Vector256<int> MultiplyBytes(Vector256<int> sums, Vector256<int> unsignedBytes, Vector256<int> signedBytes) =>
        (sums.AsInt16() + Avx2.MultiplyAddAdjacent(unsignedBytes.AsByte(), signedBytes.AsSByte())).AsInt32();

    public static Vector256<int> LowScale(Vector256<int> pairs) => LowShorts(pairs, pairs);

    public static Vector256<int> SubtractSums(Vector256<int> a, Vector256<int> b) => (a.AsInt16() - b.AsInt16()).AsInt32();

    public static Vector256<int> SubtractBytes(Vector256<int> a, Vector256<int> b) => (a.AsByte() - b.AsByte()).AsInt32();

    public static Vector256<int> LowShorts(Vector256<int> a, Vector256<int> b) => (a & Vector256.Create(0xFFFF)) | (b << 16);

    public static Vector256<int> Fold(Vector256<int> total, Vector256<int> sums, Vector256<int> scales) => MultiplyPairs(total, sums, scales);

    public static Vector256<int> MultiplyPairs(Vector256<int> total, Vector256<int> a, Vector256<int> b) =>
        total + Avx2.MultiplyAddAdjacent(a.AsInt16(), b.AsInt16());

    public static Vector256<int> MultiplySixteen(short* a, short* b) =>
        Avx2.MultiplyAddAdjacent(Vector256.Load(a), Vector256.Load(b));

    public static Vector256<int> EvenBytes(Vector256<int> bytes) => ((bytes.AsInt16() << 8) >> 8).AsInt32();

    public static Vector256<int> OddBytes(Vector256<int> bytes) => (bytes.AsInt16() >> 8).AsInt32();

    public static Vector256<int> Add(Vector256<int> a, Vector256<int> b) => a + b;

    public static Vector256<int> Times16(Vector256<int> value) => value << 4;

    public static Vector256<int> LowNibbles(Vector256<int> bytes) => bytes & Vector256.Create(0x0F0F0F0F);

    public static Vector256<int> HighNibbles(Vector256<int> bytes) => (bytes >>> 4) & Vector256.Create(0x0F0F0F0F);

    public static Vector256<int> SpreadScales(short* scales, int part) =>
        Vector256.Create(Vector128.Create(scales[2 * part]), Vector128.Create(scales[2 * part + 1])).AsInt32();

    public static Vector256<float> ToFloat(Vector256<int> value) => Vector256.ConvertToSingle(value);

    public static Vector256<float> AsFloat(Vector256<int> bits) => bits.AsSingle();

    public static Vector256<float> WidenHalves(Vector256<int> halves) => Halves.Widen(halves.AsUInt32());

    public static Vector256<float> LoadFloats(float* source) => Vector256.Load(source);

    public static Vector256<float> LoadHalves(ushort* source) => Halves.Widen(Avx2.ConvertToVector256Int32(Vector128.Load(source)).AsUInt32());

    public static Vector256<float> LoadHalves(ushort* source, Vector256<float> lower, Vector256<float> twiceLower, Vector256<float> minusSmallest, Vector256<float> lift, Vector256<float> sign) =>
        SignedHalves.Widen(Avx2.ConvertToVector256Int32(Vector128.Load((short*)source)), lower, twiceLower, minusSmallest, lift, sign);

    public static Vector256<float> LoadBrainFloats(ushort* source) =>
        (Avx2.ConvertToVector256Int32(Vector128.Load(source)).AsUInt32() << 16).AsSingle();

    public static Vector256<float> LoadSignedBytes(sbyte* source) => Vector256.ConvertToSingle(Avx2.ConvertToVector256Int32(source));

    public static Vector256<float> BroadcastFloat(float value) => Vector256.Create(value);

    public static void Store(Vector256<float> value, float* target) => value.Store(target);

    public static void Store(Vector256<int> value, void* target) => value.Store((int*)target);

    public static Vector256<float> Add(Vector256<float> a, Vector256<float> b) => a + b;

    public static Vector256<float> Subtract(Vector256<float> a, Vector256<float> b) => a - b;

    public static Vector256<float> Multiply(Vector256<float> a, Vector256<float> b) => a * b;

    public static Vector256<float> Divide(Vector256<float> a, Vector256<float> b) => a / b;

    public static Vector256<float> Max(Vector256<float> a, Vector256<float> b) => Vector256.MaxNative(a, b);

    public static Vector256<float> Min(Vector256<float> a, Vector256<float> b) => Vector256.MinNative(a, b);

    public static Vector256<float> Floor(Vector256<float> value) => Avx.Floor(value);

    public static Vector256<float> TimesPowerOfTwo(Vector256<float> value, Vector256<float> exponent) =>
        value * ((Vector256.ConvertToInt32Native(Vector256.MaxNative(exponent, Vector256.Create(-127f))) + Vector256.Create(127)) << 23).AsSingle();

    public static bool AnyGreater(Vector256<float> a, Vector256<float> b) => Vector256.GreaterThanAny(a, b);

    public static Vector256<float> SwapNeighbours(Vector256<float> value) => Avx.Permute(value, 0b10_11_00_01);

    public static Vector256<float> MultiplyAdd(Vector256<float> a, Vector256<float> b, Vector256<float> c) => Vector256.FusedMultiplyAdd(a, b, c);

    public static float Sum(Vector256<float> value) => Vector256.Sum(value);

    public static float Largest(Vector256<float> value) => Lanes128.Largest(Vector128.MaxNative(value.GetLower(), value.GetUpper()));

    /// <summary>Sixteen bytes of a row and of the fourth after it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> TwoRows(byte* source, long stride) =>
        Vector256.Create(Vector128.Load((int*)source), Vector128.Load((int*)(source + 4 * stride)));
}
