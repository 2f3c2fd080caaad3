using System.Text;

namespace Cria.Text.Chats;

/// <summary>The arguments as Gemma 4 writes them: like JSON, with bare keys and with texts between <c>&lt;|"|&gt;</c>.</summary>
internal sealed class Gemma4ArgumentsPart : ToolNotationPart
{
    /// <summary>What stands before and after a text.</summary>
    public const string Quote = "<|\"|>";

    private static readonly ChatReaderStops QuoteStops = new(Quote);
    private static readonly ChatReaderStops PunctuationStops = new(Quote, "{", "}", "[", "]", ",", ":");

    public override string Gbnf(ToolNotationGrammar grammar, ChatTool tool) =>
        new Gemma4Values(grammar, tool).Object(ToolParameters.AsObject(tool.Parameters), $"{grammar.Prefix(tool)}-arguments");

    public override ToolNotationPartReader CreateReader() => new Reader();

    public override IEnumerable<string> Marks => [Quote];

    private sealed class Reader : ToolNotationPartReader
    {
        private readonly Stack<bool> _isObject = new();
        private bool _isInText;
        private bool _isKey;
        private bool _isBegun;
        private string _word = "";

        public override Progress Read(ChatReaderText text, CallInProgress call)
        {
            if (!_isBegun)
            {
                if (!text.SkipWhitespace()) return text.IsComplete ? Progress.Failed : Progress.NeedsMore;
                if (text.Unread[0] != '{') return Progress.Failed;
                _isBegun = true;
                call.Announce();
            }

            while (true)
            {
                int length = text.LengthBefore(_isInText ? QuoteStops : PunctuationStops, out string? stop);
                if (_isInText) call.Append(JsonText.Escape(text.Take(length)));
                else if (stop is not null) _word = text.Take(length).Trim();
                if (stop is null) return text.IsComplete ? Progress.Failed : Progress.NeedsMore;
                text.Skip(stop.Length);
                call.Append(Json(stop));
                if (_isObject.Count == 0) return Progress.Done;
            }
        }

        public override void BreakOff(ChatReaderText text, CallInProgress call) => call.Append(text.Take(text.Unread.Length));

        private string Json(string stop)
        {
            var json = new StringBuilder(stop == Quote ? "\"" : stop);
            switch (stop)
            {
                case Quote:
                    _isInText = !_isInText;
                    break;
                case "{" or "[":
                    _isObject.Push(stop == "{");
                    _isKey = stop == "{";
                    break;
                case ":" when _isKey:
                    _isKey = false;
                    return JsonText.Quote(_word) + ":";
                case "}" or "]":
                    _isObject.Pop();
                    _isKey = false;
                    break;
                case ",":
                    _isKey = _isObject.Peek();
                    break;
            }

            // A number or a word stands before what ends it.
            return stop is "}" or "]" or "," or ":" ? _word + json : json.ToString();
        }
    }
}
