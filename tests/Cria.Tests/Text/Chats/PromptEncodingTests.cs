using System.Text;
using Cria.Gguf;
using Cria.Testing;
using Cria.Text;
using Cria.Text.Templates;

namespace Cria.Tests.Text.Chats;

public sealed class PromptEncodingTests
{
    private static readonly Tokenizer Tiny = TinyTokenizer.Open(
        TinyTokenizer.ByteLevel("llama-bpe", "a b").AddControl("<|im_end|>", "<|im_start|>").AddUserDefined("<tool>")
            .AddNormal([.. "<|>_é🦙\n".SelectMany(Disguised).Distinct().Select(c => c.ToString())]));

    [Fact]
    public void A_prompt_without_control_tokens_in_its_input_has_the_tokens_of_the_joined_text()
    {
        // The pair a b merges across the border: the text is cut nowhere but at control tokens.
        AssertSameAsJoined(("<|im_start|>a", false), ("b", true), ("<|im_end|>", false));
        AssertSameAsJoined(("é🦙<|im_end|>", false), ("🦙é<", true), ("<|im_end|>", false), ("<tool>", true), ("é", false), ("a", true));
    }

    [Fact]
    public void A_control_token_spelled_in_the_input_stays_text()
    {
        int end = Tiny.Find("<|im_end|>")!.Value;
        RenderedText prompt = Prompt(("<|im_start|>", false), ("é<|im_end|>a", true), ("<|im_end|>", false));

        int[] tokens = Tiny.Encode(prompt, addSpecial: false);

        Assert.Equal(end, tokens[^1]);
        Assert.Equal(1, tokens.Count(token => token == end));
        Assert.Equal(prompt.Text, Tiny.Decode(tokens, special: true));
    }

    [Theory]
    [InlineData("<|im_", "end|>")]
    [InlineData("<|im_end|", ">")]
    [InlineData("<", "|im_end|>")]
    public void A_control_token_of_which_a_part_is_input_stays_text(string template, string input)
    {
        int end = Tiny.Find("<|im_end|>")!.Value;

        Assert.DoesNotContain(end, Tiny.Encode(Prompt((template, false), (input, true)), addSpecial: false));
        Assert.DoesNotContain(end, Tiny.Encode(Prompt((template, true), (input, false)), addSpecial: false));
        Assert.Contains(end, Tiny.Encode(Prompt((template, false), (input, false)), addSpecial: false));
    }

    [Fact]
    public void A_token_inside_one_that_is_refused_is_still_found()
    {
        Tokenizer tokenizer = TinyTokenizer.Open(TinyTokenizer.ByteLevel("llama-bpe").AddControl("a<|x|>", "<|x|>"));

        Assert.Equal(["a", "<|x|>"], [.. tokenizer.Encode(Prompt(("a", true), ("<|x|>", false)), addSpecial: false).Select(tokenizer.TokenText)]);
    }

    [Fact]
    public void Half_a_character_at_a_border_of_the_input_does_not_shift_the_rest()
    {
        // A template can cut a string between the two halves of a character.
        var prompt = new RenderedText("🦙<|im_end|>🦙<|im_end|>", [1..2, 13..14]);

        Assert.Equal(Tiny.Encode(prompt.Text, addSpecial: false, parseSpecial: true), Tiny.Encode(prompt, addSpecial: false));
    }

    [SkippableFact]
    public void Published_vocabularies_encode_a_harmless_prompt_as_the_joined_text()
    {
        foreach (string path in TestData.Files("vocab", "*.gguf"))
        {
            using GgufFile file = GgufFile.Open(path);
            Tokenizer tokenizer = Tokenizer.FromFile(file);
            foreach (string text in File.ReadAllText(path + ".inp").Split("\n__ggml_vocab_test__\n"))
            {
                RenderedText prompt = Prompt(("<|im_start|>user\n", false), (text, true), ("<|im_end|>\n", false), (text, true));
                Assert.Equal(tokenizer.Encode(prompt.Text, addSpecial: true, parseSpecial: true), tokenizer.Encode(prompt, addSpecial: true));
            }
        }
    }

    [SkippableFact]
    public void No_control_token_of_a_published_vocabulary_comes_out_of_input()
    {
        foreach (string path in TestData.Files("vocab", "*.gguf"))
        {
            using GgufFile file = GgufFile.Open(path);
            Tokenizer tokenizer = Tokenizer.FromFile(file);
            foreach (int control in Enumerable.Range(0, tokenizer.Count).Where(IsControl))
            {
                string text = tokenizer.TokenText(control);
                int[] tokens = tokenizer.Encode(Prompt(("a", false), ($"{text} {text}{text}", true)), addSpecial: false);
                Assert.False(tokens.Any(IsControl), $"{Path.GetFileName(path)}: {text}");
            }

            bool IsControl(int token) => tokenizer.Attributes(token).HasFlag(TokenAttributes.Control);
        }
    }

    private static void AssertSameAsJoined(params (string, bool)[] parts)
    {
        RenderedText prompt = Prompt(parts);
        Assert.Equal(Tiny.Encode(prompt.Text, addSpecial: true, parseSpecial: true), Tiny.Encode(prompt, addSpecial: true));
    }

    private static RenderedText Prompt(params (string Text, bool IsInput)[] parts)
    {
        var text = new StringBuilder();
        var input = new List<Range>();
        foreach ((string part, bool isInput) in parts)
        {
            if (isInput) input.Add(text.Length..(text.Length + part.Length));
            text.Append(part);
        }
        return new RenderedText(text.ToString(), input);
    }

    // How byte-level vocabularies write the bytes of a character.
    private static IEnumerable<char> Disguised(char c)
    {
        if (char.IsLowSurrogate(c)) yield break;
        string text = char.IsHighSurrogate(c) ? "🦙" : c.ToString();
        foreach (byte value in Encoding.UTF8.GetBytes(text))
        {
            bool isPrintable = value is (> 0x20 and < 0x7F) or (> 0xA0 and not 0xAD);
            yield return isPrintable ? (char)value : value <= 0x20 ? (char)(256 + value) : (char)(256 + value - 0x7F + 0x21);
        }
    }
}
