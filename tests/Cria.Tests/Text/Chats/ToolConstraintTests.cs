using System.Text.Json;
using Cria.Text.Chats;
using Cria.Text.Grammars;

namespace Cria.Tests.Text;

/// <summary>What a schema says of a tool's arguments holds in every notation, not only where they are JSON.</summary>
public sealed class ToolConstraintTests
{
    private const string Parameters = """
        {
          "type": "object",
          "properties": {
            "code": {"type": "string", "pattern": "^[A-Z]{2}[0-9]+$"},
            "note": {"type": "string", "minLength": 2, "maxLength": 5},
            "day": {"type": "string", "format": "date"},
            "text": {"type": "string", "maxLength": 100000},
            "link": {"type": "string", "format": "uri"},
            "count": {"type": "integer", "minimum": 3},
            "perhaps": {"anyOf": [{"type": "string", "pattern": "^x+$"}, {"type": "null"}]},
            "kind": {"$ref": "#/$defs/kind"},
            "tags": {"type": "array", "items": {"type": "string", "enum": ["a", "b"]}, "minItems": 1, "maxItems": 2},
            "size": {"type": "object", "properties": {"width": {"type": "number"}, "unit": {"const": "cm"}}, "required": ["width"]},
            "tree": {"$ref": "#/$defs/tree"}
          },
          "$defs": {
            "kind": {"type": "string", "enum": ["big", "small"]},
            "tree": {"type": "object", "properties": {"name": {"type": "string"}, "parts": {"type": "array", "items": {"$ref": "#/$defs/tree"}}}, "required": ["name"]}
          }
        }
        """;

    private static readonly ChatTool Tool = ChatTool.Create("put", "Puts.", Parameters);

    [Theory]
    [InlineData("code", "AB12", "ab12")]
    [InlineData("code", "AB12", "AB12\n")]
    [InlineData("note", "four", "f")]
    [InlineData("note", "a\nb<c", "sixsix")]
    [InlineData("day", "2024-02-29", "2023-02-29")]
    [InlineData("link", "https://example.org/a?b=c", "no link")]
    [InlineData("text", "any <b>\ntext</b>", null)]
    [InlineData("count", "3", "2")]
    [InlineData("perhaps", "null", "yy")]
    [InlineData("perhaps", "xx", "\"xx\"")]
    [InlineData("kind", "big", "bigger")]
    [InlineData("tags", "[\"a\", \"b\"]", "[\"a\", \"b\", \"a\"]")]
    [InlineData("size", "{\"width\": 1.5, \"unit\": \"cm\"}", "{\"unit\": \"cm\"}")]
    public void Tagged_arguments_are_those_that_the_schema_allows(string name, string allowed, string? forbidden)
    {
        foreach ((ChatNotation notation, string open, string keyEnd, string valueEnd, string close) in (
            (ChatNotation, string, string, string, string)[])
            [
                (Notation("<function=", "<parameter="), "<tool_call>\n<function=put>\n<parameter=", ">\n", "\n</parameter>\n", "</function>\n</tool_call>"),
                (Notation("<arg_key>", "<arg_value>"), "<tool_call>put\n<arg_key>", "</arg_key>\n<arg_value>", "</arg_value>\n", "</tool_call>"),
                (Notation("<minimax:tool_call>"), "<minimax:tool_call>\n<invoke name=\"put\">\n<parameter name=\"", "\">", "</parameter>\n",
                    "</invoke>\n</minimax:tool_call>"),
            ])
        {
            string Call(string value) => open + name + keyEnd + value + valueEnd + close;
            Assert.Equal("", Refused(notation, Call(allowed)));
            if (forbidden is not null) Assert.NotEqual("", Refused(notation, Call(forbidden)));
        }
    }

    [Theory]
    [InlineData("code:<|\"|>AB12<|\"|>", "code:<|\"|>ab12<|\"|>")]
    [InlineData("count:3", "count:2")]
    [InlineData("perhaps:null", "perhaps:<|\"|>y<|\"|>")]
    [InlineData("kind:<|\"|>big<|\"|>", "kind:<|\"|>bigger<|\"|>")]
    [InlineData("tags:[<|\"|>a<|\"|>,<|\"|>b<|\"|>]", "tags:[<|\"|>c<|\"|>]")]
    [InlineData("tags:[<|\"|>a<|\"|>]", "tags:[]")]
    [InlineData("size:{width:1.5,unit:<|\"|>cm<|\"|>}", "size:{unit:<|\"|>cm<|\"|>}")]
    [InlineData("size:{unit:<|\"|>cm<|\"|>,width:2}", "size:{width:<|\"|>2<|\"|>}")]
    [InlineData("tree:{name:<|\"|>n<|\"|>,parts:[{name:<|\"|>m<|\"|>}]}", "tree:{name:1}")]
    public void Gemma_arguments_are_those_that_the_schema_allows(string allowed, string forbidden)
    {
        ChatNotation notation = Notation("<|tool_call>call:");
        Assert.Equal("", Refused(notation, $"<|tool_call>call:put{{{allowed}}}<tool_call|>"));
        Assert.NotEqual("", Refused(notation, $"<|tool_call>call:put{{{forbidden}}}<tool_call|>"));
    }

    [Theory]
    [InlineData("<tags><item>a</item></tags>", "<tags></tags>")]
    [InlineData("<size><width>2</width></size>", "<size><unit>cm</unit></size>")]
    [InlineData("<code>AB1</code>", "<code>1AB</code>")]
    public void Nested_tags_hold_what_the_schema_allows(string allowed, string forbidden)
    {
        ChatNotation notation = Notation("]<]minimax[>[", "<invoke name=");
        string Call(string tags) => $"]<]minimax[>[<tool_call>\n]<]minimax[>[<invoke name=\"put\">{tags.Replace("<", "]<]minimax[>[<")}]<]minimax[>[</invoke>\n]<]minimax[>[</tool_call>";
        Assert.Equal("", Refused(notation, Call(allowed)));
        Assert.NotEqual("", Refused(notation, Call(forbidden)));
    }

    [Fact]
    public void A_text_that_the_schema_allows_cannot_hold_what_ends_it()
    {
        string gbnf = SchemaTexts.ToGbnf(JsonDocument.Parse("""{"type": "string", "maxLength": 20}""").RootElement, "</p>", "root")!;
        Grammar grammar = Grammar.FromGbnf(gbnf);
        Assert.True(grammar.Check("a</b></p>").IsAccepted);
        Assert.False(grammar.Check("a</p></p>").IsAccepted);
        Assert.False(grammar.Check(new string('a', 21) + "</p>").IsAccepted);
    }

    private static ChatNotation Notation(params string[] says) => ChatNotationDetector.Detect(string.Join(' ', says));

    private static string Refused(ChatNotation notation, string call)
    {
        ToolConstraint constraint = ToolConstraint.WhenCalling(notation, [Tool]);
        GrammarCheck check = Grammar.FromGbnf(constraint.Gbnf).Check(call);
        return check.IsAccepted ? "" : $"{check} in {call}\n{constraint.Gbnf}";
    }
}
