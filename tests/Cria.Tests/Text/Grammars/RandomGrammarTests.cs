using System.Text;
using Cria.Text;
using Cria.Text.Grammars;

namespace Cria.Tests.Text.Grammars;

/// <summary>Compares masks and verdicts over random grammars with a matcher that knows no automata.</summary>
public sealed class RandomGrammarTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void A_mask_holds_exactly_the_tokens_that_may_follow(int seed)
    {
        var random = new Random(seed);
        var grammars = new RandomGrammar(seed);
        Tokenizer tokenizer = GrammarVocabulary.Random(random, RandomGrammar.Characters, 60);
        var trie = new TokenTrie(tokenizer);
        int compared = 0;
        for (int i = 0; i < 100; i++)
        {
            string gbnf = grammars.Next();
            if (Read(gbnf) is not { } grammar) continue;
            var naive = new NaiveMatcher(GbnfParser.Parse(gbnf, "root"));
            var matcher = new GrammarMatcher(new GrammarTokens(grammar, trie));
            try
            {
                compared += CompareAlong(random, gbnf, matcher, tokenizer, naive);
            }
            catch (NaiveMatcher.TooManyReadings)
            {
            }
        }
        Assert.True(compared > 300, $"only {compared} masks were compared");
    }

    [Theory]
    [InlineData(11)]
    [InlineData(12)]
    public void A_text_fails_where_no_reading_of_it_goes_on(int seed)
    {
        var grammars = new RandomGrammar(seed);
        var random = new Random(seed);
        for (int i = 0; i < 200; i++)
        {
            string gbnf = grammars.Next();
            if (Read(gbnf) is not { } grammar) continue;
            var naive = new NaiveMatcher(GbnfParser.Parse(gbnf, "root"));
            for (int k = 0; k < 5; k++)
            {
                string text = grammars.Text(random.Next(5));
                if (Verdict(naive, text) is not { } verdict) break;
                GrammarCheck check = grammar.Check(text);
                Assert.Equal(verdict, (check.IsAccepted, check.IsBeginning));
                Assert.True(naive.Match(Encoding.UTF8.GetBytes(text[..check.Position])).IsBeginning);
                if (check.Position == text.Length) continue;
                int next = check.Position + (char.IsHighSurrogate(text[check.Position]) ? 2 : 1);
                Assert.False(naive.Match(Encoding.UTF8.GetBytes(text[..next])).IsBeginning);
            }
        }
    }

    [Theory]
    [InlineData(21)]
    [InlineData(22)]
    public void Forced_tokens_spell_the_only_text_that_may_follow(int seed)
    {
        var random = new Random(seed);
        Tokenizer tokenizer = GrammarVocabulary.Random(random, RandomGrammar.Characters, 60);
        var trie = new TokenTrie(tokenizer);
        var grammars = new RandomGrammar(seed);
        int forcedCount = 0;
        for (int i = 0; i < 200; i++)
        {
            // Counted loops in each other are more ambiguous than is allowed when looking far ahead.
            string gbnf = grammars.Next();
            if (gbnf.Contains("{0,20}", StringComparison.Ordinal) || Read(gbnf) is not { } grammar) continue;
            var matcher = new GrammarMatcher(new GrammarTokens(grammar, trie));
            for (int step = 0; step < 8; step++)
            {
                var forced = new int[16];
                int count = matcher.ForcedTokens(forced);
                forcedCount += count;
                GrammarMatcher ahead = matcher.Clone();
                foreach (int token in forced[..count])
                {
                    // Every other token that is allowed begins the same text.
                    ReadOnlySpan<byte> bytes = tokenizer.PieceBytes(token, special: false);
                    foreach (int other in AllowedTokens(ahead, tokenizer))
                        Assert.True(other == token || bytes.CommonPrefixLength(tokenizer.PieceBytes(other, special: false)) > 0);
                    Assert.True(ahead.TryAccept(token));
                }
                int[] next = [.. AllowedTokens(matcher, tokenizer).Where(t => !tokenizer.IsEndOfGeneration(t))];
                if (next.Length == 0 || !matcher.TryAccept(next[random.Next(next.Length)])) break;
            }
        }
        Assert.True(forcedCount > 50, $"only {forcedCount} tokens were forced");
    }

    private static (bool IsAccepted, bool IsBeginning)? Verdict(NaiveMatcher naive, string text)
    {
        try
        {
            return naive.Match(Encoding.UTF8.GetBytes(text));
        }
        catch (NaiveMatcher.TooManyReadings)
        {
            return null;
        }
    }

    // Walks at random, and returns how many masks were compared.
    private static int CompareAlong(Random random, string gbnf, GrammarMatcher matcher, Tokenizer tokenizer, NaiveMatcher naive)
    {
        var text = new List<byte>();
        for (int step = 1; ; step++)
        {
            List<int> allowed = AllowedTokens(matcher, tokenizer);
            Assert.Equal(naive.Match([.. text]).IsAccepted, matcher.IsComplete);
            AssertSame(gbnf, text, tokenizer, naive, allowed, matcher.IsComplete);
            int[] next = [.. allowed.Where(t => !tokenizer.IsEndOfGeneration(t))];
            if (next.Length == 0 || text.Count > 12) return step;
            int token = next[random.Next(next.Length)];
            Assert.True(matcher.Clone().TryAccept(token));
            Assert.True(matcher.TryAccept(token));
            text.AddRange(tokenizer.PieceBytes(token, special: false));
        }
    }

    private static Grammar? Read(string gbnf)
    {
        try
        {
            return Grammar.FromGbnf(gbnf);
        }
        catch (GrammarException error) when (error.Message.Contains("begins with itself") || error.Message.Contains("2000"))
        {
            return null;
        }
    }

    private static List<int> AllowedTokens(GrammarMatcher matcher, Tokenizer tokenizer)
    {
        var allowed = new List<int>();
        ReadOnlySpan<ulong> mask = matcher.Mask();
        for (int token = 0; token < tokenizer.Count; token++)
        {
            if (TokenSet.Contains(mask, token)) allowed.Add(token);
        }
        return allowed;
    }

    private static void AssertSame(string gbnf, List<byte> text, Tokenizer tokenizer, NaiveMatcher naive, List<int> allowed, bool mayEnd)
    {
        var expected = new List<int>();
        for (int token = 0; token < tokenizer.Count; token++)
        {
            ReadOnlySpan<byte> piece = tokenizer.PieceBytes(token, special: false);
            if (tokenizer.IsEndOfGeneration(token) ? mayEnd : !piece.IsEmpty && naive.Match([.. text, .. piece]).IsBeginning) expected.Add(token);
        }
        Assert.True(expected.SequenceEqual(allowed),
            $"{gbnf}\nafter '{Encoding.UTF8.GetString([.. text])}' missing [{Names(expected.Except(allowed))}], too many [{Names(allowed.Except(expected))}]");

        string Names(IEnumerable<int> tokens) => string.Join(" ", tokens.Select(t => Convert.ToHexString(tokenizer.PieceBytes(t, special: false))));
    }
}
