using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using Cria.Gguf;

namespace Cria.Tensors.Kernels.Attention;

/// <summary>Turns the keys and values that one head has in a page into floats.</summary>
internal static unsafe class KvWidening<TLanes, I, F>
    where TLanes : struct, ILanes<I, F>
    where I : struct
    where F : struct
{
    private const int Tokens = KvPages.PageTokens;

    /// <summary>Widens keys: for each dimension, 64 tokens. Meanwhile what lies <paramref name="next"/> bytes on is asked for.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Keys(TensorType type, byte* source, nint next, int length, float* keys)
    {
        int count = TLanes.Count, all = length * Tokens;
        F c0 = Constant(0), c1 = Constant(1), c2 = Constant(2), c3 = Constant(3), c4 = Constant(4);
        if (type == TensorType.F16)
        {
            for (int i = 0; i < all; i += count)
            {
                if (Sse.IsSupported) Sse.Prefetch0(source + sizeof(ushort) * i + next);
                TLanes.Store(TLanes.LoadHalves((ushort*)source + i, c0, c1, c2, c3, c4), keys + i);
            }

            return;
        }

        ushort* scales = (ushort*)(source + all);
        for (int block = 0; block < all; block += 32 * Tokens, scales += Tokens)
        {
            if (Sse.IsSupported)
                for (int line = 0; line < 32 * Tokens; line += 64) Sse.Prefetch0(source + block + line + next);
            for (int token = 0; token < Tokens; token += count)
            {
                F scale = TLanes.LoadHalves(scales + token, c0, c1, c2, c3, c4);
                sbyte* quants = (sbyte*)source + block + token;
                float* target = keys + block + token;
                for (int d = 0; d < 32; d++, quants += Tokens, target += Tokens) TLanes.Store(TLanes.Multiply(TLanes.LoadSignedBytes(quants), scale), target);
            }
        }
    }

    /// <summary>
    /// Widens the first <paramref name="tokens"/> tokens' values, <paramref name="stride"/> floats apart. Meanwhile what lies
    /// <paramref name="next"/> bytes on is asked for.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Values(TensorType type, byte* source, nint next, int length, int tokens, float* values, int stride)
    {
        int count = TLanes.Count;
        F c0 = Constant(0), c1 = Constant(1), c2 = Constant(2), c3 = Constant(3), c4 = Constant(4);
        long rowBytes = type.BytesFor(length);
        for (int token = 0; token < tokens; token++, source += rowBytes, values += stride)
        {
            if (Sse.IsSupported)
                for (long line = 0; line < rowBytes; line += 64) Sse.Prefetch0(source + line + next);
            switch (type)
            {
                case TensorType.F32:
                    new ReadOnlySpan<float>(source, length).CopyTo(new Span<float>(values, length));
                    break;
                case TensorType.F16:
                    int d = 0;
                    for (; d <= length - count; d += count) TLanes.Store(TLanes.LoadHalves((ushort*)source + d, c0, c1, c2, c3, c4), values + d);
                    for (; d < length; d++) values[d] = HalfFloats.Widen(((ushort*)source)[d]);
                    break;
                default:
                    sbyte* block = (sbyte*)source;
                    for (int first = 0; first < length; first += 32, block += 34)
                    {
                        F scale = TLanes.BroadcastFloat(HalfFloats.Widen(*(ushort*)block));
                        for (int i = 0; i < 32; i += count) TLanes.Store(TLanes.Multiply(TLanes.LoadSignedBytes(block + 2 + i), scale), values + first + i);
                    }

                    break;
            }
        }
    }

    private static F Constant(int index) => TLanes.BroadcastFloat(SignedHalves.Constant(index));
}
