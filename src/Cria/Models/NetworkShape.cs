using Cria.Gguf;
using Cria.Models.Parts;
using Cria.Tensors;

namespace Cria.Models;

/// <summary>The sizes of a network, as its file states them.</summary>
internal sealed record NetworkShape
{
    // Beyond these, a file is taken for damaged.
    private const int MaxLayers = 512, MaxWidth = 1 << 20;

    // Their tokens see each other, whatever the file says.
    private static readonly string[] s_encoders = ["bert", "nomic-bert", "nomic-bert-moe"];

    /// <summary>The name of the architecture, for example <c>qwen3</c>.</summary>
    public required string Architecture { get; init; }

    /// <summary>The number of tokens it knows, which is the number of logits.</summary>
    public required int VocabularySize { get; init; }

    public required int EmbeddingLength { get; init; }

    public required int Layers { get; init; }

    public required int Heads { get; init; }

    public required int KeyValueHeads { get; init; }

    /// <summary>The length of one head's key.</summary>
    public required int KeyLength { get; init; }

    /// <summary>The length of one head's value.</summary>
    public required int ValueLength { get; init; }

    /// <summary>The width of the feed-forward part, 0 where the file states none.</summary>
    public required int FeedForwardLength { get; init; }

    /// <summary>The number of experts per layer, 0 for a dense network.</summary>
    public required int Experts { get; init; }

    /// <summary>The number of experts that each token goes through.</summary>
    public required int ExpertsUsed { get; init; }

    /// <summary>The most tokens it was trained on at once.</summary>
    public required int TrainedContext { get; init; }

    /// <summary>Whether a token sees only what comes before it; else all tokens of a text see each other.</summary>
    public required bool IsCausal { get; init; }

    /// <summary>Reads the sizes without loading the network.</summary>
    public static NetworkShape Read(GgufFile file)
    {
        var settings = new Hyperparameters(file);
        int embedding = settings.Count("embedding_length", MaxWidth);
        int heads = settings.Count("attention.head_count", MaxWidth);
        int experts = settings.Count("expert_count", MaxWidth, absent: 0, min: 0);
        var shape = new NetworkShape
        {
            Architecture = settings.Architecture,
            VocabularySize = Vocabulary(file),
            EmbeddingLength = embedding,
            Layers = settings.Count("block_count", MaxLayers),
            Heads = heads,
            KeyValueHeads = settings.Count("attention.head_count_kv", heads, absent: heads),
            KeyLength = settings.Count("attention.key_length", MaxWidth, absent: Math.Max(1, embedding / heads)),
            ValueLength = settings.Count("attention.value_length", MaxWidth, absent: Math.Max(1, embedding / heads)),
            FeedForwardLength = settings.Count("feed_forward_length", MaxWidth, absent: 0, min: 0),
            Experts = experts,
            ExpertsUsed = experts == 0 ? 0 : settings.Count("expert_used_count", experts),
            TrainedContext = settings.Count("context_length", int.MaxValue),
            IsCausal = !s_encoders.Contains(settings.Architecture) && (settings.Flag("attention.causal") ?? true),
        };
        if (heads % shape.KeyValueHeads != 0)
            throw settings.Damaged("attention.head_count_kv", $"{heads} heads cannot share {shape.KeyValueHeads} evenly.");
        return shape;
    }

    /// <summary>The bytes that the cached keys and values of so many tokens take.</summary>
    public long CacheBytes(long tokens, TensorType keyType = TensorType.F16, TensorType valueType = TensorType.F16) =>
        tokens * Layers * (keyType.BytesFor((long)KeyValueHeads * KeyLength) + valueType.BytesFor((long)KeyValueHeads * ValueLength));

    /// <summary>What a token's keys and values look like in each layer.</summary>
    internal KvShape[] CacheShapes() => [.. Enumerable.Repeat(new KvShape(KeyValueHeads, KeyLength, ValueLength), Layers)];

    // The embedding table decides; a file whose list of tokens differs in length would let ids in that have no row.
    private static int Vocabulary(GgufFile file)
    {
        int listed = file.Metadata.GetStrings("tokenizer.ggml.tokens")?.Count ?? 0;
        if (file.FindTensor("token_embd.weight") is not { Dimensions: { Length: 2 } dimensions }) return listed;
        if (listed != 0 && listed != dimensions[1])
        {
            throw new ModelLoadException(file.Path,
                $"{Path.GetFileName(file.Path)}: the tensor token_embd.weight has {dimensions[1]} rows for {listed} tokens. " +
                "Convert or download the model again.");
        }

        return checked((int)dimensions[1]);
    }
}
