namespace Cria;

/// <summary>A piece of a message's content, for messages that come in several pieces.</summary>
/// <param name="Text">The text of the piece.</param>
public sealed record ChatContentPart(string Text);
