namespace Cria.Text.Chats;

/// <summary>What a model writes instead of JSON where JSON is expected: a call in Python, or code for the tool that runs code.</summary>
/// <param name="python">The call in Python, where the model may write it.</param>
/// <param name="code">The code, where the model may write it.</param>
internal sealed class InsteadOfJson(PythonCallPart? python, CodePart? code)
{
    /// <summary>The further forms of a call, each after a bar.</summary>
    public string Gbnf(ToolNotationGrammar grammar, ChatTool tool)
    {
        string call = python is null ? "" : $" | {python.Gbnf(grammar, tool)}";
        return code is null || !CodePart.IsFor(tool.Name) ? call : $"{call} | {code.Gbnf(grammar, tool)}";
    }

    /// <summary>Whether another call begins here that is no JSON.</summary>
    public Fit Begins(ChatReaderText text, CallInProgress call) => python is null ? Fit.No : PythonCallPart.Begins(text, call);

    /// <summary>A reader that finds out what is written.</summary>
    /// <param name="json">Reads JSON, and says that it is none where it is something that nobody knows.</param>
    public ToolNotationPartReader CreateReader(ToolNotationPartReader json) => new Reader(python, code, json);

    private sealed class Reader(PythonCallPart? python, CodePart? code, ToolNotationPartReader json) : ToolNotationPartReader
    {
        private ToolNotationPartReader? _reader;

        public override Progress Read(ChatReaderText text, CallInProgress call)
        {
            if (_reader is null)
            {
                if (!text.SkipWhitespace()) return text.IsComplete ? Progress.Failed : Progress.NeedsMore;
                bool isJson = text.Unread[0] is '{' or '[';
                Fit isPython = isJson || python is null ? Fit.No : PythonCallPart.Begins(text, call);
                if (isPython == Fit.Perhaps) return Progress.NeedsMore;
                if (isPython == Fit.Yes) _reader = python!.CreateReader();
                else _reader = isJson || code is null || CodePart.Tool(call) is null ? json : code.CreateReader();
            }

            return _reader.Read(text, call);
        }

        public override void BreakOff(ChatReaderText text, CallInProgress call) => _reader?.BreakOff(text, call);
    }
}
