using System.Text;
using System.Text.Json;

namespace Cria.Text.Chats;

/// <summary>A whole call as one JSON object that holds the name and the arguments, in whatever order the model writes them.</summary>
/// <param name="name">The member that holds the name; null where the name is the key of the arguments.</param>
/// <param name="arguments">The member that holds the arguments.</param>
internal sealed class JsonCallPart(string? name, string arguments) : ToolNotationPart
{
    // What models trained on other notations write instead; the meaning is never in doubt.
    private static readonly string[] NameMembers = ["name", "tool_name", "function", "function_name"];
    private static readonly string[] ArgumentMembers = ["arguments", "parameters", "args", "input"];
    private static readonly string[] IdMembers = ["id", "tool_call_id", "call_id"];
    private static readonly string[] OtherMembers = ["type", "index"];

    /// <summary>Calls may begin with the type that OpenAI's interface gives them.</summary>
    public bool AllowsType { get; init; }

    /// <summary>What the model may write instead.</summary>
    public InsteadOfJson? Instead { get; init; }

    /// <summary>A member with an id that the model writes, with its grammar, before the name.</summary>
    public (string Member, string Gbnf)? IdBefore { get; init; }

    /// <summary>A member with an id that the model writes after the arguments.</summary>
    public (string Member, string Gbnf)? IdAfter { get; init; }

