using Cria.Gguf;

namespace Cria.Tests.Gguf;

/// <summary>Metadata that is well formed but makes no sense is refused at opening; the writer applies the same rules.</summary>
public sealed class GgufMetadataRulesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("block_count", 0u)]
    [InlineData("block_count", 1025u)]
    [InlineData("block_count", uint.MaxValue)]
    [InlineData("context_length", 0u)]
    [InlineData("context_length", 1u << 31)]
    [InlineData("embedding_length", 0u)]
    [InlineData("embedding_length", (1u << 20) + 1)]
    [InlineData("feed_forward_length", 1u << 25)]
    [InlineData("vocab_size", 1u << 28)]
    [InlineData("attention.head_count", 4097u)]
    [InlineData("attention.head_count_kv", 1u << 30)]
    [InlineData("attention.key_length", 1u << 17)]
    [InlineData("attention.value_length", 1u << 17)]
    [InlineData("rope.dimension_count", 1u << 17)]
    [InlineData("expert_count", 5000u)]
    [InlineData("expert_used_count", 5000u)]
    public void Refuses_an_absurd_size(string name, uint value) =>
        Refuses($"llama.{name}", $"it is {value}, but must be between", writer => writer.Set($"llama.{name}", value));

    [Fact]
    public void Refuses_a_size_that_is_no_integer()
    {
        Refuses("llama.block_count", "an integer is needed", writer => writer.Set("llama.block_count", 2f));
        Refuses("llama.attention.head_count", "an array of integers is needed", writer => writer.Set("llama.attention.head_count", new[] { "8" }));
    }

    [Fact]
    public void Refuses_an_architecture_that_is_no_text() =>
        Refuses("general.architecture", "a string is needed", writer => writer.Set("general.architecture", 1u));

    [Fact]
    public void Refuses_sizes_by_layer_that_are_too_few_too_many_or_absurd()
    {
        const string Key = "llama.attention.head_count_kv";
        Accepts(writer =>
        {
            writer.Set("llama.block_count", 3u);
            writer.Set(Key, new[] { 8, 0, 8 });
        });
        Refuses(Key, "2 elements for 3 layers", writer =>
        {
            writer.Set("llama.block_count", 3u);
            writer.Set(Key, new[] { 8, 8 });
        });
        Refuses(Key, "at most 1024", writer => writer.Set(Key, new int[1025]));
        Refuses(Key, "it is -1", writer => writer.Set(Key, new[] { 8, -1 }));
    }

    [Theory]
    [InlineData("attention.head_count", 8u, "attention.head_count_kv", 3u)]
    [InlineData("attention.head_count", 8u, "attention.head_count_kv", 16u)]
    [InlineData("expert_count", 8u, "expert_used_count", 9u)]
    public void Refuses_parts_that_do_not_fit_the_whole(string wholeName, uint whole, string partName, uint part) =>
        Refuses($"llama.{partName}", $"it is {part}, which does not fit llama.{wholeName}", writer =>
        {
            writer.Set($"llama.{wholeName}", whole);
            writer.Set($"llama.{partName}", part);
        });

    [Fact]
    public void Accepts_a_sound_vocabulary() => Accepts(Vocabulary);

    [Fact]
    public void Refuses_scores_or_types_of_another_length_than_the_tokens()
    {
        Refuses("tokenizer.ggml.scores", "2 elements for 3 tokens", writer => writer.Set("tokenizer.ggml.scores", new float[2]), Vocabulary);
        Refuses("tokenizer.ggml.token_type", "4 elements for 3 tokens", writer => writer.Set("tokenizer.ggml.token_type", new int[4]), Vocabulary);
        Refuses("tokenizer.ggml.scores", "1 elements for 0 tokens", writer => writer.Set("tokenizer.ggml.scores", new float[1]));
    }

    [Fact]
    public void Refuses_vocabulary_arrays_of_another_type()
    {
        Refuses("tokenizer.ggml.tokens", "an array of strings is needed", writer => writer.Set("tokenizer.ggml.tokens", new int[3]));
        Refuses("tokenizer.ggml.merges", "an array of strings is needed", writer => writer.Set("tokenizer.ggml.merges", "a b"), Vocabulary);
        Refuses("tokenizer.ggml.scores", "an array of floats is needed", writer => writer.Set("tokenizer.ggml.scores", new int[3]), Vocabulary);
        Refuses("tokenizer.ggml.token_type", "an array of integers is needed", writer => writer.Set("tokenizer.ggml.token_type", new float[3]), Vocabulary);
    }

    [Theory]
    [InlineData("bos")]
    [InlineData("eos")]
    [InlineData("padding")]
    [InlineData("fim_pre")]
    public void Refuses_a_token_id_out_of_range(string name)
    {
        string key = $"tokenizer.ggml.{name}_token_id";
        Accepts(writer => writer.Set(key, 2u), Vocabulary);
        Refuses(key, "3 is no token; there are 3 tokens", writer => writer.Set(key, 3u), Vocabulary);
        Refuses(key, "4294967295 is no token", writer => writer.Set(key, uint.MaxValue), Vocabulary);
        Refuses(key, "-1 is no token", writer => writer.Set(key, -1));
        Refuses(key, "an integer is needed", writer => writer.Set(key, "</s>"), Vocabulary);
    }

    [Theory]
    [InlineData("<0x100>")]
    [InlineData("<0xG0>")]
    [InlineData("<0x0>")]
    [InlineData("0xFF")]
    [InlineData("")]
    public void Refuses_a_byte_token_outside_00_to_FF(string token) =>
        Refuses("tokenizer.ggml.token_type", "token 1 is marked as a byte", writer => writer.Set("tokenizer.ggml.tokens", new[] { "a", token, "c" }), Vocabulary);

    private static void Vocabulary(GgufWriter writer)
    {
        writer.Set("tokenizer.ggml.tokens", new[] { "<s>", "<0xfF>", "c" });
        writer.Set("tokenizer.ggml.scores", new float[3]);
        writer.Set("tokenizer.ggml.token_type", new[] { 3, 6, 1 });
        writer.Set("tokenizer.ggml.merges", new[] { "a b" });
    }

    private void Accepts(params Action<GgufWriter>[] set)
    {
        var writer = new GgufWriter();
        writer.Set("general.architecture", "llama");
        foreach (Action<GgufWriter> part in set) part(writer);
        GgufFile.Open(_folder.Write(writer)).Dispose();
    }

    /// <summary>Expects an error when a sound start is written with <paramref name="wrong"/> on top, and no file.</summary>
    private void Refuses(string key, string problem, Action<GgufWriter> wrong, Action<GgufWriter>? sound = null)
    {
        var writer = new GgufWriter();
        writer.Set("general.architecture", "llama");
        sound?.Invoke(writer);
        wrong(writer);
        var error = Assert.Throws<GgufFormatException>(() => writer.Write(_folder.At("refused.gguf")));
        Assert.Equal(key, error.Field);
        Assert.Contains(problem, error.Message);
        Assert.Contains("Nothing was written", error.Message);
        Assert.False(File.Exists(_folder.At("refused.gguf")));
    }
}
