using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json.Nodes;
using Cria.Gguf;
using Cria.Tensors;

namespace Cria.Tests.Models.Adapters;

/// <summary>Adapters as mlx-lm writes them: they must do what the same adapters do in GGUF, and damaged ones are refused.</summary>
public sealed class MlxAdapterTests
{
    private const int Rank = 6;
    private const string Config = """{"fine_tune_type": "lora", "num_layers": 4, "lora_parameters": {"rank": 6, "scale": 1.5, "dropout": 0.0}}""";

    private static readonly (string Gguf, string Mlx)[] s_names =
    [
        ("attn_q", "self_attn.q_proj"), ("attn_k", "self_attn.k_proj"), ("attn_v", "self_attn.v_proj"), ("attn_output", "self_attn.o_proj"),
        ("attn_qkv", "self_attn.qkv_proj"), ("ffn_gate", "mlp.gate_proj"), ("ffn_down", "mlp.down_proj"),
    ];

    [Theory]
    [InlineData("llama")]
    [InlineData("qwen3")]
    [InlineData("phi3")]
    [InlineData("smollm3")]
    public void Does_what_the_same_adapter_does_in_gguf(string architecture)
    {
        using var fixture = new AdapterFixture(architecture);
        // A scale of 1.5 for the products themselves is an alpha of 9 at rank 6.
        string gguf = fixture.Write(seed: 1, Rank);
        string folder = fixture.At("mlx");
        Write(folder, Translated(gguf, architecture, fixture.Network.Shape.KeyLength));

        using LoraAdapter expected = fixture.Network.LoadAdapter(gguf), actual = fixture.Network.LoadAdapter(folder);
        Assert.Equal((Rank, 9f, folder, "mlx"), (actual.Info.Rank, actual.Info.Alpha, actual.Info.Path, actual.Info.Name));
        Assert.Equal(expected.Info.Tensors.Order(), actual.Info.Tensors.Order());
        int[] tokens = TinyNetwork.Tokens(12);
        Assert.Equal(fixture.Logits(tokens, new ScaledAdapter(expected)), fixture.Logits(tokens, new ScaledAdapter(actual)));
    }

    [Theory]
    [InlineData("""{"fine_tune_type": "dora", "lora_parameters": {"scale": 1}}""", "fine_tune_type is \"dora\"")]
    [InlineData("""{"lora_parameters": {"scale": 0}}""", "must be finite and not 0")]
    [InlineData("""{"lora_parameters": {"scale": 1e99}}""", "must be finite and not 0")]
    [InlineData("""{"lora_parameters": 20}""", "no number at lora_parameters.scale")]
    [InlineData("""{"lora_parameters": {"scale": "20"}}""", "no number at lora_parameters.scale")]
    [InlineData("[]", "no JSON object")]
    [InlineData("{", "no valid JSON")]
    [InlineData("""{"fine_tune_type": "\ud800"}""", "no valid JSON")]
    [InlineData(null, "is missing beside adapters.safetensors")]
    public void Refuses_settings_that_make_no_sense(string? config, string message) =>
        Assert.Contains(message, Refused(folder =>
        {
            Write(folder, Pair("model.layers.0.self_attn.v_proj", 96, 2, 32));
            if (config is null) File.Delete(Path.Combine(folder, "adapter_config.json"));
            else File.WriteAllText(Path.Combine(folder, "adapter_config.json"), config);
        }).Message);

    [Theory]
    [InlineData("model.layers.0.self_attn.x_proj", 96, 2, 32, "does not know which tensor")]
    [InlineData("model.layers.00.self_attn.v_proj", 96, 2, 32, "does not know which tensor")]
    [InlineData("model.layers.9.self_attn.v_proj", 96, 2, 32, "the model has no tensor blk.9.attn_v.weight")]
    [InlineData("model.layers.0.self_attn.v_proj", 96, 2, 33, "96 x 2 x 33, do not fit the model's blk.0.attn_v.weight, 96 x 32")]
    [InlineData("model.layers.0.self_attn.v_proj", 96, 97, 32, "96 x 97 x 32, do not fit")]
    [InlineData("model.layers.0.self_attn.v_proj", 96, 0, 32, "are no matrices")]
    public void Refuses_pairs_that_do_not_fit(string module, int inputs, int rank, int outputs, string message)
    {
        var error = Assert.IsType<AdapterException>(Refused(folder => Write(folder, Pair(module, inputs, rank, outputs))));
        Assert.Equal(module, error.Tensor);
        Assert.Contains(message, error.Message);
    }

