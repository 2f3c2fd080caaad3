using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.RegularExpressions;
using Cria.Gguf;

namespace Cria.Models.Adapters;

/// <summary>
/// Turns a LoRA adapter as mlx-lm writes it, a folder with <c>adapters.safetensors</c> and <c>adapter_config.json</c>, into a GGUF
/// adapter for a given model.
/// </summary>
internal sealed partial class MlxAdapter
{
    public const string WeightsName = "adapters.safetensors", ConfigName = "adapter_config.json";

    private const int MaximumConfigBytes = 1 << 20;
    private const string Advice = "Load the adapter with the model that it was trained on.";
    private const string DownSuffix = ".lora_a", UpSuffix = ".lora_b";

    private readonly string _folder;
    private readonly GgufFile _model;
    private readonly NetworkShape _shape;
    private readonly SafetensorsFile _weights;

    private MlxAdapter(string folder, GgufFile model, NetworkShape shape)
    {
        _folder = folder;
        _model = model;
        _shape = shape;
        _weights = SafetensorsFile.Open(Path.Combine(folder, WeightsName));
    }

    /// <summary>Writes the adapter in a folder as a GGUF file for that model.</summary>
    public static void Convert(string folder, GgufFile model, NetworkShape shape, string output, CancellationToken cancellationToken)
    {
        float scale = ReadScale(Path.Combine(folder, ConfigName));
        GgufWriter writer = new MlxAdapter(folder, model, shape).Build(scale);
        writer.Write(output, cancellationToken);
    }

