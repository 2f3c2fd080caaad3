using System.Text.Json;
using System.Text.Json.Nodes;

namespace Cria.Text.Chats;

/// <summary>Which JSON values a schema allows, as far as its types tell.</summary>
[Flags]
internal enum JsonKinds
{
    String = 1,
    Number = 2,
    Boolean = 4,
    Null = 8,
    Object = 16,
    Array = 32,
    Any = String | Number | Boolean | Null | Object | Array,
}

/// <summary>What a tool's schema says about its parameters one by one.</summary>
internal static class ToolParameters
{
    // References that go round in circles must end.
    private const int MostReferences = 32;

    /// <summary>The names of the parameters in the order of the schema, and whether each must be given.</summary>
    public static IReadOnlyList<(string Name, bool IsRequired)> Names(ChatTool tool) => Names(tool.Parameters);

    /// <summary>The names of the members of an object in the order of its schema, and whether each must be given.</summary>
    public static IReadOnlyList<(string Name, bool IsRequired)> Names(JsonElement schema)
    {
        if (Member(schema, "properties") is not { ValueKind: JsonValueKind.Object } properties) return [];
        HashSet<string> required = Member(schema, "required") is { ValueKind: JsonValueKind.Array } names
            ? [.. names.EnumerateArray().Where(name => name.ValueKind == JsonValueKind.String).Select(name => name.GetString()!)]
            : [];
        return [.. properties.EnumerateObject().Select(property => (property.Name, required.Contains(property.Name)))];
    }

    /// <summary>The schema of one parameter, or null where the tool has none of that name.</summary>
    public static JsonElement? Schema(ChatTool tool, string name) => Schema(tool.Parameters, name);

    /// <summary>The schema of a member of an object, or null where it has none of that name.</summary>
    public static JsonElement? Schema(JsonElement schema, string name) =>
        Member(schema, "properties") is { } properties ? Member(properties, name) : null;

    /// <summary>The schema of the items of a list, or null where it tells none for all of them.</summary>
    public static JsonElement? Items(JsonElement schema) =>
        Member(schema, "items") is { ValueKind: JsonValueKind.Object } items ? items : null;

    /// <summary>How many a keyword of a schema asks for, or null where it asks for no such number.</summary>
    public static int? Count(JsonElement schema, string keyword) =>
        Member(schema, keyword) is { ValueKind: JsonValueKind.Number } number && number.TryGetInt32(out int count) && count >= 0 ? count : null;

    /// <summary>What a schema refers to, if it is a reference, else the schema itself.</summary>
    public static JsonElement Resolved(ChatTool tool, JsonElement schema)
    {
        for (int i = 0; i < MostReferences; i++)
        {
            if (Member(schema, "$ref") is not { ValueKind: JsonValueKind.String } reference
                || Target(tool.Parameters, reference.GetString()!) is not { } target) break;
            schema = target;
        }

        return schema;
    }

    /// <summary>The schemas of which a value must satisfy one; the schema itself where it names none.</summary>
    public static IReadOnlyList<JsonElement> Alternatives(JsonElement schema)
    {
        foreach (string choice in (string[])["anyOf", "oneOf"])
        {
            if (Member(schema, choice) is { ValueKind: JsonValueKind.Array } choices && choices.GetArrayLength() > 0) return [.. choices.EnumerateArray()];
        }

        return [schema];
    }

    /// <summary>The schema of an object's further members, or null where it tells none.</summary>
    public static JsonElement? Others(JsonElement schema) =>
        Member(schema, "additionalProperties") is { ValueKind: JsonValueKind.Object } others ? others : null;

    /// <summary>The values that a schema lists; empty where it does not.</summary>
    public static IReadOnlyList<JsonElement> Values(JsonElement schema)
    {
        if (Member(schema, "const") is { } constant) return [constant];
        return Member(schema, "enum") is { ValueKind: JsonValueKind.Array } values ? [.. values.EnumerateArray()] : [];
    }

    /// <summary>
    /// The schema of one parameter as a document of its own, in which references still lead to the tool's definitions.
    /// </summary>
    public static JsonElement Alone(ChatTool tool, JsonElement schema)
    {
        if (schema.ValueKind != JsonValueKind.Object) return schema;
        var alone = JsonObject.Create(schema)!;
        foreach (string definitions in (string[])["$defs", "definitions"])
        {
            if (Member(tool.Parameters, definitions) is { ValueKind: JsonValueKind.Object } found && !alone.ContainsKey(definitions))
                alone[definitions] = JsonObject.Create(found);
        }

        return Parse(alone.ToJsonString());
    }

