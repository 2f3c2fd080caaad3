using Cria.Text;

namespace Cria.Tests.Text;

public sealed class SpecialTokenTests
{
    private static readonly Tokenizer Tiny = TinyTokenizer.Open(
        TinyTokenizer.ByteLevel("llama-bpe").AddControl("<|eot_id|>", "<|x|>").AddUserDefined("<tool>", "<tool>abc", "ab<t")
            .Set("tokenizer.ggml.bos_token_id", 5).Set("tokenizer.ggml.add_eos_token", true).Set("tokenizer.ggml.eos_token_id", 6));

    [Fact]
    public void Control_tokens_are_parsed_only_on_request()
    {
        int token = Tiny.Find("<|eot_id|>")!.Value;
        Assert.Contains(token, Tiny.Encode("a<|eot_id|>b", addSpecial: false, parseSpecial: true));
        Assert.DoesNotContain(token, Tiny.Encode("a<|eot_id|>b", addSpecial: false, parseSpecial: false));
    }

    [Fact]
    public void User_defined_tokens_are_always_taken_and_the_longest_first()
    {
        Assert.Equal(["a", "b", "<tool>abc"], Texts(Tiny.Encode("ab<tool>abc", addSpecial: false, parseSpecial: false)));
        Assert.Equal(["a", "b", "<tool>", "b"], Texts(Tiny.Encode("ab<tool>b", addSpecial: false, parseSpecial: false)));
        Assert.Equal(["ab<t", "a"], Texts(Tiny.Encode("ab<ta", addSpecial: false, parseSpecial: false)));
    }

    [Fact]
    public void Adds_the_tokens_of_beginning_and_end_as_the_file_says()
    {
        Assert.True(Tiny.AddBos && Tiny.AddEos);
        Assert.Equal([5, 0, 6], Tiny.Encode("a", addSpecial: true, parseSpecial: false));
        Assert.Equal("a", Tiny.Decode([5, 0, 6], removeSpecial: true));
        Assert.Equal([5, 6], Tiny.Encode("", addSpecial: true, parseSpecial: false));
    }

    [Fact]
    public void Knows_the_ends_of_generation_by_their_usual_texts()
    {
        Assert.Equal(Tiny.Find("<|eot_id|>"), Tiny.Eot);
        Assert.True(Tiny.IsEndOfGeneration(Tiny.Eot!.Value));
        Assert.True(Tiny.IsEndOfGeneration(Tiny.Eos!.Value));
        Assert.False(Tiny.IsEndOfGeneration(Tiny.Find("<|x|>")!.Value));
    }

    [Fact]
    public void The_end_of_a_part_of_a_message_is_no_end_where_calls_have_their_own()
    {
        Tokenizer harmony = TinyTokenizer.Open(TinyTokenizer.ByteLevel("gpt-4o").AddControl("<|return|>", "<|call|>", "<|end|>", "<|channel|>"));
        Assert.False(harmony.IsEndOfGeneration(harmony.Find("<|end|>")!.Value));
        Assert.True(harmony.IsEndOfGeneration(harmony.Find("<|call|>")!.Value));
        Assert.Equal(TokenAttributes.UserDefined, harmony.Attributes(harmony.Find("<|channel|>")!.Value));
    }

    [Fact]
    public void Tokens_of_phi3_swallow_the_space_after_them()
    {
        Tokenizer phi = TinyTokenizer.Open(TinyTokenizer.ByteLevel("gpt-2").AddControl("<|user|>").Set("general.name", "Phi-3 Mini"));
        Assert.Equal(["<|user|>", "a"], [.. phi.Encode("<|user|> \n a", addSpecial: false, parseSpecial: true).Select(phi.TokenText)]);
    }

    private static string[] Texts(int[] tokens) => [.. tokens.Select(Tiny.TokenText)];
}
