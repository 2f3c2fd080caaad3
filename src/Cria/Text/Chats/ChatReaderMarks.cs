namespace Cria.Text.Chats;

/// <summary>What begins with a mark in a model's text.</summary>
internal enum MarkKind
{
    /// <summary>Nothing: the mark itself is no part of the answer.</summary>
    Answer,
    Reasoning,
    Call,
    Header,
}

/// <summary>The marks to look for in each part of an answer.</summary>
internal sealed class ChatReaderMarks
{
    private readonly Dictionary<string, MarkKind> _kinds = [];

    public ChatReaderMarks(ChatNotation notation, bool readsCalls)
    {
        ReasoningNotation reasoning = notation.Reasoning;
        ChannelNotation? channels = notation.Tools.Channels;
        IReadOnlyList<string> calls = readsCalls && channels is null ? notation.Tools.Opens : [];
        string[] ends = [.. channels?.Ends ?? []];
        string[] headers = channels is null ? [] : [channels.Begin];

        Add(MarkKind.Answer, [.. reasoning.Close, .. reasoning.AnswerMarks, .. ends]);
        Add(MarkKind.Reasoning, reasoning.Open);
        Add(MarkKind.Header, headers);
        Add(MarkKind.Call, calls);

        string[] anywhere = [.. reasoning.AnswerMarks, .. ends, .. headers];
        InPrompt = new ChatReaderStops([.. reasoning.Open, .. reasoning.Close, .. anywhere]);
        AtStart = new ChatReaderStops([.. reasoning.Open, .. reasoning.Close, .. anywhere, .. calls]);
        InAnswer = reasoning.OpensAnywhere ? AtStart : new ChatReaderStops([.. anywhere, .. calls]);
        InReasoning = new ChatReaderStops([.. reasoning.Close, .. ends, .. headers, .. reasoning.EndsWithCall ? calls : []]);
        HeaderEnd = new ChatReaderStops(channels?.HeaderEnd ?? "");
    }

    public ChatReaderStops InReasoning { get; }

    public ChatReaderStops HeaderEnd { get; }

    public ChatReaderStops InPrompt { get; }

    /// <summary>While nothing has been answered yet.</summary>
    public ChatReaderStops AtStart { get; }

    public ChatReaderStops InAnswer { get; }

    public MarkKind Kind(string mark) => _kinds[mark];

    private void Add(MarkKind kind, IReadOnlyList<string> marks)
    {
        foreach (string mark in marks.Where(mark => mark.Length > 0)) _kinds[mark] = kind;
    }
}
