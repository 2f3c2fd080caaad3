using Cria.Gguf;
using Cria.Models;
using TestModels;

namespace Cria.Tests.Models;

/// <summary>What is said of files that are no sound model.</summary>
public sealed class NetworkLoadTests : IDisposable
{
    private readonly string _sound = Path.Combine(Path.GetTempPath(), $"cria-sound-{Guid.NewGuid():n}.gguf");
    private readonly string _broken = Path.Combine(Path.GetTempPath(), $"cria-broken-{Guid.NewGuid():n}.gguf");

    public void Dispose()
    {
        File.Delete(_sound);
        File.Delete(_broken);
    }

    [Fact]
    public void Names_the_known_architectures_when_it_does_not_know_one()
    {
        var error = Assert.Throws<UnsupportedModelException>(() => Load(writer => writer.Set("general.architecture", "mamba")));
        Assert.Equal("mamba", error.Feature);
        Assert.Contains("known are bert, gemma2, gemma3, gpt-oss, granite, llama, nomic-bert, nomic-bert-moe, olmo2, phi3, qwen2, qwen3, qwen3moe, smollm3", error.Message);
    }

    [Fact]
    public void Knows_every_architecture_that_tiny_models_are_tested_with() =>
        Assert.Equal(TinyModel.Architectures.Concat(TinyEncoder.Architectures).Order(StringComparer.Ordinal), Network.KnownArchitectures);

    [Theory]
    [InlineData("general.architecture")]
    [InlineData("llama.embedding_length")]
    [InlineData("llama.block_count")]
    [InlineData("llama.context_length")]
    [InlineData("llama.attention.head_count")]
    [InlineData("llama.attention.layer_norm_rms_epsilon")]
    public void Names_a_missing_key(string key)
    {
        var error = Assert.ThrowsAny<ModelLoadException>(() => Load(writer => writer.Remove(key), withoutTensors: key == "general.architecture"));
        Assert.Contains(key, error.Message);
    }

    [Theory]
    [InlineData("llama.attention.head_count_kv", 4u)]
    [InlineData("llama.attention.head_count_kv", 7u)]
    [InlineData("llama.attention.head_count", 0u)]
    [InlineData("llama.block_count", 513u)]
    [InlineData("llama.rope.dimension_count", 17u)]
    [InlineData("llama.rope.dimension_count", 15u)]
    [InlineData("llama.rope.freq_base", -1f)]
    [InlineData("llama.rope.freq_base", float.NaN)]
    [InlineData("llama.attention.key_length", 1u << 30)]
    public void Names_a_key_with_an_absurd_value(string key, object value)
    {
        var error = Assert.ThrowsAny<ModelLoadException>(() => Load(writer =>
        {
            if (value is uint number) writer.Set(key, number);
            else writer.Set(key, (float)value);
        }));
        Assert.Contains(key["llama.".Length..], error.Message);
    }

    [Fact]
    public void Names_an_unknown_rope_scaling()
    {
        var error = Assert.Throws<UnsupportedModelException>(() => Load(writer => writer.Set("llama.rope.scaling.type", "spiral")));
        Assert.Equal("spiral", error.Feature);
    }

    [Theory]
    [InlineData("token_embd.weight", "96 x 307")]
    [InlineData("output_norm.weight", "96")]
    [InlineData("blk.2.attn_k.weight", "96 x 32")]
    [InlineData("blk.3.ffn_down.weight", "160 x 96")]
    public void Names_a_missing_tensor_and_its_shape(string name, string shape)
    {
        var error = Assert.Throws<ModelLoadException>(() => Load(except: name));
        Assert.Contains($"the tensor {name} ({shape}) is missing", error.Message);
    }

    [Fact]
    public void Says_that_a_file_holds_only_a_vocabulary() =>
        Assert.Contains("holds no weights", Assert.Throws<ModelLoadException>(() => Load(withoutTensors: true)).Message);

