using System.Text.Json.Nodes;

namespace Cria.Conformance.Text.Grammars;

/// <summary>Makes random JSON schemas of the keywords that a grammar can enforce.</summary>
internal sealed class RandomSchema(Random random)
{
    private static readonly string[] Names = ["a", "ab", "name", "ü", "say \"hi\"", "id", "a/b~c", "extra1"];
    private static readonly string[] Patterns = ["^[a-z]+$", "^x-", "^(\\d{3}-)?\\d{4}$", "foo|bar$", "[\"\\\\]", "^\\S+ \\S+$", "^[A-Z]{2}[0-9]{0,3}$"];

    private static readonly string[] Formats =
        ["date", "time", "date-time", "duration", "uuid", "email", "ipv4", "ipv6", "hostname", "uri", "uri-reference", "json-pointer", "byte", "strange"];

    private int _definitions;

    public JsonObject Make()
    {
        _definitions = random.Next(3) == 0 ? 2 : 0;
        JsonObject schema = Make(0);
        if (_definitions == 0) return schema;
        schema["$defs"] = new JsonObject { ["d0"] = Make(1), ["d1"] = MakeTree() };
        return schema;
    }

    private JsonObject Make(int depth)
    {
        int kind = random.Next(depth < 3 ? 16 : 8);
        return kind switch
        {
            0 or 1 => MakeInteger(),
            2 => MakeNumber(),
            3 or 4 => MakeString(),
            5 => MakeEnum(),
            6 => _definitions > 0 && depth > 0 ? new JsonObject { ["$ref"] = $"#/$defs/d{random.Next(2)}" } : new JsonObject { ["type"] = "boolean" },
            7 => new JsonObject { ["type"] = new JsonArray("string", "null", "integer") },
            8 or 9 => MakeArray(depth),
            10 => new JsonObject { ["anyOf"] = new JsonArray(Make(depth + 1), Make(depth + 1)) },
            11 => MakeUnion(depth),
            12 => MakeMerge(depth),
            13 => MakeCondition(depth),
            _ => MakeObject(depth),
        };
    }

    private static JsonObject MakeTree() => new()
    {
        ["type"] = "object",
        ["properties"] = new JsonObject
        {
            ["value"] = new JsonObject { ["type"] = "integer" },
            ["children"] = new JsonObject { ["type"] = "array", ["items"] = new JsonObject { ["$ref"] = "#/$defs/d1" }, ["maxItems"] = 2 },
        },
        ["required"] = new JsonArray("value"),
        ["additionalProperties"] = false,
    };

    private JsonObject MakeInteger()
    {
        var schema = new JsonObject { ["type"] = "integer" };
        int low = random.Next(-2000, 2000);
        if (random.Next(2) == 0) schema[random.Next(2) == 0 ? "minimum" : "exclusiveMinimum"] = low;
        if (random.Next(2) == 0) schema[random.Next(2) == 0 ? "maximum" : "exclusiveMaximum"] = low + random.Next(10, 5000);
        if (random.Next(4) == 0) schema["multipleOf"] = random.Next(1, 8);
        return schema;
    }

    private JsonObject MakeNumber()
    {
        var schema = new JsonObject { ["type"] = "number" };
        decimal low = random.Next(-20000, 20000) / (random.Next(2) == 0 ? 100m : 10m);
        if (random.Next(2) == 0) schema[random.Next(2) == 0 ? "minimum" : "exclusiveMinimum"] = low;
        if (random.Next(2) == 0) schema[random.Next(2) == 0 ? "maximum" : "exclusiveMaximum"] = low + random.Next(1, 5000) / 100m;
        return schema;
    }

    private JsonObject MakeString()
    {
        var schema = new JsonObject { ["type"] = "string" };
        switch (random.Next(4))
        {
            case 0:
                schema["pattern"] = Pick(Patterns);
                if (random.Next(3) == 0) schema["maxLength"] = random.Next(9, 20);
                break;
            case 1:
                schema["format"] = Pick(Formats);
                break;
            case 2:
                if (random.Next(2) == 0) schema["minLength"] = random.Next(5);
                if (random.Next(2) == 0) schema["maxLength"] = random.Next(5, 20);
                break;
        }
        return schema;
    }

