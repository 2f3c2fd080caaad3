using System.Diagnostics;
using System.Numerics;
using Cria.Text;
using Cria.Text.Grammars;

namespace Cria;

/// <summary>Measures how long a grammar takes to say which tokens may follow, without a model: texts are random walks.</summary>
public static class GrammarBenchmark
{
    private const int MostTexts = 10_000;

    /// <summary>Walks through a grammar until enough tokens were taken, beginning new texts where one ends.</summary>
    /// <param name="compile">Makes the grammar; how long that takes counts towards the first mask.</param>
    /// <param name="tokenizer">The vocabulary.</param>
    /// <param name="tokens">The tokens to take at least.</param>
    /// <param name="seed">What the walks depend on.</param>
    public static GrammarSpeed Run(Func<Grammar> compile, Tokenizer tokenizer, int tokens = 1000, int seed = 1)
    {
        ArgumentNullException.ThrowIfNull(compile);
        ArgumentNullException.ThrowIfNull(tokenizer);
        long start = Stopwatch.GetTimestamp();
        var trie = new TokenTrie(tokenizer);
        TimeSpan treeTime = Stopwatch.GetElapsedTime(start);

        // In a new process most of the first time is .NET's own compiling.
        FirstMask(compile, trie, out TimeSpan cold);
        GrammarTokens grammar = FirstMask(compile, trie, out TimeSpan warm);

        var walk = new RandomWalk(grammar, seed);
        int texts = 0;
        while (walk.Times.Count < tokens && texts < MostTexts)
        {
            walk.WriteText(tokens);
            texts++;
        }
        double[] microseconds = [.. walk.Times.Order()];
        return new GrammarSpeed
        {
            Tokens = microseconds.Length,
            Texts = texts,
            TokenTree = treeTime,
            FirstMask = warm,
            FirstMaskOfProcess = cold,
            MedianMicroseconds = At(0.5),
            Percentile99Microseconds = At(0.99),
            MostMicroseconds = At(1),
            LastText = walk.Text,
        };

        double At(double share) => microseconds.Length == 0 ? 0 : microseconds[(int)Math.Ceiling(share * microseconds.Length) - 1];
    }

    private static GrammarTokens FirstMask(Func<Grammar> compile, TokenTrie trie, out TimeSpan time)
    {
        long start = Stopwatch.GetTimestamp();
        var grammar = new GrammarTokens(compile(), trie);
        new GrammarMatcher(grammar).Mask();
        time = Stopwatch.GetElapsedTime(start);
        return grammar;
    }

    /// <summary>Writes texts by choosing among the tokens that may follow, each time as if a model had chosen.</summary>
    private sealed class RandomWalk(GrammarTokens grammar, int seed)
    {
        // How often, where punctuation may come next, it does: texts that are random otherwise would never end.
        private const double Punctuated = 0.25;

        private readonly Random _random = new(seed);
        private readonly ulong[] _punctuation = Punctuation(grammar.Trie);

        public List<double> Times { get; } = [];

        public string Text { get; private set; } = "";

        public void WriteText(int most)
        {
            var matcher = new GrammarMatcher(grammar);
            var tokens = new List<int>();
            for (int i = 0; i < most; i++)
            {
                long start = Stopwatch.GetTimestamp();
                ReadOnlySpan<ulong> mask = matcher.Mask();
                TimeSpan maskTime = Stopwatch.GetElapsedTime(start);
                int token = _random.NextDouble() < Punctuated ? Choose(PunctuationIn(mask)) : -1;
                if (token < 0) token = Choose(mask);
                if (token < 0) break;
                start = Stopwatch.GetTimestamp();
                matcher.TryAccept(token);
                Times.Add((maskTime + Stopwatch.GetElapsedTime(start)).TotalMicroseconds);
                if (grammar.Trie.Tokenizer.IsEndOfGeneration(token)) break;
                tokens.Add(token);
            }
            Text = grammar.Trie.Tokenizer.Decode(tokens.ToArray());
        }

        private static ulong[] Punctuation(TokenTrie trie)
        {
            var tokens = new ulong[TokenSet.Length(trie.Tokenizer.Count)];
            foreach (int token in trie.Tokens)
            {
                char first = (char)trie.Tokenizer.PieceBytes(token, special: false)[0];
                if (char.IsAscii(first) && char.IsPunctuation(first)) TokenSet.Add(tokens, token);
            }
            TokenSet.Add(tokens, trie.Ends);
            return tokens;
        }

        private ulong[] PunctuationIn(ReadOnlySpan<ulong> mask)
        {
            ulong[] both = [.. _punctuation];
            for (int i = 0; i < both.Length; i++) both[i] &= mask[i];
            return both;
        }

        // Every token of a set is as likely as any other.
        private int Choose(ReadOnlySpan<ulong> mask)
        {
            int count = 0;
            foreach (ulong word in mask) count += BitOperations.PopCount(word);
            if (count == 0) return -1;
            int skipped = _random.Next(count);
            for (int i = 0; ; i++)
            {
                int here = BitOperations.PopCount(mask[i]);
                if (skipped >= here)
                {
                    skipped -= here;
                    continue;
                }
                ulong word = mask[i];
                while (skipped-- > 0) word &= word - 1;
                return i * 64 + BitOperations.TrailingZeroCount(word);
            }
        }
    }
}

/// <summary>How fast a grammar says which tokens may follow.</summary>
public sealed record GrammarSpeed
{
    /// <summary>The tokens that were taken.</summary>
    public required int Tokens { get; init; }

    /// <summary>The texts that they made.</summary>
    public required int Texts { get; init; }

    /// <summary>How long the tree of the vocabulary's tokens took, which all grammars share.</summary>
    public required TimeSpan TokenTree { get; init; }

    /// <summary>How long compiling the grammar and its first mask took.</summary>
    public required TimeSpan FirstMask { get; init; }

    /// <summary>The same for the first grammar of the process, when the program's own code is compiled too.</summary>
    public required TimeSpan FirstMaskOfProcess { get; init; }

    /// <summary>The time for a mask and for taking a token: half of all were faster.</summary>
    public required double MedianMicroseconds { get; init; }

    /// <summary>The same time, of which 99 in 100 were faster.</summary>
    public required double Percentile99Microseconds { get; init; }

    /// <summary>The slowest of all.</summary>
    public required double MostMicroseconds { get; init; }

    /// <summary>The last text that was written.</summary>
    public required string LastText { get; init; }
}
