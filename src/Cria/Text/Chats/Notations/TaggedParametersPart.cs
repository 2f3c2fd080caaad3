using System.Text;
using System.Text.Json;

namespace Cria.Text.Chats;

/// <summary>An attribute of a parameter's tag that tells the type of the value.</summary>
/// <param name="Name">Its name.</param>
/// <param name="ForText">What it says of a text.</param>
/// <param name="ForOthers">What it says of other values.</param>
internal sealed record TypeAttribute(string Name, string ForText, Func<JsonKinds, string> ForOthers);

/// <summary>The arguments as a row of tags, one for each parameter, with texts as they are and everything else as JSON.</summary>
/// <param name="open">What comes before a parameter's name.</param>
/// <param name="keyClose">What comes after its name.</param>
/// <param name="valueOpen">What comes before its value, after the attributes if there are any; may be empty.</param>
/// <param name="valueClose">What comes after its value.</param>
internal sealed class TaggedParametersPart(string open, string keyClose, string valueOpen, string valueClose) : ToolNotationPart
{
    private const int LongestKey = 256;
    private const string CDataOpen = "<![CDATA[", CDataClose = "]]>";

    /// <summary>The value stands on lines of its own, whose ends do not belong to it.</summary>
    public bool OnOwnLines { get; init; }

    /// <summary>What is written between two parameters.</summary>
    public string Between { get; init; } = "";

    /// <summary>Line ends may stand between the tags of one parameter.</summary>
    public bool IsSpaced { get; init; }

    /// <summary>An attribute that tells the type of a value.</summary>
    public TypeAttribute? TypeAttribute { get; init; }

    private readonly ChatReaderStops _keyStops = new(keyClose.Trim());
    private readonly ChatReaderStops _openStops = new(valueOpen.Trim());
    private readonly ChatReaderStops _valueStops = new(valueClose.Trim());
    private readonly ChatReaderStops _lineStops = new("\n" + valueClose.Trim());
    private readonly ChatReaderStops _cdataStops = new(CDataClose + valueClose.Trim());

    public override string Gbnf(ToolNotationGrammar grammar, ChatTool tool)
    {
        var parameters = ToolParameters.Names(tool).Select(parameter =>
            (Rule: grammar.Rule($"{grammar.Prefix(tool)}-{parameter.Name}", Gbnf(grammar, tool, parameter.Name)), parameter.IsRequired));
        return grammar.AnyOrder($"{grammar.Prefix(tool)}-parameters", [.. parameters]);
    }

    private string Gbnf(ToolNotationGrammar grammar, ChatTool tool, string name)
    {
        JsonElement schema = ToolParameters.Schema(tool, name)!.Value;
        JsonKinds kinds = ToolParameters.Kinds(tool, schema);
        bool isText = kinds.HasFlag(JsonKinds.String);
        string attribute = TypeAttribute is { } type ? $" {type.Name}=\"{(isText ? type.ForText : type.ForOthers(kinds))}\"" : "";
        string lineEnd = OnOwnLines ? "\n" : "";
        // What follows a text belongs to what ends it, so that a text may not say it.
        string value = isText
            ? grammar.TextValue(tool, schema, lineEnd + valueClose.Trim())
            : $"{grammar.Schema(tool, name)} {grammar.Exactly(lineEnd + valueClose.Trim())}";
        string begin = IsSpaced
            ? $"{grammar.Space} {grammar.Exactly(open + name + keyClose)} {grammar.Space} {grammar.Exactly(valueOpen)}"
            : grammar.Exactly(open + name + keyClose + attribute + valueOpen + lineEnd);
        return $"{begin} {value} {grammar.Literal(Between)}";
    }

    public override ToolNotationPartReader CreateReader() => new Reader(this, open.Trim(), valueOpen.Trim());

    public override IEnumerable<string> Marks => [open, keyClose, valueOpen, valueClose];

    private enum Expects
    {
        ParameterOrEnd,
        Key,
        ValueOpen,
        ValueBegin,
        Value,
    }

    private sealed class Reader(TaggedParametersPart part, string open, string valueOpen) : ToolNotationPartReader
    {
        private readonly StringBuilder _value = new();
        private Expects _expects;
        private ChatReaderStops _stops = part._valueStops;
        private JsonKinds _kinds;
        private bool _hasParameters;
        private bool _isStreamed;

