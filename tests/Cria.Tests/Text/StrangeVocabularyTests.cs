using Cria.Text;
using TestModels;

namespace Cria.Tests.Text;

/// <summary>Vocabularies that no honest converter writes.</summary>
public sealed class StrangeVocabularyTests
{
    [Fact]
    public void Names_an_unknown_pre_tokenizer_and_those_it_knows()
    {
        var error = Assert.Throws<UnsupportedModelException>(() => TinyTokenizer.Open(TinyTokenizer.ByteLevel("martian")));
        Assert.Equal("martian", error.Feature);
        Assert.Contains("qwen2", error.Message);
        Assert.Contains("deepseek-coder", error.Message);
    }

    [Theory]
    [InlineData("rwkv")]
    [InlineData("plamo2")]
    [InlineData("martian")]
    public void Names_an_unknown_kind_of_tokenizer(string model)
    {
        var error = Assert.Throws<UnsupportedModelException>(() => TinyTokenizer.Open(TinyVocabulary.Empty(model).AddNormal("a")));
        Assert.Equal(model, error.Feature);
    }

    [Fact]
    public void Asks_for_merges_where_they_are_missing()
    {
        var error = Assert.Throws<ModelLoadException>(() => TinyTokenizer.Open(TinyVocabulary.Empty("gpt2").AddNormal("a")));
        Assert.Contains("tokenizer.ggml.merges", error.Message);
    }

    [Fact]
    public void Merges_that_name_no_token_pass_through_to_bytes()
    {
        // "ab" is no token, but "abc" is, and is reached through it.
        Tokenizer tokenizer = TinyTokenizer.Open(TinyTokenizer.ByteLevel("gpt-2", "a b", "ab c", "x y", "", " ", "a", "q  r", "é é").AddNormal("abc"));
        Assert.Equal(["abc"], Texts(tokenizer, "abc"));
        Assert.Equal(["a", "b"], Texts(tokenizer, "ab"));
        Assert.Equal(["x", "y"], Texts(tokenizer, "xy"));
    }

    [Fact]
    public void The_last_of_two_equal_tokens_counts()
    {
        Tokenizer tokenizer = TinyTokenizer.Open(TinyTokenizer.ByteLevel("gpt-2").AddNormal("a", "a"));
        Assert.Equal([tokenizer.Count - 1], tokenizer.Encode("a", addSpecial: false, parseSpecial: false));
    }

    [Fact]
    public void Empty_tokens_are_named_after_their_place()
    {
        Tokenizer tokenizer = TinyTokenizer.Open(TinyTokenizer.ByteLevel("gpt-2").AddControl(""));
        Assert.Equal($"[EMPTY_{tokenizer.Count - 1}]", tokenizer.TokenText(tokenizer.Count - 1));
        Assert.Equal(["a"], Texts(tokenizer, "a"));
    }

    [Fact]
    public void Bytes_without_a_token_become_the_unknown_token_or_nothing()
    {
        Tokenizer spm = TinyTokenizer.Open(TinyVocabulary.Empty("llama").AddControl("<unk>", "<s>", "</s>").AddNormal("▁", "a"));
        Assert.Equal(["▁", "a", "<unk>"], Texts(spm, "az"));
        Tokenizer bpe = TinyTokenizer.Open(TinyTokenizer.ByteLevel("gpt-2"));
        Assert.Equal(["a"], Texts(bpe, "aZ"));
    }

    [Fact]
    public void A_vocabulary_of_nested_tokens_takes_no_time_that_grows_with_its_square()
    {
        TinyVocabulary vocabulary = TinyVocabulary.Empty("llama").AddControl("<unk>", "<s>", "</s>")
            .AddNormal([.. Enumerable.Range(1, 1000).Select(length => new string('a', length))])
            .AddUserDefined([.. Enumerable.Range(1, 1000).Select(length => new string('b', length))]);
        int[] tokens = TinyTokenizer.Open(vocabulary).Encode(new string('a', 100_000) + new string('b', 100_500), addSpecial: false, parseSpecial: true);
        Assert.NotEmpty(tokens);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(5)]
    public void Refuses_a_character_map_that_is_too_short(int length)
    {
        var map = new byte[length];
        if (length > 0) map[0] = 1;
        var error = Assert.ThrowsAny<ModelLoadException>(() => TinyTokenizer.Open(TinyVocabulary.Ugm(["a b"]).Set("tokenizer.ggml.precompiled_charsmap", map)));
        Assert.Contains("precompiled_charsmap", error.Message);
    }

    [Fact]
    public void A_character_map_of_noise_does_no_harm()
    {
        var random = new Random(1);
        for (int round = 0; round < 200; round++)
        {
            var map = new byte[random.Next(5, 600)];
            random.NextBytes(map);
            BitConverter.TryWriteBytes(map, random.Next(0, map.Length - 4));
            Tokenizer tokenizer = TinyTokenizer.Open(TinyVocabulary.Ugm(["a b", "the cat"]).Set("tokenizer.ggml.precompiled_charsmap", map));
            for (int i = 0; i < 20; i++) tokenizer.Encode(RandomBytes(random), addSpecial: true, parseSpecial: true);
        }
    }

    [Fact]
    public void Refuses_a_token_out_of_range()
    {
        Tokenizer tokenizer = TinyTokenizer.Open(TinyTokenizer.ByteLevel("gpt-2"));
        Assert.Throws<InvalidOptionException>(() => tokenizer.TokenText(tokenizer.Count));
        Assert.Throws<InvalidOptionException>(() => tokenizer.Decode([-1]));
        Assert.False(tokenizer.IsEndOfGeneration(-1));
    }

    private static byte[] RandomBytes(Random random)
    {
        var bytes = new byte[random.Next(40)];
        random.NextBytes(bytes);
        return bytes;
    }

    private static string[] Texts(Tokenizer tokenizer, string text) =>
        [.. tokenizer.Encode(text, addSpecial: false, parseSpecial: false).Select(tokenizer.TokenText)];
}
