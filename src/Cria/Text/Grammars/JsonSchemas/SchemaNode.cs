using System.Text.Json;

namespace Cria.Text.Grammars;

// The types here are classes although they are small: what .NET compiled ahead of time, lists and queries of classes, it need not compile anew
// for each of them, which took most of the time until a program's first grammar was ready.

/// <summary>A part of a JSON schema and where it is; nodes with one pointer are one.</summary>
internal sealed record SchemaNode(JsonElement Element, string Pointer)
{
    public bool IsObject => Element.ValueKind == JsonValueKind.Object;

    public JsonSchemaException Refuse(string problem) => new(Pointer, problem);

    /// <summary>The value of a keyword, or null where the schema does not have it.</summary>
    public SchemaNode? Keyword(string name) =>
        IsObject && Element.TryGetProperty(name, out JsonElement value) ? new SchemaNode(value, Join(name)) : null;

    /// <summary>The members of an object, which <paramref name="what"/> says it must be.</summary>
    public IReadOnlyList<SchemaMember> Members(string what)
    {
        if (!IsObject) throw Refuse($"must be {what}");
        var members = new List<SchemaMember>();
        foreach (JsonProperty member in Element.EnumerateObject())
            members.Add(new SchemaMember(member.Name, new SchemaNode(member.Value, Join(member.Name))));
        return members;
    }

    /// <summary>The items of an array, which <paramref name="what"/> says it must be.</summary>
    public IReadOnlyList<SchemaNode> Items(string what)
    {
        if (Element.ValueKind != JsonValueKind.Array) throw Refuse($"must be {what}");
        var items = new List<SchemaNode>();
        foreach (JsonElement item in Element.EnumerateArray()) items.Add(new SchemaNode(item, $"{Pointer}/{items.Count}"));
        return items;
    }

    /// <summary>The strings of an array of strings.</summary>
    public IReadOnlyList<string> Strings() => [.. Items("an array of strings").Select(item => item.Text())];

    public string Text() => Element.ValueKind == JsonValueKind.String ? Read(element => element.GetString()!) : throw Refuse("must be a string");

    public bool Flag() => Element.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw Refuse("must be true or false"),
    };

    /// <summary>A number of characters, items or properties.</summary>
    public int Count()
    {
        SchemaNumber number = Number();
        if (!number.IsInteger || number.Units < 0) throw Refuse("must be an integer that is not negative");
        return number.Units > RegexParser.MostRepetitions
            ? throw Refuse($"counts above {RegexParser.MostRepetitions} cannot be enforced; take the keyword out, or lower it")
            : (int)number.Units;
    }

    public SchemaNumber Number() => Element.ValueKind != JsonValueKind.Number
        ? throw Refuse("must be a number")
        : SchemaNumber.TryParse(Element.GetRawText()) ?? throw Refuse("the number is too large or too long");

    private string Join(string name) => $"{Pointer}/{name.Replace("~", "~0").Replace("/", "~1")}";

    // Half a surrogate pair, written as \ud800, is JSON but no text.
    private T Read<T>(Func<JsonElement, T> read)
    {
        try
        {
            return read(Element);
        }
        catch (InvalidOperationException)
        {
            throw Refuse("holds half a surrogate pair, which is no character");
        }
    }
}

/// <summary>A member of an object in a schema.</summary>
internal sealed record SchemaMember(string Name, SchemaNode Value);
