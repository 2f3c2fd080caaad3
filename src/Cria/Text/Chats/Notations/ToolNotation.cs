namespace Cria.Text.Chats;

/// <summary>
/// How a family of models writes tool calls: what stands around and between them, and the parts of one call in their order. From
/// this alone the calls are found in the answer, read, and forced by a grammar.
/// </summary>
internal sealed record ToolNotation(string Family, params IReadOnlyList<ToolNotationPart> Call)
{
    /// <summary>What comes before the first call; it may be missing where a call has a beginning of its own.</summary>
    public string Open { get; init; } = "";

    /// <summary>What comes after the last call; the answer may end without it.</summary>
    public string Close { get; init; } = "";

    /// <summary>The calls are a list in square brackets, between <see cref="Open"/> and <see cref="Close"/>.</summary>
    public bool IsList { get; init; }

    /// <summary>What comes between two calls.</summary>
    public string Separator { get; init; } = "";

    /// <summary>Nothing marks a call but its own shape: it is one if the answer begins with it and it names a tool.</summary>
    public bool IsBare { get; init; }

    /// <summary>Other texts with which calls may begin, besides <see cref="Open"/>.</summary>
    public IReadOnlyList<string> OtherOpens { get; init; } = [];

    /// <summary>Texts with which a model may begin a call besides, but which mean other things too: no grammar takes over there.</summary>
    public IReadOnlyList<string> DoubtfulOpens { get; init; } = [];

    /// <summary>The model can write several calls in one answer.</summary>
    public bool AllowsSeveral { get; init; } = true;

    /// <summary>The form of the ids that this family's templates take.</summary>
    public ToolCallIdForm Ids { get; init; }

    /// <summary>Texts that end an answer and that are no end-of-generation tokens in every model file.</summary>
    public IReadOnlyList<string> StopTexts { get; init; } = [];

    /// <summary>The messages of an answer, where each has a header that tells what it is.</summary>
    public ChannelNotation? Channels { get; init; }

    /// <summary>The beginnings of the calls in an answer.</summary>
    public IReadOnlyList<string> Opens => [.. SureOpens, .. DoubtfulOpens];

    /// <summary>The texts at which a grammar takes over: from there on, the answer is calls of these tools.</summary>
    public IReadOnlyList<string> Triggers(IReadOnlyList<ChatTool> tools)
    {
        IEnumerable<string> triggers = Channels is { } channels ? tools.SelectMany(channels.CallBegins) : SureOpens;
        if (IsBare) triggers = triggers.Concat(tools.SelectMany(tool => Call.OfType<JsonCallPart>().SelectMany(part => part.Begins(tool))));
        return [.. triggers.Distinct()];
    }

    // The text before the first call, and the literals with which a call itself begins, as far as they can be missing.
    private IEnumerable<string> SureOpens
    {
        get
        {
            if (Open.Trim().Length > 0) yield return Open.Trim();
            foreach (string open in OtherOpens) yield return open;
            foreach (ToolNotationPart part in Call)
            {
                if (part is not LiteralPart literal) yield break;
                yield return literal.Core;
                if (!literal.IsOptional) yield break;
            }
        }
    }

    /// <summary>
    /// The fixed texts of the notation: control tokens that occur in them are part of the text which the reader and the grammar see.
    /// </summary>
    public IEnumerable<string> Marks =>
        [Open, Close, Separator, .. Opens, .. StopTexts, .. Channels?.Marks ?? [], .. Call.SelectMany(part => part.Marks)];
}
