using System.Globalization;

namespace Cria.Text.Grammars;

/// <summary>The sets of characters that regular expressions have names for, as ECMAScript defines them.</summary>
internal static class RegexEscapes
{
    public static readonly RegexCharSet Dot = RegexCharSet.Of("\n\r\u2028\u2029").Complement();

    private static readonly RegexCharSet Digits = RegexCharSet.Of(new RegexRange('0', '9'));
    private static readonly RegexCharSet Word = RegexCharSet.Of(new('a', 'z'), new('A', 'Z'), new('0', '9'), new('_', '_'));
    private static readonly RegexCharSet Space = RegexCharSet.Of(
        new('\t', '\r'), new(' ', ' '), new(0xA0, 0xA0), new(0x1680, 0x1680), new(0x2000, 0x200A), new(0x2028, 0x2029), new(0x202F, 0x202F), new(0x205F, 0x205F),
        new(0x3000, 0x3000), new(0xFEFF, 0xFEFF));

    // The two-letter names of general categories, in the order of UnicodeCategory.
    private static readonly string[] Categories =
    [
        "Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Me", "Nd", "Nl", "No", "Zs", "Zl", "Zp", "Cc", "Cf", "Cs", "Co", "Pc", "Pd", "Ps", "Pe", "Pi",
        "Pf", "Po", "Sm", "Sc", "Sk", "So", "Cn",
    ];

    /// <summary>The set that a letter after a backslash stands for, or null.</summary>
    public static RegexCharSet? Class(char letter) => letter switch
    {
        'd' => Digits,
        'D' => Digits.Complement(),
        'w' => Word,
        'W' => Word.Complement(),
        's' => Space,
        'S' => Space.Complement(),
        't' => RegexCharSet.Of('\t'),
        'n' => RegexCharSet.Of('\n'),
        'r' => RegexCharSet.Of('\r'),
        'f' => RegexCharSet.Of('\f'),
        'v' => RegexCharSet.Of('\v'),
        _ => null,
    };

    /// <summary>The characters of a general category (<c>L</c>, <c>Nd</c>, …), or null where there is none of this name.</summary>
    public static RegexCharSet? Category(string name)
    {
        if (name.Length is 0 or > 2) return null;
        bool[] wanted = [.. Categories.Select(category => category.StartsWith(name, StringComparison.Ordinal))];
        if (!wanted.Contains(true)) return null;
        var ranges = new List<RegexRange>();
        for (int c = 0; c <= RegexCharSet.LastCodePoint; c++)
        {
            if (!wanted[(int)CharUnicodeInfo.GetUnicodeCategory(c)]) continue;
            if (ranges.Count > 0 && ranges[^1].Last == c - 1) ranges[^1] = new(ranges[^1].First, c);
            else ranges.Add(new(c, c));
        }
        return RegexCharSet.Of(ranges.ToArray());
    }
}
