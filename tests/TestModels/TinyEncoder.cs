using Cria.Gguf;

namespace TestModels;

/// <summary>A model of random weights that turns texts into vectors, with an architecture's real keys and tensor names.</summary>
public sealed record TinyEncoder(string Architecture)
{
    public const int TrainedContext = 256, Embedding = 96;

    private const int Heads = 6, Inner = 160, Layers = 4, TokenTypes = 2, Experts = 8, ExpertsUsed = 2;

    /// <summary>The architectures that can be written.</summary>
    public static IReadOnlyList<string> Architectures { get; } = ["bert", "nomic-bert", "nomic-bert-moe"];

    /// <summary>The type of the matrices.</summary>
    public TensorType Type { get; init; } = TensorType.F32;

    /// <summary>llama.cpp's number of the way of pooling (1 mean, 2 the first token, 4 a rank head); null writes none.</summary>
    public int? Pooling { get; init; } = 1;

    /// <summary>Whether the rank head has the matrix before the tanh.</summary>
    public bool HasDenseHead { get; init; }

    /// <summary>The scores of a rank head; 0 leaves out the matrix after the tanh.</summary>
    public int Labels { get; init; }

    /// <summary>Queries, keys and values in one matrix.</summary>
    public bool IsFused { get; init; }

    /// <summary>Tokens that see only what comes before them.</summary>
    public bool IsCausal { get; init; }

    /// <summary>A file to take the tokenizer of; else there is a small one of the WordPiece kind.</summary>
    public string? Vocabulary { get; init; }

    private bool HasExperts => Architecture == "nomic-bert-moe";

    public void Write(string path, int seed = 1)
    {
        var writer = new ModelWriter(Architecture, seed);
        writer.Key("general.architecture", Architecture).Key("general.name", "tiny encoder")
            .Key("context_length", TrainedContext).Key("embedding_length", Embedding).Key("block_count", Layers).Key("feed_forward_length", Inner)
            .Key("attention.head_count", Heads).Key("attention.layer_norm_epsilon", 1e-5f).Key("attention.causal", IsCausal)
            .Key("tokenizer.ggml.token_type_count", TokenTypes);
        if (Architecture != "bert") writer.Key("rope.freq_base", 1000f);
        if (HasExperts) writer.Key("moe_every_n_layers", 2).Key("expert_count", Experts).Key("expert_used_count", ExpertsUsed);
        if (Pooling is { } pooling) writer.Key("pooling_type", pooling);
        if (Labels > 1) writer.Key("classifier.output_labels", Enumerable.Range(0, Labels).Select(i => $"label {i}").ToArray());
        int vocabulary = 211;
        if (Vocabulary is null) writer.WordPieceTokenizer(vocabulary);
        else vocabulary = writer.TokenizerOf(Vocabulary);

        writer.Matrix("token_embd.weight", Type, MathF.Sqrt(Embedding), Embedding, vocabulary);
        writer.Floats("token_types.weight", 0, 1, Embedding, TokenTypes);
        if (Architecture == "bert") writer.Floats("position_embd.weight", 0, 0.5f, Embedding, TrainedContext);
        WriteNorm(writer, "token_embd_norm");
        for (int layer = 0; layer < Layers; layer++) WriteLayer(writer, $"blk.{layer}", HasExperts && layer % 2 == 1);
        if (HasDenseHead) WriteLinear(writer, "cls", Embedding, Embedding);
        if (Labels > 0) WriteLinear(writer, "cls.output", Embedding, Labels);
        writer.Write(path);
    }

    private void WriteLayer(ModelWriter writer, string blk, bool hasExperts)
    {
        if (IsFused) WriteLinear(writer, $"{blk}.attn_qkv", Embedding, 3 * Embedding);
        else foreach (string name in (string[])["attn_q", "attn_k", "attn_v"]) WriteLinear(writer, $"{blk}.{name}", Embedding, Embedding);
        WriteLinear(writer, $"{blk}.attn_output", Embedding, Embedding);
        WriteNorm(writer, $"{blk}.attn_output_norm");
        if (hasExperts)
        {
            // A strong router keeps near ties between experts from mattering much.
            writer.Matrix($"{blk}.ffn_gate_inp.weight", TensorType.F32, 3, Embedding, Experts);
            writer.Matrix($"{blk}.ffn_up_exps.weight", Type, 1, Embedding, Inner, Experts);
            writer.Matrix($"{blk}.ffn_down_exps.weight", Type, 1, Inner, Embedding, Experts);
        }
        else if (Architecture == "nomic-bert")
        {
            // The gated form has no biases.
            writer.Matrix($"{blk}.ffn_gate.weight", Type, 1, Embedding, Inner);
            writer.Matrix($"{blk}.ffn_up.weight", Type, 1, Embedding, Inner);
            writer.Matrix($"{blk}.ffn_down.weight", Type, 1, Inner, Embedding);
        }
        else
        {
            WriteLinear(writer, $"{blk}.ffn_up", Embedding, Inner);
            WriteLinear(writer, $"{blk}.ffn_down", Inner, Embedding);
        }

        WriteNorm(writer, $"{blk}.layer_output_norm");
    }

    private void WriteLinear(ModelWriter writer, string name, int inputs, int outputs)
    {
        writer.Matrix($"{name}.weight", Type, 1, inputs, outputs);
        writer.Floats($"{name}.bias", 0, 0.3f, outputs);
    }

    private static void WriteNorm(ModelWriter writer, string name)
    {
        writer.Floats($"{name}.weight", 1, 0.1f, Embedding);
        writer.Floats($"{name}.bias", 0, 0.1f, Embedding);
    }
}