    private GgufWriter Build(float scale)
    {
        var changed = _weights.Tensors.Keys.Where(name => name.EndsWith(DownSuffix, StringComparison.Ordinal)).Select(name => name[..^DownSuffix.Length]).ToList();
        HashSet<string> halves = [.. changed.Select(module => module + DownSuffix), .. changed.Select(module => module + UpSuffix)];
        foreach (string name in _weights.Tensors.Keys)
        {
            if (!halves.Contains(name))
                throw Error(name, $"it is no half of a pair of {DownSuffix} and {UpSuffix}; adapters of other kinds cannot be loaded.");
        }

        var writer = new GgufWriter();
        writer.Set("general.type", "adapter");
        writer.Set("general.architecture", _shape.Architecture);
        writer.Set("general.name", Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(_folder))));
        writer.Set("adapter.type", "lora");
        long? rank = null;
        foreach (string module in changed)
        {
            long own = Add(writer, module);
            if (rank is not null && rank != own) throw Error(module, $"its rank is {own}, but that of others {rank}; all must be equal.");
            rank = own;
        }

        writer.Set("adapter.lora.alpha", scale * (rank ?? 1));
        return writer;
    }

    /// <summary>Adds a module's pair, turned around as GGUF has it, and gives its rank.</summary>
    private long Add(GgufWriter writer, string module)
    {
        string tensor = GgufName(module);
        SafetensorsTensor down = _weights.Tensors[module + DownSuffix];
        if (!_weights.Tensors.TryGetValue(module + UpSuffix, out SafetensorsTensor? up)) throw Error(module, $"it has {DownSuffix}, but not {UpSuffix}.");
        if (down.Shape.Length != 2 || up.Shape.Length != 2 || down.Shape[1] != up.Shape[0] || down.Shape[1] == 0)
        {
            throw Error(module,
                $"its factors of {string.Join(" x ", down.Shape)} and {string.Join(" x ", up.Shape)} are no matrices of inputs x rank and rank x outputs.");
        }

        long inputs = down.Shape[0], rank = down.Shape[1], outputs = up.Shape[1];
        bool isEmbedding = tensor == "token_embd.weight";
        GgufTensor matrix = _model.FindTensor(tensor) ?? throw Error(module, $"the model has no tensor {tensor}. {Advice}");
        if (!matrix.Dimensions.SequenceEqual(isEmbedding ? [outputs, inputs] : [inputs, outputs]) || rank > Math.Max(inputs, outputs))
        {
            throw Error(module,
                $"its inputs x rank x outputs, {inputs} x {rank} x {outputs}, do not fit the model's {tensor}, {string.Join(" x ", matrix.Dimensions.ToArray())}. {Advice}");
        }

        // An embedding's first factor has a row per token, as it must have in GGUF.
        if (isEmbedding) AddTensor(tensor + DownSuffix, [rank, inputs], _weights.ReadFloats(down));
        else AddTensor(tensor + DownSuffix, [inputs, rank], Transposed(_weights.ReadFloats(down), (int)inputs, (int)rank));
        float[] rows = Transposed(_weights.ReadFloats(up), (int)rank, (int)outputs);
        AddTensor(tensor + UpSuffix, [rank, outputs], Reordered(rows, (int)rank, tensor));
        return rank;

        void AddTensor(string name, ReadOnlySpan<long> shape, float[] values) =>
            writer.AddTensor(name, TensorType.F32, shape, MemoryMarshal.AsBytes<float>(values).ToArray());
    }

    /// <summary>
    /// Where GGUF models of an architecture rotate neighbouring values, their queries' and keys' rows are in another order than the
    /// original's, which rotate a head's halves: value i of the first half and value i of the second come to lie together.
    /// </summary>
    private float[] Reordered(float[] rows, int rank, string tensor)
    {
        bool isQuery = tensor.EndsWith("attn_q.weight", StringComparison.Ordinal), isKey = tensor.EndsWith("attn_k.weight", StringComparison.Ordinal);
        if (!(isQuery || isKey) || _shape.Architecture is not ("llama" or "granite" or "smollm3")) return rows;
        int length = _shape.KeyLength, half = length / 2;
        float[] reordered = new float[rows.Length];
        for (int row = 0; row < rows.Length / rank; row++)
        {
            int inHead = row % length, source = row - inHead + inHead % 2 * half + inHead / 2;
            rows.AsSpan(source * rank, rank).CopyTo(reordered.AsSpan(row * rank, rank));
        }

        return reordered;
    }

    private string GgufName(string module)
    {
        switch (module)
        {
            case "model.embed_tokens": return "token_embd.weight";
            case "lm_head": return "output.weight";
        }

        Match match = LayerModule().Match(module);
        string? part = !match.Success ? null : match.Groups["part"].Value switch
        {
            "self_attn.q_proj" => "attn_q",
            "self_attn.k_proj" => "attn_k",
            "self_attn.v_proj" => "attn_v",
            "self_attn.o_proj" => "attn_output",
            "self_attn.qkv_proj" => "attn_qkv",
            "mlp.gate_proj" => "ffn_gate",
            "mlp.up_proj" or "mlp.gate_up_proj" => "ffn_up",
            "mlp.down_proj" => "ffn_down",
            "mlp.gate" => "ffn_gate_inp",
            _ => null,
        };
        return part is null ? throw Error(module, "Cria does not know which tensor of a GGUF model this is.") : $"blk.{match.Groups["layer"].Value}.{part}.weight";
    }

    private static float[] Transposed(float[] values, int rows, int columns)
    {
        float[] transposed = new float[values.Length];
        for (int row = 0; row < rows; row++)
            for (int column = 0; column < columns; column++) transposed[column * rows + row] = values[row * columns + column];
        return transposed;
    }

    /// <summary>Reads what the changes are multiplied by, directly and not divided by the rank.</summary>
    private static float ReadScale(string path)
    {
        string name = Path.GetFileName(path);
        AdapterException Wrong(string problem) => new(path, null, $"{name}: {problem}");
        try
        {
            var file = new FileInfo(path);
            if (!file.Exists) throw Wrong($"it is missing beside {WeightsName}. Copy it from where the adapter was trained.");
            if (file.Length > MaximumConfigBytes) throw Wrong($"it has {file.Length} bytes; at most {MaximumConfigBytes} are allowed.");
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
            JsonElement root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object) throw Wrong("it is no JSON object.");
            if (root.TryGetProperty("fine_tune_type", out JsonElement kind) && (kind.ValueKind != JsonValueKind.String || kind.GetString() != "lora"))
                throw Wrong($"fine_tune_type is {kind.GetRawText()}, but must be \"lora\". Adapters of other kinds cannot be loaded.");
            if (!root.TryGetProperty("lora_parameters", out JsonElement lora) || lora.ValueKind != JsonValueKind.Object
                || !lora.TryGetProperty("scale", out JsonElement scale) || scale.ValueKind != JsonValueKind.Number)
                throw Wrong("it has no number at lora_parameters.scale.");
            float value = scale.TryGetSingle(out float number) ? number : float.NaN;
            return float.IsFinite(value) && value != 0 ? value : throw Wrong($"lora_parameters.scale is {scale.GetRawText()}, but must be finite and not 0.");
        }
        catch (Exception cause) when (cause is JsonException or InvalidOperationException)
        {
            throw new ModelLoadException(path, $"{name}: it is no valid JSON: {cause.Message}", cause);
        }
        catch (Exception cause) when (cause is IOException or UnauthorizedAccessException)
        {
            throw new ModelLoadException(path, $"{path} cannot be read: {cause.Message}", cause);
        }
    }

    private AdapterException Error(string tensor, string problem) => new(_weights.Path, tensor, $"{WeightsName}: {tensor}: {problem}");

    [GeneratedRegex(@"\Amodel\.layers\.(?<layer>0|[1-9][0-9]{0,3})\.(?<part>[a-z_.]+)\z")]
    private static partial Regex LayerModule();
}
