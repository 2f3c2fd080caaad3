using System.Globalization;
using System.Text;

namespace Cria.Text.Grammars;

/// <summary>How tightly the parts of a GBNF expression hold together.</summary>
internal enum GbnfBinding
{
    /// <summary>Alternatives: needs parentheses inside anything else.</summary>
    Choice,

    /// <summary>Elements in a row: needs parentheses to be repeated.</summary>
    Sequence,

    /// <summary>One symbol.</summary>
    Symbol,
}

/// <summary>A piece of GBNF.</summary>
internal sealed record GbnfElement(string Text, GbnfBinding Binding)
{
    public static readonly GbnfElement Empty = new("\"\"", GbnfBinding.Symbol);

    private bool IsLiteral => Binding == GbnfBinding.Symbol && Text[0] == '"';

    private string InSequence => Binding == GbnfBinding.Choice ? $"({Text})" : Text;

    /// <summary>The text as it is repeated.</summary>
    public string AsSymbol => Binding == GbnfBinding.Symbol ? Text : $"({Text})";

    /// <summary>A reference to a rule.</summary>
    public static GbnfElement Rule(string name) => new(name, GbnfBinding.Symbol);

    /// <summary>A literal text.</summary>
    public static GbnfElement Literal(string text)
    {
        var literal = new StringBuilder("\"");
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (rune.Value is '"' or '\\') literal.Append('\\').Append((char)rune.Value);
            else if (rune.Value < 0x7F ? rune.Value >= ' ' : Rune.IsLetterOrDigit(rune)) literal.Append(rune.ToString());
            else literal.Append(Escape(rune.Value));
        }
        return new GbnfElement(literal.Append('"').ToString(), GbnfBinding.Symbol);
    }

    /// <summary>One character of a set.</summary>
    public static GbnfElement CharClass(RegexCharSet chars)
    {
        if (chars.IsAll) return new GbnfElement(".", GbnfBinding.Symbol);
        RegexCharSet others = chars.Complement();
        bool isNegated = chars.Contains(RegexCharSet.LastCodePoint);
        var text = new StringBuilder(isNegated ? "[^" : "[");
        foreach ((int first, int last) in (isNegated ? others : chars).Ranges)
        {
            text.Append(InClass(first));
            if (last > first + 1) text.Append('-');
            if (last > first) text.Append(InClass(last));
        }
        return new GbnfElement(text.Append(']').ToString(), GbnfBinding.Symbol);
    }

    public static GbnfElement Sequence(params IEnumerable<GbnfElement> items)
    {
        var parts = new List<GbnfElement>();
        foreach (GbnfElement item in items)
        {
            if (item == Empty) continue;
            if (item.IsLiteral && parts.Count > 0 && parts[^1].IsLiteral) parts[^1] = parts[^1] with { Text = parts[^1].Text[..^1] + item.Text[1..] };
            else parts.Add(item);
        }
        return parts.Count switch
        {
            0 => Empty,
            1 => parts[0],
            _ => new GbnfElement(string.Join(' ', parts.Select(part => part.InSequence)), GbnfBinding.Sequence),
        };
    }

    public static GbnfElement Choice(params IEnumerable<GbnfElement> options)
    {
        GbnfElement[] parts = [.. options.Distinct()];
        return parts.Length == 1 ? parts[0] : new GbnfElement(string.Join(" | ", parts.Select(part => part.Text)), GbnfBinding.Choice);
    }

    public GbnfElement Optional() => this == Empty ? this : new GbnfElement(AsSymbol + "?", GbnfBinding.Sequence);

    private static string InClass(int codePoint) => codePoint switch
    {
        '\\' or ']' or '[' or '-' => "\\" + (char)codePoint,
        > ' ' and < 0x7F and not '^' and not '"' => ((char)codePoint).ToString(),
        _ => Escape(codePoint),
    };

    private static string Escape(int codePoint) => codePoint switch
    {
        '\t' => "\\t",
        '\n' => "\\n",
        '\r' => "\\r",
        < 0x100 => "\\x" + codePoint.ToString("X2", CultureInfo.InvariantCulture),
        < 0x10000 => "\\u" + codePoint.ToString("X4", CultureInfo.InvariantCulture),
        _ => "\\U" + codePoint.ToString("X8", CultureInfo.InvariantCulture),
    };
}
