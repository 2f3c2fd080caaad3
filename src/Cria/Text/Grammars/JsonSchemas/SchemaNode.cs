using System.Text.Json;

namespace Cria.Text.Grammars;

/// <summary>A part of a JSON schema and where it is; nodes with one pointer are one.</summary>
internal readonly record struct SchemaNode(JsonElement Element, string Pointer)
{
    public bool IsObject => Element.ValueKind == JsonValueKind.Object;

    public JsonSchemaException Refuse(string problem) => new(Pointer, problem);

    /// <summary>The value of a keyword, or null where the schema does not have it.</summary>
    public SchemaNode? Keyword(string name) =>
        IsObject && Element.TryGetProperty(name, out JsonElement value) ? new SchemaNode(value, Join(name)) : null;

    /// <summary>The members of an object, which <paramref name="what"/> says it must be.</summary>
    public IEnumerable<(string Name, SchemaNode Value)> Members(string what)
    {
        if (!IsObject) throw Refuse($"must be {what}");
        SchemaNode self = this;
        return Element.EnumerateObject().Select(member => (member.Name, new SchemaNode(member.Value, self.Join(member.Name))));
    }

    /// <summary>The items of an array, which <paramref name="what"/> says it must be.</summary>
    public IReadOnlyList<SchemaNode> Items(string what)
    {
        if (Element.ValueKind != JsonValueKind.Array) throw Refuse($"must be {what}");
        SchemaNode self = this;
        return [.. Element.EnumerateArray().Select((item, i) => new SchemaNode(item, $"{self.Pointer}/{i}"))];
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
