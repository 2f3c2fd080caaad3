using System.Globalization;
using System.Text;

namespace Cria.Text.Grammars;

/// <summary>Writes regular languages as they are spelled between the quotes of a JSON string.</summary>
/// <remarks>
/// Where any character may be, any way to write it is allowed. Otherwise a character is written as itself where JSON allows that, and
/// with its shortest escape where not: one text then has one spelling, and a name that is ruled out cannot come back in disguise.
/// </remarks>
internal sealed class JsonTextWriter(GrammarRules rules) : RegexWriter(rules)
{
    private static readonly RegexCharSet MustEscape = RegexCharSet.Of(new(0, 0x1F), new('"', '"'), new('\\', '\\'));
    private static readonly RegexCharSet Controls = RegexCharSet.Of(new RegexRange(0, 0x1F));

    // The characters with an escape of their own, and its letters.
    private const string ShortEscaped = "\"\\\b\f\n\r\t", ShortEscapes = "\"\\bfnrt";

    /// <summary>How a text is written, with its quotes.</summary>
    public static string Quote(string text)
    {
        var json = new StringBuilder("\"");
        foreach (Rune rune in text.EnumerateRunes()) json.Append(Spell(rune.Value));
        return json.Append('"').ToString();
    }

    /// <summary>A string whose text belongs to a language.</summary>
    public GbnfElement Quoted(RegexNode language, string hint)
    {
        if (language.IsAnyText) return GbnfElement.Rule(Rules.Add("string", "\"\\\"\" " + AnyChar().Text + "* \"\\\"\""));
        var quote = GbnfElement.Literal("\"");
        return GbnfElement.Sequence(quote, Write(language, hint), quote);
    }

    protected override string Spelling(int codePoint) => Spell(codePoint);

    protected override GbnfElement Chars(RegexCharSet chars)
    {
        if (chars.IsAll) return AnyChar();
        RegexCharSet escaped = chars.Intersect(MustEscape), plain = chars.Except(MustEscape);
        var options = new List<GbnfElement>();
        if (!plain.IsEmpty) options.Add(GbnfElement.CharClass(plain));
        if (MustEscape.Except(escaped).IsEmpty)
        {
            options.Add(GbnfElement.Rule(Rules.Add("escape", "\"\\\\\" ([\"\\\\bfnrt] | \"u00\" [01] [0-9a-fA-F])")));
            return GbnfElement.Choice(options);
        }
        string shorts = "";
        for (int i = 0; i < ShortEscaped.Length; i++)
        {
            if (escaped.Contains(ShortEscaped[i])) shorts += ShortEscapes[i];
        }
        if (shorts.Length > 0) options.Add(GbnfElement.Sequence(GbnfElement.Literal("\\"), GbnfElement.CharClass(RegexCharSet.Of(shorts))));
        RegexCharSet rest = escaped.Except(RegexCharSet.Of(ShortEscaped));
        for (int high = 0; high < 2; high++)
        {
            int first = high * 16;
            char[] digits = [.. Enumerable.Range(0, 16).Where(low => rest.Contains(first + low)).SelectMany(low => $"{low:x}{low:X}").Distinct()];
            if (digits.Length == 0) continue;
            options.Add(GbnfElement.Sequence(GbnfElement.Literal($"\\u00{high}"), GbnfElement.CharClass(RegexCharSet.Of(new string(digits)))));
        }
        return GbnfElement.Choice(options);
    }

    private static string Spell(int codePoint)
    {
        int shortEscape = codePoint <= char.MaxValue ? ShortEscaped.IndexOf((char)codePoint) : -1;
        if (shortEscape >= 0) return $"\\{ShortEscapes[shortEscape]}";
        return Controls.Contains(codePoint)
            ? string.Create(CultureInfo.InvariantCulture, $"\\u{codePoint:x4}")
            : char.ConvertFromUtf32(codePoint);
    }

    // An escape of four digits must not be half a surrogate pair, unless the other half follows.
    private GbnfElement AnyChar()
    {
        string unit = "[0-9a-cA-CeEfF] [0-9a-fA-F]{3} | [dD] [0-7] [0-9a-fA-F]{2}";
        string pair = "[dD] [89abAB] [0-9a-fA-F]{2} \"\\\\u\" [dD] [c-fC-F] [0-9a-fA-F]{2}";
        string name = Rules.Add("char", $"[^\"\\\\\\x00-\\x1F] | \"\\\\\" ([\"\\\\/bfnrt] | \"u\" ({unit} | {pair}))");
        return GbnfElement.Rule(name);
    }
}
