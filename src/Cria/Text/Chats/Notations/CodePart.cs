namespace Cria.Text.Chats;

/// <summary>Code as it is, for the tool that runs code: the models that know such a tool from their training call it so.</summary>
/// <param name="ends">What comes after the code, unless the answer ends with it.</param>
internal sealed class CodePart(params IReadOnlyList<string> ends) : ToolNotationPart
{
    private static readonly string[] Tools = ["python", "code_interpreter", "ipython"];

    private readonly ChatReaderStops _stops = new(ends);

    public override string Gbnf(ToolNotationGrammar grammar, ChatTool tool) => "[^{ \\n] [^\\x00]*";

    public override ToolNotationPartReader CreateReader() => new Reader(_stops);

    /// <summary>Whether a tool runs code.</summary>
    public static bool IsFor(string tool) => Tools.Contains(tool);

    /// <summary>The tool that runs code, if there is one.</summary>
    public static string? Tool(CallInProgress call) => call.Name is { } named && IsFor(named) ? named : Tools.FirstOrDefault(call.Offers);

    private sealed class Reader(ChatReaderStops stops) : ToolNotationPartReader
    {
        private bool _isBegun;

        public override Progress Read(ChatReaderText text, CallInProgress call)
        {
            if (!_isBegun)
            {
                call.Name = Tool(call);
                if (call.Name is null) return Progress.Failed;
                call.Announce();
                string parameter = call.Tool is { } tool && ToolParameters.Names(tool) is [var first, ..] ? first.Name : "code";
                call.Append($"{{{JsonText.Quote(parameter)}:\"");
                _isBegun = true;
            }

            call.Append(JsonText.Escape(text.Take(text.LengthBefore(stops, out string? stop))));
            if (stop is null && !text.IsComplete) return Progress.NeedsMore;
            call.Append("\"}");
            return Progress.Done;
        }
    }
}
