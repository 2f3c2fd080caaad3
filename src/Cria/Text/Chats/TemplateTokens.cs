using System.Text;
using Cria.Text.Templates;

namespace Cria.Text.Chats;

/// <summary>The tokens around a text, as templates write them.</summary>
/// <param name="Bos">What is written where a text begins.</param>
/// <param name="Eos">What is written where a text ends.</param>
/// <param name="AddsBos">Whether the tokenizer puts the first one before a text by itself.</param>
/// <param name="AddsEos">Whether the tokenizer puts the last one after a text by itself.</param>
internal sealed record TemplateTokens(string Bos, string Eos, bool AddsBos = false, bool AddsEos = false)
{
    public static TemplateTokens Of(Tokenizer tokenizer)
    {
        return new(Piece(tokenizer.Bos), Piece(tokenizer.Eos), tokenizer.AddBos, tokenizer.AddEos);

        string Piece(int? token) => token is { } id ? Encoding.UTF8.GetString(tokenizer.PieceBytes(id, special: true)) : "";
    }

    /// <summary>Takes the tokens off the ends of a prompt that the tokenizer would write a second time.</summary>
    public RenderedText TakeOff(RenderedText prompt)
    {
        int start = AddsBos && prompt.Text.StartsWith(Bos, StringComparison.Ordinal) ? Bos.Length : 0;
        bool endsTwice = AddsEos && prompt.Text.AsSpan(start).EndsWith(Eos, StringComparison.Ordinal);
        int end = prompt.Text.Length - (endsTwice ? Eos.Length : 0);
        return start == 0 && end == prompt.Text.Length ? prompt : new PromptBuilder().Append(prompt, start, end).ToPrompt();
    }
}
