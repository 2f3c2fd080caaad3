using Cria.Gguf;
using Cria.Testing;
using Cria.Text;

namespace Cria.Tests.Text;

public sealed class PublishedVocabularyTests
{
    private const string Separator = "\n__ggml_vocab_test__\n";

    [SkippableFact]
    public void Encodes_every_text_as_published()
    {
        foreach (string path in TestData.Files("vocab", "*.gguf"))
        {
            using GgufFile file = GgufFile.Open(path);
            Tokenizer tokenizer = Tokenizer.FromFile(file);
            string[] texts = File.ReadAllText(path + ".inp").Split(Separator);
            string[] expected = File.ReadAllLines(path + ".out");
            Assert.True(expected.Length > 0 && texts.Length >= expected.Length, $"{path}: {texts.Length} texts for {expected.Length} lines");
            for (int i = 0; i < expected.Length; i++)
            {
                int[] tokens = tokenizer.Encode(texts[i], addSpecial: false, parseSpecial: false);
                Assert.Equal($"{Path.GetFileName(path)} {i}: {expected[i].Trim()}", $"{Path.GetFileName(path)} {i}: {string.Join(' ', tokens)}");
            }
        }
    }

    [SkippableFact]
    public void Decodes_what_it_encoded()
    {
        foreach (string path in TestData.Files("vocab", "*.gguf").Where(path => !path.Contains("bert", StringComparison.Ordinal)))
        {
            using GgufFile file = GgufFile.Open(path);
            Tokenizer tokenizer = Tokenizer.FromFile(file);
            foreach (string text in File.ReadAllText(path + ".inp").Split(Separator))
            {
                int[] tokens = tokenizer.Encode(text, addSpecial: false, parseSpecial: false);
                Assert.Equal(text, tokenizer.Decode(tokens));
            }
        }
    }

    // Long texts without a place to part them take time that grows with the square in a careless tokenizer: hours, where this takes
    // seconds.
    [SkippableFact]
    public void A_megabyte_of_anything_is_encoded_in_linear_time()
    {
        string[] units = ["a", "Q", " ", "\n", " \n", "7", "'", "É", "\u0301", "🦙", "<|", "qwertyuiopasdfghjklzxcvbnm"];
        foreach (string path in TestData.Files("vocab", "*.gguf"))
        {
            using GgufFile file = GgufFile.Open(path);
            Tokenizer tokenizer = Tokenizer.FromFile(file);
            foreach (string unit in units)
            {
                string text = string.Concat(Enumerable.Repeat(unit, (1 << 20) / unit.Length)) + "x";
                int[] tokens = tokenizer.Encode(text, addSpecial: false, parseSpecial: true);
                Assert.NotEmpty(tokens);
                if (!path.Contains("bert", StringComparison.Ordinal)) Assert.Equal(text.Length, tokenizer.Decode(tokens).Length);
            }
        }
    }
}
