using System.Globalization;
using System.Text;

namespace Cria.Text.Chats;

/// <summary>Reads values as Python writes them.</summary>
internal static class PythonText
{
    /// <summary>A Python value as JSON: words and quotes are translated, all else stays as it is.</summary>
    public static string ToJson(string python)
    {
        var json = new StringBuilder(python.Length);
        for (int i = 0; i < python.Length;)
        {
            char c = python[i];
            int length = c is '"' or '\'' ? StringLength(python, i) : WordLength(python, i);
            string token = python.Substring(i, Math.Max(length, 1));
            json.Append(c is '"' or '\'' ? JsonText.Quote(Unquote(token)) : token switch
            {
                "True" => "true",
                "False" => "false",
                "None" => "null",
                _ => token,
            });
            i += token.Length;
        }

        return json.ToString();
    }

    private static int WordLength(string text, int start)
    {
        int end = start;
        while (end < text.Length && (char.IsLetterOrDigit(text[end]) || text[end] == '_')) end++;
        return end - start;
    }

    private static int StringLength(string text, int start)
    {
        for (int i = start + 1; i < text.Length; i++)
        {
            if (text[i] == '\\') i++;
            else if (text[i] == text[start]) return i + 1 - start;
        }

        return text.Length - start;
    }

    private static string Unquote(string quoted)
    {
        bool isClosed = quoted.Length > 1 && quoted[^1] == quoted[0];
        ReadOnlySpan<char> inner = quoted.AsSpan(1, quoted.Length - (isClosed ? 2 : 1));
        var text = new StringBuilder(inner.Length);
        for (int i = 0; i < inner.Length; i++)
        {
            if (inner[i] != '\\' || i + 1 == inner.Length)
            {
                text.Append(inner[i]);
                continue;
            }

            char escape = inner[++i];
            int digits = escape switch { 'x' => 2, 'u' => 4, 'U' => 8, _ => 0 };
            if (digits > 0 && i + digits < inner.Length && CodePoint(inner.Slice(i + 1, digits)) is { } character)
            {
                text.Append(character);
                i += digits;
                continue;
            }

            text.Append(escape switch
            {
                'n' => "\n",
                't' => "\t",
                'r' => "\r",
                'b' => "\b",
                'f' => "\f",
                '\n' => "",
                '\\' or '\'' or '"' or '/' => $"{escape}",
                _ => $"\\{escape}",
            });
        }

        return text.ToString();
    }

    private static string? CodePoint(ReadOnlySpan<char> hex) =>
        int.TryParse(hex, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int value)
            ? value < 0x10000 ? $"{(char)value}" : value <= 0x10FFFF ? char.ConvertFromUtf32(value) : null
            : null;
}
