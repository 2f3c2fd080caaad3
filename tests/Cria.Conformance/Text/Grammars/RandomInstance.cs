using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Cria.Conformance.Text.Grammars;

/// <summary>
/// Makes random values for a schema, knowing nothing of grammars and not all of schemas: whether a value is valid is for others to say.
/// </summary>
internal sealed class RandomInstance(JsonElement root, Random random)
{
    private static readonly Dictionary<string, string[]> Samples = new()
    {
        ["date"] = ["2024-02-29", "1999-12-31"],
        ["time"] = ["23:59:59Z", "00:00:00.123+01:30"],
        ["date-time"] = ["2020-01-01T00:00:00Z", "2026-11-21T01:02:03.5-08:00"],
        ["duration"] = ["P3Y6M4DT12H30M5S", "PT0S", "P2W"],
        ["uuid"] = ["123e4567-e89b-12d3-a456-426614174000"],
        ["email"] = ["ada.lovelace@example.com", "x+y@sub.example.org"],
        ["ipv4"] = ["127.0.0.1", "255.255.255.0"],
        ["ipv6"] = ["::1", "2001:db8::ff00:42:8329", "::ffff:192.0.2.128"],
        ["hostname"] = ["example.com", "a-b.c"],
        ["uri"] = ["https://example.com:8080/a/b%20c?d=e#f", "mailto:ada@example.com", "urn:isbn:0451450523"],
        ["uri-reference"] = ["../a/b?c", "//host/path", "#x"],
        ["json-pointer"] = ["", "/a/0/~1b"],
        ["uri-template"] = ["/users/{id}{?page,size*}", "plain"],
        ["relative-json-pointer"] = ["0#", "1/a/b"],
        ["byte"] = ["aGVsbG8=", ""],
        ["^[a-z]+$"] = ["abc", "z"],
        ["^x-"] = ["x-y", "x-ü\""],
        ["^(\\d{3}-)?\\d{4}$"] = ["555-1234", "0000"],
        ["foo|bar$"] = ["a foo b", "rebar"],
        ["[\"\\\\]"] = ["say \"hi\"", "\\"],
        ["^\\S+ \\S+$"] = ["Ada Lovelace", "é ü"],
        ["^[A-Z]{2}[0-9]{0,3}$"] = ["AB", "XY123"],
    };

    /// <summary>A value, or null (no value) where the generator finds none.</summary>
    public JsonNode? Make(JsonElement schema, int depth = 0)
    {
        if (schema.ValueKind == JsonValueKind.True || depth > 8) return Any();
        if (schema.ValueKind == JsonValueKind.False) return null;
        if (schema.TryGetProperty("const", out JsonElement constant)) return Node(constant);
        if (schema.TryGetProperty("enum", out JsonElement values) || schema.TryGetProperty("examples", out values)) return Node(values[random.Next(values.GetArrayLength())]);
        if (schema.TryGetProperty("$ref", out JsonElement reference)) return Make(Resolve(reference.GetString()!), depth + 1);
        bool isCombined = schema.TryGetProperty("anyOf", out _) || schema.TryGetProperty("oneOf", out _) || schema.TryGetProperty("allOf", out _);
        JsonNode? own = isCombined && !schema.TryGetProperty("type", out _) ? null : MakeTyped(schema, depth);
        foreach (string keyword in (string[])["anyOf", "oneOf", "allOf"])
        {
            if (!schema.TryGetProperty(keyword, out JsonElement parts)) continue;
            JsonElement[] chosen = keyword == "allOf" ? [.. parts.EnumerateArray()] : [parts[random.Next(parts.GetArrayLength())]];
            foreach (JsonElement part in chosen) own = Join(own, Make(part, depth));
            if (keyword == "allOf" && own is JsonObject members) own = InOrder(members, [.. chosen.Select(Followed)]);
        }
        return own;
    }

    /// <summary>The value with a small change.</summary>
    public JsonNode? Mutate(JsonNode? node)
    {
        switch (node)
        {
            case JsonObject { Count: > 0 } members when random.Next(5) > 0:
                var copy = new JsonObject();
                int chosen = random.Next(members.Count), i = 0;
                int change = random.Next(4);
                foreach ((string name, JsonNode? value) in members)
                {
                    bool isChosen = i++ == chosen;
                    if (isChosen && change == 0) continue;
                    copy[isChosen && change == 1 ? name + "x" : name] = isChosen && change > 1 ? Mutate(value) : value?.DeepClone();
                }
                return copy;
            case JsonArray items when random.Next(5) > 0:
                var list = new JsonArray([.. items.Select(item => item?.DeepClone())]);
                if (list.Count == 0 || random.Next(3) == 0) list.Add(list.Count > 0 ? list[0]?.DeepClone() : Any());
                else if (random.Next(2) == 0) list.RemoveAt(random.Next(list.Count));
                else list[random.Next(list.Count)] = Mutate(list[random.Next(list.Count)]);
                return list;
            case JsonValue value when value.GetValueKind() == JsonValueKind.String && random.Next(4) > 0:
                string text = value.GetValue<string>();
                return random.Next(3) switch
                {
                    0 => text + "é",
                    1 => text.Length > 0 && !char.IsSurrogate(text[^1]) ? text[..^1] : "\n",
                    _ => string.Concat(Enumerable.Repeat(text + "z", 9)),
                };
            case JsonValue value when value.GetValueKind() == JsonValueKind.Number && random.Next(4) > 0:
                double number = double.Parse(value.ToJsonString(), CultureInfo.InvariantCulture);
                return random.Next(4) switch { 0 => number + 1, 1 => number - 1, 2 => number + 0.5, _ => -number * 100 };
            default:
                return Any();
        }
    }

