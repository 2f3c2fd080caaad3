using System.Text;
using Cria.Text.Grammars;

namespace Cria.Tests.Text.Grammars;

public sealed class JsonSchemaRefusalTests
{
    [Theory]
    // Ill-formed.
    [InlineData("""{"type":"kaboom"}""", "/type")]
    [InlineData("""{"type":123}""", "/type")]
    [InlineData("""{"type":[]}""", "/type")]
    [InlineData("""{"type":["string",3]}""", "/type/1")]
    [InlineData("""{"properties":[]}""", "/properties")]
    [InlineData("""{"properties":{"a":{"properties":{"b/c":{"minLength":-1}}}}}""", "/properties/a/properties/b~1c/minLength")]
    [InlineData("""{"items":{"maxItems":1.5}}""", "/items/maxItems")]
    [InlineData("""{"required":"a"}""", "/required")]
    [InlineData("""{"required":["a",1]}""", "/required/1")]
    [InlineData("""{"enum":"a"}""", "/enum")]
    [InlineData("""{"anyOf":[]}""", "/anyOf")]
    [InlineData("""{"minimum":"3"}""", "/minimum")]
    [InlineData("""{"multipleOf":0}""", "/multipleOf")]
    [InlineData("""{"pattern":"(a"}""", "/pattern")]
    [InlineData("""{"items":7}""", "/items")]
    [InlineData("7", "")]
    // References.
    [InlineData("""{"$ref":"#/$defs/none"}""", "/$ref")]
    [InlineData("""{"$ref":"https://example.com/other.json"}""", "/$ref")]
    [InlineData("""{"$ref":"#none"}""", "/$ref")]
    [InlineData("""{"$ref":"#"}""", "")]
    [InlineData("""{"anyOf":[{"type":"null"},{"$ref":"#/$defs/a"}],"$defs":{"a":{"allOf":[{"$ref":"#/$defs/b"}]},"b":{"not":{"not":{"$ref":"#/$defs/a"}}}}}""", "/$defs/a")]
    // Nothing satisfies it.
    [InlineData("false", "")]
    [InlineData("""{"type":"string","enum":[1,2]}""", "")]
    [InlineData("""{"type":"integer","minimum":3,"maximum":2}""", "")]
    [InlineData("""{"type":"integer","exclusiveMinimum":1,"exclusiveMaximum":2}""", "")]
    [InlineData("""{"type":"string","minLength":3,"maxLength":2}""", "")]
    [InlineData("""{"type":"string","pattern":"^a{5}$","maxLength":4}""", "")]
    [InlineData("""{"type":"object","properties":{"next":{"$ref":"#"}},"required":["next"]}""", "")]
    [InlineData("""{"type":"array","items":false,"minItems":1}""", "")]
    [InlineData("""{"type":"object","required":["a"],"additionalProperties":false}""", "")]
    [InlineData("""{"allOf":[{"type":"string"},{"type":"number"}]}""", "")]
    [InlineData("""{"const":1,"not":{"const":1.0}}""", "")]
    // What no grammar can enforce.
    [InlineData("""{"type":"array","items":{"type":"string"},"uniqueItems":true}""", "/uniqueItems")]
    [InlineData("""{"type":"number","multipleOf":0.3}""", "/multipleOf")]
    [InlineData("""{"type":"string","pattern":"a(?=b)"}""", "/pattern")]
    [InlineData("""{"type":"string","format":"regex"}""", "/format")]
    [InlineData("""{"type":"object","minProperties":2}""", "/minProperties")]
    [InlineData("""{"type":"object","not":{"patternProperties":{"^a":{"type":"null"}}}}""", "/not/patternProperties")]
    [InlineData("""{"oneOf":[{"type":"number","multipleOf":3},{"type":"number","multipleOf":5}]}""", "/oneOf")]
    [InlineData("""{"type":"array","maxItems":3,"prefixItems":[{}],"contains":{"type":"null"}}""", "/contains")]
    public void What_cannot_be_is_refused_at_its_place(string schema, string pointer)
    {
        JsonSchemaException e = Assert.Throws<JsonSchemaException>(() => JsonSchemaGrammar.ToGbnf(schema, new JsonSchemaOptions()));
        Assert.Equal(pointer, e.Pointer);
        Assert.Null(e.Line);
        Assert.DoesNotContain('\n', e.Message);
    }

