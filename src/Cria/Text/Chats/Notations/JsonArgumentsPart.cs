namespace Cria.Text.Chats;

/// <summary>The arguments as one JSON object, which is passed on as it comes.</summary>
internal sealed class JsonArgumentsPart : ToolNotationPart
{
    public override string Gbnf(ToolNotationGrammar grammar, ChatTool tool) => grammar.Arguments(tool);

    /// <summary>What the model may write instead.</summary>
    public InsteadOfJson? Instead { get; init; }

    public override ToolNotationPartReader CreateReader() => Instead is null ? new Reader() : Instead.CreateReader(new Reader());

    private sealed class Reader : ToolNotationPartReader
    {
        private JsonScanner _scanner;
        private bool _isBegun;

        public override Progress Read(ChatReaderText text, CallInProgress call)
        {
            if (!_isBegun)
            {
                if (!text.SkipWhitespace()) return text.IsComplete ? Progress.Failed : Progress.NeedsMore;
                if (text.Unread[0] != '{') return Progress.Failed;
                _isBegun = true;
                call.Announce();
            }

            call.Append(text.Take(_scanner.Scan(text.Unread)));
            return _scanner.IsDone ? Progress.Done : text.IsComplete ? Progress.Failed : Progress.NeedsMore;
        }
    }
}
