namespace Cria.Tests.Text.Grammars;

public sealed class GbnfParserTests
{
    [Theory]
    [InlineData("root ::= \"a\" # comment\n\n# more\n", "a")]
    [InlineData("\r\nroot ::= \"a\"\r\n", "a")]
    [InlineData("root ::= item\nitem ::= \"x\" |\n  \"y\"", "y")]
    [InlineData("root ::= (\n \"x\" \n | \"y\" )", "x")]
    [InlineData("root ::= \"\\x41\\u00e9\\U0001F600\\t\\r\\n\\\\\\\"\\[\\]\\-\"", "Aé😀\t\r\n\\\"[]-")]
    [InlineData("root ::= [a-c-]+", "ab-c")]
    [InlineData("root ::= [-a]+", "a-")]
    [InlineData("root ::= [^a\\]]", "b")]
    [InlineData("root ::= .", "語")]
    [InlineData("root ::= \"ab\"{2}", "abab")]
    [InlineData("root ::= \"a\"{ 1 , 2 }", "aa")]
    [InlineData("root ::= \"a\"{2,}", "aaaa")]
    [InlineData("root ::= \"a\"{0}\"b\"", "b")]
    [InlineData("root ::= \"a\"?*", "aaa")]
    [InlineData("root ::=", "")]
    [InlineData("root ::= \"\"", "")]
    [InlineData("root ::= [] \"a\" [^]", "a")]
    [InlineData("root ::= \"a\"\nroot ::= \"b\"", "b")]
    [InlineData("a-1 ::= \"x\"\nroot ::= a-1 a-1", "xx")]
    // An upper limit beyond what llama.cpp repeats is none there.
    [InlineData("root ::= \"a\"{0,3000}", "a")]
    public void Reads_what_llama_cpp_reads(string gbnf, string text) => Assert.True(Grammar.FromGbnf(gbnf).Check(text).IsAccepted);

    [Theory]
    [InlineData("", 1, 1, "no rule")]
    [InlineData("root := \"a\"", 1, 6, "::=")]
    [InlineData("root ::= \"a", 1, 10, "no closing \"")]
    [InlineData("root ::= \"a\"\nb ::= [a-", 2, 7, "no closing ]")]
    [InlineData("root ::= (\"a\"", 1, 14, ") should close")]
    [InlineData("root ::= \"\\q\"", 1, 11, "escape")]
    [InlineData("root ::= \"\\u12g4\"", 1, 11, "4 hexadecimal")]
    [InlineData("root ::= *", 1, 10, "nothing before")]
    [InlineData("root ::= \"\"+", 1, 12, "nothing before")]
    [InlineData("root ::= \"a\"{x}", 1, 14, "number")]
    [InlineData("root ::= \"a\"{1;2}", 1, 15, "}")]
    [InlineData("root ::= \"a\"{3,2}", 1, 13, "at most 2 cannot be at least 3")]
    [InlineData("root ::= \"a\"{2001}", 1, 13, "too many")]
    [InlineData("root ::= (\"a\"{0,50}){50}", 1, 21, "more than 2000 rules")]
    [InlineData("root ::= \"a\" \"b\" $", 1, 18, "'$' cannot stand here")]
    [InlineData("root ::= item", 1, 10, "item is used but not defined")]
    [InlineData("root ::= \"a\"\n| \"b\"", 2, 1, "name of a rule")]
    [InlineData("root ::= <x", 1, 10, "no closing >")]
    [InlineData("root ::= !x", 1, 11, "token")]
    [InlineData("root ::= \"a\0\"", 1, 12, "NUL")]
    [InlineData("root ::= root \"a\" | \"b\"", 1, 1, "begins with itself")]
    [InlineData("root ::= a\na ::= \"x\"? b \"y\"\nb ::= a \"z\" | \"q\"", 2, 1, "begins with itself")]
    [InlineData("root ::= ws root \"x\" | \"y\"\nws ::= blank\nblank ::= \" \" |", 1, 1, "begins with itself")]
    public void Refuses_with_line_and_column(string gbnf, int line, int column, string message)
    {
        var error = Assert.Throws<GrammarException>(() => Grammar.FromGbnf(gbnf));
        Assert.Equal((line, column), (error.Line, error.Column));
        Assert.Contains(message, error.Message);
    }

    [Fact]
    public void Refuses_a_grammar_without_the_root()
    {
        var error = Assert.Throws<GrammarException>(() => Grammar.FromGbnf("start ::= \"a\""));
        Assert.Contains("no rule root", error.Message);
        Assert.True(Grammar.FromGbnf("start ::= \"a\"", "start").Check("a").IsAccepted);
    }

    [Theory]
    [InlineData("{\"a\": [1, 2.5e3, true, null, \"x\\u00e9\\n\"]}", null, null)]
    [InlineData("{\"a\": tru3}", 9, "'e'")]
    [InlineData("{\"a\"; 1}", 4, "':'")]
    [InlineData("[1,", 3, "'['")]
    [InlineData("[1] x", 4, "the end of the text")]
    public void Tells_where_a_text_fails_and_what_was_expected(string text, int? position, string? expected)
    {
        GrammarCheck check = Grammar.Json.Check(text);
        Assert.Equal(position is null, check.IsAccepted);
        Assert.Equal(position ?? text.Length, check.Position);
        if (expected is null) Assert.Null(check.Expected);
        else Assert.Contains(expected, check.Expected);
    }
}
