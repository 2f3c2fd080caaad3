using System.Globalization;
using System.Text;

namespace Cria.Text;

/// <summary>What kind of character a code point is, as the splitting rules of tokenizers tell them apart.</summary>
[Flags]
internal enum CharKind : byte
{
    /// <summary>No character: beyond the end of the text.</summary>
    None = 0,
    Letter = 1,
    Number = 2,
    Mark = 4,
    Punctuation = 8,
    Symbol = 16,
    Control = 32,
    Space = 64,

    /// <summary>Set for every character, also one of no other kind.</summary>
    Any = 128,
}

/// <summary>Unicode facts and UTF-8 coding of single code points, exactly as llama.cpp has them.</summary>
internal static partial class CodePoint
{
    public const int Replacement = 0xFFFD;
    public const int Limit = 0x110000;

    // Filled page by page as characters occur; two threads filling the same page write the same.
    private static readonly CharKind[]?[] Pages = new CharKind[Limit >> 8][];

    public static CharKind Kind(int codePoint) => (Pages[codePoint >> 8] ?? FillPage(codePoint >> 8))[codePoint & 255];

    /// <summary>The simple lower case of a code point.</summary>
    public static int ToLower(int codePoint)
    {
        if (codePoint < 128) return codePoint is >= 'A' and <= 'Z' ? codePoint + 32 : codePoint;
        if (codePoint == 0x130) return 'i'; // The Turkish dotted I, which .NET leaves alone in the invariant culture.
        return Rune.IsValid(codePoint) && Kind(codePoint) != CharKind.Any ? Rune.ToLowerInvariant(new Rune(codePoint)).Value : codePoint;
    }

    /// <summary>The number of bytes a UTF-8 sequence has by its first byte; 1 for a byte that starts none.</summary>
    public static int Utf8Length(byte lead) => lead < 0xC0 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;

    /// <summary>Reads a code point; an invalid byte reads as U+FFFD of length 1. Overlong forms and surrogates are let through.</summary>
    public static int Decode(ReadOnlySpan<byte> utf8, out int length)
    {
        byte lead = utf8[0];
        length = 1;
        if (lead < 0x80) return lead;
        if (lead is < 0xC0 or >= 0xF8) return Replacement;
        int needed = Utf8Length(lead);
        if (utf8.Length < needed) return Replacement;
        int codePoint = lead & (0x7F >> needed);
        for (int i = 1; i < needed; i++)
        {
            if ((utf8[i] & 0xC0) != 0x80) return Replacement;
            codePoint = codePoint << 6 | utf8[i] & 0x3F;
        }
        if (codePoint >= Limit) return Replacement;
        length = needed;
        return codePoint;
    }

    /// <summary>Writes a code point, also a surrogate, and returns the number of bytes.</summary>
    public static int Encode(int codePoint, Span<byte> utf8)
    {
        switch (codePoint)
        {
            case < 0x80:
                utf8[0] = (byte)codePoint;
                return 1;
            case < 0x800:
                utf8[0] = (byte)(0xC0 | codePoint >> 6);
                utf8[1] = (byte)(0x80 | codePoint & 0x3F);
                return 2;
            case < 0x10000:
                utf8[0] = (byte)(0xE0 | codePoint >> 12);
                utf8[1] = (byte)(0x80 | codePoint >> 6 & 0x3F);
                utf8[2] = (byte)(0x80 | codePoint & 0x3F);
                return 3;
            default:
                utf8[0] = (byte)(0xF0 | codePoint >> 18);
                utf8[1] = (byte)(0x80 | codePoint >> 12 & 0x3F);
                utf8[2] = (byte)(0x80 | codePoint >> 6 & 0x3F);
                utf8[3] = (byte)(0x80 | codePoint & 0x3F);
                return 4;
        }
    }

    private static CharKind[] FillPage(int number)
    {
        var page = new CharKind[256];
        for (int i = 0; i < page.Length; i++)
        {
            int codePoint = number << 8 | i;
            page[i] = CharKind.Any | (IsNew(codePoint) ? CharKind.None : OfCategory(CharUnicodeInfo.GetUnicodeCategory(codePoint)));
            if (codePoint <= char.MaxValue && char.IsWhiteSpace((char)codePoint)) page[i] |= CharKind.Space;
        }
        return Pages[number] = page;
    }

    private static CharKind OfCategory(UnicodeCategory category) => category switch
    {
        <= UnicodeCategory.OtherLetter => CharKind.Letter,
        <= UnicodeCategory.EnclosingMark => CharKind.Mark,
        <= UnicodeCategory.OtherNumber => CharKind.Number,
        <= UnicodeCategory.ParagraphSeparator => CharKind.None,
        <= UnicodeCategory.PrivateUse => CharKind.Control,
        <= UnicodeCategory.OtherPunctuation => CharKind.Punctuation,
        <= UnicodeCategory.OtherSymbol => CharKind.Symbol,
        _ => CharKind.None,
    };

    // .NET 10 knows Unicode 16; the tokenizers that models were converted for know 15.1, where these were not yet assigned.
    private static bool IsNew(int codePoint)
    {
        int index = NewRanges.BinarySearch(codePoint);
        // The ranges' first and last code points alternate, so that an insertion point at a last one lies inside a range.
        return index >= 0 || (~index & 1) == 1;
    }

    private static ReadOnlySpan<int> NewRanges =>
    [
        0x897, 0x897, 0x1B4E, 0x1B4F, 0x1B7F, 0x1B7F, 0x1C89, 0x1C8A, 0x2427, 0x2429, 0x31E4, 0x31E5, 0xA7CB, 0xA7CD,
        0xA7DA, 0xA7DC, 0x105C0, 0x105F3, 0x10D40, 0x10D65, 0x10D69, 0x10D85, 0x10D8E, 0x10D8F, 0x10EC2, 0x10EC4,
        0x10EFC, 0x10EFC, 0x11380, 0x11389, 0x1138B, 0x1138B, 0x1138E, 0x1138E, 0x11390, 0x113B5, 0x113B7, 0x113C0,
        0x113C2, 0x113C2, 0x113C5, 0x113C5, 0x113C7, 0x113CA, 0x113CC, 0x113D5, 0x113D7, 0x113D8, 0x113E1, 0x113E2,
        0x116D0, 0x116E3, 0x11BC0, 0x11BE1, 0x11BF0, 0x11BF9, 0x11F5A, 0x11F5A, 0x13460, 0x143FA, 0x16100, 0x16139,
        0x16D40, 0x16D79, 0x18CFF, 0x18CFF, 0x1CC00, 0x1CCF9, 0x1CD00, 0x1CEB3, 0x1E5D0, 0x1E5FA, 0x1E5FF, 0x1E5FF,
        0x1F8B2, 0x1F8BB, 0x1F8C0, 0x1F8C1, 0x1FA89, 0x1FA89, 0x1FA8F, 0x1FA8F, 0x1FABE, 0x1FABE, 0x1FAC6, 0x1FAC6,
        0x1FADC, 0x1FADC, 0x1FADF, 0x1FADF, 0x1FAE9, 0x1FAE9, 0x1FBCB, 0x1FBEF,
    ];
}