    [Fact]
    public void Names_a_misshaped_tensor_with_both_shapes()
    {
        var error = Assert.Throws<ModelLoadException>(() => Load(writer =>
            writer.AddTensor("blk.1.attn_q.weight", TensorType.F32, [96, 95], new byte[96 * 95 * 4]), except: "blk.1.attn_q.weight"));
        Assert.Contains("blk.1.attn_q.weight has the shape 96 x 95, but 96 x 96 is needed", error.Message);
    }

    [Fact]
    public void Names_a_tensor_whose_type_cannot_be_computed_with()
    {
        var error = Assert.Throws<UnsupportedModelException>(() => Load(writer =>
            writer.AddTensor("blk.1.attn_q.weight", TensorType.I32, [96, 96], new byte[96 * 96 * 4]), except: "blk.1.attn_q.weight"));
        Assert.Equal("I32", error.Feature);
        Assert.Contains("blk.1.attn_q.weight is of type I32", error.Message);
    }

    [Fact]
    public void Names_a_tensor_that_the_architecture_has_no_use_for()
    {
        var error = Assert.Throws<UnsupportedModelException>(() => Load(writer =>
            writer.AddTensor("blk.1.attn_q_norm.weight", TensorType.F32, [16], new byte[16 * 4])));
        Assert.Equal("blk.1.attn_q_norm.weight", error.Feature);
        Assert.Contains("has no place in the architecture llama", error.Message);
    }

    [Fact]
    public void Refuses_a_file_with_more_layers_than_its_key_states()
    {
        var error = Assert.Throws<UnsupportedModelException>(() => Load(writer => writer.Set("llama.block_count", 3u)));
        Assert.Contains("the tensor blk.3.attn_norm.weight (and 8 more)", error.Message);
    }

    [Fact]
    public void Refuses_an_embedding_table_that_has_not_a_row_for_each_token()
    {
        var error = Assert.Throws<ModelLoadException>(() => Load(writer =>
            writer.AddTensor("token_embd.weight", TensorType.F32, [96, 306], new byte[96 * 306 * 4]), except: "token_embd.weight"));
        Assert.Contains("306 rows for 307 tokens", error.Message);
    }

    [Fact]
    public void Refuses_a_context_longer_than_trained_unless_it_is_asked_for()
    {
        const int Longer = TinyModel.TrainedContext + 1;
        var error = Assert.Throws<InvalidOptionException>(() => new TinyNetwork(new NetworkOptions { ContextLength = Longer }));
        Assert.Equal("ContextLength", error.Option);
        using var tiny = new TinyNetwork(new NetworkOptions { ContextLength = Longer, AllowLongerContext = true });
        Assert.Equal(Longer, tiny.Network.ContextLength);
    }

    [Theory]
    [InlineData(TensorType.Q4_K)]
    [InlineData(TensorType.Q8_0)]
    public void Refuses_cache_types_that_do_not_fit(TensorType type)
    {
        // The tiny model's heads of 16 values are no whole blocks of Q8_0; Q4_K is no cache type at all.
        var error = Assert.Throws<InvalidOptionException>(() => new TinyNetwork(new NetworkOptions { KeyType = type }));
        Assert.Equal("KeyType", error.Option);
    }

    private void Load(Action<GgufWriter>? change = null, string? except = null, bool withoutTensors = false)
    {
        TinyModel.Write(_sound, "llama");
        using (GgufFile sound = GgufFile.Open(_sound))
        {
            var writer = new GgufWriter();
            writer.CopyMetadata(sound.Metadata);
            foreach (GgufTensor tensor in sound.Tensors)
                if (tensor.Name != except && !withoutTensors) writer.AddTensor(tensor);
            change?.Invoke(writer);
            writer.Write(_broken);
        }

        using GgufFile broken = GgufFile.Open(_broken);
        Network.Load(broken, new NetworkOptions { Threads = 1 }).Dispose();
    }
}
