using System.Text;
using System.Text.Json;
using Cria.Text.Grammars;

namespace Cria.Text.Chats;

/// <summary>Writes the GBNF of a notation: what the parts of its calls are made of.</summary>
internal sealed class ToolNotationGrammar
{
    // The subsets of so many parameters each become a rule; of more, the order is that of the schema.
    private const int MostInAnyOrder = 5;

    private readonly Dictionary<string, string> _rules = [];
    private readonly Dictionary<string, (string? Root, string Gbnf)> _schemas = [];
    private readonly Dictionary<string, string> _untils = [];
    private readonly Dictionary<string, string> _tools = [];

    /// <summary>As many spaces as models set between the parts of JSON and of tags.</summary>
    public string Space => Rule("space", "( \" \" | \"\\n\"{1,2} \" \"{0,8} )?");

    /// <summary>The rules as GBNF text.</summary>
    public string Gbnf(string root)
    {
        var text = new StringBuilder($"root ::= {root}\n");
        foreach ((string name, string body) in _rules) text.Append($"{name} ::= {body}\n");
        foreach ((_, string gbnf) in _schemas.Values) text.Append(gbnf);
        return text.ToString();
    }

    /// <summary>Adds a rule, under a name that is free, and returns the name.</summary>
    public string Rule(string name, string body)
    {
        string clean = Sanitized(name);
        string free = clean;
        for (int i = 2; _rules.TryGetValue(free, out string? known) && known != body; i++) free = $"{clean}-{i}";
        _rules[free] = body;
        return free;
    }

    /// <summary>A name for the rules of a tool, which no other tool has.</summary>
    public string Prefix(ChatTool tool)
    {
        if (!_tools.TryGetValue(tool.Name, out string? prefix)) _tools[tool.Name] = prefix = Sanitized($"tool-{_tools.Count}-{tool.Name}");
        return prefix;
    }

    /// <summary>A fixed text, with freedom in the spaces at its ends.</summary>
    public string Literal(string text)
    {
        string core = text.Trim();
        if (core.Length == 0) return text.Length > 0 ? Space : "";
        string before = char.IsWhiteSpace(text[0]) ? $"{Space} " : "", after = char.IsWhiteSpace(text[^1]) ? $" {Space}" : "";
        return before + Exactly(core) + after;
    }

