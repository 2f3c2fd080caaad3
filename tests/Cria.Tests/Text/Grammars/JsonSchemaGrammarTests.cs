using System.Text.Json;
using Cria.Testing;
using Cria.Text.Grammars;

namespace Cria.Tests.Text.Grammars;

/// <summary>What can be said of the grammars without another program; how exact they are is for the conformance tests.</summary>
public sealed class JsonSchemaGrammarTests
{
    private const string Order = """
        {"type":"object","properties":{"id":{"type":"integer"},"tags":{"type":"array","items":{"type":"string"},"minItems":2}},"required":["id","tags"]}
        """;

    [Theory]
    [InlineData(JsonWhitespace.Compact)]
    [InlineData(JsonWhitespace.Spaced)]
    [InlineData(JsonWhitespace.OneLine)]
    [InlineData(JsonWhitespace.Flexible)]
    public void White_space_is_as_the_options_say(JsonWhitespace whitespace)
    {
        var walk = new GbnfWalk(JsonSchemaGrammar.ToGbnf("""{"type":"array","items":{"type":"object","properties":{"a":{"const":1}}},"minItems":2}""", new() { Whitespace = whitespace }));
        string[] texts = [.. Enumerable.Range(0, 100).Select(i => walk.Text(new Random(i)))];
        foreach (string text in texts)
        {
            string compact = JsonSerializer.Serialize(JsonDocument.Parse(text).RootElement);
            if (whitespace == JsonWhitespace.Compact) Assert.Equal(compact, text);
            if (whitespace == JsonWhitespace.Spaced) Assert.Equal(compact.Replace(",", ", ").Replace(":", ": "), text);
        }
        if (whitespace == JsonWhitespace.OneLine) Assert.Contains(texts, text => text.Contains(": ") && text.Contains("\":1"));
        Assert.Equal(whitespace == JsonWhitespace.Flexible, texts.Any(text => text.Contains('\n')));
    }

    [Fact]
    public void Only_what_is_stated_is_generated_unless_the_options_allow_more()
    {
        Assert.DoesNotContain("others", JsonSchemaGrammar.ToGbnf(Order, new()));
        Assert.Contains("others", JsonSchemaGrammar.ToGbnf(Order, new() { AllowUnstated = true }));
        Assert.StartsWith("root ::= \"{\"", JsonSchemaGrammar.ToGbnf("""{"properties":{"a":{}}}""", new()));
        Assert.Contains("| string | number |", JsonSchemaGrammar.ToGbnf("""{"properties":{"a":{"type":"null"}}}""", new() { AllowUnstated = true }));
    }

    [Fact]
    public void Grammars_with_other_roots_can_be_joined()
    {
        using JsonDocument schema = JsonDocument.Parse(Order);
        string joined = "root ::= first | second\n" + JsonSchemaGrammar.ToGbnf(schema.RootElement, new(), "first") + JsonSchemaGrammar.ToGbnf(schema.RootElement, new(), "second");
        string[] names = [.. joined.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' ')[0])];
        Assert.Equal(names.Distinct(), names);
        Assert.All(names, name => Assert.True(name == "root" || name.StartsWith("first", StringComparison.Ordinal) || name.StartsWith("second", StringComparison.Ordinal)));
        Assert.NotEmpty(new GbnfWalk(joined).Text(new Random(1)));
    }

    [Fact]
    public void No_name_comes_twice_in_an_object()
    {
        const string Schema = """{"type":"object","properties":{"a":{"const":1},"ab":{"const":1},"\"":{"const":1}},"required":["a"],"additionalProperties":{"const":2}}""";
        var walk = new GbnfWalk(JsonSchemaGrammar.ToGbnf(Schema, new() { Whitespace = JsonWhitespace.Compact }));
        for (int i = 0; i < 500; i++)
        {
            string text = walk.Text(new Random(i));
            foreach (JsonProperty member in JsonDocument.Parse(text).RootElement.EnumerateObject())
            {
                Assert.True((member.Name is "a" or "ab" or "\"") == (member.Value.GetInt32() == 1), text);
            }
        }
    }

    [Fact]
    public void The_grammar_grows_with_the_properties_and_not_with_their_subsets()
    {
        static int Size(int count) => JsonSchemaGrammar.ToGbnf(
            "{\"type\":\"object\",\"properties\":{" + string.Join(',', Enumerable.Range(0, count).Select(i => $"\"p{i:000}\":{{\"type\":\"null\"}}")) + "}}", new()).Length;
        Assert.True(Size(200) < 2.5 * Size(100));
    }

    [Fact]
    public void References_give_rules_their_names()
    {
        string gbnf = JsonSchemaGrammar.ToGbnf("""{"type":"array","items":{"$ref":"#/$defs/line item"},"$defs":{"line item":{"type":"array","items":{"$ref":"#/$defs/line item"}}}}""", new());
        Assert.Contains("\nline-item ::= ", gbnf);
    }

    [Fact]
    public void A_grammar_is_the_same_each_time() => Assert.Equal(JsonSchemaGrammar.ToGbnf(Order, new()), JsonSchemaGrammar.ToGbnf(Order, new()));
}
