namespace Cria.Text.Templates.Syntax;

/// <summary>The text of a template with its line ends made alike, and the lines and columns in it.</summary>
internal sealed class SourceText(string source)
{
    /// <summary>The text, with every line end a line feed; the last one is not part of it.</summary>
    public string Text { get; } = Normalized(source);

    public TemplateException Fail(int position, string problem)
    {
        ReadOnlySpan<char> before = Text.AsSpan(0, Math.Clamp(position, 0, Text.Length));
        int line = before.Count('\n') + 1;
        return new TemplateException(line, before.Length - before.LastIndexOf('\n'), problem);
    }

    private static string Normalized(string source)
    {
        string text = source.Contains('\r') ? source.Replace("\r\n", "\n").Replace('\r', '\n') : source;
        return source.EndsWith('\n') ? text[..^1] : text;
    }
}
