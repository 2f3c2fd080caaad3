namespace Cria.Text.Chats;

/// <summary>How a model writes what is no plain answer: its tool calls and its reasoning.</summary>
internal sealed record ChatNotation(ToolNotation Tools, ReasoningNotation Reasoning)
{
    /// <summary>The control tokens among these texts that the reader and the grammar must see, written out.</summary>
    public IEnumerable<string> VisibleTokens(IEnumerable<string> controlTokens)
    {
        string[] marks = [.. Tools.Marks, .. Reasoning.Open, .. Reasoning.Close, .. Reasoning.AnswerMarks];
        return controlTokens.Where(token => token.Length > 0 && marks.Any(mark => mark.Contains(token, StringComparison.Ordinal)));
    }
}
