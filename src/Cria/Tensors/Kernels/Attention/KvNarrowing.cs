using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Cria.Gguf;

namespace Cria.Tensors.Kernels.Attention;

/// <summary>Puts keys and values of one head into a page, in the cache's number format.</summary>
internal static unsafe class KvNarrowing
{
    private const int PageTokens = KvFormat.PageTokens;

    /// <summary>Tokens that are turned around together, and the dimensions of that at a time.</summary>
    private const int BlockTokens = 16, BlockDimensions = 32;

    /// <summary>Stores the keys of tokens whose rows are <paramref name="stride"/> floats apart at slots first … of a page.</summary>
    public static void StoreKeys(TensorType type, byte* target, int first, int count, float* rows, nint stride, int length)
    {
        int done = 0;
        while (done < count)
        {
            float* row = rows + done * stride;
            bool isBlock = type != TensorType.Q8_0 && count - done >= BlockTokens && length % 4 == 0;
            if (isBlock) StoreBlock(type, target, first + done, row, stride, length);
            else StoreKey(type, target, first + done, row, length);
            done += isBlock ? BlockTokens : 1;
        }
    }

    /// <summary>Stores the values of tokens whose rows are <paramref name="stride"/> floats apart at slots first … of a page.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void StoreValues(TensorType type, byte* target, int first, int count, float* rows, nint stride, int length)
    {
        nint bytes = (nint)type.BytesFor(length);
        target += first * bytes;
        for (int token = 0; token < count; token++, target += bytes, rows += stride)
        {
            switch (type)
            {
                case TensorType.F32:
                    new ReadOnlySpan<float>(rows, length).CopyTo(new Span<float>(target, length));
                    break;
                case TensorType.F16:
                    HalfFloats.Narrow(new ReadOnlySpan<float>(rows, length), new Span<ushort>(target, length));
                    break;
                default:
                    for (int block = 0; block < length / 32; block++) *(ushort*)(target + 34 * block) = Quantize(rows + 32 * block, (sbyte*)target + 34 * block + 2);
                    break;
            }
        }
    }

    /// <summary>Sixteen neighbouring tokens: their rows are turned around before they are narrowed.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void StoreBlock(TensorType type, byte* target, int slot, float* rows, nint stride, int length)
    {
        float* turned = stackalloc float[BlockTokens * BlockDimensions];
        ushort* narrow = stackalloc ushort[BlockTokens * BlockDimensions];
        for (int first = 0; first < length; first += BlockDimensions)
        {
            int dimensions = Math.Min(BlockDimensions, length - first), values = BlockTokens * dimensions;
            Transpose.Dwords((uint*)rows + first, (int)stride, BlockTokens, dimensions, (uint*)turned);
            if (type == TensorType.F32)
            {
                float* to = (float*)target + first * PageTokens + slot;
                for (int d = 0; d < dimensions; d++) Vector512.Load(turned + d * BlockTokens).Store(to + d * PageTokens);
            }
            else
            {
                HalfFloats.Narrow(new ReadOnlySpan<float>(turned, values), new Span<ushort>(narrow, values));
                ushort* to = (ushort*)target + first * PageTokens + slot;
                for (int d = 0; d < dimensions; d++) Vector256.Load(narrow + d * BlockTokens).Store(to + d * PageTokens);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void StoreKey(TensorType type, byte* target, int slot, float* key, int length)
    {
        ushort* halves = stackalloc ushort[BlockDimensions];
        sbyte* quants = stackalloc sbyte[BlockDimensions];
        for (int first = 0; first < length; first += BlockDimensions)
        {
            int dimensions = Math.Min(BlockDimensions, length - first), place = first * PageTokens + slot;
            switch (type)
            {
                case TensorType.F32:
                    for (int d = 0; d < dimensions; d++) ((float*)target)[place + d * PageTokens] = key[first + d];
                    break;
                case TensorType.F16:
                    HalfFloats.Narrow(new ReadOnlySpan<float>(key + first, dimensions), new Span<ushort>(halves, dimensions));
                    for (int d = 0; d < dimensions; d++) ((ushort*)target)[place + d * PageTokens] = halves[d];
                    break;
                default:
                    ((ushort*)(target + length * PageTokens))[first / 32 * PageTokens + slot] = Quantize(key + first, quants);
                    for (int d = 0; d < dimensions; d++) ((sbyte*)target)[place + d * PageTokens] = quants[d];
                    break;
            }
        }
    }

    /// <summary>Stores 32 values as bytes and returns their scale; what is not a number survives in the scale.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ushort Quantize(float* values, sbyte* quants)
    {
        Vector256<float> a = Vector256.Load(values), b = Vector256.Load(values + 8), c = Vector256.Load(values + 16), d = Vector256.Load(values + 24);
        Vector256<float> largestOfEach = Vector256.Max(Vector256.Max(Vector256.Abs(a), Vector256.Abs(b)), Vector256.Max(Vector256.Abs(c), Vector256.Abs(d)));
        float largest = 0;
        for (int i = 0; i < 8; i++) largest = MathF.Max(largest, largestOfEach[i]);
        Vector256<float> inverse = Vector256.Create(largest > 0 ? 127 / largest : 0);
        Vector256<short> ab = Vector256.Narrow(Round(a * inverse), Round(b * inverse)), cd = Vector256.Narrow(Round(c * inverse), Round(d * inverse));
        Vector256.Narrow(ab, cd).Store(quants);
        return HalfFloats.Narrow(largest / 127);
    }

    /// <summary>To the nearest, halves away from 0; adding just less than a half keeps what is just less from being rounded up.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Round(Vector256<float> x) =>
        Vector256.ConvertToInt32(x + Vector256.CopySign(Vector256.Create(0.49999997f), x));
}