    private JsonObject MakeEnum()
    {
        JsonNode?[] values = ["red", "gr\"ün", null, true, 1, -2.5, "new\nline", new JsonArray(1, "x"), new JsonObject { ["k"] = "v" }];
        random.Shuffle(values);
        return random.Next(3) == 0 ? new JsonObject { ["const"] = values[0] } : new JsonObject { ["enum"] = new JsonArray(values[..random.Next(1, 5)]) };
    }

    private JsonObject MakeArray(int depth)
    {
        var schema = new JsonObject { ["type"] = "array" };
        if (random.Next(3) == 0) schema["prefixItems"] = new JsonArray([.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => Make(depth + 1))]);
        if (random.Next(3) > 0) schema["items"] = schema.ContainsKey("prefixItems") && random.Next(2) == 0 ? false : Make(depth + 1);
        if (random.Next(3) == 0) schema["minItems"] = random.Next(1, 3);
        if (random.Next(3) == 0) schema["maxItems"] = random.Next(3, 6);
        return schema;
    }

    private JsonObject MakeObject(int depth)
    {
        string[] names = [.. Names];
        random.Shuffle(names);
        names = names[..random.Next(1, 5)];
        var properties = new JsonObject();
        foreach (string name in names) properties[name] = Make(depth + 1);
        var schema = new JsonObject { ["type"] = "object", ["properties"] = properties };
        string[] required = [.. names.Where(_ => random.Next(3) == 0)];
        if (required.Length > 0) schema["required"] = new JsonArray([.. required.Select(name => (JsonNode)name)]);
        switch (random.Next(5))
        {
            case 0: schema["additionalProperties"] = false; break;
            case 1: schema["additionalProperties"] = true; break;
            case 2: schema["additionalProperties"] = Make(depth + 2); break;
            case 3 when random.Next(2) == 0: schema["patternProperties"] = new JsonObject { ["^x-"] = Make(depth + 2) }; break;
        }
        if (random.Next(6) == 0) schema["minProperties"] = Math.Min(required.Length + 1, names.Length);
        if (random.Next(6) == 0) schema["maxProperties"] = names.Length;
        if (random.Next(8) == 0) schema["dependentRequired"] = new JsonObject { [names[0]] = new JsonArray(names[^1]) };
        return schema;
    }

    private JsonObject MakeUnion(int depth) => new()
    {
        ["oneOf"] = new JsonArray([.. new[] { "circle", "box", "line" }.Select(kind => new JsonObject
        {
            ["type"] = "object",
            ["properties"] = new JsonObject { ["kind"] = new JsonObject { ["const"] = kind }, [Pick(Names)] = Make(depth + 2) },
            ["required"] = new JsonArray("kind"),
            ["additionalProperties"] = false,
        })]),
    };

    private JsonObject MakeMerge(int depth)
    {
        JsonObject left = MakeObject(depth + 1), right = MakeObject(depth + 1);
        // Other properties would come between the named ones of the two.
        foreach (string keyword in (string[])["additionalProperties", "patternProperties"])
        {
            left.Remove(keyword);
            right.Remove(keyword);
        }
        return new JsonObject { ["allOf"] = new JsonArray(left, right) };
    }

    private JsonObject MakeCondition(int depth) => new()
    {
        ["type"] = "object",
        ["properties"] = new JsonObject { ["mode"] = new JsonObject { ["enum"] = new JsonArray("on", "off") }, ["level"] = MakeInteger(), ["note"] = Make(depth + 2) },
        ["required"] = new JsonArray("mode"),
        ["if"] = new JsonObject { ["properties"] = new JsonObject { ["mode"] = new JsonObject { ["const"] = "on" } } },
        ["then"] = new JsonObject { ["required"] = new JsonArray("level") },
        ["else"] = new JsonObject { ["properties"] = new JsonObject { ["level"] = false } },
    };

    private T Pick<T>(T[] values) => values[random.Next(values.Length)];
}
