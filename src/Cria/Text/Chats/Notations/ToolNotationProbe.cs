using System.Text.Json;

namespace Cria.Text.Chats;

/// <summary>Reads a notation off what a template makes of a call whose name and arguments are known.</summary>
internal static class ToolNotationProbe
{
    private const string Function = "probed_function", Parameter = "probed_parameter", Value = "probed value", Answer = "Probed answer.";

    private static readonly ChatTool Tool = ChatTool.Create(
        Function, "Is probed.", $$$"""
            {"type":"object","properties":{"{{{Parameter}}}":{"type":"string","description":"Is probed."}},"required":["{{{Parameter}}}"]}
            """);

    /// <summary>The notation of a template, or null where it renders no calls, or none of a known shape.</summary>
    public static ToolNotation? Find(Func<IReadOnlyList<ChatMessage>, IReadOnlyList<ChatTool>, string?> render)
    {
        ChatMessage question = ChatMessage.User("Probe?");
        var call = new ToolCall("abcDEF123", Function, $$"""{"{{Parameter}}": "{{Value}}"}""");
        string? plain = render([question, ChatMessage.Assistant(Answer)], [Tool]);
        string? calling = render([question, ChatMessage.Assistant("", call)], [Tool]);
        if (plain is null || calling is null) return null;
        string written = Difference(plain, calling);
        return Find(written);
    }

    private static ToolNotation? Find(string written)
    {
        int name = written.IndexOf(Function, StringComparison.Ordinal);
        int parameter = name < 0 ? -1 : written.IndexOf(Parameter, name, StringComparison.Ordinal);
        int value = parameter < 0 ? -1 : written.IndexOf(Value, parameter, StringComparison.Ordinal);
        if (value < 0) return null;
        return FindObject(written, name) ?? FindArguments(written, name, parameter) ?? FindTags(written, name, parameter, value);
    }

    // The part of the second text in which it differs from the first.
    private static string Difference(string plain, string calling)
    {
        int before = plain.AsSpan().CommonPrefixLength(calling);
        int after = 0, most = Math.Min(plain.Length, calling.Length) - before;
        while (after < most && plain[^(after + 1)] == calling[^(after + 1)]) after++;
        return calling[before..(calling.Length - after)];
    }

    // {"name": "…", "arguments": {…}}
    private static ToolNotation? FindObject(string written, int name)
    {
        if (name == 0 || written[name - 1] != '"') return null;
        int begin = written.LastIndexOf('{', name);
        if (begin < 0 || Parsed(written, begin, out int end) is not { ValueKind: JsonValueKind.Object } call) return null;
        string before = written[..begin].TrimStart(), after = written[end..].TrimEnd();
        bool isList = before.TrimEnd().EndsWith('[') && after.TrimStart().StartsWith(']');
        if (isList) (before, after) = (before.TrimEnd()[..^1], after.TrimStart()[1..]);
        JsonCallPart? part = null;
        if (call.TryGetProperty(Function, out _)) part = new JsonCallPart(null, "");
        else if (Member(call, Function) is { } member && Member(call, Parameter) is { } arguments)
            part = new JsonCallPart(member, arguments);
        if (part is null) return null;
        if (isList || before.Trim().Length == 0)
        {
            return new ToolNotation("probed JSON", part)
            {
                Open = before,
                Close = after,
                IsList = isList,
                Separator = isList ? ", " : "",
                IsBare = before.Trim().Length == 0,
            };
        }

        return new ToolNotation("probed JSON", new LiteralPart(before), part, new LiteralPart(after)) { Separator = "\n" };
    }

    // The member in whose value a text occurs.
    private static string? Member(JsonElement call, string text) =>
        call.EnumerateObject().Where(member => member.Value.GetRawText().Contains(text, StringComparison.Ordinal))
            .Select(member => member.Name).FirstOrDefault();

    // NAME, something, and the arguments as a JSON object.
    private static ToolNotation? FindArguments(string written, int name, int parameter)
    {
        int begin = written.LastIndexOf('{', parameter);
        if (begin < name || Parsed(written, begin, out int end) is not { ValueKind: JsonValueKind.Object }) return null;
        string before = written[..name].TrimStart(), between = written[(name + Function.Length)..begin], after = written[end..].TrimEnd();
        if (before.Trim().Length == 0) return null;
        return new ToolNotation("probed name and JSON",
            [new LiteralPart(before), new WordPart(WordMeaning.Name), .. Literals(between), new JsonArgumentsPart(), .. Literals(after)])
        {
            Separator = "\n",
        };
    }

    // NAME, and a tag for each parameter.
    private static ToolNotation? FindTags(string written, int name, int parameter, int value)
    {
        string before = written[..name].TrimStart(), after = written[(value + Value.Length)..].TrimEnd();
        string beforeParameter = written[(name + Function.Length)..parameter], beforeValue = written[(parameter + Parameter.Length)..value];
        int open = beforeParameter.LastIndexOf('<'), close = after.IndexOf('>');
        if (before.Trim().Length == 0 || open < 0 || close < 0 || beforeValue.Length == 0) return null;
        bool onOwnLines = beforeValue.EndsWith('\n') && after.StartsWith('\n');
        var tags = new TaggedParametersPart(beforeParameter[open..], beforeValue.Trim(), "", after[..(close + 1)].Trim())
        {
            OnOwnLines = onOwnLines,
            Between = "\n",
        };
        ToolNotationPart[] afterName = [.. Literals(beforeParameter[..open]), tags, .. Literals(after[(close + 1)..])];
        return new ToolNotation("probed tags", [new LiteralPart(before), new WordPart(WordMeaning.Name), .. afterName]) { Separator = "\n" };
    }

    private static IEnumerable<ToolNotationPart> Literals(string text) => text.Trim().Length == 0 ? [] : [new LiteralPart(text)];

    // The JSON value that begins here, and where it ends.
    private static JsonElement? Parsed(string text, int begin, out int end)
    {
        var scanner = new JsonScanner();
        end = begin + scanner.Scan(text.AsSpan(begin));
        try
        {
            using JsonDocument document = JsonDocument.Parse(text[begin..end]);
            return document.RootElement.Clone();
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
