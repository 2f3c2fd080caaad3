using Cria.Gguf;

namespace TestModels;

/// <summary>Writes a llama model of 1.1 billion random weights (22 layers of 2048, as TinyLlama), for measuring speed.</summary>
public static class BenchModel
{
    private const int Layers = 22, Embedding = 2048, Inner = 5632, Heads = 32, KeyValueHeads = 4, HeadLength = 64, Vocabulary = 32000;

    /// <summary>Writes the file; <paramref name="mix"/> is a tensor type, Q4_K_M or Q5_K_M.</summary>
    public static void Write(string path, string mix, int seed = 1)
    {
        (TensorType type, bool isMixed) = mix switch
        {
            "Q4_K_M" => (TensorType.Q4_K, true),
            "Q5_K_M" => (TensorType.Q5_K, true),
            _ when Enum.TryParse(mix, out TensorType plain) && plain.IsKnown() => (plain, false),
            _ => throw new ArgumentException($"{mix} is no tensor type; Q4_K_M and Q5_K_M are known too."),
        };

        var writer = new ModelWriter("llama", seed);
        writer.Key("general.architecture", "llama").Key("general.name", $"bench 1.1B {mix}")
            .Key("context_length", 4096).Key("embedding_length", Embedding).Key("block_count", Layers).Key("feed_forward_length", Inner)
            .Key("attention.head_count", Heads).Key("attention.head_count_kv", KeyValueHeads).Key("attention.layer_norm_rms_epsilon", 1e-5f)
            .Key("rope.dimension_count", HeadLength).Key("rope.freq_base", 10000f).Key("vocab_size", Vocabulary);
        writer.Tokenizer(Vocabulary);
        writer.Matrix("token_embd.weight", type, MathF.Sqrt(Embedding), Embedding, Vocabulary);
        for (int i = 0; i < Layers; i++)
        {
            // The usual mix gives values and the way down more bits in the first and last eighth and every third layer between.
            TensorType better = isMixed && (i < Layers / 8 || i >= 7 * Layers / 8 || (i - Layers / 8) % 3 == 2) ? TensorType.Q6_K : type;
            writer.Floats($"blk.{i}.attn_norm.weight", 1, 0.1f, Embedding);
            writer.Matrix($"blk.{i}.attn_q.weight", type, 1, Embedding, Heads * HeadLength);
            writer.Matrix($"blk.{i}.attn_k.weight", type, 1, Embedding, KeyValueHeads * HeadLength);
            writer.Matrix($"blk.{i}.attn_v.weight", better, 1, Embedding, KeyValueHeads * HeadLength);
            writer.Matrix($"blk.{i}.attn_output.weight", type, 1, Heads * HeadLength, Embedding);
            writer.Floats($"blk.{i}.ffn_norm.weight", 1, 0.1f, Embedding);
            writer.Matrix($"blk.{i}.ffn_gate.weight", type, 1, Embedding, Inner);
            writer.Matrix($"blk.{i}.ffn_up.weight", type, 1, Embedding, Inner);
            writer.Matrix($"blk.{i}.ffn_down.weight", better, 1, Inner, Embedding);
        }

        writer.Floats("output_norm.weight", 1, 0.1f, Embedding);
        writer.Matrix("output.weight", isMixed ? TensorType.Q6_K : type, 1, Embedding, Vocabulary);
        writer.Write(path);
    }
}
