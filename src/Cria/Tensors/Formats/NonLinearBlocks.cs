using System.Buffers.Binary;
using System.Runtime.Intrinsics;

namespace Cria.Tensors.Formats;

/// <summary>
/// Half scale, 32 nibbles as in <see cref="Q4_0"/>, each the number of one of 16 unevenly spaced levels; value = level ·
/// scale.
/// </summary>
internal readonly struct IQ4_NL : IBlock
{
    /// <summary>The levels, denser around zero.</summary>
    public static ReadOnlySpan<sbyte> Levels => [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113];

    public static int Length => 32;

    public static int Bytes => 18;

    public static void Decode(ReadOnlySpan<byte> block, Span<float> values) =>
        Decode(block[2..], Vector128.Create(Levels), block.ReadHalf(0), values);

    /// <summary>Decodes 16 bytes of nibbles.</summary>
    internal static void Decode(ReadOnlySpan<byte> nibbles, Vector128<sbyte> levels, float scale, Span<float> values)
    {
        Vector128<byte> pairs = Vector128.Create(nibbles);
        Lanes.Decode(Vector128.Shuffle(levels, (pairs & Vector128.Create((byte)15)).AsSByte()), scale, values);
        Lanes.Decode(Vector128.Shuffle(levels, (pairs >>> 4).AsSByte()), scale, values[16..]);
    }
}

/// <summary>
/// Half scale d, the upper two bits of eight 6-bit scales in 2 bytes, their low nibbles in 4, 128 bytes of nibbles;
/// eight groups of 32 values laid out as in <see cref="IQ4_NL"/>: value = level · (d · (scale - 32)).
/// </summary>
internal readonly struct IQ4_XS : IBlock
{
    private const int LowScales = 4, Nibbles = 8;

    public static int Length => 256;

    public static int Bytes => 136;

    public static void Decode(ReadOnlySpan<byte> block, Span<float> values)
    {
        float d = block.ReadHalf(0);
        int upper = BinaryPrimitives.ReadUInt16LittleEndian(block[2..]);
        Vector128<sbyte> levels = Vector128.Create(IQ4_NL.Levels);
        for (int group = 0; group < 8; group++)
        {
            int low = block[LowScales + group / 2] >> (group % 2 * 4) & 15;
            int scale = (low | (upper >> (group * 2) & 3) << 4) - 32;
            IQ4_NL.Decode(block[(Nibbles + group * 16)..], levels, d * scale, values[(group * 32)..]);
        }
    }
}

/// <summary>
/// One byte of exponent, 32 nibbles as in <see cref="Q4_0"/>, each a 4-bit float (E2M1); value = float · 2^(exponent -
/// 127).
/// </summary>
internal readonly struct MXFP4 : IBlock
{
    public static int Length => 32;

    public static int Bytes => 17;

    /// <summary>Twice the 4-bit floats, so that all are integers.</summary>
    private static ReadOnlySpan<sbyte> Doubled => [0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12];

    public static void Decode(ReadOnlySpan<byte> block, Span<float> values) =>
        IQ4_NL.Decode(block[1..], Vector128.Create(Doubled), HalfPowerOfTwo(block[0]), values);

    /// <summary>
    /// 2^(exponent - 128), subnormal for the two lowest exponents; the format's NaN, 255, is read as a number as llama.cpp
    /// does.
    /// </summary>
    private static float HalfPowerOfTwo(byte exponent) =>
        BitConverter.UInt32BitsToSingle(exponent < 2 ? 0x0020_0000u << exponent : (uint)(exponent - 1) << 23);
}
