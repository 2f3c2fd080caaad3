using System.Runtime.Intrinsics;

namespace Cria.Tensors.Formats;

/// <summary>
/// 16 bytes of a 4-bit scale and a 4-bit minimum, 64 bytes of 2-bit values, half scale and half minimum of those;
/// sixteen groups of 16 values: value = q · (d · scale) - dmin · minimum.
/// Each half of the block (128 values) has 32 bytes: bits 0-1 of them are its first 32 values, bits 2-3 the next.
/// </summary>
internal readonly struct Q2_K : IBlock
{
    public static int Length => 256;

    public static int Bytes => 84;

    public static void Decode(ReadOnlySpan<byte> block, Span<float> values)
    {
        float d = block.ReadHalf(80), dmin = block.ReadHalf(82);
        for (int group = 0; group < 16; group++)
        {
            int scales = block[group];
            Vector128<byte> bits = Vector128.Create(block[(16 + group / 8 * 32 + group % 2 * 16)..]);
            Vector128<byte> q = Lanes.Bits(bits, group % 8 / 2 * 2, 3);
            Lanes.Decode(q, d * (scales & 15), -(dmin * (scales >> 4)), values[(group * 16)..]);
        }
    }
}

/// <summary>
/// 32 bytes of third bits, 64 bytes of 2-bit values as in <see cref="Q2_K"/>, sixteen 6-bit scales in 12 bytes, half
/// scale of those; value = (q - 4) · (d · (scale - 32)), where bit n of the 32 bytes belongs to the n-th 32 values.
/// </summary>
internal readonly struct Q3_K : IBlock
{
    private const int Quants = 32, Scales = 96;

    public static int Length => 256;

    public static int Bytes => 110;

    public static void Decode(ReadOnlySpan<byte> block, Span<float> values)
    {
        float d = block.ReadHalf(108);
        for (int group = 0; group < 16; group++)
        {
            Vector128<byte> third = Lanes.Bits(Vector128.Create(block[(group % 2 * 16)..]), group / 2, 1);
            Vector128<byte> bits = Vector128.Create(block[(Quants + group / 8 * 32 + group % 2 * 16)..]);
            Vector128<byte> q = Lanes.Bits(bits, group % 8 / 2 * 2, 3) | third << 2;
            Lanes.Decode(q.AsSByte() - Vector128.Create((sbyte)4), d * Scale(block[Scales..], group), values[(group * 16)..]);
        }
    }

    /// <summary>The low four bits lie in the nibbles of bytes 0 to 7, the high two in bytes 8 to 11.</summary>
    private static int Scale(ReadOnlySpan<byte> packed, int group)
    {
        int low = packed[group % 8] >> (group / 8 * 4) & 15;
        int high = packed[8 + group % 4] >> (group / 4 * 2) & 3;
        return (low | high << 4) - 32;
    }
}
