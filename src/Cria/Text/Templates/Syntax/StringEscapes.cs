using System.Globalization;
using System.Text;

namespace Cria.Text.Templates.Syntax;

/// <summary>The escapes in the strings of a template, which are those of Python.</summary>
internal static class StringEscapes
{
    public static string Resolve(ReadOnlySpan<char> text)
    {
        if (!text.Contains('\\')) return text.ToString();
        var resolved = new StringBuilder(text.Length);
        while (text.IndexOf('\\') is var backslash and >= 0)
        {
            resolved.Append(text[..backslash]);
            text = text[(backslash + 1)..];
            text = text[AppendEscape(text, resolved)..];
        }
        return resolved.Append(text).ToString();
    }

    // Appends what the text after a backslash stands for, and returns how much of it that was.
    private static int AppendEscape(ReadOnlySpan<char> text, StringBuilder resolved)
    {
        switch (text[0])
        {
            case '\n': return 1;
            case 'x': return AppendCodePoint(text, 2, resolved);
            case 'u': return AppendCodePoint(text, 4, resolved);
            case 'U': return AppendCodePoint(text, 8, resolved);
            case >= '0' and <= '7': return AppendOctal(text, resolved);
        }
        int simple = "ntrbfva\\'\"".IndexOf(text[0]);
        if (simple < 0) resolved.Append('\\').Append(text[0]); // Python keeps the backslash of an escape that it does not know
        else resolved.Append("\n\t\r\b\f\v\a\\'\""[simple]);
        return 1;
    }

    private static int AppendCodePoint(ReadOnlySpan<char> text, int digits, StringBuilder resolved)
    {
        if (text.Length > digits && uint.TryParse(text.Slice(1, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint code))
        {
            if (Rune.IsValid(code)) resolved.Append(new Rune(code).ToString());
            else if (code <= char.MaxValue) resolved.Append((char)code);
            else resolved.Append(Rune.ReplacementChar.ToString());
            return digits + 1;
        }
        resolved.Append('\\').Append(text[0]);
        return 1;
    }

    private static int AppendOctal(ReadOnlySpan<char> text, StringBuilder resolved)
    {
        int length = 0;
        int code = 0;
        while (length < Math.Min(3, text.Length) && text[length] is >= '0' and <= '7') code = (code * 8) + text[length++] - '0';
        resolved.Append((char)code);
        return length;
    }
}
