using System.Text.Json;

namespace Cria.Text.Chats;

/// <summary>The values that a tool's schema allows, as Gemma 4 writes them.</summary>
internal sealed class Gemma4Values(ToolNotationGrammar grammar, ChatTool tool)
{
    private const string Quote = Gemma4ArgumentsPart.Quote;
    private const string Key = "[^:{},\"<]+ \":\"";

    // A schema that refers to itself is enforced once; what it holds of its own kind only keeps to the notation.
    private readonly HashSet<string> _inProgress = [];

    public string Object(JsonElement schema, string name)
    {
        var members = ToolParameters.Names(schema).Select(member =>
        {
            string value = Value(ToolParameters.Schema(schema, member.Name)!.Value, $"{name}-{member.Name}");
            return (Rule: grammar.Rule($"{name}-{member.Name}", $"{grammar.Exactly(member.Name + ":")} {value}"), member.IsRequired);
        }).ToList();
        if (members.Count > 0 || ToolParameters.Others(schema) is not { } others)
            return $"\"{{\" {grammar.AnyOrder($"{name}-members", members, separator: "\",\"")} \"}}\"";
        string other = grammar.Rule($"{name}-other", $"{Key} {Value(others, $"{name}-other")}");
        return $"\"{{\" ( {other} ( \",\" {other} )* )? \"}}\"";
    }

    private string Value(JsonElement schema, string name)
    {
        schema = ToolParameters.Resolved(tool, schema);
        string key = schema.GetRawText();
        if (!_inProgress.Add(key)) return Any(ToolParameters.Kinds(tool, schema));
        var ways = ToolParameters.Alternatives(schema).Select((one, i) => Alternative(ToolParameters.Resolved(tool, one), $"{name}-{i}")).ToList();
        _inProgress.Remove(key);
        return $"( {string.Join(" | ", ways)} )";
    }

    private string Alternative(JsonElement schema, string name)
    {
        JsonKinds kinds = ToolParameters.Kinds(tool, schema);
        if (kinds == JsonKinds.Any) return Any(kinds);
        if (ToolParameters.Values(schema) is { Count: > 0 } values && !kinds.HasFlag(JsonKinds.Object) && !kinds.HasFlag(JsonKinds.Array))
            return string.Join(" | ", values.Select(Listed));
        var ways = new List<string>();
        if (kinds.HasFlag(JsonKinds.String)) ways.Add($"{grammar.Exactly(Quote)} {grammar.Text(tool, schema, Quote)}");
        if ((kinds & (JsonKinds.Number | JsonKinds.Boolean | JsonKinds.Null)) is var plain and not 0)
            ways.Add(grammar.Schema(tool, ToolParameters.Alone(tool, schema, plain)));
        if (kinds.HasFlag(JsonKinds.Object))
            ways.Add(ToolParameters.Names(schema).Count > 0 || ToolParameters.Others(schema) is not null ? Object(schema, name) : Any(JsonKinds.Object));
        if (kinds.HasFlag(JsonKinds.Array))
        {
            string item = ToolParameters.Items(schema) is { } items ? grammar.Rule($"{name}-item", Value(items, $"{name}-item")) : Any(JsonKinds.Any);
            ways.Add($"\"[\" {grammar.List(schema, item, "\",\"")} \"]\"");
        }

        return string.Join(" | ", ways);
    }

    private string Listed(JsonElement value) =>
        grammar.Exactly(value.ValueKind == JsonValueKind.String ? Quote + value.GetString() + Quote : value.GetRawText());

    // Values of which the schema says no more than what they are.
    private string Any(JsonKinds kinds)
    {
        const string number = "\"-\"? [0-9]+ ( \".\" [0-9]+ )?";
        string text = grammar.Rule("gemma-text", $"{grammar.Exactly(Quote)} {grammar.Until(Quote)}");
        grammar.Rule("gemma-list", "\"[\" ( gemma-value ( \",\" gemma-value )* )? \"]\"");
        grammar.Rule("gemma-object", "\"{\" ( gemma-member ( \",\" gemma-member )* )? \"}\"");
        grammar.Rule("gemma-member", $"{Key} gemma-value");
        grammar.Rule("gemma-value", $"{text} | gemma-list | gemma-object | {number} | \"true\" | \"false\" | \"null\"");
        (JsonKinds Kind, string Rule)[] forms =
        [
            (JsonKinds.String, text), (JsonKinds.Number, number), (JsonKinds.Boolean, "\"true\" | \"false\""),
            (JsonKinds.Null, "\"null\""), (JsonKinds.Object, "gemma-object"), (JsonKinds.Array, "gemma-list"),
        ];
        return $"( {string.Join(" | ", forms.Where(form => kinds.HasFlag(form.Kind)).Select(form => form.Rule))} )";
    }
}
