namespace Cria.Tests.Text.Grammars;

public sealed class GrammarSpecTests
{
    [Fact]
    public void A_table_of_rules_becomes_a_line_each_with_the_alternatives_in_order()
    {
        var spec = new GrammarSpec("root", new OrderedDictionary<string, IReadOnlyList<string>> { ["root"] = ["answer"], ["answer"] = ["\"yes\"", "\"no\"", "[0-9]+"] });
        Assert.Equal("root ::= answer\nanswer ::= \"yes\" | \"no\" | [0-9]+", spec.ToGbnf());
    }

    [Fact]
    public void Properties_come_in_the_given_order_and_0_is_the_first()
    {
        const string Schema = """
            {"type":"object","properties":{"x":{"const":1},"arguments":{"const":2},"function":{"const":3}},"required":["x","arguments","function"]}
            """;
        string[] members = Members(GrammarSpec.ConvertJsonSchemaToGrammar(Schema, new Dictionary<string, int> { ["function"] = 0, ["arguments"] = 1 }));
        Assert.Equal(["function", "arguments", "x"], members);
        Assert.Equal(["x", "arguments", "function"], Members(GrammarSpec.ConvertJsonSchemaToGrammar(Schema)));
        Assert.Equal(["arguments", "x", "function"], Members(GrammarSpec.ConvertJsonSchemaToGrammar(Schema, new Dictionary<string, int> { ["arguments"] = 0 })));
    }

    private static string[] Members(string gbnf)
    {
        string text = new Cria.Testing.GbnfWalk(gbnf).Text(new Random(0));
        using var document = System.Text.Json.JsonDocument.Parse(text);
        return [.. document.RootElement.EnumerateObject().Select(member => member.Name)];
    }
}
