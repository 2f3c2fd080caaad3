using System.Numerics;
using System.Text;
using System.Text.Json;
using Cria.Gguf;
using Cria.Testing;
using Cria.Text;
using Cria.Text.Grammars;

namespace Cria.Conformance.Text.Grammars;

/// <summary>
/// Texts that are chosen token by token from the masks of a schema are valid, and a valid text is accepted however it is cut into tokens. Ajv is the judge.
/// </summary>
public sealed class MaskWalkTests(Oracle oracle, PublishedVocabulary vocabulary) : IClassFixture<Oracle>, IClassFixture<PublishedVocabulary>
{
    private const int MostTokens = 4000;

    public static TheoryData<string> Names => [.. SampleSchemas.All.Keys];

    [SkippableTheory]
    [MemberData(nameof(Names))]
    public void Tokens_from_the_masks_make_valid_texts(string name)
    {
        string schema = SampleSchemas.All[name];
        var grammar = new GrammarTokens(Grammar.FromJsonSchema(schema), vocabulary.Trie);
        var random = new Random(name.Length);
        int finished = 0;
        for (int i = 0; i < 4; i++)
        {
            if (Walk(grammar, random) is not { } text) continue;
            finished++;
            Assert.True(oracle.Validator.IsValid(schema, text), $"{schema}\nmakes\n{text}");
            AcceptInPieces(grammar, text, random);
        }

        // A random walk does not get out of \w+ in time.
        Assert.True(finished > 0 || name == "patterns", "No text came to its end.");
    }

    [SkippableTheory]
    [MemberData(nameof(Names))]
    public void A_valid_text_is_accepted_however_it_is_cut(string name)
    {
        string schema = SampleSchemas.All[name];
        var grammar = new GrammarTokens(Grammar.FromJsonSchema(schema), vocabulary.Trie);
        var random = new Random(name.Length);
        using JsonDocument document = JsonDocument.Parse(schema);
        var instances = new RandomInstance(document.RootElement, random);
        for (int i = 0; i < 10; i++)
        {
            string text = RandomInstance.Write(instances.Make(document.RootElement), isIndented: i % 2 == 1);
            if (!oracle.Validator.IsValid(schema, text)) continue;
            AcceptInPieces(grammar, text, random);
            Accept(grammar, vocabulary.Trie.Encode(Encoding.UTF8.GetBytes(text)), text);
        }
    }

    // Where the text may end it often does, and where punctuation may come it often comes: random texts would go on for ever otherwise.
    private string? Walk(GrammarTokens grammar, Random random)
    {
        var matcher = new GrammarMatcher(grammar);
        var bytes = new List<byte>();
        for (int i = 0; i < MostTokens; i++)
        {
            ReadOnlySpan<ulong> mask = matcher.Mask();
            if (matcher.IsFinished || (matcher.IsComplete && random.Next(3) == 0)) return Encoding.UTF8.GetString([.. bytes]);
            int token = Choose(mask, vocabulary.Punctuation, random) is var mark and >= 0 && random.Next(3) > 0 ? mark : Choose(mask, vocabulary.Text, random);
            if (token < 0) token = Choose(mask, mask, random);
            Assert.True(token >= 0, $"Nothing may follow {Encoding.UTF8.GetString([.. bytes])}");
            if (vocabulary.Tokenizer.IsEndOfGeneration(token)) return Encoding.UTF8.GetString([.. bytes]);
            Assert.True(matcher.TryAccept(token));
            bytes.AddRange(vocabulary.Tokenizer.PieceBytes(token, special: false));
        }

        return null;
    }

    private void AcceptInPieces(GrammarTokens grammar, string text, Random random)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        for (int i = 0; i < 3; i++) Accept(grammar, vocabulary.Cut(bytes, random), text);
    }

    private static void Accept(GrammarTokens grammar, IEnumerable<int> tokens, string text)
    {
        var matcher = new GrammarMatcher(grammar);
        foreach (int token in tokens)
        {
            Assert.True(TokenSet.Contains(matcher.Mask(), token), $"Token {token} is not allowed in\n{text}");
            Assert.True(matcher.TryAccept(token), text);
        }

        Assert.True(matcher.IsComplete, text);
    }

    private static int Choose(ReadOnlySpan<ulong> mask, ReadOnlySpan<ulong> among, Random random)
    {
        int count = 0;
        for (int i = 0; i < mask.Length; i++) count += BitOperations.PopCount(mask[i] & among[i]);
        if (count == 0) return -1;
        int skipped = random.Next(count);
        for (int i = 0; ; i++)
        {
            ulong word = mask[i] & among[i];
            int here = BitOperations.PopCount(word);
            if (skipped >= here)
            {
                skipped -= here;
                continue;
            }

            while (skipped-- > 0) word &= word - 1;
            return (i << 6) + BitOperations.TrailingZeroCount(word);
        }
    }
}

/// <summary>A vocabulary of 128,256 tokens, as it was published.</summary>
public sealed class PublishedVocabulary
{
    private readonly Dictionary<string, int> _tokens = [];
    private int _longest;

    internal Tokenizer Tokenizer => Trie.Tokenizer;

    internal TokenTrie Trie => field ??= Read();

    /// <summary>The tokens that begin with an ASCII punctuation mark.</summary>
    internal ulong[] Punctuation { get; private set; } = [];

    /// <summary>All tokens that are text.</summary>
    internal ulong[] Text { get; private set; } = [];

    /// <summary>Cuts a text into tokens at random places, also within characters.</summary>
    internal IEnumerable<int> Cut(byte[] text, Random random)
    {
        for (int start = 0; start < text.Length;)
        {
            int[] lengths = [.. Enumerable.Range(1, Math.Min(_longest, text.Length - start)).Where(n => _tokens.ContainsKey(Key(text.AsSpan(start, n))))];
            int length = lengths[random.Next(lengths.Length)];
            yield return _tokens[Key(text.AsSpan(start, length))];
            start += length;
        }
    }

    private TokenTrie Read()
    {
        using GgufFile file = GgufFile.Open(Path.Combine(TestData.Folder, "vocab", "ggml-vocab-llama-bpe.gguf"));
        var trie = new TokenTrie(Tokenizer.FromFile(file));
        Punctuation = new ulong[TokenSet.Length(trie.Tokenizer.Count)];
        Text = new ulong[TokenSet.Length(trie.Tokenizer.Count)];
        foreach (int token in trie.Tokens)
        {
            ReadOnlySpan<byte> bytes = trie.BytesOf(token);
            _tokens[Key(bytes)] = token;
            _longest = Math.Max(_longest, bytes.Length);
            TokenSet.Add(Text, token);
            if (char.IsAscii((char)bytes[0]) && char.IsPunctuation((char)bytes[0])) TokenSet.Add(Punctuation, token);
        }

        return trie;
    }

    private static string Key(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);
}