        public override Progress Read(ChatReaderText text, CallInProgress call)
        {
            while (true)
            {
                Progress? end = _expects switch
                {
                    Expects.ParameterOrEnd => ReadOpen(text, call),
                    Expects.Key => ReadKey(text, call),
                    Expects.ValueOpen => ReadAttributes(text),
                    Expects.ValueBegin => ReadBegin(text, call),
                    _ => ReadValue(text, call),
                };
                if (end is { } progress) return progress;
            }
        }

        public override void BreakOff(ChatReaderText text, CallInProgress call)
        {
            if (_expects is not (Expects.Value or Expects.ValueBegin)) return;
            string rest = text.Take(text.Unread.Length);
            call.Append(_isStreamed ? JsonText.Escape(rest) : _value.Append(rest).ToString());
        }

        private Progress? ReadOpen(ChatReaderText text, CallInProgress call)
        {
            call.Announce();
            if (!text.SkipWhitespace()) return text.IsComplete ? Progress.Failed : Progress.NeedsMore;
            switch (text.Skip(open))
            {
                case Fit.Yes:
                    _expects = Expects.Key;
                    return null;
                case Fit.Perhaps:
                    return Progress.NeedsMore;
                default:
                    call.Append(_hasParameters ? "}" : "{}");
                    return Progress.Done;
            }
        }

        private Progress? ReadKey(ChatReaderText text, CallInProgress call)
        {
            int length = text.LengthBefore(part._keyStops, out string? stop);
            if (stop is null) return text.IsComplete || length > LongestKey ? Progress.Failed : Progress.NeedsMore;
            string key = text.Take(length).Trim().Trim('"', '\'');
            text.Skip(stop.Length);
            call.Append((_hasParameters ? "," : "{") + JsonText.Quote(key) + ":");
            _hasParameters = true;
            _kinds = ToolParameters.Kinds(call.Tool, call.Parameter(key));
            _expects = valueOpen.Length > 0 ? Expects.ValueOpen : Expects.ValueBegin;
            return null;
        }

        private Progress? ReadAttributes(ChatReaderText text)
        {
            int length = text.LengthBefore(part._openStops, out string? stop);
            if (stop is null) return text.IsComplete || length > LongestKey ? Progress.Failed : Progress.NeedsMore;
            string attributes = text.Take(length);
            text.Skip(stop.Length);
            // Without a schema the model's own word on the type is the best there is.
            if (part.TypeAttribute is { } type && _kinds == JsonKinds.Any)
            {
                bool isText = attributes.Contains($"{type.Name}=\"{type.ForText}\"", StringComparison.Ordinal);
                _kinds = isText ? JsonKinds.String : JsonKinds.Any & ~JsonKinds.String;
            }

            _expects = Expects.ValueBegin;
            return null;
        }

        private Progress? ReadBegin(ChatReaderText text, CallInProgress call)
        {
            _stops = part._valueStops;
            if (part.OnOwnLines)
            {
                // The end of the line before the closing tag may be the only one: then the value is empty.
                Fit empty = text.Begins(part._lineStops.LongestFirst[0]);
                Fit line = empty == Fit.No ? text.Skip("\n") : empty;
                if (line == Fit.Perhaps) return Progress.NeedsMore;
                if (line == Fit.Yes) _stops = part._lineStops;
            }

            Fit cdata = text.Skip(CDataOpen);
            if (cdata == Fit.Perhaps) return Progress.NeedsMore;
            if (cdata == Fit.Yes)
            {
                _stops = part._cdataStops;
                _kinds = JsonKinds.String;
            }

            _isStreamed = _kinds == JsonKinds.String;
            if (_isStreamed) call.Append("\"");
            _expects = Expects.Value;
            return null;
        }

        private Progress? ReadValue(ChatReaderText text, CallInProgress call)
        {
            int length = text.LengthBefore(_stops, out string? stop);
            string taken = text.Take(length);
            if (_isStreamed) call.Append(JsonText.Escape(taken));
            else _value.Append(taken);
            if (stop is null) return text.IsComplete ? Progress.Failed : Progress.NeedsMore;
            text.Skip(stop.Length);
            call.Append(_isStreamed ? "\"" : JsonText.Value(_value.ToString(), _kinds));
            _value.Clear();
            _expects = Expects.ParameterOrEnd;
            return null;
        }
    }
}
