using System.Runtime.Intrinsics;

namespace Cria.Tensors.Formats;

/// <summary>
/// Half scale d, half minimum dmin, eight pairs of a 6-bit scale and minimum in 12 bytes, 128 bytes of nibbles; eight
/// groups of 32 values: value = q · (d · scale) - dmin · minimum. Each 32 bytes hold one group in the low nibbles and
/// the next in the high ones.
/// </summary>
internal readonly struct Q4_K : IWritableBlock
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
                Vector128<byte> q = Lanes.Bits(nibbles, group % 2 * 4, 15);
                Lanes.Decode(q, d * scale, -(dmin * minimum), values[(group * 32 + half)..]);
            }
        }
    }

    public static void Encode(ReadOnlySpan<float> values, Span<byte> block)
    {
        Span<byte> q = stackalloc byte[256];
        PackedScales.Encode(values, 15, -1, 20, block[..Nibbles], q);
        PackedScales.PackNibbles(q, block[Nibbles..]);
    }
}

/// <summary>As <see cref="Q4_K"/>, with 32 bytes of fifth bits before the nibbles: bit n of them belongs to group n.</summary>
internal readonly struct Q5_K : IWritableBlock
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
                Vector128<byte> fifth = Lanes.Bits(Vector128.Create(block[(FifthBits + half)..]), group, 1);
                Vector128<byte> nibbles = Vector128.Create(block[(Nibbles + group / 2 * 32 + half)..]);
                Vector128<byte> q = Lanes.Bits(nibbles, group % 2 * 4, 15) | fifth << 4;
                Lanes.Decode(q, d * scale, -(dmin * minimum), values[(group * 32 + half)..]);
            }
        }
    }

    public static void Encode(ReadOnlySpan<float> values, Span<byte> block)
    {
        Span<byte> q = stackalloc byte[256];
        PackedScales.Encode(values, 31, -0.5f, 15, block[..FifthBits], q);
        PackedScales.PackNibbles(q, block[Nibbles..]);
        for (int i = 0; i < 32; i++)
        {
            int fifth = 0;
            for (int group = 0; group < 8; group++) fifth |= q[group * 32 + i] >> 4 << group;
            block[FifthBits + i] = (byte)fifth;
        }
    }
}

/// <summary>
/// 128 bytes of nibbles, 64 bytes of the upper two bits, sixteen signed scales, half scale d of those; sixteen groups
/// of 16 values: value = (q - 32) · (d · scale). Each half of the block (128 values) has 64 bytes of nibbles (the low
/// ones are its first 64 values) and 32 bytes of upper bits (bits 0-1 of them are its first 32 values, and so on).
/// </summary>
internal readonly struct Q6_K : IWritableBlock
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
            Vector128<byte> upper = Lanes.Bits(Vector128.Create(block[(UpperBits + half * 32 + side)..]), quarter * 2, 3);
            Vector128<byte> q = Lanes.Bits(nibbles, quarter / 2 * 4, 15) | upper << 4;
            Lanes.Decode(q.AsSByte() - Vector128.Create((sbyte)32), d * (sbyte)block[Scales + group], values[(group * 16)..]);
        }
    }

    public static void Encode(ReadOnlySpan<float> values, Span<byte> block)
    {
        Span<float> scales = stackalloc float[16];
        for (int group = 0; group < 16; group++) scales[group] = ScaleSearch.Symmetric(values.Slice(group * 16, 16), 32);
        float extreme = ScaleSearch.Extreme(scales);
        if (MathF.Abs(extreme) < ScaleSearch.Nothing)
        {
            block.Clear();
            return;
        }

        float inverse = -128 / extreme, d = block.WriteHalf(208, 1 / inverse);
        Span<byte> q = stackalloc byte[256];
        for (int group = 0; group < 16; group++)
        {
            sbyte scale = (sbyte)MathF.Min(127, MathF.Round(inverse * scales[group]));
            block[Scales + group] = (byte)scale;
            ScaleSearch.Quantize(values.Slice(group * 16, 16), 0, d * scale, -32, 31, q[(group * 16)..]);
        }

        for (int half = 0; half < 2; half++)
        {
            ReadOnlySpan<byte> from = q[(half * 128)..];
            for (int i = 0; i < 64; i++) block[half * 64 + i] = (byte)(from[i] & 15 | from[i + 64] << 4);
            for (int i = 0; i < 32; i++)
            {
                int upper = from[i] >> 4 | from[i + 32] >> 4 << 2 | from[i + 64] >> 4 << 4 | from[i + 96] >> 4 << 6;
                block[UpperBits + half * 32 + i] = (byte)upper;
            }
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

    /// <summary>
    /// Chooses the scales and minimums of eight groups and the values' numbers under them; writes the 16 bytes before the
    /// numbers.
    /// </summary>
    public static void Encode(ReadOnlySpan<float> values, int top, float first, int steps, Span<byte> header, Span<byte> q)
    {
        Span<float> scales = stackalloc float[8], minimums = stackalloc float[8];
        float largestScale = 0, largestMinimum = 0;
        for (int group = 0; group < 8; group++)
        {
            (scales[group], minimums[group]) = ScaleSearch.Affine(values.Slice(group * 32, 32), top, first, steps);
            largestScale = MathF.Max(largestScale, scales[group]);
            largestMinimum = MathF.Max(largestMinimum, minimums[group]);
        }

        float d = header.WriteHalf(0, largestScale / 63), dmin = header.WriteHalf(2, largestMinimum / 63);
        header[4..].Clear();
        for (int group = 0; group < 8; group++)
        {
            int scale = SixBits(largestScale, scales[group]), minimum = SixBits(largestMinimum, minimums[group]);
            Write(header[4..], group, scale, minimum);
            ScaleSearch.Quantize(values.Slice(group * 32, 32), dmin * minimum, d * scale, 0, top, q[(group * 32)..]);
        }
    }

    /// <summary>Each 32 bytes take one group in the low nibbles and the next in the high ones.</summary>
    public static void PackNibbles(ReadOnlySpan<byte> q, Span<byte> nibbles)
    {
        for (int i = 0; i < 128; i++)
        {
            int from = i / 32 * 64 + i % 32;
            nibbles[i] = (byte)(q[from] & 15 | q[from + 32] << 4);
        }
    }

    private static void Write(Span<byte> packed, int group, int scale, int minimum)
    {
        if (group < 4)
        {
            packed[group] |= (byte)scale;
            packed[group + 4] |= (byte)minimum;
            return;
        }

        packed[group + 4] = (byte)(scale & 15 | minimum << 4);
        packed[group - 4] |= (byte)(scale >> 4 << 6);
        packed[group] |= (byte)(minimum >> 4 << 6);
    }

    /// <summary>The value as a fraction of the largest, in 63rds.</summary>
    private static int SixBits(float largest, float value) => largest > 0 ? (int)Math.Clamp(MathF.Round(63 / largest * value), 0, 63) : 0;
}
