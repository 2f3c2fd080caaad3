using System.Text;
using Cria.Text;
using Cria.Text.Grammars;

namespace Cria.Tests.Text.Grammars;

/// <summary>Grammars and texts that are made to hang a program or to exhaust its memory.</summary>
public sealed class GrammarLimitTests
{
    [Fact]
    public void Nested_empty_loops_end()
    {
        Grammar grammar = Grammar.FromGbnf("root ::= ((\"a\"?)*)* rest\nrest ::= loop | \"b\"\nloop ::= (rest?)?");
        Assert.True(grammar.Check("aab").IsAccepted);
        Assert.False(grammar.Check("aba").IsAccepted);
    }

    [Fact]
    public void Rules_that_only_call_each_other_match_nothing() =>
        Assert.False(Grammar.FromGbnf("root ::= \"x\" a | \"y\"\na ::= b\nb ::= a").Check("x").IsAccepted);

    [Fact]
    public void Ambiguity_that_doubles_with_each_character_stays_small()
    {
        Grammar grammar = Grammar.FromGbnf("root ::= \"a\" root \"b\" | \"a\" root \"c\" | \"a\" root root | \"a\"");
        Assert.True(grammar.Check(new string('a', 61)).IsAccepted);
        Grammar either = Grammar.FromGbnf("root ::= pair*\npair ::= x | y\nx ::= [ab] [ab] | \"a\" pair\ny ::= [ab]{2,3} | pair2\npair2 ::= [ab] pair");
        Assert.True(either.Check(string.Concat(Enumerable.Repeat("ab", 100))).IsAccepted);
    }

    [Fact]
    public void A_grammar_with_too_many_readings_is_refused_with_a_message()
    {
        Grammar grammar = Grammar.FromGbnf("root ::= [a-z]{0,2000} [a-y]{0,2000} [a-x]{0,2000} [a-w]{0,2000}");
        var error = Assert.Throws<GrammarException>(() => grammar.Check(new string('a', 2000)));
        Assert.Contains("too ambiguous", error.Message);
    }

    [Fact]
    public void A_grammar_with_too_many_positions_is_refused_with_a_message()
    {
        var gbnf = new StringBuilder("root ::= r0\n");
        for (int i = 0; i < 200; i++) gbnf.Append($"r{i} ::= (\"x\" r{(i + 1) % 200} | \"y\" | \"z\" r0){{2000}} \"q\"\n".Replace("{{", "{").Replace("}}", "}"));
        var error = Assert.Throws<GrammarException>(() => Grammar.FromGbnf(gbnf.ToString().Replace("{2000}", "{600}")));
        Assert.Contains("too large", error.Message);
    }

    [Fact]
    public void Groups_and_signs_without_end_are_refused()
    {
        Assert.Contains("nested", Assert.Throws<GrammarException>(() => Grammar.FromGbnf("root ::= " + new string('(', 100_000))).Message);
        Assert.Contains("row", Assert.Throws<GrammarException>(() => Grammar.FromGbnf("root ::= \"a\"" + new string('?', 100_000))).Message);
    }

    [Fact]
    public void A_long_chain_of_rules_is_no_deep_recursion()
    {
        var gbnf = new StringBuilder("root ::= r0\n");
        for (int i = 0; i < 20_000; i++) gbnf.Append($"r{i} ::= r{i + 1} | \"a\" r{i + 1} \"b\"\n");
        gbnf.Append("r20000 ::= \"x\"\n");
        Assert.True(Grammar.FromGbnf(gbnf.ToString()).Check("x").IsAccepted);
    }

    [Fact]
    public void Texts_nested_thousands_deep_are_read()
    {
        string text = new string('[', 20_000) + new string(']', 20_000);
        Assert.True(Grammar.Json.Check(text).IsAccepted);
        Assert.Equal(40_000, Grammar.Json.Check(text + "]").Position);
    }

    [Fact]
    public void States_that_multiply_are_dropped_and_found_again()
    {
        // The state knows the last twenty letters: a million states, far more than are kept.
        Grammar grammar = Grammar.FromGbnf("root ::= [ab]* \"a\" [ab]{12} | [ab]* \"b\" [ab]{12}");
        var random = new Random(3);
        string text = string.Concat(Enumerable.Range(0, 60_000).Select(_ => random.Next(2) == 0 ? 'a' : 'b'));
        Assert.True(grammar.Check(text).IsAccepted);
        Assert.Equal(text.Length, grammar.Check(text + "c").Position);
    }

    [Fact]
    public void A_text_in_the_steady_state_allocates_nothing()
    {
        Tokenizer tokenizer = GrammarVocabulary.Of(
            [.. Enumerable.Range(1, 127).Select(i => new[] { (byte)i }), "ab"u8.ToArray(), "\":"u8.ToArray(), "},"u8.ToArray()]);
        var grammar = new GrammarTokens(Grammar.Json, new TokenTrie(tokenizer));
        int[] tokens = [.. Enumerable.Repeat("[{\"ab\":12},{\"a\":[true]}]".Select(c => tokenizer.Find(c.ToString())!.Value), 1).SelectMany(t => t)];
        var forced = new int[4];
        Walk();
        var matcher = new GrammarMatcher(grammar);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Follow(matcher);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.True(matcher.IsComplete);

        void Walk()
        {
            for (int i = 0; i < 3; i++) Follow(new GrammarMatcher(grammar));
        }

        void Follow(GrammarMatcher matcher)
        {
            foreach (int token in tokens)
            {
                matcher.ForcedTokens(forced);
                if (!TokenSet.Contains(matcher.Mask(), token) || !matcher.TryAccept(token)) throw new InvalidOperationException("refused");
            }
        }
    }
}
