using System.Text;
using Cria.Text;
using Cria.Text.Grammars;

namespace Cria.Tests.Text.Grammars;

public sealed class GrammarMatcherTests
{
    private static readonly string[] Pieces = ["a", "b", "c", "ab", "abc", "bc", "aa", "aaa", "aaaaaaaa", "\"", "\"a", "a\"", "a\"b", "{", "}", ":", "1", "12", " "];

    private static readonly Tokenizer Small = GrammarVocabulary.Of(
        [.. Pieces.Select(Encoding.UTF8.GetBytes), [0xE8], [0xAA], [0x9E], [0xE8, 0xAA], [0x9E, (byte)'a'], [0xFF], [0]]);

    private static readonly TokenTrie Trie = new(Small);

    [Fact]
    public void Characters_split_over_tokens_are_completed_and_no_other_bytes_are_allowed()
    {
        GrammarMatcher matcher = Match("root ::= [語é] .*");
        Assert.Equal(["E8", "E8AA"], AllowedHex(matcher));
        Assert.True(matcher.TryAccept(Token([0xE8, 0xAA])));
        Assert.Equal(["9E", "9E61"], AllowedHex(matcher));
        Assert.False(matcher.IsComplete);
        Assert.False(matcher.TryAccept(Token("a"u8)));
        Assert.True(matcher.TryAccept(Token([0x9E, (byte)'a'])));
        Assert.True(matcher.IsComplete);
        Assert.DoesNotContain("FF", AllowedHex(matcher));
        Assert.DoesNotContain("9E", AllowedHex(matcher));
        Assert.DoesNotContain("00", AllowedHex(matcher));
    }

    [Fact]
    public void The_end_is_allowed_only_where_the_text_may_end_and_control_tokens_never()
    {
        int end = Small.Find(GrammarVocabulary.End)!.Value, control = Small.Find(GrammarVocabulary.Control)!.Value;
        GrammarMatcher matcher = Match("root ::= \"a\" \"<|turn|>\"? \"b\"?");
        Assert.False(TokenSet.Contains(matcher.Mask(), end));
        Assert.False(matcher.TryAccept(end));
        Assert.True(matcher.TryAccept(Token("a"u8)));
        Assert.True(TokenSet.Contains(matcher.Mask(), end));
        Assert.False(TokenSet.Contains(matcher.Mask(), control));
        Assert.True(matcher.TryAccept(end));
        Assert.False(matcher.IsFinished);
        Assert.True(matcher.TryAccept(Token("b"u8)));
        Assert.True(matcher.IsFinished);
    }

    [Theory]
    [InlineData(0, 5)]
    [InlineData(3, 5)]
    [InlineData(0, 40)]
    [InlineData(20, 40)]
    [InlineData(30, null)]
    public void Counted_characters_are_counted_over_tokens(int least, int? most)
    {
        string gbnf = $"root ::= \"{{\" [^\"{{]{{{least},{most}}} \"}}\"".Replace("[^\"{]", "[^{}]");
        var naive = new NaiveMatcher(GbnfParser.Parse(gbnf, "root"));
        var random = new Random(5);
        for (int walk = 0; walk < 5; walk++)
        {
            GrammarMatcher matcher = Match(gbnf);
            var text = new List<byte>();
            while (true)
            {
                int[] allowed = [.. Enumerable.Range(0, Small.Count).Where(t => TokenSet.Contains(matcher.Mask(), t))];
                foreach (int token in Enumerable.Range(0, Small.Count))
                {
                    ReadOnlySpan<byte> piece = Small.PieceBytes(token, special: false);
                    if (piece.IsEmpty) continue;
                    Assert.True(naive.Match([.. text, .. piece]).IsBeginning == allowed.Contains(token),
                        $"{Encoding.UTF8.GetString([.. text])} and then {Convert.ToHexString(piece)}: {allowed.Contains(token)}");
                }
                if (matcher.IsFinished || text.Count > 60) break;
                int next = allowed[random.Next(allowed.Length)];
                if (Small.IsEndOfGeneration(next)) break;
                Assert.True(matcher.TryAccept(next));
                text.AddRange(Small.PieceBytes(next, special: false));
            }
        }
    }