    /// <summary>The same, and only for values of some kinds.</summary>
    public static JsonElement Alone(ChatTool tool, JsonElement schema, JsonKinds kinds)
    {
        var types = new JsonArray();
        foreach (JsonKinds kind in Enum.GetValues<JsonKinds>())
        {
            if (kind != JsonKinds.Any && kinds.HasFlag(kind)) types.Add((JsonNode)kind.ToString().ToLowerInvariant());
        }

        var limited = new JsonObject { ["type"] = types, ["allOf"] = new JsonArray(JsonObject.Create(schema)) };
        return Alone(tool, Parse(limited.ToJsonString()));
    }

    /// <summary>The schema of the arguments, which are an object even where the tool does not say so.</summary>
    public static JsonElement AsObject(JsonElement parameters)
    {
        if (parameters.ValueKind != JsonValueKind.Object) return Parse("""{"type":"object"}""");
        string[] telling = ["type", "$ref", "anyOf", "oneOf", "allOf", "enum", "const"];
        if (telling.Any(keyword => parameters.TryGetProperty(keyword, out _))) return parameters;
        var typed = JsonObject.Create(parameters)!;
        typed["type"] = "object";
        return Parse(typed.ToJsonString());
    }

    /// <summary>The texts to which a schema limits a value; empty where it does not.</summary>
    public static IReadOnlyList<string> Texts(JsonElement schema) =>
        [.. Values(schema).Select(value => value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText())];

    /// <summary>Which kinds of value a schema allows.</summary>
    public static JsonKinds Kinds(ChatTool? tool, JsonElement? schema) => schema is { } known ? Kinds(tool, known, 0) : JsonKinds.Any;

    private static JsonKinds Kinds(ChatTool? tool, JsonElement schema, int references)
    {
        if (schema.ValueKind != JsonValueKind.Object || references > MostReferences) return JsonKinds.Any;
        if (Member(schema, "type") is { } type)
        {
            return type.ValueKind == JsonValueKind.Array
                ? type.EnumerateArray().Aggregate((JsonKinds)0, (kinds, name) => kinds | Kind(name))
                : Kind(type);
        }

        if (Member(schema, "const") is { } constant) return KindOf(constant);
        if (Member(schema, "enum") is { ValueKind: JsonValueKind.Array } values)
            return values.EnumerateArray().Aggregate((JsonKinds)0, (kinds, value) => kinds | KindOf(value));
        foreach (string choice in (string[])["anyOf", "oneOf"])
        {
            if (Member(schema, choice) is { ValueKind: JsonValueKind.Array } choices)
                return choices.EnumerateArray().Aggregate((JsonKinds)0, (kinds, one) => kinds | Kinds(tool, one, references + 1));
        }

        if (Member(schema, "$ref") is { ValueKind: JsonValueKind.String } reference && tool is not null
            && Target(tool.Parameters, reference.GetString()!) is { } target) return Kinds(tool, target, references + 1);
        return JsonKinds.Any;
    }

    private static JsonElement? Target(JsonElement root, string reference)
    {
        if (!reference.StartsWith("#/", StringComparison.Ordinal)) return null;
        JsonElement? place = root;
        foreach (string step in reference[2..].Split('/'))
            place = place is { } parent ? Member(parent, step.Replace("~1", "/").Replace("~0", "~")) : null;
        return place;
    }

    private static JsonKinds Kind(JsonElement type) => type.ValueKind != JsonValueKind.String ? JsonKinds.Any : type.GetString() switch
    {
        "string" => JsonKinds.String,
        "number" or "integer" => JsonKinds.Number,
        "boolean" => JsonKinds.Boolean,
        "null" => JsonKinds.Null,
        "object" => JsonKinds.Object,
        "array" => JsonKinds.Array,
        _ => JsonKinds.Any,
    };

    public static JsonKinds KindOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => JsonKinds.String,
        JsonValueKind.Number => JsonKinds.Number,
        JsonValueKind.True or JsonValueKind.False => JsonKinds.Boolean,
        JsonValueKind.Null => JsonKinds.Null,
        JsonValueKind.Object => JsonKinds.Object,
        _ => JsonKinds.Array,
    };

    private static JsonElement Parse(string json)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        return document.RootElement.Clone();
    }

    private static JsonElement? Member(JsonElement value, string name) =>
        value.ValueKind == JsonValueKind.Object && value.TryGetProperty(name, out JsonElement member) ? member : null;
}