    /// <summary>A fixed text as it is.</summary>
    public string Exactly(string text) => $"\"{Escaped(text, "\"")}\"";

    public string JsonString(string text) => Exactly(JsonText.Quote(text));

    public string JsonKey(string name) => $"{JsonString(name)} {Space} \":\" {Space}";

    /// <summary>The arguments of a tool as a JSON object.</summary>
    public string Arguments(ChatTool tool) => Json(ToolParameters.AsObject(tool.Parameters), tool);

    /// <summary>One parameter of a tool as JSON.</summary>
    public string Schema(ChatTool tool, string parameter) => Schema(tool, ToolParameters.Schema(tool, parameter)!.Value);

    /// <summary>A part of a tool's schema as JSON.</summary>
    public string Schema(ChatTool tool, JsonElement part) => Json(ToolParameters.Alone(tool, part), tool);

    /// <summary>
    /// A value that is written as it is if it is a text, and as JSON else, up to and with what ends it: one that the schema allows.
    /// </summary>
    public string TextValue(ChatTool tool, JsonElement schema, string end)
    {
        if (ToolParameters.Texts(schema) is { Count: > 0 } listed) return $"( {string.Join(" | ", listed.Select(Exactly))} ) {Exactly(end)}";
        JsonKinds others = ToolParameters.Kinds(tool, schema) & ~JsonKinds.String;
        string text = Text(tool, schema, end);
        return others == 0 || text == Until(end) ? text : $"( {text} | {Json(ToolParameters.Alone(tool, schema, others), tool)} {Exactly(end)} )";
    }

    /// <summary>A text that a schema allows, up to and with what ends it.</summary>
    public string Text(ChatTool tool, JsonElement schema, string end)
    {
        JsonElement alone = ToolParameters.Alone(tool, schema);
        return Schema($"{end}\n{alone.GetRawText()}", tool, root => SchemaTexts.ToGbnf(alone, end, root)) ?? Until(end);
    }

    /// <summary>Items in a row with something between them, as many as a schema allows.</summary>
    public string List(JsonElement schema, string item, string separator)
    {
        int least = ToolParameters.Count(schema, "minItems") ?? 0;
        int? most = ToolParameters.Count(schema, "maxItems");
        if (most < Math.Max(least, 1)) return "";
        string following = $"( {separator} {item} ){{{Math.Max(least - 1, 0)},{most - 1}}}";
        return least == 0 ? $"( {item} {following} )?" : $"{item} {following}";
    }

    /// <summary>Any text up to and with the first occurrence of a mark.</summary>
    public string Until(string mark)
    {
        // The states of the automaton that looks for the mark: in each, so much of the mark has just been said.
        char[] letters = [.. mark.Distinct()];
        if (_untils.TryGetValue(mark, out string? known)) return known;
        string[] names = [.. Enumerable.Range(0, mark.Length).Select(state => $"until-{_untils.Count}-{state}")];
        _untils[mark] = names[0];
        for (int state = 0; state < mark.Length; state++)
        {
            var leading = letters.Select(letter => (Letter: letter, Target: Target(mark, state, letter)))
                .Where(step => step.Target > 0).ToList();
            var ways = leading.Select(step => Exactly($"{step.Letter}") + (step.Target == mark.Length ? "" : $" {names[step.Target]}"));
            string others = $"[^{Escaped(string.Concat(leading.Select(step => step.Letter)), "]^-[")}]";
            _rules[names[state]] = string.Join(" | ", ways.Append($"{others} {names[0]}"));
        }

        return names[0];
    }

    /// <summary>
    /// Parameters of which each can come once and the required ones must come: in any order while they are few, in that of the list else.
    /// </summary>
    public string AnyOrder(string name, IReadOnlyList<(string Rule, bool IsRequired)> items, string separator = "")
    {
        if (items.Count == 0) return "";
        bool[] isLeft = [.. items.Select(_ => true)];
        return items.Count <= MostInAnyOrder ? Subset(name, items, isLeft, separator, true) : InOrder(name, items, separator);
    }

    // What may come while these items are left.
    private string Subset(string name, IReadOnlyList<(string Rule, bool IsRequired)> items, bool[] isLeft, string separator, bool isFirst)
    {
        string rule = Sanitized($"{name}-{string.Concat(isLeft.Select(left => left ? '1' : '0'))}");
        if (_rules.ContainsKey(rule)) return rule;
        _rules[rule] = "";
        var ways = new List<string>();
        for (int i = 0; i < items.Count; i++)
        {
            if (!isLeft[i]) continue;
            bool[] rest = [.. isLeft];
            rest[i] = false;
            string next = rest.Contains(true) ? Subset(name, items, rest, separator, false) : "";
            ways.Add($"{(isFirst ? "" : separator)} {items[i].Rule} {next}");
        }

        bool canEnd = !items.Where((item, i) => isLeft[i] && item.IsRequired).Any();
        _rules[rule] = canEnd ? $"( {string.Join(" | ", ways)} )?" : string.Join(" | ", ways);
        return rule;
    }

    // One rule for each place: whether a separator is due depends on whether anything came before.
    private string InOrder(string name, IReadOnlyList<(string Rule, bool IsRequired)> items, string separator)
    {
        string first = "", later = "";
        for (int i = items.Count - 1; i >= 0; i--)
        {
            (string item, bool isRequired) = items[i];
            string begun = $"{item} {later}", following = $"{separator} {item} {later}";
            first = Rule($"{name}-{i}-first", isRequired || first.Length == 0 ? Optional(begun, isRequired) : $"{begun} | {first}");
            later = Rule($"{name}-{i}", isRequired || later.Length == 0 ? Optional(following, isRequired) : $"{following} | {later}");
        }

        return first;
    }

    private static string Optional(string body, bool isRequired) => isRequired ? body : $"( {body} )?";

    private string Json(JsonElement schema, ChatTool tool) =>
        Schema(schema.GetRawText(), tool, root => JsonSchemaGrammar.ToGbnf(schema, new JsonSchemaOptions(), root))!;

    // The rule of a schema, written once; null where it limits nothing.
    private string? Schema(string key, ChatTool tool, Func<string, string?> write)
    {
        if (_schemas.TryGetValue(key, out var known)) return known.Root;
        try
        {
            string name = $"json-{_schemas.Count}";
            string? gbnf = write(name);
            _schemas[key] = (gbnf is null ? null : name, gbnf ?? "");
            return _schemas[key].Root;
        }
        catch (JsonSchemaException exception)
        {
            throw new ChatException($"the parameters of the tool {tool.Name}", $"cannot be enforced: {exception.Message}", exception);
        }
    }

    private static string Sanitized(string name) => string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) ? c : '-'));

    // How much of the mark has been said after so much of it and one letter more.
    private static int Target(string mark, int state, char letter)
    {
        string said = mark[..state] + letter;
        for (int length = Math.Min(said.Length, mark.Length); length > 0; length--)
        {
            if (said.EndsWith(mark[..length], StringComparison.Ordinal)) return length;
        }

        return 0;
    }

    private static string Escaped(string text, string special)
    {
        var escaped = new StringBuilder();
        foreach (char c in text)
        {
            escaped = c switch
            {
                '\n' => escaped.Append("\\n"),
                '\r' => escaped.Append("\\r"),
                '\t' => escaped.Append("\\t"),
                '\\' => escaped.Append("\\\\"),
                _ when special.Contains(c) => escaped.Append($"\\x{(int)c:X2}"),
                _ => escaped.Append(c),
            };
        }

        return escaped.ToString();
    }
}
