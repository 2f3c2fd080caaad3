using System.Buffers;
using System.Text;

namespace Cria.Cli;

/// <summary>Writes text so that its spaces, line breaks, control characters and halves of characters can be seen.</summary>
internal static class Visible
{
    /// <summary>The text of a token, which may be a part of a character: 'é' or '\xC3'.</summary>
    public static string InQuotes(ReadOnlySpan<byte> utf8)
    {
        var visible = new StringBuilder("'");
        while (!utf8.IsEmpty)
        {
            bool isWhole = Rune.DecodeFromUtf8(utf8, out Rune rune, out int length) == OperationStatus.Done;
            if (isWhole) Append(visible, rune);
            else AppendBytes(visible, utf8[..length]);
            utf8 = utf8[length..];
        }

        return visible.Append('\'').ToString();
    }

    public static string OnOneLine(string text)
    {
        var visible = new StringBuilder(text.Length);
        foreach (Rune rune in text.EnumerateRunes()) Append(visible, rune);
        return visible.ToString();
    }

    private static void Append(StringBuilder visible, Rune rune)
    {
        _ = rune.Value switch
        {
            '\n' => visible.Append("\\n"),
            '\r' => visible.Append("\\r"),
            '\t' => visible.Append("\\t"),
            int value when Rune.IsControl(rune) => visible.Append($"\\x{value:X2}"),
            _ => visible.Append(rune.ToString()),
        };
    }

    private static void AppendBytes(StringBuilder visible, ReadOnlySpan<byte> bytes)
    {
        foreach (byte value in bytes) visible.Append($"\\x{value:X2}");
    }
}
