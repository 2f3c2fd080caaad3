namespace Cria.Text.Chats;

/// <summary>How a family of models marks what it thinks before it answers.</summary>
/// <param name="Open">What begins the reasoning; a model may write any of them.</param>
/// <param name="Close">What ends it.</param>
internal sealed record ReasoningNotation(IReadOnlyList<string> Open, IReadOnlyList<string> Close)
{
    public static ReasoningNotation None { get; } = new([], []);

    public ReasoningNotation(string open, string close) : this([open], [close])
    {
    }

    /// <summary>Marks around the answer itself, which are no part of it.</summary>
    public IReadOnlyList<string> AnswerMarks { get; init; } = [];

    /// <summary>The marks are control tokens, so that reasoning may begin anywhere; else it begins at the beginning only.</summary>
    public bool OpensAnywhere { get; init; }

    /// <summary>A call in the middle of reasoning ends it: these models forget to close it.</summary>
    public bool EndsWithCall { get; init; }
}
