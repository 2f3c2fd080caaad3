using Cria.Gguf;

namespace TestModels;

/// <summary>Writes models of random weights for measuring speed: sizes and number formats count there, not what the weights say.</summary>
public static class BenchModel
{
    public const int DenseLayers = 22, ExpertLayers = 8, Vocabulary = 32000;

    private const int Embedding = 2048, Inner = 5632, ExpertInner = 768, Heads = 32, KeyValueHeads = 4;
    private const int DenseHeadLength = 64, ExpertHeadLength = 128, Experts = 64, ExpertsUsed = 8;

    /// <summary>
    /// Writes a llama model of 1.1 billion weights (22 layers of 2048, as TinyLlama, or fewer layers); <paramref name="mix"/> is a tensor
    /// type, Q4_K_M or Q5_K_M.
    /// </summary>
    public static void Write(string path, string mix, int seed = 1, int layers = DenseLayers)
    {
        (TensorType type, bool isMixed) = Types(mix);
        var writer = new ModelWriter("llama", seed);
        writer.Key("general.architecture", "llama").Key("general.name", $"bench llama {mix}")
            .Key("context_length", 4096).Key("embedding_length", Embedding).Key("block_count", layers).Key("feed_forward_length", Inner)
            .Key("attention.head_count", Heads).Key("attention.head_count_kv", KeyValueHeads).Key("attention.layer_norm_rms_epsilon", 1e-5f)
            .Key("rope.dimension_count", DenseHeadLength).Key("rope.freq_base", 10000f).Key("vocab_size", Vocabulary);
        writer.Tokenizer(Vocabulary);
        writer.Matrix("token_embd.weight", type, MathF.Sqrt(Embedding), Embedding, Vocabulary);
        for (int i = 0; i < layers; i++)
        {
            TensorType better = isMixed && GetsMoreBits(i, layers) ? TensorType.Q6_K : type;
            writer.Floats($"blk.{i}.attn_norm.weight", 1, 0.1f, Embedding);
            writer.Matrix($"blk.{i}.attn_q.weight", type, 1, Embedding, Heads * DenseHeadLength);
            writer.Matrix($"blk.{i}.attn_k.weight", type, 1, Embedding, KeyValueHeads * DenseHeadLength);
            writer.Matrix($"blk.{i}.attn_v.weight", better, 1, Embedding, KeyValueHeads * DenseHeadLength);
            writer.Matrix($"blk.{i}.attn_output.weight", type, 1, Heads * DenseHeadLength, Embedding);
            writer.Floats($"blk.{i}.ffn_norm.weight", 1, 0.1f, Embedding);
            writer.Matrix($"blk.{i}.ffn_gate.weight", type, 1, Embedding, Inner);
            writer.Matrix($"blk.{i}.ffn_up.weight", type, 1, Embedding, Inner);
            writer.Matrix($"blk.{i}.ffn_down.weight", better, 1, Inner, Embedding);
        }

        writer.Floats("output_norm.weight", 1, 0.1f, Embedding);
        writer.Matrix("output.weight", isMixed ? TensorType.Q6_K : type, 1, Embedding, Vocabulary);
        writer.Write(path);
    }

    /// <summary>
    /// Writes a qwen3moe model with 8 of 64 experts, its layers as those of Qwen3-30B-A3B: 2.5 billion weights with all 8 layers.
    /// </summary>
    public static void WriteExperts(string path, string mix, int seed = 1, int layers = ExpertLayers)
    {
        (TensorType type, bool isMixed) = Types(mix);
        var writer = new ModelWriter("qwen3moe", seed);
        writer.Key("general.architecture", "qwen3moe").Key("general.name", $"bench qwen3moe {mix}")
            .Key("context_length", 4096).Key("embedding_length", Embedding).Key("block_count", layers).Key("feed_forward_length", ExpertInner * ExpertsUsed)
            .Key("attention.head_count", Heads).Key("attention.head_count_kv", KeyValueHeads).Key("attention.layer_norm_rms_epsilon", 1e-6f)
            .Key("attention.key_length", ExpertHeadLength).Key("attention.value_length", ExpertHeadLength)
            .Key("rope.dimension_count", ExpertHeadLength).Key("rope.freq_base", 1e6f).Key("vocab_size", Vocabulary)
            .Key("expert_count", Experts).Key("expert_used_count", ExpertsUsed).Key("expert_feed_forward_length", ExpertInner);
        writer.Tokenizer(Vocabulary);
        writer.Matrix("token_embd.weight", type, MathF.Sqrt(Embedding), Embedding, Vocabulary);
        for (int i = 0; i < layers; i++)
        {
            TensorType better = isMixed && GetsMoreBits(i, layers) ? TensorType.Q6_K : type;
            writer.Floats($"blk.{i}.attn_norm.weight", 1, 0.1f, Embedding);
            writer.Matrix($"blk.{i}.attn_q.weight", type, 1, Embedding, Heads * ExpertHeadLength);
            writer.Matrix($"blk.{i}.attn_k.weight", type, 1, Embedding, KeyValueHeads * ExpertHeadLength);
            writer.Matrix($"blk.{i}.attn_v.weight", better, 1, Embedding, KeyValueHeads * ExpertHeadLength);
            writer.Floats($"blk.{i}.attn_q_norm.weight", 1, 0.1f, ExpertHeadLength);
            writer.Floats($"blk.{i}.attn_k_norm.weight", 1, 0.1f, ExpertHeadLength);
            writer.Matrix($"blk.{i}.attn_output.weight", type, 1, Heads * ExpertHeadLength, Embedding);
            writer.Floats($"blk.{i}.ffn_norm.weight", 1, 0.1f, Embedding);
            writer.Matrix($"blk.{i}.ffn_gate_inp.weight", TensorType.F32, 1, Embedding, Experts);
            writer.Matrix($"blk.{i}.ffn_gate_exps.weight", type, 1, Embedding, ExpertInner, Experts);
            writer.Matrix($"blk.{i}.ffn_up_exps.weight", type, 1, Embedding, ExpertInner, Experts);
            writer.Matrix($"blk.{i}.ffn_down_exps.weight", better, 1, ExpertInner, Embedding, Experts);
        }

        writer.Floats("output_norm.weight", 1, 0.1f, Embedding);
        writer.Matrix("output.weight", isMixed ? TensorType.Q6_K : type, 1, Embedding, Vocabulary);
        writer.Write(path);
    }

    private static (TensorType Type, bool IsMixed) Types(string mix) => mix switch
    {
        "Q4_K_M" => (TensorType.Q4_K, true),
        "Q5_K_M" => (TensorType.Q5_K, true),
        _ when Enum.TryParse(mix, out TensorType plain) && plain.IsKnown() => (plain, false),
        _ => throw new ArgumentException($"{mix} is no tensor type; Q4_K_M and Q5_K_M are known too."),
    };

    // The usual mix gives values and the way down more bits in the first and last eighth and every third layer between.
    private static bool GetsMoreBits(int layer, int layers) =>
        layer < layers / 8 || layer >= 7 * layers / 8 || (layer - layers / 8) % 3 == 2;
}
