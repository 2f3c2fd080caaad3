namespace Cria.Text.Chats;

/// <summary>What a model may write once it calls tools.</summary>
/// <param name="Gbnf">The grammar of the calls, with the text that triggers it.</param>
/// <param name="Triggers">
/// The texts at which the grammar takes over, beginning with the text itself: that which begins first counts, and the longest of
/// those. Without any, it holds from the first token on. They are to be looked for in the end of the prompt too, and not inside of
/// reasoning.
/// </param>
internal sealed record ToolConstraint(string Gbnf, IReadOnlyList<string> Triggers)
{
    /// <summary>A grammar that takes over when the model begins to call a tool.</summary>
    public static ToolConstraint WhenCalling(ChatNotation notation, IReadOnlyList<ChatTool> tools, bool allowsSeveral = true)
    {
        var grammar = new ToolNotationGrammar();
        return new ToolConstraint(grammar.Gbnf(Calls(notation.Tools, tools, allowsSeveral, grammar)), notation.Tools.Triggers(tools));
    }

    /// <summary>A grammar that makes the model call a tool, after it has thought if it does so.</summary>
    /// <param name="notation">How the model writes.</param>
    /// <param name="tools">The tools that it may call; one, to make it call this one.</param>
    /// <param name="isReasoning">The prompt has begun the reasoning already.</param>
    /// <param name="allowsSeveral">Whether it may call several tools at once.</param>
    public static ToolConstraint Always(ChatNotation notation, IReadOnlyList<ChatTool> tools, bool isReasoning, bool allowsSeveral = true)
    {
        var grammar = new ToolNotationGrammar();
        string before = Reasoning(notation, isReasoning, grammar);
        return new ToolConstraint(grammar.Gbnf($"{before} {grammar.Space} {Calls(notation.Tools, tools, allowsSeveral, grammar)}"), []);
    }

    private static string Reasoning(ChatNotation notation, bool isReasoning, ToolNotationGrammar grammar)
    {
        if (notation.Tools.Channels is { } channels) return channels.ReasoningBefore?.Invoke(grammar) ?? "";
        ReasoningNotation reasoning = notation.Reasoning;
        if (reasoning.Close is not [var close, ..]) return "";
        // A model that does not think may end the reasoning that it never began.
        string thought = isReasoning
            ? grammar.Until(close)
            : $"( ( {Choice(reasoning.Open, grammar)} ) {grammar.Until(close)} | {grammar.Exactly(close)} )?";
        return reasoning.AnswerMarks.Count == 0 ? thought : $"{thought} ( {grammar.Space} ( {Choice(reasoning.AnswerMarks, grammar)} ) )*";
    }

    private static string Choice(IEnumerable<string> texts, ToolNotationGrammar grammar) =>
        string.Join(" | ", texts.Select(grammar.Literal));

    private static string Calls(ToolNotation notation, IReadOnlyList<ChatTool> tools, bool allowsSeveral, ToolNotationGrammar grammar)
    {
        var rules = tools.Select(tool => grammar.Rule(grammar.Prefix(tool), Call(notation, tool, grammar)));
        string calls = grammar.Rule("call", string.Join(" | ", rules));
        if (allowsSeveral && notation.AllowsSeveral)
        {
            string separator = notation.Separator.Trim().Length > 0 ? grammar.Literal(notation.Separator) : grammar.Space;
            calls = $"{calls} ( {separator} {calls} )*";
        }

        if (notation.IsList) calls = $"\"[\" {grammar.Space} {calls} {grammar.Space} \"]\"";
        string[] opens = [.. notation.OtherOpens.Prepend(notation.Open).Where(open => open.Trim().Length > 0)];
        if (opens.Length == 0) return calls;
        string close = notation.Close.Length > 0 ? $"{grammar.Space} {grammar.Literal(notation.Close)}" : "";
        string section = $"( {Choice(opens, grammar)} ) {grammar.Space} {calls} {close}";
        // Calls that begin with a mark of their own, or are known by their shape, can do without the section.
        return notation.IsBare || notation.Call[0] is LiteralPart ? $"( {section} | {calls} )" : section;
    }

    private static string Call(ToolNotation notation, ChatTool tool, ToolNotationGrammar grammar)
    {
        // Of what may be missing, only the beginning may: when it did, that was before the grammar.
        string body = string.Join(' ', notation.Call.Select((part, i) =>
            i == 0 && part is LiteralPart { IsOptional: true } ? $"( {part.Gbnf(grammar, tool)} )?" : part.Gbnf(grammar, tool)));
        return notation.Channels is { } channels
            ? $"( {grammar.Exactly(channels.Begin)} )? {channels.CallHeader(grammar, tool)} {body}"
            : body;
    }
}