    [Theory]
    // Each of these keywords asks for nothing more than the others do.
    [InlineData("""{"type":"array","items":{"type":"string"},"uniqueItems":true,"maxItems":1}""")]
    [InlineData("""{"type":"array","items":{"type":"boolean"},"uniqueItems":true}""")]
    [InlineData("""{"type":"object","properties":{"a":{},"b":{}},"required":["a","b"],"minProperties":2,"additionalProperties":true}""")]
    [InlineData("""{"oneOf":[{"type":"string"},{"type":"number","multipleOf":5}]}""")]
    [InlineData("""{"type":"array","contains":{"type":"null"},"minContains":0}""")]
    [InlineData("""{"type":"string","format":"no such format","title":"x","default":3,"x-mine":{"type":"kaboom"}}""")]
    [InlineData("""{"type":"string","pattern":"^[a-z]+$","minLength":1}""")]
    [InlineData("""{"type":"object","properties":{"next":{"$ref":"#"}}}""")]
    public void What_holds_anyway_is_no_reason_to_refuse(string schema) =>
        Assert.StartsWith("root ::= ", JsonSchemaGrammar.ToGbnf(schema, new JsonSchemaOptions()));

    [Theory]
    [InlineData("{\n  \"type\": oops\n}", 2, 11)]
    [InlineData("", 1, 1)]
    [InlineData("{\"ä😀\": oops", 1, 9)]
    [InlineData("{\"type\":\"string\"", 1, 17)]
    [InlineData("{} {}", 1, 4)]
    public void A_schema_that_is_no_JSON_is_refused_with_line_and_column(string schema, int line, int column)
    {
        JsonSchemaException e = Assert.Throws<JsonSchemaException>(() => JsonSchemaGrammar.ToGbnf(schema, new JsonSchemaOptions()));
        Assert.Equal((line, column), (e.Line, e.Column));
    }

    public static TheoryData<string> Hostile =>
    [
        Nested("""{"items":""", "{}", "}", 5000),
        Nested("""{"allOf":[""", "{}", "]}", 90),
        Nested("""{"not":""", "{}", "}", 150),
        """{"type":"string","minLength":100000000}""",
        """{"type":"array","maxItems":1e9}""",
        """{"type":"integer","minimum":1e400}""",
        """{"type":"string","pattern":"(a|b)*a(a|b){40}","maxLength":5000}""",
        "{\"allOf\":[" + Each(40, i => $$"""{"anyOf":[{"required":["a{{i}}"]},{"required":["b{{i}}"]}]}""") + "]}",
        "{\"type\":\"object\",\"dependentRequired\":{" + Each(40, i => $"\"a{i}\":[\"b{i}\"]") + "}}",
        "{\"type\":\"object\",\"patternProperties\":{" + Each(40, i => $$"""
            "a{{i}}":{"minLength":{{i}}}
            """) + "}}",
        "{\"$ref\":\"#/$defs/d0\",\"$defs\":{" + Each(30, i => $"\"d{i}\":{{\"type\":\"object\",\"properties\":{{\"a\":{Both(i + 1, i * 7)},\"b\":{Both(i * 3, i + 11)}}}}}") + "}}",
    ];

    [Theory]
    [MemberData(nameof(Hostile))]
    public void Hostile_schemas_are_refused_or_done_soon(string schema)
    {
        try
        {
            Assert.True(JsonSchemaGrammar.ToGbnf(schema, new JsonSchemaOptions()).Length < 5_000_000);
        }
        catch (JsonSchemaException e)
        {
            Assert.True(e.Message.Length < 1000);
        }
    }

    private static string Each(int count, Func<int, string> item) => string.Join(',', Enumerable.Range(0, count).Select(item));

    // Two definitions at once; all pairs, triples and so on of them are different goals.
    private static string Both(int left, int right) => $$"""{"allOf":[{"$ref":"#/$defs/d{{left % 30}}"},{"$ref":"#/$defs/d{{right % 30}}"}]}""";

    private static string Nested(string open, string inner, string close, int times)
    {
        var text = new StringBuilder();
        for (int i = 0; i < times; i++) text.Append(open);
        text.Append(inner);
        for (int i = 0; i < times; i++) text.Append(close);
        return text.ToString();
    }
}
