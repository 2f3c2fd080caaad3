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

    public static int PackScale(short scale) => (ushort)scale | (scale << 16);

    public static Vector256<int> MultiplyBytes(Vector256<int> sums, Vector256<int> unsignedBytes, Vector256<int> signedBytes) =>
        (sums.AsInt16() + Avx2.MultiplyAddAdjacent(unsignedBytes.AsByte(), signedBytes.AsSByte())).AsInt32();

    public static Vector256<int> LowScale(Vector256<int> pairs) => LowShorts(pairs, pairs);

    public static Vector256<int> HighScale(Vector256<int> pairs) => (pairs >>> 16) | (pairs & Vector256.Create(unchecked((int)0xFFFF0000)));

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

    public static Vector256<float> LoadFloats(float* source) => Vector256.Load(source);

    public static Vector256<float> LoadHalves(ushort* source) => Halves.Widen(Avx2.ConvertToVector256Int32(Vector128.Load(source)).AsUInt32());

    public static Vector256<float> LoadBrainFloats(ushort* source) =>
        (Avx2.ConvertToVector256Int32(Vector128.Load(source)).AsUInt32() << 16).AsSingle();

    public static Vector256<float> BroadcastFloat(float value) => Vector256.Create(value);

    public static void Store(Vector256<float> value, float* target) => value.Store(target);

    public static void Store(Vector256<int> value, void* target) => value.Store((int*)target);

    public static Vector256<float> Add(Vector256<float> a, Vector256<float> b) => a + b;

    public static Vector256<float> Multiply(Vector256<float> a, Vector256<float> b) => a * b;

    public static Vector256<float> Divide(Vector256<float> a, Vector256<float> b) => a / b;

    public static Vector256<float> Max(Vector256<float> a, Vector256<float> b) => Vector256.MaxNative(a, b);

    public static Vector256<float> Min(Vector256<float> a, Vector256<float> b) => Vector256.MinNative(a, b);

    public static Vector256<float> Exp(Vector256<float> value) => Vector256.Exp(value);

    public static Vector256<float> MultiplyAdd(Vector256<float> a, Vector256<float> b, Vector256<float> c) => Vector256.FusedMultiplyAdd(a, b, c);

    public static float Sum(Vector256<float> value) => Vector256.Sum(value);

    public static float Largest(Vector256<float> value) => Lanes128.Largest(Vector128.MaxNative(value.GetLower(), value.GetUpper()));
}
