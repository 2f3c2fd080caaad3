using Cria.Gguf;

namespace Cria.Models;

/// <summary>
/// Chooses the type of each tensor as llama.cpp's quantizer does, so that files come out alike: what is small or delicate stays as it
/// is, the output and about half of the value and down projections get more bits.
/// </summary>
internal sealed class QuantizationPlan
{
    /// <summary>
    /// Parts of the names of matrices that are kept: norms, expert routers, convolutions, positions and other small ones.
    /// </summary>
    private static readonly string[] _kept =
    [
        "_norm.weight", "ffn_gate_inp.weight", "ffn_gate_tid2eid.weight", "altup", "laurel", "per_layer_model_proj",
        "ssm_conv1d", "shortconv.conv.weight", "indexer.k_proj.weight", "indexer.q_proj.weight",
        "time_mix_first.weight", "time_mix_w0.weight", "time_mix_w1.weight", "time_mix_w2.weight",
        "time_mix_v0.weight", "time_mix_v1.weight", "time_mix_v2.weight", "time_mix_a0.weight", "time_mix_a1.weight", "time_mix_a2.weight",
        "time_mix_g1.weight", "time_mix_g2.weight", "time_mix_decay_w1.weight", "time_mix_decay_w2.weight", "time_mix_lerp_fused.weight",
        "attn_rel_b.weight", ".position_embd", "sam.pos_embd", "sam.neck.", "sam.net_", ".rel_pos", ".patch_embd", ".patch_merger",
        "a.rvq.codebook", "mm.a.code_embd",
    ];

    private readonly QuantizationMix _mix;
    private readonly QuantizationOptions _options;
    private readonly bool _isOutputTied;
    private readonly bool _sharesValuesWidely;
    private readonly long _layers;
    private readonly long _experts;
    private readonly Dictionary<string, int> _valueOrder;
    private readonly Dictionary<string, int> _downOrder;

    public QuantizationPlan(GgufFile file, QuantizationMix mix, QuantizationOptions options)
    {
        _mix = mix;
        _options = options;
        _isOutputTied = file.FindTensor("output.weight") is null;

        string architecture = file.Metadata.GetString("general.architecture") ?? "";
        _layers = Count(file, $"{architecture}.block_count");
        _experts = Count(file, $"{architecture}.expert_count");
        // The 70B models: eight heads share each value matrix, which makes it small and worth more bits.
        _sharesValuesWidely = _layers == 80 && architecture switch
        {
            "llama" => Count(file, "llama.attention.head_count") != Count(file, "llama.attention.head_count_kv"),
            "qwen2" or "deci" or "olmo" => true,
            _ => false,
        };
        _valueOrder = Order(file.Tensors.Where(tensor => RoleOf(tensor.Name) == Role.Value));
        _downOrder = Order(file.Tensors.Where(tensor => RoleOf(tensor.Name) == Role.Down && IsQuantizable(tensor)));
    }

    private enum Role
    {
        Other,
        Embedding,
        Output,
        Value,
        Key,
        AttentionOutput,
        Down,
    }

    /// <summary>The type that the tensor is to be written in: its own if it is to be copied.</summary>
    public TensorType TypeFor(GgufTensor tensor)
    {
        if (!IsQuantizable(tensor)) return tensor.Type;
        TensorType main = _mix.MainType();
        if (main.BlockLength() == 1) return main;
        return Fitting(_options.Pure ? main : Choose(tensor, main), tensor.Dimensions[0]);
    }

    private bool IsQuantizable(GgufTensor tensor)
    {
        ReadOnlySpan<long> shape = tensor.Dimensions;
        string name = tensor.Name;
        return shape.Length > 1 && shape[1..].ContainsAnyExcept(1)
            && Tensors.Formats.BlockFormat.CanDecode(tensor.Type)
            && name.EndsWith("weight", StringComparison.Ordinal)
            && name is not ("position_embd.weight" or "token_types.weight")
            && !(_options.KeepOutputTensor && name == "output.weight")
            && !_kept.Any(part => name.Contains(part, StringComparison.Ordinal));
    }