    [Fact]
    public void Tokens_are_named_by_number_or_text_and_may_be_control_tokens()
    {
        int turn = Small.Find(GrammarVocabulary.Control)!.Value, a = Token("a"u8), b = Token("b"u8);
        GrammarMatcher matcher = Match($"root ::= \"a\" <|turn|> !<[{a}]> \"b\"");
        Assert.False(matcher.TryAccept(turn));
        Assert.True(matcher.TryAccept(a));
        Assert.Equal([turn], Allowed(matcher));
        Assert.True(matcher.TryAccept(turn));
        Assert.False(TokenSet.Contains(matcher.Mask(), a));
        Assert.True(TokenSet.Contains(matcher.Mask(), b));
        Assert.True(matcher.TryAccept(Token("aaa"u8)));
        Assert.Contains(b, Allowed(matcher));
        Assert.Contains(Token("bc"u8), Allowed(Match("root ::= !<[0]>")));
    }

    [Fact]
    public void A_token_that_the_vocabulary_lacks_is_refused()
    {
        Assert.Equal(10, Assert.Throws<GrammarException>(() => Match("root ::= <[5000]>")).Column);
        Assert.Contains("<nope>", Assert.Throws<GrammarException>(() => Match("root ::= <nope>")).Message);
        Assert.Contains("the token <[1]>", Grammar.FromGbnf("root ::= <[1]>").Check("x").Expected);
    }

    [Fact]
    public void A_matcher_can_begin_in_the_middle_of_a_token_and_clones_go_their_own_way()
    {
        GrammarMatcher matcher = Match("root ::= \"abc\" [ab]");
        Assert.True(matcher.TryAcceptBytes("ab"u8));
        Assert.False(matcher.TryAcceptBytes("x"u8));
        GrammarMatcher clone = matcher.Clone();
        Assert.True(clone.TryAcceptBytes("cb"u8));
        Assert.True(clone.IsFinished);
        Assert.Equal([Token("c"u8)], Allowed(matcher));
    }

    [Fact]
    public void Forced_text_leaves_the_last_token_to_the_model()
    {
        Tokenizer pairs = TinyTokenizer.Open(TestModels.TinyVocabulary.Pairs("gpt-2"));
        var matcher = new GrammarMatcher(new GrammarTokens(Grammar.FromGbnf("root ::= \"name\" [x-z]+ \"!end\""), new TokenTrie(pairs)));
        var forced = new int[8];
        int count = matcher.ForcedTokens(forced);
        Assert.InRange(count, 1, 3);
        Assert.StartsWith(pairs.Decode(forced.AsSpan(0, count)), "name", StringComparison.Ordinal);
        Assert.NotEqual("name", pairs.Decode(forced.AsSpan(0, count)));
        Assert.True(matcher.TryAcceptBytes("namexyz!"u8));
        count = matcher.ForcedTokens(forced);
        Assert.Equal("end", pairs.Decode(forced.AsSpan(0, count)));
    }

    private static GrammarMatcher Match(string gbnf) => new(new GrammarTokens(Grammar.FromGbnf(gbnf), Trie));

    private static int Token(ReadOnlySpan<byte> bytes)
    {
        for (int token = 0; token < Small.Count; token++)
        {
            if (Small.PieceBytes(token, special: false).SequenceEqual(bytes)) return token;
        }
        throw new InvalidOperationException("There is no such token.");
    }

    private static int[] Allowed(GrammarMatcher matcher) => [.. Enumerable.Range(0, Small.Count).Where(t => TokenSet.Contains(matcher.Mask(), t))];

    private static string[] AllowedHex(GrammarMatcher matcher) => [.. Allowed(matcher).Select(t => Convert.ToHexString(Small.PieceBytes(t, special: false))).Order()];
}
