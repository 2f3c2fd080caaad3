using Cria.Gguf;
using TestModels;

namespace Cria.Tests.Models.Adapters;

/// <summary>What is said of files that are no adapter, or none for this model.</summary>
public sealed class AdapterRefusalTests : IDisposable
{
    private const string Query = "blk.1.attn_q.weight", Embedding = "token_embd.weight", Stack = "blk.1.ffn_up_exps.weight";

    private readonly AdapterFixture _fixture = new(variants: TinyVariants.Experts);

    public void Dispose() => _fixture.Dispose();

    [Theory]
    [InlineData("general.type", "model", "general.type is \"model\", but must be \"adapter\"")]
    [InlineData("general.type", null, "general.type is missing, but must be \"adapter\"")]
    [InlineData("adapter.type", "control_vector", "adapter.type is \"control_vector\", but must be \"lora\"")]
    [InlineData("adapter.type", null, "adapter.type is missing")]
    [InlineData("general.architecture", "qwen3", "architecture qwen3, but this one's is llama")]
    [InlineData("general.architecture", null, "general.architecture is missing")]
    public void A_file_of_another_kind(string key, string? value, string message)
    {
        AdapterException error = Refused(writer =>
        {
            if (value is null) writer.Remove(key);
            else writer.Set(key, value);
            AddPair(writer, Query, 96, 4, 96);
        });
        Assert.Null(error.Tensor);
        Assert.Contains(message, error.Message);
    }

    [Fact]
    public void A_model()
    {
        var error = Assert.Throws<AdapterException>(() => _fixture.Network.LoadAdapter(_fixture.Tiny.File.Path));
        Assert.Contains("general.type is missing", error.Message);
    }