    [Fact]
    public void Refuses_half_a_pair_other_tensors_and_mixed_ranks()
    {
        Dictionary<string, float[,]> sound = Pair("model.layers.0.self_attn.v_proj", 96, 2, 32);
        Assert.Contains("but not .lora_b", Refused(folder => Write(folder, sound.Take(1).ToDictionary())).Message);
        Assert.Contains("no half of a pair", Refused(folder => Write(folder, sound.Skip(1).ToDictionary())).Message);
        Assert.Contains("no half of a pair", Refused(folder => Write(folder, new(sound) { ["model.layers.0.self_attn.v_proj.m"] = new float[1, 32] })).Message);
        Assert.Contains("all must be equal", Refused(folder =>
            Write(folder, sound.Concat(Pair("model.layers.0.self_attn.k_proj", 96, 3, 32)).ToDictionary())).Message);
        Assert.Contains("changes no tensor", Refused(folder => Write(folder, [])).Message);
    }

    [Theory]
    [InlineData("""{"a":{"dtype":"F32","shape":[2,2],"data_offsets":[0,20]}}""", "has 20 bytes, but its shape needs 16")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2,2],"data_offsets":[16,32]}}""", "do not lie in the file's 24 bytes")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2,2],"data_offsets":[16,0]}}""", "do not lie in")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2,2],"data_offsets":[0]}}""", "do not lie in")]
    [InlineData("""{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,16]}}""", "beyond 63 bits")]
    [InlineData("""{"a":{"dtype":"F32","shape":[-2,-2],"data_offsets":[0,16]}}""", "has -2 where a size is needed")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2.5],"data_offsets":[0,16]}}""", "has 2.5 where a size is needed")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1,1,1,1,1,1,1,1,4],"data_offsets":[0,16]}}""", "9 dimensions")]
    [InlineData("""{"a":{"dtype":"F31","shape":[4],"data_offsets":[0,16]}}""", "F31, is not known")]
    [InlineData("""{"a":{"shape":[4],"data_offsets":[0,16]}}""", "dtype is missing")]
    [InlineData("""{"a":{"dtype":"F32","data_offsets":[0,16]}}""", "shape is missing")]
    [InlineData("""{"a":{"dtype":"F32","shape":[4]}}""", "data_offsets is missing")]
    [InlineData("""{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]},"b":{"dtype":"F32","shape":[4],"data_offsets":[8,24]}}""", "overlaps")]
    [InlineData("""{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]},"a":{"dtype":"F32","shape":[1],"data_offsets":[16,20]}}""", "listed twice")]
    [InlineData("""{"\ud800":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}""", "no valid JSON")]
    [InlineData("""{"a":[[[[[[[[[[]]]]]]]]]]}""", "no valid JSON")]
    [InlineData("""{"a":5}""", "no JSON object")]
    [InlineData("[]", "no JSON object")]
    [InlineData("{", "no valid JSON")]
    public void Refuses_a_damaged_header(string header, string message) =>
        Assert.Contains(message, Refused(folder => WriteRaw(folder, Encoding.UTF8.GetBytes(header), (ulong)header.Length)).Message);

    [Theory]
    [InlineData(27ul)]
    [InlineData(ulong.MaxValue)]
    public void Refuses_a_header_longer_than_the_file(ulong length) =>
        Assert.Contains($"it claims {length} bytes", Refused(folder => WriteRaw(folder, "{}"u8.ToArray(), length)).Message);

    [Fact]
    public void Refuses_an_empty_file() =>
        Assert.Contains("shorter than a header", Refused(folder =>
        {
            Write(folder, []);
            File.WriteAllBytes(Path.Combine(folder, "adapters.safetensors"), []);
        }).Message);

    [Fact]
    public void A_damaged_folder_works_or_is_refused_with_a_typed_error()
    {
        using var fixture = new AdapterFixture();
        string folder = fixture.At("mlx"), weights = Path.Combine(folder, "adapters.safetensors");
        Write(folder, Pair("model.layers.0.self_attn.v_proj", 96, 2, 32));
        byte[] sound = File.ReadAllBytes(weights);
        int loaded = 0;
        for (int i = 0; i < 300; i++)
        {
            var random = new Random(i);
            byte[] bytes = random.Next(8) == 0 ? sound[..random.Next(sound.Length)] : [.. sound];
            for (int n = random.Next(3); n >= 0 && bytes.Length > 0; n--) bytes[random.Next(Math.Min(bytes.Length, 300))] = (byte)random.Next(256);
            File.Delete(weights);
            File.WriteAllBytes(weights, bytes);
            Exception? error = Record.Exception(() => fixture.Network.LoadAdapter(folder).Dispose());
            Assert.True(error is null or CriaException, $"Mutant {i} ended with {error}.");
            if (error is null) loaded++;
        }

        Assert.InRange(loaded, 10, 290);
    }

    private static CriaException Refused(Action<string> write)
    {
        using var fixture = new AdapterFixture();
        string folder = fixture.At("mlx");
        write(folder);
        return Assert.IsAssignableFrom<ModelLoadException>(Record.Exception(() => fixture.Network.LoadAdapter(folder)));
    }

    private static Dictionary<string, float[,]> Pair(string module, int inputs, int rank, int outputs) =>
        new() { [$"{module}.lora_a"] = new float[inputs, rank], [$"{module}.lora_b"] = new float[rank, outputs] };

    /// <summary>The factors of a GGUF adapter under the names and in the form that mlx-lm gives them.</summary>
    private static Dictionary<string, float[,]> Translated(string path, string architecture, int headLength)
    {
        using GgufFile file = GgufFile.Open(path);
        var tensors = new Dictionary<string, float[,]>();
        foreach (GgufTensor tensor in file.Tensors)
        {
            (string name, string suffix) = (tensor.Name[..^".weight.lora_a".Length], tensor.Name[^".lora_a".Length..]);
            var rows = new Weight(tensor);
            float[,] values = new float[rows.Rows, rows.Columns];
            for (int row = 0; row < rows.Rows; row++) rows.DecodeRow(row, MemoryMarshal.CreateSpan(ref values[row, 0], rows.Columns));

            // The original rotates value i of a head with value i + half, where GGUF's llama rotates 2i with 2i + 1.
            bool isRotated = name.EndsWith("attn_q", StringComparison.Ordinal) || name.EndsWith("attn_k", StringComparison.Ordinal);
            if (suffix == ".lora_b" && isRotated && architecture is "llama" or "smollm3")
            {
                float[,] original = new float[rows.Rows, rows.Columns];
                for (int head = 0; head < rows.Rows; head += headLength)
                {
                    for (int i = 0; i < headLength / 2; i++)
                    {
                        for (int k = 0; k < rows.Columns; k++)
                        {
                            original[head + i, k] = values[head + 2 * i, k];
                            original[head + i + headLength / 2, k] = values[head + 2 * i + 1, k];
                        }
                    }
                }

                values = original;
            }

            bool isTable = name == "token_embd" && suffix == ".lora_a";
            tensors[Module(name, architecture) + suffix] = isTable ? values : Transposed(values);
        }

        return tensors;
    }

    private static string Module(string name, string architecture)
    {
        if (name == "token_embd") return "model.embed_tokens";
        if (name == "output") return "lm_head";
        string[] parts = name.Split('.');
        string part = parts[2] == "ffn_up" ? architecture == "phi3" ? "mlp.gate_up_proj" : "mlp.up_proj" : s_names.Single(pair => pair.Gguf == parts[2]).Mlx;
        return $"model.layers.{parts[1]}.{part}";
    }

    private static float[,] Transposed(float[,] values)
    {
        float[,] transposed = new float[values.GetLength(1), values.GetLength(0)];
        for (int i = 0; i < values.GetLength(0); i++)
            for (int j = 0; j < values.GetLength(1); j++) transposed[j, i] = values[i, j];
        return transposed;
    }

    private static void Write(string folder, Dictionary<string, float[,]> tensors)
    {
        var header = new JsonObject { ["__metadata__"] = new JsonObject { ["format"] = "mlx" } };
        var data = new MemoryStream();
        foreach ((string name, float[,] values) in tensors)
        {
            long start = data.Length;
            foreach (float value in values) data.Write(BitConverter.GetBytes(value));
            header[name] = new JsonObject
            {
                ["dtype"] = "F32",
                ["shape"] = new JsonArray(values.GetLength(0), values.GetLength(1)),
                ["data_offsets"] = new JsonArray(start, data.Length),
            };
        }

        byte[] text = Encoding.UTF8.GetBytes(header.ToJsonString());
        WriteRaw(folder, text, (ulong)text.Length, data.ToArray());
    }

    private static void WriteRaw(string folder, byte[] header, ulong length, byte[]? data = null)
    {
        Directory.CreateDirectory(folder);
        byte[] prefix = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(prefix, length);
        File.WriteAllBytes(Path.Combine(folder, "adapters.safetensors"), [.. prefix, .. header, .. data ?? new byte[24]]);
        File.WriteAllText(Path.Combine(folder, "adapter_config.json"), Config);
    }
}
