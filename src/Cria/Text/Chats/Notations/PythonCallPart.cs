namespace Cria.Text.Chats;

/// <summary>A whole call as Python writes it: <c>name(argument=value)</c>, also as <c>name.call(…)</c> and inside of <c>print(…)</c>.</summary>
internal sealed class PythonCallPart : ToolNotationPart
{
    private const string Print = "print(", Method = ".call";

    // No name is longer.
    private const int LongestName = 256;

    private readonly PythonArgumentsPart _arguments = new();

    public override string Gbnf(ToolNotationGrammar grammar, ChatTool tool) =>
        $"{grammar.Exactly(tool.Name)} {grammar.Exactly(Method)}? \"(\" {_arguments.Gbnf(grammar, tool)} \")\"";

    public override ToolNotationPartReader CreateReader() => new Reader(_arguments.CreateReader());

    /// <summary>Whether a text begins with a call of a tool that there is.</summary>
    public static Fit Begins(ChatReaderText text, CallInProgress call)
    {
        ReadOnlySpan<char> unread = text.Unread;
        Fit print = text.Begins(Print);
        if (print == Fit.Yes) unread = unread[Print.Length..];
        int length = NameLength(unread);
        if (length == unread.Length) return text.IsComplete || length > LongestName ? Fit.No : Fit.Perhaps;
        return unread[length] == '(' && call.Offers(Name(unread[..length])) ? Fit.Yes : Fit.No;
    }

    private static int NameLength(ReadOnlySpan<char> text)
    {
        int length = 0;
        while (length < text.Length && (char.IsLetterOrDigit(text[length]) || text[length] is '_' or '.' or '-')) length++;
        return length;
    }

    private static string Name(ReadOnlySpan<char> written) => written.EndsWith(Method) ? written[..^Method.Length].ToString() : written.ToString();

    private sealed class Reader(ToolNotationPartReader arguments) : ToolNotationPartReader
    {
        private bool _isPrinted;
        private bool _isNamed;
        private bool _isClosed;

        public override Progress Read(ChatReaderText text, CallInProgress call)
        {
            if (!_isNamed)
            {
                Fit begins = Begins(text, call);
                if (begins != Fit.Yes) return begins == Fit.Perhaps ? Progress.NeedsMore : Progress.Failed;
                _isPrinted = text.Skip(Print) == Fit.Yes;
                int length = NameLength(text.Unread);
                call.Name = Name(text.Take(length));
                text.Skip("(".Length);
                _isNamed = true;
            }

            if (!_isClosed)
            {
                Progress progress = arguments.Read(text, call);
                if (progress != Progress.Done) return progress;
                text.Skip(")".Length);
                _isClosed = true;
            }

            if (!_isPrinted) return Progress.Done;
            if (!text.SkipWhitespace() && !text.IsComplete) return Progress.NeedsMore;
            text.Skip(")");
            return Progress.Done;
        }

        public override void BreakOff(ChatReaderText text, CallInProgress call)
        {
            if (_isNamed && !_isClosed) arguments.BreakOff(text, call);
        }
    }
}
