using System.Text;
using Cria.Text.Templates;

namespace Cria.Text.Chats;

/// <summary>Puts together a prompt out of pieces and keeps which of them came from outside.</summary>
internal sealed class PromptBuilder
{
    private readonly StringBuilder _text = new();
    private readonly List<Range> _input = [];

    public PromptBuilder Append(string text)
    {
        _text.Append(text);
        return this;
    }

    public PromptBuilder AppendInput(string? text)
    {
        if (!string.IsNullOrEmpty(text)) _input.Add(_text.Length..(_text.Length + text.Length));
        return Append(text ?? "");
    }

    public PromptBuilder Append(RenderedText text) => Append(text, 0, text.Text.Length);

    /// <summary>Appends the part of a text from one place to another.</summary>
    public PromptBuilder Append(RenderedText text, int start, int end)
    {
        int shift = _text.Length - start;
        _text.Append(text.Text, start, end - start);
        foreach (Range range in text.Input)
        {
            int low = Math.Max(range.Start.GetOffset(text.Text.Length), start);
            int high = Math.Min(range.End.GetOffset(text.Text.Length), end);
            if (low < high) _input.Add((low + shift)..(high + shift));
        }
        return this;
    }

    public RenderedText ToPrompt() => new(_text.ToString(), _input);
}
