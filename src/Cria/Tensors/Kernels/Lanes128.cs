using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Cria.Tensors.Kernels;

/// <summary>Four lanes, everywhere: SSSE3, NEON (with the dot product where there is one), or plain code where there are no vectors.</summary>
internal readonly unsafe struct Lanes128 : ILanes<Vector128<int>, Vector128<float>>
{
    public static int Count => 4;

    public static bool HasManyRegisters => AdvSimd.IsSupported;

    public static Vector128<int> Load(void* source) => Vector128.Load((int*)source);

    public static Vector128<int> Broadcast(int value) => Vector128.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> Word(byte* source, long stride) => Vector128.Create(
        *(int*)source, *(int*)(source + stride), *(int*)(source + 2 * stride), *(int*)(source + 3 * stride));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void FourWords(byte* source, long stride, out Vector128<int> a, out Vector128<int> b, out Vector128<int> c, out Vector128<int> d)
    {
        a = Word(source, stride);
        b = Word(source + 4, stride);
        c = Word(source + 8, stride);
        d = Word(source + 12, stride);
    }

    public static Vector128<int> Table(Vector128<byte> bytes) => bytes.AsInt32();

    public static Vector128<int> LookUp(Vector128<int> table, Vector128<int> bytes) => Vector128.ShuffleNative(table.AsByte(), bytes.AsByte()).AsInt32();

    public static Vector128<int> And(Vector128<int> a, Vector128<int> b) => a & b;

    public static Vector128<int> Or(Vector128<int> a, Vector128<int> b) => a | b;

    public static Vector128<int> ShiftLeft(Vector128<int> value, int count) => value << count;

    public static Vector128<int> ShiftRight(Vector128<int> value, int count) => value >>> count;

    public static Vector128<int> ShiftRightSigned(Vector128<int> value, int count) => value >> count;

    public static int PackScale(short scale) => Dp.IsSupported ? scale : (ushort)scale | (scale << 16);

    public static Vector128<int> MultiplyBytes(Vector128<int> sums, Vector128<int> unsignedBytes, Vector128<int> signedBytes)
    {
        if (Dp.IsSupported) return Dp.DotProduct(sums, unsignedBytes.AsSByte(), signedBytes.AsSByte());
        if (Ssse3.IsSupported) return (sums.AsInt16() + Ssse3.MultiplyAddAdjacent(unsignedBytes.AsByte(), signedBytes.AsSByte())).AsInt32();
        Vector128<short> u = unsignedBytes.AsInt16(), s = signedBytes.AsInt16();
        return (sums.AsInt16() + (u & Vector128.Create((short)0xFF)) * ((s << 8) >> 8) + (u >>> 8) * (s >> 8)).AsInt32();
    }

    public static Vector128<int> LowScale(Vector128<int> pairs) => Dp.IsSupported ? (pairs << 16) >> 16 : LowShorts(pairs, pairs);

    public static Vector128<int> SubtractSums(Vector128<int> a, Vector128<int> b) => Dp.IsSupported ? a - b : (a.AsInt16() - b.AsInt16()).AsInt32();

    public static Vector128<int> SubtractBytes(Vector128<int> a, Vector128<int> b) => (a.AsByte() - b.AsByte()).AsInt32();

    public static Vector128<int> LowShorts(Vector128<int> a, Vector128<int> b) => (a & Vector128.Create(0xFFFF)) | (b << 16);

    public static Vector128<int> Fold(Vector128<int> total, Vector128<int> sums, Vector128<int> scales) =>
        Dp.IsSupported ? total + sums * scales : MultiplyPairs(total, sums, scales);

    public static Vector128<int> MultiplyPairs(Vector128<int> total, Vector128<int> a, Vector128<int> b) =>
        Sse2.IsSupported
            ? total + Sse2.MultiplyAddAdjacent(a.AsInt16(), b.AsInt16())
            : total + ((a << 16) >> 16) * ((b << 16) >> 16) + (a >> 16) * (b >> 16);

    public static Vector128<int> MultiplySixteen(short* a, short* b) =>
        MultiplyPairs(MultiplyPairs(default, Load(a), Load(b)), Load(a + 8), Load(b + 8));

    public static Vector128<int> EvenBytes(Vector128<int> bytes) => ((bytes.AsInt16() << 8) >> 8).AsInt32();

    public static Vector128<int> OddBytes(Vector128<int> bytes) => (bytes.AsInt16() >> 8).AsInt32();

    public static Vector128<int> Add(Vector128<int> a, Vector128<int> b) => a + b;

    public static Vector128<int> Times16(Vector128<int> value) => value << 4;

    public static Vector128<int> LowNibbles(Vector128<int> bytes) => bytes & Vector128.Create(0x0F0F0F0F);

    public static Vector128<int> HighNibbles(Vector128<int> bytes) => (bytes >>> 4) & Vector128.Create(0x0F0F0F0F);

    public static Vector128<int> SpreadScales(short* scales, int part) => Vector128.Create(PackScale(scales[part]));

    public static Vector128<float> ToFloat(Vector128<int> value) => Vector128.ConvertToSingle(value);

    public static Vector128<float> AsFloat(Vector128<int> bits) => bits.AsSingle();

    public static Vector128<float> WidenHalves(Vector128<int> halves) => Halves.Widen(halves.AsUInt32());

    public static Vector128<float> LoadFloats(float* source) => Vector128.Load(source);

    public static Vector128<float> LoadHalves(ushort* source) => Halves.Widen(Vector128.WidenLower(Vector128.CreateScalar(*(ulong*)source).AsUInt16()));

    public static Vector128<float> LoadHalves(ushort* source, Vector128<float> lower, Vector128<float> twiceLower, Vector128<float> minusSmallest, Vector128<float> lift, Vector128<float> sign) =>
        SignedHalves.Widen(Vector128.WidenLower(Vector128.CreateScalar(*(ulong*)source).AsInt16()), lower, twiceLower, minusSmallest, lift, sign);

    public static Vector128<float> LoadBrainFloats(ushort* source) =>
        (Vector128.WidenLower(Vector128.CreateScalar(*(ulong*)source).AsUInt16()) << 16).AsSingle();

    public static Vector128<float> LoadSignedBytes(sbyte* source) => Vector128.ConvertToSingle(Vector128.WidenLower(Vector128.WidenLower(Vector128.CreateScalar(*(int*)source).AsSByte())));

    public static Vector128<float> BroadcastFloat(float value) => Vector128.Create(value);

    public static void Store(Vector128<float> value, float* target) => value.Store(target);

    public static void Store(Vector128<int> value, void* target) => value.Store((int*)target);

    public static Vector128<float> Add(Vector128<float> a, Vector128<float> b) => a + b;

    public static Vector128<float> Subtract(Vector128<float> a, Vector128<float> b) => a - b;

    public static Vector128<float> Multiply(Vector128<float> a, Vector128<float> b) => a * b;

    public static Vector128<float> Divide(Vector128<float> a, Vector128<float> b) => a / b;

    public static Vector128<float> Max(Vector128<float> a, Vector128<float> b) => Vector128.MaxNative(a, b);

    public static Vector128<float> Min(Vector128<float> a, Vector128<float> b) => Vector128.MinNative(a, b);

    public static Vector128<float> Floor(Vector128<float> value) => Vector128.Floor(value);

    public static Vector128<float> TimesPowerOfTwo(Vector128<float> value, Vector128<float> exponent) =>
        value * ((Vector128.ConvertToInt32Native(Vector128.MaxNative(exponent, Vector128.Create(-127f))) + Vector128.Create(127)) << 23).AsSingle();

    public static bool AnyGreater(Vector128<float> a, Vector128<float> b) => Vector128.GreaterThanAny(a, b);

    public static Vector128<float> SwapNeighbours(Vector128<float> value) => Vector128.Shuffle(value, Vector128.Create(1, 0, 3, 2));

    public static Vector128<float> MultiplyAdd(Vector128<float> a, Vector128<float> b, Vector128<float> c) =>
        Fma.IsSupported || AdvSimd.IsSupported ? Vector128.FusedMultiplyAdd(a, b, c) : a * b + c;

    public static float Sum(Vector128<float> value) => Vector128.Sum(value);

    public static float Largest(Vector128<float> value) => MathF.Max(MathF.Max(value[0], value[1]), MathF.Max(value[2], value[3]));
}