    /// <summary>A value as text: without white space, or with as much as people write.</summary>
    public static string Write(JsonNode? node, bool isIndented) => Write(node, isIndented ? "\n" : "", isIndented ? " " : "");

    private static string Write(JsonNode? node, string line, string gap)
    {
        string inner = line.Length == 0 ? "" : line + "  ";
        return node switch
        {
            JsonObject { Count: > 0 } members =>
                $"{{{string.Join(",", members.Select(member => $"{inner}{Quote(member.Key)}:{gap}{Write(member.Value, inner, gap)}"))}{line}}}",
            JsonArray { Count: > 0 } items => $"[{string.Join(",", items.Select(item => inner + Write(item, inner, gap)))}{line}]",
            JsonValue value when value.GetValueKind() == JsonValueKind.String => Quote(value.GetValue<string>()),
            null => "null",
            _ => node.ToJsonString(),
        };
    }

    private static string Quote(string text)
    {
        var json = new StringBuilder("\"");
        foreach (char c in text)
        {
            json.Append(c switch
            {
                '"' => "\\\"",
                '\\' => "\\\\",
                '\n' => "\\n",
                '\t' => "\\t",
                '\r' => "\\r",
                '\b' => "\\b",
                '\f' => "\\f",
                < ' ' => string.Create(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
                _ => c.ToString(),
            });
        }
        return json.Append('"').ToString();
    }

    private static JsonNode? Node(JsonElement element) => JsonNode.Parse(element.GetRawText());

    private JsonElement Followed(JsonElement schema) => schema.TryGetProperty("$ref", out JsonElement reference) ? Resolve(reference.GetString()!) : schema;

    // As the schemas list them, the others last.
    private static JsonObject InOrder(JsonObject members, JsonElement[] schemas)
    {
        List<string> listed = [.. schemas.Where(schema => schema.TryGetProperty("properties", out _))
            .SelectMany(schema => schema.GetProperty("properties").EnumerateObject()).Select(property => property.Name)];
        return new JsonObject(members.OrderBy(member => (uint)listed.IndexOf(member.Key)).Select(member => KeyValuePair.Create(member.Key, member.Value?.DeepClone())));
    }

    private JsonNode? Join(JsonNode? left, JsonNode? right)
    {
        if (left is not JsonObject a || right is not JsonObject b) return right ?? left;
        foreach ((string name, JsonNode? value) in b)
        {
            if (!a.ContainsKey(name) || random.Next(2) == 0) a[name] = value?.DeepClone();
        }
        return a;
    }

    private JsonElement Resolve(string reference) => reference switch
    {
        "#" => root,
        ['#', '/', ..] => reference.Split('/').Skip(1).Aggregate(root, (place, step) => place.GetProperty(step)),
        _ => root.GetProperty("$defs").EnumerateObject().Select(place => place.Value).First(place =>
            place.TryGetProperty("$anchor", out JsonElement anchor) && anchor.GetString() == reference[1..]
            || place.TryGetProperty("$id", out JsonElement id) && id.GetString() == reference),
    };

    private JsonNode? Any() => random.Next(7) switch
    {
        0 => null,
        1 => true,
        2 => random.Next(-1000, 1000),
        3 => "a\"ü\n",
        4 => new JsonArray(1, "x"),
        5 => new JsonObject { ["k"] = 1.5 },
        _ => "",
    };

    private JsonNode? MakeTyped(JsonElement schema, int depth)
    {
        string[] types = schema.TryGetProperty("type", out JsonElement type)
            ? type.ValueKind == JsonValueKind.String ? [type.GetString()!] : [.. type.EnumerateArray().Select(name => name.GetString()!)]
            : schema.TryGetProperty("properties", out _) || schema.TryGetProperty("required", out _) ? ["object"]
            : schema.TryGetProperty("items", out _) || schema.TryGetProperty("prefixItems", out _) ? ["array"]
            : schema.TryGetProperty("pattern", out _) || schema.TryGetProperty("format", out _) || schema.TryGetProperty("maxLength", out _) ? ["string"]
            : schema.TryGetProperty("minimum", out _) || schema.TryGetProperty("maximum", out _) ? ["number"]
            : ["any"];
        return types[random.Next(types.Length)] switch
        {
            "null" => null,
            "boolean" => random.Next(2) == 0,
            "integer" => MakeInteger(schema),
            "number" => random.Next(2) == 0 ? MakeInteger(schema) : MakeNumber(schema),
            "string" => MakeString(schema),
            "array" => MakeArray(schema, depth),
            "object" => MakeObject(schema, depth),
            _ => Any(),
        };
    }

    private static double Number(JsonElement schema, string keyword, double otherwise) =>
        schema.TryGetProperty(keyword, out JsonElement value) && value.ValueKind == JsonValueKind.Number ? value.GetDouble() : otherwise;

    private (double Min, double Max) Range(JsonElement schema)
    {
        double min = Math.Max(Number(schema, "minimum", -1e9), Number(schema, "exclusiveMinimum", -1e9));
        double max = Math.Min(Number(schema, "maximum", 1e9), Number(schema, "exclusiveMaximum", 1e9));
        return (min == -1e9 && max < 1e9 ? max - 500 : min, max == 1e9 && min > -1e9 ? min + 500 : max);
    }

    private JsonNode MakeInteger(JsonElement schema)
    {
        (double min, double max) = Range(schema);
        long number = random.NextInt64((long)Math.Ceiling(min), Math.Max((long)Math.Floor(max), (long)Math.Ceiling(min)) + 1);
        long divisor = (long)Number(schema, "multipleOf", 1);
        return divisor > 1 ? number / divisor * divisor : number;
    }

    private JsonNode MakeNumber(JsonElement schema)
    {
        (double min, double max) = Range(schema);
        return Math.Round((decimal)(min + random.NextDouble() * (max - min)), random.Next(1, 4));
    }

    private JsonNode MakeString(JsonElement schema)
    {
        foreach (string keyword in (string[])["pattern", "format"])
        {
            if (schema.TryGetProperty(keyword, out JsonElement name) && Samples.TryGetValue(name.GetString()!, out string[]? samples))
            {
                return samples[random.Next(samples.Length)];
            }
        }
        int min = (int)Number(schema, "minLength", 0), max = (int)Number(schema, "maxLength", min + 12);
        string[] characters = ["a", "B", " ", "é", "中", "😀", "\"", "\\", "\n", "/", "\u007f", "\u0001", "}"];
        return string.Concat(Enumerable.Range(0, random.Next(min, max + 1)).Select(_ => characters[random.Next(characters.Length)]));
    }

    private JsonArray MakeArray(JsonElement schema, int depth)
    {
        JsonElement[] first = schema.TryGetProperty("prefixItems", out JsonElement prefix) ? [.. prefix.EnumerateArray()] : [];
        bool hasItems = schema.TryGetProperty("items", out JsonElement items);
        int min = (int)Number(schema, "minItems", 0);
        int max = (int)Number(schema, "maxItems", Math.Max(min, first.Length) + (depth < 3 ? 3 : 0));
        if (!hasItems && first.Length > 0 || hasItems && items.ValueKind == JsonValueKind.False) max = Math.Min(max, first.Length);
        var list = new JsonArray();
        for (int i = random.Next(min, Math.Max(min, max) + 1); i > 0; i--)
        {
            list.Add(list.Count < first.Length ? Make(first[list.Count], depth + 1) : hasItems ? Make(items, depth + 1) : Any());
        }
        return list;
    }

    private JsonObject MakeObject(JsonElement schema, int depth)
    {
        var required = schema.TryGetProperty("required", out JsonElement names) ? names.EnumerateArray().Select(name => name.GetString()!).ToHashSet() : [];
        var made = new JsonObject();
        bool hasProperties = schema.TryGetProperty("properties", out JsonElement properties);
        if (hasProperties)
        {
            foreach (JsonProperty property in properties.EnumerateObject())
            {
                if (required.Remove(property.Name) || random.Next(depth < 4 ? 2 : 5) == 0) made[property.Name] = Make(property.Value, depth + 1);
            }
        }
        foreach (string name in required) made[name] = "text";
        bool isOpen = schema.TryGetProperty("additionalProperties", out JsonElement others) ? others.ValueKind != JsonValueKind.False
            : !hasProperties && !schema.TryGetProperty("patternProperties", out _);
        for (int i = isOpen ? random.Next(3) : 0; i > 0; i--)
        {
            made[$"other{(random.Next(2) == 0 ? "é" : "")}{i}"] = others.ValueKind == JsonValueKind.Undefined ? Any() : Make(others, depth + 1);
        }
        if (schema.TryGetProperty("patternProperties", out JsonElement patterns))
        {
            foreach (JsonProperty pattern in patterns.EnumerateObject())
            {
                if (random.Next(2) == 0) made[Samples[pattern.Name][random.Next(Samples[pattern.Name].Length)]] = Make(pattern.Value, depth + 1);
            }
        }
        return made;
    }
}
