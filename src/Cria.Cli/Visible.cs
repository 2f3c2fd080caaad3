using System.Text;

namespace Cria.Cli;

/// <summary>Writes text so that its spaces, line breaks and control characters can be seen.</summary>
internal static class Visible
{
    public static string InQuotes(string text) => $"'{OnOneLine(text)}'";

    public static string OnOneLine(string text)
    {
        var visible = new StringBuilder();
        foreach (char c in text)
        {
            _ = c switch
            {
                '\n' => visible.Append("\\n"),
                '\r' => visible.Append("\\r"),
                '\t' => visible.Append("\\t"),
                _ when char.IsControl(c) => visible.Append($"\\x{(int)c:X2}"),
                _ => visible.Append(c),
            };
        }

        return visible.ToString();
    }
}
