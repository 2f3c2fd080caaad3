namespace Cria.Text.Grammars;

/// <summary>Turns ranges of code points into the byte ranges of their UTF-8; surrogates and NUL, which no text has, are left out.</summary>
internal static class Utf8Ranges
{
    private const uint FirstSurrogate = 0xD800, LastSurrogate = 0xDFFF;

    // The last code point that is written with one, two, three and four bytes.
    private static readonly uint[] LastOfLength = [0x7F, 0x7FF, 0xFFFF, 0x10FFFF];

    /// <summary>Tells <paramref name="add"/> sequences of byte ranges which together are exactly the code points of a range.</summary>
    public static void Split(CodePointRange range, Action<ReadOnlySpan<ByteRange>> add)
    {
        (uint first, uint last) = (Math.Max(range.First, 1), range.Last);
        if (first < FirstSurrogate) SplitByLength(first, Math.Min(last, FirstSurrogate - 1), add);
        if (last > LastSurrogate) SplitByLength(Math.Max(first, LastSurrogate + 1), last, add);
    }

    private static void SplitByLength(uint first, uint last, Action<ReadOnlySpan<ByteRange>> add)
    {
        for (int length = 1; length <= 4 && first <= last; length++)
        {
            uint end = Math.Min(last, LastOfLength[length - 1]);
            if (first > end) continue;
            SplitAligned(first, end, length, add);
            first = end + 1;
        }
    }

    // Cuts so that in each part, once two ends differ in a byte, all that follows is a full range of continuation bytes.
    private static void SplitAligned(uint first, uint last, int length, Action<ReadOnlySpan<ByteRange>> add)
    {
        for (int i = 1; i < length; i++)
        {
            uint low = (1u << (6 * i)) - 1;
            if ((first & ~low) == (last & ~low)) continue;
            if ((first & low) != 0)
            {
                SplitAligned(first, first | low, length, add);
                SplitAligned((first | low) + 1, last, length, add);
                return;
            }
            if ((last & low) != low)
            {
                SplitAligned(first, (last & ~low) - 1, length, add);
                SplitAligned(last & ~low, last, length, add);
                return;
            }
        }
        Span<ByteRange> bytes = stackalloc ByteRange[length];
        for (int i = 0; i < length; i++) bytes[i] = new ByteRange(ByteOf(first, i, length), ByteOf(last, i, length));
        add(bytes);
    }

    private static byte ByteOf(uint codePoint, int index, int length)
    {
        uint bits = codePoint >> (6 * (length - 1 - index));
        if (index > 0) return (byte)(0x80 | bits & 0x3F);
        return (byte)(length == 1 ? bits : 0xF00u >> length & 0xFF | bits);
    }
}

/// <summary>The bytes from <paramref name="First"/> to <paramref name="Last"/>, both included.</summary>
internal readonly record struct ByteRange(byte First, byte Last);
