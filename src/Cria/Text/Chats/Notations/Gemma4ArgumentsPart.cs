using System.Text;

namespace Cria.Text.Chats;

/// <summary>The arguments as Gemma 4 writes them: like JSON, with bare keys and with texts between <c>&lt;|"|&gt;</c>.</summary>
internal sealed class Gemma4ArgumentsPart : ToolNotationPart
{
    private const string Quote = "<|\"|>";

    private const string Number = "\"-\"? [0-9]+ ( \".\" [0-9]+ )?";

    private static readonly ChatReaderStops QuoteStops = new(Quote);
    private static readonly ChatReaderStops PunctuationStops = new(Quote, "{", "}", "[", "]", ",", ":");

    // The notation has no form for most of what a schema can ask; it is kept to its own shape, as its authors do.
    public override string Gbnf(ToolNotationGrammar grammar, ChatTool tool)
    {
        string text = grammar.Rule("gemma-text", $"{grammar.Exactly(Quote)} {grammar.Until(Quote)}");
        grammar.Rule("gemma-list", "\"[\" ( gemma-value ( \",\" gemma-value )* )? \"]\"");
        grammar.Rule("gemma-object", "\"{\" ( gemma-member ( \",\" gemma-member )* )? \"}\"");
        grammar.Rule("gemma-member", "[^:{}]+ \":\" gemma-value");
        grammar.Rule("gemma-value", $"{text} | gemma-list | gemma-object | {Number} | \"true\" | \"false\" | \"null\"");
        var members = ToolParameters.Names(tool).Select(parameter =>
        {
            JsonKinds kinds = ToolParameters.Kinds(tool, ToolParameters.Schema(tool, parameter.Name));
            string member = $"{grammar.Exactly(parameter.Name + ":")} {Value(kinds)}";
            return (Rule: grammar.Rule($"{grammar.Prefix(tool)}-{parameter.Name}", member), parameter.IsRequired);
        });
        return $"\"{{\" {grammar.AnyOrder($"{grammar.Prefix(tool)}-arguments", [.. members], separator: "\",\"")} \"}}\"";
    }

    private static string Value(JsonKinds kinds)
    {
        (JsonKinds Kind, string Rule)[] forms =
        [
            (JsonKinds.String, "gemma-text"), (JsonKinds.Number, Number), (JsonKinds.Boolean, "\"true\" | \"false\""),
            (JsonKinds.Null, "\"null\""), (JsonKinds.Object, "gemma-object"), (JsonKinds.Array, "gemma-list"),
        ];
        return $"({string.Join(" | ", forms.Where(form => kinds.HasFlag(form.Kind)).Select(form => form.Rule))})";
    }

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
