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

    public static int PackScale(short scale) => (ushort)scale | (scale << 16);

    public static Vector512<int> MultiplyBytes(Vector512<int> sums, Vector512<int> unsignedBytes, Vector512<int> signedBytes) =>
        (sums.AsInt16() + Avx512BW.MultiplyAddAdjacent(unsignedBytes.AsByte(), signedBytes.AsSByte())).AsInt32();

    public static Vector512<int> LowScale(Vector512<int> pairs) => LowShorts(pairs, pairs);

    public static Vector512<int> HighScale(Vector512<int> pairs) => (pairs >>> 16) | (pairs & Vector512.Create(unchecked((int)0xFFFF0000)));

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

    public static Vector512<float> LoadFloats(float* source) => Vector512.Load(source);

    public static Vector512<float> LoadHalves(ushort* source) => Halves.Widen(Avx512F.ConvertToVector512Int32(Vector256.Load(source)).AsUInt32());

    public static Vector512<float> LoadBrainFloats(ushort* source) =>
        (Avx512F.ConvertToVector512Int32(Vector256.Load(source)).AsUInt32() << 16).AsSingle();

    public static Vector512<float> BroadcastFloat(float value) => Vector512.Create(value);

    public static void Store(Vector512<float> value, float* target) => value.Store(target);

    public static void Store(Vector512<int> value, void* target) => value.Store((int*)target);

    public static Vector512<float> Add(Vector512<float> a, Vector512<float> b) => a + b;

    public static Vector512<float> Multiply(Vector512<float> a, Vector512<float> b) => a * b;

    public static Vector512<float> Divide(Vector512<float> a, Vector512<float> b) => a / b;

    public static Vector512<float> Max(Vector512<float> a, Vector512<float> b) => Vector512.MaxNative(a, b);

    public static Vector512<float> Min(Vector512<float> a, Vector512<float> b) => Vector512.MinNative(a, b);

    public static Vector512<float> Exp(Vector512<float> value) => Vector512.Exp(value);

    public static Vector512<float> MultiplyAdd(Vector512<float> a, Vector512<float> b, Vector512<float> c) => Vector512.FusedMultiplyAdd(a, b, c);

    public static float Sum(Vector512<float> value) => Vector512.Sum(value);

    public static float Largest(Vector512<float> value) => Lanes256.Largest(Vector256.MaxNative(value.GetLower(), value.GetUpper()));
}