    public override string Gbnf(ToolNotationGrammar grammar, ChatTool tool)
    {
        string space = grammar.Space;
        if (name is null) return $"\"{{\" {space} {grammar.JsonKey(tool.Name)} {grammar.Arguments(tool)} {space} \"}}\"";
        var members = new List<string>();
        if (IdBefore is { } before) members.Add($"{grammar.JsonKey(before.Member)} {before.Gbnf}");
        string type = AllowsType ? $"( {grammar.JsonKey("type")} {grammar.JsonString("function")} {space} \",\" {space} )? " : "";
        members.Add($"{type}{grammar.JsonKey(name)} {grammar.JsonString(tool.Name)}");
        members.Add($"{grammar.JsonKey(arguments)} {grammar.Arguments(tool)}");
        if (IdAfter is { } after) members.Add($"{grammar.JsonKey(after.Member)} {after.Gbnf}");
        string json = $"\"{{\" {space} {string.Join($" {space} \",\" {space} ", members)} {space} \"}}\"";
        return Instead is null ? json : $"( {json}{Instead.Gbnf(grammar, tool)} )";
    }

    /// <summary>The texts with which a call of a tool begins, in the ways in which models set spaces.</summary>
    public IEnumerable<string> Begins(ChatTool tool)
    {
        foreach (string space in (string[])[" ", ""])
        {
            yield return $"{{\"{name}\":{space}{JsonText.Quote(tool.Name)}";
            yield return $"{{\"type\":{space}\"function\",{space}\"{name}\":{space}{JsonText.Quote(tool.Name)}";
        }
    }

    public override ToolNotationPartReader CreateReader()
    {
        var json = new Reader(name, arguments);
        return Instead is null ? json : Instead.CreateReader(json);
    }

    private enum Expects
    {
        Object,
        KeyOrEnd,
        Colon,
        Value,
        CommaOrEnd,
    }

    private sealed class Reader(string? nameMember, string argumentsMember) : ToolNotationPartReader
    {
        private readonly StringBuilder _value = new();
        private Expects _expects;
        private JsonScanner _scanner;
        private string _key = "";
        private bool _isStreaming;
        private bool _hasArguments;
        private int _depth;

        public override Progress Read(ChatReaderText text, CallInProgress call)
        {
            while (true)
            {
                if (_value.Length == 0 && !_isStreaming && !text.SkipWhitespace())
                    return text.IsComplete ? Progress.Failed : Progress.NeedsMore;
                Progress progress = Step(text, call);
                if (progress != Progress.NeedsMore || text.Unread.IsEmpty)
                    return progress == Progress.NeedsMore && text.IsComplete ? Progress.Failed : progress;
            }
        }

        // One token of the object; NeedsMore with text left means: go on.
        private Progress Step(ChatReaderText text, CallInProgress call)
        {
            char next = text.Unread.IsEmpty ? '\0' : text.Unread[0];
            switch (_expects)
            {
                case Expects.Object when next == '{':
                    return Punctuation(text, Expects.KeyOrEnd, depth: 1);
                case Expects.KeyOrEnd when next == '}' && _value.Length == 0:
                case Expects.CommaOrEnd when next == '}':
                    return Punctuation(text, Expects.CommaOrEnd, depth: -1, call);
                case Expects.KeyOrEnd when next == '"' || _value.Length > 0:
                    return Collect(text) is { } key ? Key(key) : Progress.NeedsMore;
                case Expects.Colon when next == ':':
                    return Punctuation(text, Expects.Value);
                case Expects.CommaOrEnd when next == ',':
                    return Punctuation(text, Expects.KeyOrEnd);
                case Expects.Value when next == '{' && _key == "function" && _value.Length == 0:
                    // OpenAI's own shape: the name and the arguments inside "function".
                    return Punctuation(text, Expects.KeyOrEnd, depth: 1);
                case Expects.Value:
                    return Value(text, call);
                default:
                    return Progress.Failed;
            }
        }

        private Progress Punctuation(ChatReaderText text, Expects expects, int depth = 0, CallInProgress? call = null)
        {
            text.Skip(1);
            _expects = expects;
            _depth += depth;
            return _depth > 0 ? Progress.NeedsMore : Finish(call!);
        }

        private static Progress Finish(CallInProgress call)
        {
            call.Announce();
            return call.IsAnnounced ? Progress.Done : Progress.Failed;
        }

        private Progress Key(string json)
        {
            if (Decoded(json) is not { } key) return Progress.Failed;
            _key = key;
            _expects = Expects.Colon;
            return nameMember is null || IsKnown(key) ? Progress.NeedsMore : Progress.Failed;
        }

        private bool IsKnown(string key) =>
            key == nameMember || key == argumentsMember || NameMembers.Contains(key) || ArgumentMembers.Contains(key) || IdMembers.Contains(key) || OtherMembers.Contains(key);

        private Progress Value(ChatReaderText text, CallInProgress call)
        {
            if (_value.Length == 0 && !_isStreaming)
            {
                if (nameMember is null) call.Name ??= _key;
                _isStreaming = IsArguments && text.Unread[0] == '{';
                if (_isStreaming)
                {
                    _hasArguments = true;
                    call.Announce();
                }
            }

            if (_isStreaming) return Stream(text, call);
            return Collect(text) is { } value ? Take(value, call) : Progress.NeedsMore;
        }

        private bool IsArguments => nameMember is null || _key == argumentsMember || ArgumentMembers.Contains(_key);

        private Progress Stream(ChatReaderText text, CallInProgress call)
        {
            call.Append(text.Take(_scanner.Scan(text.Unread)));
            if (!_scanner.IsDone) return Progress.NeedsMore;
            _isStreaming = false;
            _scanner = default;
            _expects = Expects.CommaOrEnd;
            return Progress.NeedsMore;
        }

        private Progress Take(string json, CallInProgress call)
        {
            _expects = Expects.CommaOrEnd;
            if (_key == nameMember || NameMembers.Contains(_key))
            {
                if (Decoded(json) is not { } name) return Progress.Failed;
                call.Name = name;
                if (_hasArguments) call.Announce();
            }
            else if (IsArguments)
            {
                // Some models write the object as a text, as OpenAI's interface does; null means none.
                string? inner = Decoded(json)?.Trim();
                _hasArguments = true;
                call.Announce();
                call.Append(inner is ['{', .., '}'] ? inner : json == "null" ? "" : json);
            }
            else if (IdMembers.Contains(_key))
            {
                call.Id = Decoded(json) ?? json;
            }

            return Progress.NeedsMore;
        }

        // A value from its first to its last character, or null while it goes on.
        private string? Collect(ChatReaderText text)
        {
            _value.Append(text.Take(_scanner.Scan(text.Unread)));
            if (!_scanner.IsDone) return null;
            string value = _value.ToString();
            _value.Clear();
            _scanner = default;
            return value;
        }

        private static string? Decoded(string json)
        {
            if (json is not ['"', ..]) return null;
            try
            {
                using JsonDocument document = JsonDocument.Parse(json);
                return document.RootElement.GetString();
            }
            catch (Exception exception) when (exception is JsonException or InvalidOperationException)
            {
                return null;
            }
        }
    }
}