    private TensorType Choose(GgufTensor tensor, TensorType main)
    {
        string name = tensor.Name;
        Role role = RoleOf(name);
        if (role == Role.Output || (role == Role.Embedding && _isOutputTied))
            return main == TensorType.Q8_0 || tensor.Dimensions[0] % main.BlockLength() != 0 ? TensorType.Q8_0 : TensorType.Q6_K;

        bool isMedium = _mix is QuantizationMix.Q4_K_M or QuantizationMix.Q5_K_M, isSmall = _mix is QuantizationMix.Q4_K_S;
        switch (role)
        {
            case Role.Value when _experts == 8:
            case Role.Key when _experts == 8:
                return TensorType.Q8_0;
            case Role.AttentionOutput when _experts == 8 && main == TensorType.Q4_K:
                return TensorType.Q5_K;
            case Role.Value when isMedium && DeservesMoreBits(_valueOrder[name], _valueOrder.Count):
                return TensorType.Q6_K;
            case Role.Value when (isSmall && _valueOrder[name] < 4) || (_sharesValuesWidely && main == TensorType.Q4_K):
                return TensorType.Q5_K;
            case Role.Down:
                int layer = _experts > 1 ? Layer(name) : _downOrder[name];
                if (isMedium && DeservesMoreBits(layer, _layers)) return TensorType.Q6_K;
                return isSmall && layer < _layers / 8 ? TensorType.Q5_K : main;
            default:
                return main;
        }
    }

    /// <summary>The first and the last eighth, and every third between.</summary>
    private static bool DeservesMoreBits(int index, long count) =>
        index < count / 8 || index >= 7 * count / 8 || (index - count / 8) % 3 == 2;

    /// <summary>The type itself, or one of smaller blocks where rows do not fill whole ones.</summary>
    private static TensorType Fitting(TensorType type, long columns)
    {
        if (columns % type.BlockLength() == 0) return type;
        TensorType smaller = type switch
        {
            TensorType.Q4_K => TensorType.Q5_0,
            TensorType.Q5_K => TensorType.Q5_1,
            TensorType.Q6_K => TensorType.Q8_0,
            _ => type,
        };
        return columns % smaller.BlockLength() == 0 ? smaller : TensorType.F16;
    }

    private static Role RoleOf(string name)
    {
        if (name == "output.weight") return Role.Output;
        if (name is "token_embd.weight" or "per_layer_token_embd.weight") return Role.Embedding;
        bool Has(string part) => name.Contains(part, StringComparison.Ordinal);
        if (Has("attn_qkv.weight") || Has("attn_kv_b.weight") || Has("attn_v.weight")) return Role.Value;
        if (Has("attn_k.weight")) return Role.Key;
        if (Has("attn_output.weight")) return Role.AttentionOutput;
        return Has("ffn_down") ? Role.Down : Role.Other;
    }

    /// <summary>The place of each tensor among its kind, by layer and then by name.</summary>
    private static Dictionary<string, int> Order(IEnumerable<GgufTensor> tensors) => tensors
        .Select(tensor => tensor.Name)
        .OrderBy(Layer)
        .ThenBy(name => name, StringComparer.Ordinal)
        .Select((name, index) => (name, index))
        .ToDictionary(pair => pair.name, pair => pair.index);

    /// <summary>The number in <c>blk.N.</c>, or -1.</summary>
    private static int Layer(string name)
    {
        string[] parts = name.Split('.', 3);
        return parts.Length == 3 && parts[0] == "blk" && int.TryParse(parts[1], out int layer) ? layer : -1;
    }

    private static long Count(GgufFile file, string key) =>
        file.Metadata.TryGetValue(key, out GgufValue? value) && value.Type != GgufValueType.Array ? value.AsInteger() : 0;
}
