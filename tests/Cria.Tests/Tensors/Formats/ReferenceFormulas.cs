using Cria.Gguf;

namespace Cria.Tests.Tensors.Formats;

/// <summary>The block formats once more, value by value in double precision: slow, plain, and written apart from the product.</summary>
internal static class ReferenceFormulas
{
    private static readonly int[] _levels = [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113];
    private static readonly double[] _smallFloats = [0, 0.5, 1, 1.5, 2, 3, 4, 6];

    /// <summary>The value at a place of a block, and the size of the terms it is the sum of, which bounds the rounding.</summary>
    public static (double Value, double Size) Value(TensorType type, ReadOnlySpan<byte> block, int i)
    {
        switch (type)
        {
            case TensorType.F32: return One(BitConverter.ToSingle(block));
            case TensorType.F16: return One(Half(block, 0));
            case TensorType.BF16: return One(BitConverter.Int32BitsToSingle(block[0] << 16 | block[1] << 24));
            case TensorType.Q4_0: return One(Half(block, 0) * (Nibble(block[2..], i) - 8));
            case TensorType.Q4_1: return Two(Half(block, 0) * Nibble(block[4..], i), Half(block, 2));
            case TensorType.Q5_0: return One(Half(block, 0) * (Nibble(block[6..], i) + 16 * Bit(block[2..], i) - 16));
            case TensorType.Q5_1: return Two(Half(block, 0) * (Nibble(block[8..], i) + 16 * Bit(block[4..], i)), Half(block, 2));
            case TensorType.Q8_0: return One(Half(block, 0) * (sbyte)block[2 + i]);
            case TensorType.Q2_K:
                {
                    int two = block[16 + i / 128 * 32 + i % 32] / Power(4, i / 32 % 4) % 4, scales = block[i / 16];
                    return Two(Half(block, 80) * (scales % 16) * two, -Half(block, 82) * (scales / 16));
                }
            case TensorType.Q3_K:
                {
                    int two = block[32 + i / 128 * 32 + i % 32] / Power(4, i / 32 % 4) % 4;
                    int third = block[i % 32] / Power(2, i / 32) % 2;
                    int group = i / 16;
                    int low = group < 8 ? block[96 + group] % 16 : block[96 + group - 8] / 16;
                    int high = block[104 + group % 4] / Power(4, group / 4) % 4;
                    return One(Half(block, 108) * (low + 16 * high - 32) * (two + 4 * third - 4));
                }
            case TensorType.Q4_K:
                {
                    (int scale, int minimum) = SixBitPair(block[4..], i / 32);
                    return Two(Half(block, 0) * scale * PairNibble(block[16..], i), -Half(block, 2) * minimum);
                }
            case TensorType.Q5_K:
                {
                    (int scale, int minimum) = SixBitPair(block[4..], i / 32);
                    int fifth = block[16 + i % 32] / Power(2, i / 32) % 2;
                    return Two(Half(block, 0) * scale * (PairNibble(block[48..], i) + 16 * fifth), -Half(block, 2) * minimum);
                }
            case TensorType.Q6_K:
                {
                    int half = i / 128, inHalf = i % 128;
                    int pair = block[half * 64 + inHalf % 64], four = inHalf < 64 ? pair % 16 : pair / 16;
                    int two = block[128 + half * 32 + inHalf % 32] / Power(4, inHalf / 32) % 4;
                    return One(Half(block, 208) * (sbyte)block[192 + i / 16] * (four + 16 * two - 32));
                }
            case TensorType.IQ4_NL: return One(Half(block, 0) * _levels[Nibble(block[2..], i)]);
            case TensorType.IQ4_XS:
                {
                    int group = i / 32, low = group % 2 == 0 ? block[4 + group / 2] % 16 : block[4 + group / 2] / 16;
                    int high = (block[2] + 256 * block[3]) / Power(4, group) % 4;
                    return One(Half(block, 0) * (low + 16 * high - 32) * _levels[Nibble(block[(8 + group * 16)..], i % 32)]);
                }
            case TensorType.MXFP4:
                {
                    int four = Nibble(block[1..], i);
                    return One(Math.Pow(2, block[0] - 127) * _smallFloats[four % 8] * (four < 8 ? 1 : -1));
                }
            default: throw new ArgumentOutOfRangeException(nameof(type));
        }
    }

    private static (double, double) One(double value) => (value, Math.Abs(value));

    private static (double, double) Two(double product, double offset) => (product + offset, Math.Abs(product) + Math.Abs(offset));

    private static double Half(ReadOnlySpan<byte> block, int at) => (double)BitConverter.ToHalf(block[at..]);

    private static int Power(int radix, int exponent) => exponent == 0 ? 1 : radix * Power(radix, exponent - 1);

    private static int Bit(ReadOnlySpan<byte> bytes, int i) => bytes[i / 8] / Power(2, i % 8) % 2;

    /// <summary>32 nibbles: the first 16 values are the low ones.</summary>
    private static int Nibble(ReadOnlySpan<byte> bytes, int i) => i < 16 ? bytes[i] % 16 : bytes[i - 16] / 16;

    /// <summary>256 nibbles: of each 64 values the first 32 are the low ones.</summary>
    private static int PairNibble(ReadOnlySpan<byte> bytes, int i) =>
        i % 64 < 32 ? bytes[i / 64 * 32 + i % 32] % 16 : bytes[i / 64 * 32 + i % 32] / 16;

    private static (int Scale, int Minimum) SixBitPair(ReadOnlySpan<byte> packed, int group) => group < 4
        ? (packed[group] % 64, packed[4 + group] % 64)
        : (packed[4 + group] % 16 + 16 * (packed[group - 4] / 64), packed[4 + group] / 16 + 16 * (packed[group] / 64));
}