    [Fact]
    public void A_file_that_is_missing_or_no_gguf()
    {
        Assert.Contains("none.gguf", Assert.Throws<ModelLoadException>(() => _fixture.Network.LoadAdapter(_fixture.At("none.gguf"))).Message);
        File.WriteAllText(_fixture.At("text.gguf"), "This is no adapter, but long enough for a header.");
        Assert.ThrowsAny<ModelLoadException>(() => _fixture.Network.LoadAdapter(_fixture.At("text.gguf")));
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void An_alpha_that_is_no_number(float alpha)
    {
        var error = Assert.Throws<GgufFormatException>(() => Load(writer => AddPair(writer, Query, 96, 4, 96), alpha));
        Assert.Contains("adapter.lora.alpha", error.Message);
    }

    [Fact]
    public void An_alpha_of_another_type() =>
        Assert.Contains("a number is needed", Assert.Throws<GgufFormatException>(() => Load(writer =>
        {
            writer.Set("adapter.lora.alpha", "much");
            AddPair(writer, Query, 96, 4, 96);
        })).Message);

    [Theory]
    [InlineData(307)]
    [InlineData(-1)]
    public void Invocation_tokens_that_the_model_does_not_have(int token) =>
        Assert.Contains($"token {token}, but the model has 307 tokens", Refused(writer =>
        {
            writer.Set("adapter.alora.invocation_tokens", new[] { 5, token });
            AddPair(writer, Query, 96, 4, 96);
        }).Message);

    [Fact]
    public void Invocation_tokens_that_are_no_integers() =>
        Assert.Throws<GgufFormatException>(() => Load(writer =>
        {
            writer.Set("adapter.alora.invocation_tokens", new[] { "go" });
            AddPair(writer, Query, 96, 4, 96);
        }));

    [Theory]
    [InlineData(".lora_a", 96, ".lora_b")]
    [InlineData(".lora_b", 4, ".lora_a")]
    public void Half_a_pair(string suffix, int columns, string missing)
    {
        AdapterException error = Refused(writer => Add(writer, Query + suffix, columns, 4));
        Assert.Equal(Query, error.Tensor);
        Assert.Contains($"not {Query}{missing}", error.Message);
    }

    [Theory]
    [InlineData("blk.1.attn_q.weight")]
    [InlineData("blk.1.attn_q.weight.lora_c")]
    [InlineData("blk.1.attn_q.bias")]
    public void A_tensor_of_another_name(string name)
    {
        AdapterException error = Refused(writer =>
        {
            AddPair(writer, Query, 96, 4, 96);
            Add(writer, name, 96, 4);
        });
        Assert.Equal(name, error.Tensor);
        Assert.Contains("ends neither in .lora_a nor in .lora_b", error.Message);
    }

    [Fact]
    public void A_tensor_that_the_model_does_not_have()
    {
        AdapterException error = Refused(writer => AddPair(writer, "blk.4.attn_q.weight", 96, 4, 96));
        Assert.Equal("blk.4.attn_q.weight", error.Tensor);
        Assert.Contains("the model has no such tensor", error.Message);
    }

    [Fact]
    public void A_tensor_that_is_no_matrix() =>
        Assert.Contains("no matrix that adapters can change", Refused(writer => AddPair(writer, "output_norm.weight", 96, 1, 1)).Message);

    [Theory]
    [InlineData(95, 4, 96, "95 x 96")]
    [InlineData(96, 4, 97, "96 x 97")]
    public void A_matrix_of_another_shape(int inputs, int rank, int outputs, string shape)
    {
        AdapterException error = Refused(writer => AddPair(writer, Query, inputs, rank, outputs));
        Assert.Equal(Query, error.Tensor);
        Assert.Contains($"a matrix of {shape}, but the model's has 96 x 96", error.Message);
    }

    [Fact]
    public void Factors_of_which_one_is_not_transposed()
    {
        AdapterException error = Refused(writer =>
        {
            Add(writer, $"{Query}.lora_a", 96, 4);
            Add(writer, $"{Query}.lora_b", 96, 4);
        });
        Assert.Equal(Query, error.Tensor);
        Assert.Contains("(96 x 4) and blk.1.attn_q.weight.lora_b (96 x 4) share no rank: one of them is not transposed", error.Message);
    }

    [Fact]
    public void An_embedding_that_is_not_turned_around()
    {
        // As for other matrices: its inputs are the 96 values, and its outputs the 307 tokens.
        AdapterException error = Refused(writer => AddPair(writer, Embedding, 96, 4, 307));
        Assert.Equal(Embedding, error.Tensor);
        Assert.Contains("not transposed", error.Message);
        // One whose factors fit each other, but not the table.
        Assert.Contains("a matrix of 96 x 300, but the model's has 96 x 307", Refused(writer =>
        {
            Add(writer, $"{Embedding}.lora_a", 4, 300);
            Add(writer, $"{Embedding}.lora_b", 4, 96);
        }).Message);
    }

    [Theory]
    [InlineData(8, 7, "8 matrices, but blk.1.ffn_up_exps.weight.lora_b 7")]
    [InlineData(7, 7, "96 x 160 x 7, but the model's has 96 x 160 x 8")]
    [InlineData(1, 1, "96 x 160, but the model's has 96 x 160 x 8")]
    public void A_stack_of_another_height(int first, int second, string message) =>
        Assert.Contains(message, Refused(writer =>
        {
            Add(writer, $"{Stack}.lora_a", 96, 4, first);
            Add(writer, $"{Stack}.lora_b", 4, 160, second);
        }).Message);

    [Fact]
    public void A_factor_that_is_no_matrix() =>
        Assert.Contains("has the shape 96, but must be a matrix", Refused(writer =>
        {
            Add(writer, $"{Query}.lora_a", 96);
            Add(writer, $"{Query}.lora_b", 1, 96);
        }).Message);

    [Fact]
    public void A_rank_that_no_matrix_can_have() =>
        Assert.Contains("rank, 97, is beyond what a matrix of 96 x 96 can have", Refused(writer => AddPair(writer, Query, 96, 97, 96)).Message);

    [Fact]
    public void A_type_that_cannot_be_computed_with()
    {
        var error = Assert.Throws<UnsupportedModelException>(() => Load(writer =>
        {
            writer.AddTensor($"{Query}.lora_a", TensorType.I32, [96, 4], new byte[96 * 4 * 4]);
            Add(writer, $"{Query}.lora_b", 4, 96);
        }));
        Assert.Contains($"the tensor {Query}.lora_a is of type I32", error.Message);
    }

    [Fact]
    public void An_adapter_that_changes_nothing() =>
        Assert.Contains("it changes no tensor", Refused(writer => Add(writer, "blk.1.attn_norm.weight", 96)).Message);

    /// <summary>A file with holes may claim terabytes; what it says must not be believed before it fits the model.</summary>
    [Fact]
    public void Factors_larger_than_the_model_are_refused_before_anything_is_allocated()
    {
        string path = _fixture.At("huge.gguf");
        const long Rank = 1L << 20;
        byte[] header = new Gguf.RawGguf(tensors: 2, keys: 3)
            .Key("general.type", GgufValueType.String).Text("adapter")
            .Key("adapter.type", GgufValueType.String).Text("lora")
            .Key("general.architecture", GgufValueType.String).Text("llama")
            .Tensor($"{Query}.lora_a", 0, 0, 96, Rank)
            .Tensor($"{Query}.lora_b", 0, 96 * Rank * 4, Rank, 96)
            .Data(0).ToArray();
        using (FileStream stream = File.Create(path))
        {
            stream.Write(header);
            stream.SetLength(header.Length + 2 * 96 * Rank * 4);
        }

        var error = Assert.Throws<AdapterException>(() => _fixture.Network.LoadAdapter(path));
        Assert.Contains("is beyond what a matrix", error.Message);
    }

    private AdapterException Refused(Action<GgufWriter> fill)
    {
        var error = Assert.Throws<AdapterException>(() => Load(fill));
        Assert.StartsWith("adapter.gguf: ", error.Message);
        Assert.Equal(error.Message, Assert.Throws<AdapterException>(() => _fixture.Network.CheckAdapter(_fixture.At("adapter.gguf"))).Message);
        return error;
    }

    private void Load(Action<GgufWriter> fill, float? alpha = 8)
    {
        GgufWriter writer = TinyAdapter.Keys("llama", alpha);
        fill(writer);
        string path = _fixture.At("adapter.gguf");
        writer.Write(path);
        using LoraAdapter adapter = _fixture.Network.LoadAdapter(path);
    }

    private static void AddPair(GgufWriter writer, string tensor, int inputs, int rank, int outputs)
    {
        Add(writer, $"{tensor}.lora_a", inputs, rank);
        Add(writer, $"{tensor}.lora_b", rank, outputs);
    }

    private static void Add(GgufWriter writer, string name, params long[] shape) =>
        writer.AddTensor(name, TensorType.F32, shape, new byte[shape.Aggregate(4L, (a, b) => a * b)]);
}
