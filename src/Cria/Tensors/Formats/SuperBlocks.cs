using System.Runtime.Intrinsics;

namespace Cria.Tensors.Formats;

/// <summary>
/// Half scale d, half minimum dmin, eight pairs of a 6-bit scale and minimum in 12 bytes, 128 bytes of nibbles; eight
/// groups of 32 values: value = q · (d · scale) - dmin · minimum. Each 32 bytes hold one group in the low nibbles and
/// the next in the high ones.
/// </summary>
internal readonly struct Q4_K : IBlock
{
    private const int Scales = 4, Nibbles = 16;

    public static int Length => 256;

    public static int Bytes => 144;

    public static void Decode(ReadOnlySpan<byte> block, Span<float> values)
    {
        float d = block.ReadHalf(0), dmin = block.ReadHalf(2);
        for (int group = 0; group < 8; group++)
        {
            (int scale, int minimum) = PackedScales.Read(block[Scales..], group);
            for (int half = 0; half < 32; half += 16)
            {
                Vector128<byte> nibbles = Vector128.Create(block[(Nibbles + group / 2 * 32 + half)..]);
                Vector128<byte> q = nibbles >>> (group % 2 * 4) & Vector128.Create((byte)15);
                Lanes.Decode(q, d * scale, -(dmin * minimum), values[(group * 32 + half)..]);
            }
        }
    }
}

/// <summary>As <see cref="Q4_K"/>, with 32 bytes of fifth bits before the nibbles: bit n of them belongs to group n.</summary>
internal readonly struct Q5_K : IBlock
{
    private const int Scales = 4, FifthBits = 16, Nibbles = 48;

    public static int Length => 256;

    public static int Bytes => 176;

    public static void Decode(ReadOnlySpan<byte> block, Span<float> values)
    {
        float d = block.ReadHalf(0), dmin = block.ReadHalf(2);
        for (int group = 0; group < 8; group++)
        {
            (int scale, int minimum) = PackedScales.Read(block[Scales..], group);
            for (int half = 0; half < 32; half += 16)
            {
                Vector128<byte> fifth = Vector128.Create(block[(FifthBits + half)..]) >>> group & Vector128<byte>.One;
                Vector128<byte> nibbles = Vector128.Create(block[(Nibbles + group / 2 * 32 + half)..]);
                Vector128<byte> q = nibbles >>> (group % 2 * 4) & Vector128.Create((byte)15) | fifth << 4;
                Lanes.Decode(q, d * scale, -(dmin * minimum), values[(group * 32 + half)..]);
            }
        }
    }
}

/// <summary>
/// 128 bytes of nibbles, 64 bytes of the upper two bits, sixteen signed scales, half scale d of those; sixteen groups
/// of 16 values: value = (q - 32) · (d · scale). Each half of the block (128 values) has 64 bytes of nibbles (the low
/// ones are its first 64 values) and 32 bytes of upper bits (bits 0-1 of them are its first 32 values, and so on).
/// </summary>
internal readonly struct Q6_K : IBlock
{
    private const int UpperBits = 128, Scales = 192;

    public static int Length => 256;

    public static int Bytes => 210;

    public static void Decode(ReadOnlySpan<byte> block, Span<float> values)
    {
        float d = block.ReadHalf(208);
        for (int group = 0; group < 16; group++)
        {
            int half = group / 8, quarter = group % 8 / 2, side = group % 2 * 16;
            Vector128<byte> nibbles = Vector128.Create(block[(half * 64 + quarter % 2 * 32 + side)..]);
            Vector128<byte> upper = Vector128.Create(block[(UpperBits + half * 32 + side)..]) >>> (quarter * 2);
            Vector128<byte> q = nibbles >>> (quarter / 2 * 4) & Vector128.Create((byte)15) | (upper & Vector128.Create((byte)3)) << 4;
            Lanes.Decode(q.AsSByte() - Vector128.Create((sbyte)32), d * (sbyte)block[Scales + group], values[(group * 16)..]);
        }
    }
}

/// <summary>Eight 6-bit scales and eight 6-bit minimums in 12 bytes.</summary>
internal static class PackedScales
{
    /// <summary>
    /// Scales and minimums 0 to 3 are the low six bits of bytes 0 to 3 and 4 to 7; the others have their low nibbles in
    /// bytes 8 to 11 and their upper bits on top of the first ones.
    /// </summary>
    public static (int Scale, int Minimum) Read(ReadOnlySpan<byte> packed, int group) => group < 4
        ? (packed[group] & 63, packed[group + 4] & 63)
        : (packed[group + 4] & 15 | packed[group - 4] >> 6 << 4, packed[group + 4] >> 4 | packed[group] >> 6 << 4);
}
