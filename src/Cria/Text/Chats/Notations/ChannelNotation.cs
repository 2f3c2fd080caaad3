namespace Cria.Text.Chats;

/// <summary>What a message of an answer is.</summary>
internal enum ChannelKind
{
    Answer,
    Reasoning,
    Call,
}

/// <summary>What a header says.</summary>
/// <param name="Kind">The kind of its message.</param>
/// <param name="Tool">The tool that is called; where the message is no call by its kind, it is one if there is a tool of this name.</param>
internal readonly record struct Channel(ChannelKind Kind, string? Tool = null);

/// <summary>How the messages of an answer are told apart, where a model writes several, each with a header.</summary>
/// <param name="Begin">What comes before a header.</param>
/// <param name="HeaderEnd">What comes after a header.</param>
/// <param name="Ends">What comes after a message.</param>
/// <param name="Read">What a header means; null where it is none.</param>
internal sealed record ChannelNotation(string Begin, string HeaderEnd, IReadOnlyList<string> Ends, Func<string, Channel?> Read)
{
    /// <summary>With what a header can begin; anything else at the beginning of an answer is the answer itself.</summary>
    public IReadOnlyList<string> HeaderBegins { get; init; } = [];

    /// <summary>The texts with which a call of a tool begins.</summary>
    public required Func<ChatTool, IEnumerable<string>> CallBegins { get; init; }

    /// <summary>The header of a tool's call with its end, as GBNF.</summary>
    public required Func<ToolNotationGrammar, ChatTool, string> CallHeader { get; init; }

    /// <summary>The reasoning that may come before a forced call, as GBNF.</summary>
    public Func<ToolNotationGrammar, string>? ReasoningBefore { get; init; }

    /// <summary>The fixed texts besides <see cref="Begin"/>, <see cref="HeaderEnd"/> and <see cref="Ends"/>.</summary>
    public IReadOnlyList<string> OtherMarks { get; init; } = [];

    public IEnumerable<string> Marks => [Begin, HeaderEnd, .. Ends, .. OtherMarks];
}
