using System.Text;
using System.Text.Json;

namespace Cria.Text.Chats;

/// <summary>The arguments as those of a Python call, <c>name=value</c> with commas between, up to the closing bracket.</summary>
internal sealed class PythonArgumentsPart : ToolNotationPart
{
    public override string Gbnf(ToolNotationGrammar grammar, ChatTool tool)
    {
        var arguments = ToolParameters.Names(tool).Select(parameter =>
        {
            string argument = $"{grammar.Exactly(parameter.Name + "=")} {Value(grammar, tool, ToolParameters.Schema(tool, parameter.Name)!.Value)}";
            return (Rule: grammar.Rule($"{grammar.Prefix(tool)}-{parameter.Name}", argument), parameter.IsRequired);
        });
        return grammar.AnyOrder($"{grammar.Prefix(tool)}-arguments", [.. arguments], separator: $"\",\" {grammar.Space}");
    }

    // Python reads JSON as its own, but for three words; the models that are asked for Python write either.
    private static string Value(ToolNotationGrammar grammar, ChatTool tool, JsonElement schema)
    {
        string json = grammar.Schema(tool, schema);
        JsonKinds kinds = ToolParameters.Values(schema).Count > 0 ? 0 : ToolParameters.Kinds(tool, schema);
        string truth = kinds.HasFlag(JsonKinds.Boolean) ? " | \"True\" | \"False\"" : "", none = kinds.HasFlag(JsonKinds.Null) ? " | \"None\"" : "";
        return $"( {json}{truth}{none} )";
    }

    public override ToolNotationPartReader CreateReader() => new Reader();

    private sealed class Reader : ToolNotationPartReader
    {
        private readonly StringBuilder _value = new();
        private string? _key;
        private bool _hasArguments;
        private int _unnamed;
        private int _depth;
        private char _quote;
        private bool _isEscaped;

        public override Progress Read(ChatReaderText text, CallInProgress call)
        {
            call.Announce();
            while (true)
            {
                if (_key is null)
                {
                    if (!text.SkipWhitespace()) return text.IsComplete ? Progress.Failed : Progress.NeedsMore;
                    if (text.Unread[0] == ')')
                    {
                        call.Append(_hasArguments ? "}" : "{}");
                        return Progress.Done;
                    }

                    if (text.Unread[0] == ',') text.Skip(1);
                    if (ReadKey(text, call) is { } progress) return progress;
                }

                int length = ScanValue(text.Unread, out bool isEnd);
                _value.Append(text.Take(length));
                if (!isEnd) return text.IsComplete ? Progress.Failed : Progress.NeedsMore;
                call.Append($"{(_hasArguments ? "," : "{")}{JsonText.Quote(_key!)}:{Json(_value.ToString())}");
                _hasArguments = true;
                _key = null;
                _value.Clear();
            }
        }

        public override void BreakOff(ChatReaderText text, CallInProgress call)
        {
            if (_key is null) return;
            string rest = text.Take(text.Unread.Length);
            call.Append($"{(_hasArguments ? "," : "{")}{JsonText.Quote(_key)}:{PythonText.ToJson(_value.ToString())}{rest}");
        }

        private Progress? ReadKey(ChatReaderText text, CallInProgress call)
        {
            if (!text.SkipWhitespace()) return text.IsComplete ? Progress.Failed : Progress.NeedsMore;
            int equals = text.Unread.IndexOf('=');
            int other = text.Unread.IndexOfAny("()[]{},\"'\n");
            if (other >= 0 && (equals < 0 || other < equals))
            {
                // A value without a name is that of the next parameter.
                if (call.Tool is not { } tool || ToolParameters.Names(tool) is not { } names || _unnamed >= names.Count) return Progress.Failed;
                _key = names[_unnamed++].Name;
                return null;
            }

            if (equals < 0) return text.IsComplete ? Progress.Failed : Progress.NeedsMore;
            _key = text.Take(equals).Trim();
            text.Skip(1);
            return null;
        }

        // Up to the comma or the bracket that ends the value.
        private int ScanValue(ReadOnlySpan<char> text, out bool isEnd)
        {
            isEnd = true;
            for (int i = 0; i < text.Length; i++)
            {
                char c = text[i];
                if (_quote != 0)
                {
                    if (_isEscaped) _isEscaped = false;
                    else if (c == '\\') _isEscaped = true;
                    else if (c == _quote) _quote = '\0';
                }
                else if (c is '"' or '\'') _quote = c;
                else if (_depth == 0 && c is ',' or ')' && _depth == 0) return i;
                else if (c is '(' or '[' or '{') _depth++;
                else if (c is ')' or ']' or '}') _depth--;
            }

            isEnd = false;
            return text.Length;
        }

        private static string Json(string python)
        {
            string json = PythonText.ToJson(python.Trim());
            try
            {
                using JsonDocument document = JsonDocument.Parse(json);
                return json;
            }
            catch (JsonException)
            {
                return JsonText.Quote(python.Trim());
            }
        }
    }
}
