namespace Cria.Text.Templates;

/// <summary>What a template rendered.</summary>
/// <param name="Text">The whole text.</param>
/// <param name="Input">
/// The ranges of the text that came from the caller's data, in order: control tokens spelled there are no control tokens.
/// </param>
internal sealed record RenderedText(string Text, IReadOnlyList<Range> Input);
