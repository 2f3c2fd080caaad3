using System.Text;
using Cria.Gguf;
using Cria.Testing;
using Cria.Text;
using LlamaCpp;
using TestModels;

namespace Cria.Conformance.Text;

/// <summary>Every kind of tokenizer gives the tokens and the text that llama.cpp gives.</summary>
public sealed class TokenizerParityTests(Oracle oracle) : IClassFixture<Oracle>
{
    private static readonly Dictionary<string, string> Replacements = new()
    {
        ["ﬁ"] = "fi",
        ["ＡＢ"] = "A-B",
        ["Ａ"] = "A",
        ["\u00A0"] = " ",
        ["\u3000"] = " ",
        ["…"] = "...",
        ["\t"] = " ",
        ["\u200B"] = "",
        ["e\u0301"] = "é",
    };

    /// <summary>One name for each way to split words; the names that share one differ in nothing.</summary>
    public static TheoryData<string> PreTokenizers => [.. PreTokenizer.Names.GroupBy(PreTokenizer.Find).Select(group => group.First())];

    [SkippableTheory]
    [MemberData(nameof(PreTokenizers))]
    public void Splits_words_and_merges(string name)
    {
        // llama.cpp stops where a space meets one of these, whose vocabularies have none.
        bool withSpaces = name != "whitespace";
        Compare(TinyVocabulary.Pairs(name, step: 3), texts: 120, seed: name.Length, withSpaces);
    }

    [SkippableFact]
    public void Splits_words_where_the_file_gives_no_name() => Compare(TinyVocabulary.Pairs(null, step: 3), texts: 120, seed: 1);

    [SkippableTheory]
    [InlineData("gemma4", null)]
    [InlineData("gpt2", "gemma4")]
    [InlineData("gpt2", "sarvam-moe")]
    public void Merges_as_SentencePiece_like_models_do(string model, string? name) =>
        Compare(TinyVocabulary.SentencePieceBpe(model, name, Sample()), texts: 600, seed: 2);

    [SkippableTheory]
    [InlineData("some model", true)]
    [InlineData("Phi-3 Mini", true)]
    [InlineData("some model", false)]
    public void Merges_by_score(string name, bool addsSpace) =>
        Compare(TinyVocabulary.Spm(Sample()).Set("general.name", name).Set("tokenizer.ggml.add_space_prefix", addsSpace), texts: 600, seed: 3);

    [SkippableTheory]
    [InlineData(false, true)]
    [InlineData(true, true)]
    [InlineData(true, false)]
    public void Finds_the_best_cut(bool mergesSpaces, bool addsSpace) =>
        Compare(TinyVocabulary.Ugm(Sample()).Set("tokenizer.ggml.remove_extra_whitespaces", mergesSpaces)
            .Set("tokenizer.ggml.add_space_prefix", addsSpace)
            .Set("tokenizer.ggml.precompiled_charsmap", CharsMapBuilder.Build(Replacements)), texts: 600, seed: 4);

    [SkippableFact]
    public void Encodes_and_decodes_with_published_vocabularies()
    {
        foreach (string path in TestData.Files("vocab", "*.gguf")) Compare(path, texts: 400, seed: 5);
    }

    [SkippableTheory]
    [InlineData(true, false)]
    [InlineData(false, false)]
    [InlineData(false, true)]
    public void Cleans_words_as_the_file_of_a_WordPiece_vocabulary_says(bool lowercases, bool stripsAccents)
    {
        string original = TestData.Files("vocab", "*bert*.gguf")[0];
        string path = Path.GetTempFileName();
        try
        {
            using (GgufFile file = GgufFile.Open(original))
            {
                var writer = new GgufWriter();
                writer.CopyMetadata(file.Metadata);
                writer.Set("tokenizer.ggml.normalizer.lowercase", lowercases);
                writer.Set("tokenizer.ggml.normalizer.strip_accents", stripsAccents);
                writer.Write(path);
            }
            Compare(path, texts: 400, seed: 6);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [SkippableFact]
    public void Knows_the_special_tokens_and_the_bytes_of_every_token()
    {
        foreach (string path in TestData.Files("vocab", "*.gguf"))
        {
            LlamaCppProcess llama = oracle.Process;
            llama.Load(path, new LlamaCppOptions { VocabularyOnly = true });
            using GgufFile file = GgufFile.Open(path);
            Tokenizer tokenizer = Tokenizer.FromFile(file);
            for (int token = 0; token < tokenizer.Count; token += token < 400 ? 1 : 97)
            {
                Assert.Equal(llama.Piece(token, special: true), tokenizer.PieceBytes(token, special: true).ToArray());
                Assert.Equal(llama.Piece(token), tokenizer.PieceBytes(token, special: false).ToArray());
            }
        }
    }

    private void Compare(TinyVocabulary vocabulary, int texts, int seed, bool withSpaces = true)
    {
        string path = Path.GetTempFileName();
        try
        {
            vocabulary.Write(path);
            Compare(path, texts, seed, withSpaces);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private void Compare(string path, int texts, int seed, bool withSpaces = true)
    {
        LlamaCppProcess llama = oracle.Process;
        llama.Load(path, new LlamaCppOptions { VocabularyOnly = true });
        using GgufFile file = GgufFile.Open(path);
        Tokenizer tokenizer = Tokenizer.FromFile(file);
        var random = new RandomText(seed);
        for (int i = 0; i < texts; i++)
        {
            string text = random.Next(withSpaces);
            bool special = i % 3 == 0;
            int[] tokens = tokenizer.Encode(text, special, special);
            AssertSame(text, llama.Tokenize(text, special, special), tokens);
            string decoded = Encoding.UTF8.GetString(llama.Detokenize(tokens, removeSpecial: special, unparseSpecial: i % 2 == 0));
            Assert.Equal(decoded, tokenizer.Decode(tokens, special: i % 2 == 0, removeSpecial: special, cleanSpaces: true));

            if (!withSpaces) continue;
            byte[] damaged = random.NextDamaged();
            AssertSame(Convert.ToHexString(damaged), llama.Tokenize(damaged), tokenizer.Encode(damaged, addSpecial: false, parseSpecial: false));
        }
    }

    private static void AssertSame(string text, int[] expected, int[] actual) =>
        Assert.Equal($"{text}: {string.Join(' ', expected)}", $"{text}: {string.Join(' ', actual)}");

    private static IEnumerable<string> Sample()
    {
        var random = new RandomText(77);
        return [.. Enumerable.Range(0, 150).Select(_ => random.Next())];
    }
}
