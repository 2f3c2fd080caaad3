using Cria.Gguf;

namespace Cria;

/// <summary>What a model file says about itself.</summary>
public sealed record ModelInfo
{
    private ModelInfo(GgufFile file)
    {
        Path = file.Path;
        FileBytes = file.FileBytes;
        Metadata = file.Metadata.Where(entry => entry.Value.Type != GgufValueType.Array)
            .ToDictionary(entry => entry.Key, entry => entry.Value.ToString());
        Name = file.Metadata.GetString("general.name") is { Length: > 0 } name
            ? name
            : System.IO.Path.GetFileNameWithoutExtension(file.Path);
        Architecture = file.Metadata.GetString("general.architecture") ?? "";
        Tokenizer = file.Metadata.GetString("tokenizer.ggml.model");
        HasChatTemplate = file.Metadata.ContainsKey("tokenizer.chat_template");

        ParameterCount = file.Tensors.Sum(tensor => tensor.ElementCount);
        TensorTypes = file.Tensors.CountBy(tensor => tensor.Type).ToDictionary();
        MainType = file.Tensors.GroupBy(tensor => tensor.Type).MaxBy(type => type.Sum(tensor => tensor.ElementCount))?.Key;

        int? pooling = file.Metadata.ContainsKey($"{Architecture}.pooling_type") ? Size(file, "pooling_type") : null;
        Pooling = pooling is { } type && Enum.IsDefined((PoolingType)type) ? (PoolingType)type : null;
        TrainedContextLength = Size(file, "context_length");
        EmbeddingLength = Size(file, "embedding_length");
        LayerCount = Size(file, "block_count");
        HeadCount = Size(file, "attention.head_count");
        KeyValueHeadCount = Size(file, "attention.head_count_kv", HeadCount);
        VocabularySize = file.Metadata.GetStrings("tokenizer.ggml.tokens")?.Count ?? Size(file, "vocab_size");
    }

    /// <summary>The file; of a split model, the first one.</summary>
    public string Path { get; }

    /// <summary>The name that the file gives the model, or else the file's own name.</summary>
    public string Name { get; }

    /// <summary>The kind of network, as <c>general.architecture</c> names it; empty if the file does not say.</summary>
    public string Architecture { get; }

    /// <summary>The number of weights.</summary>
    public long ParameterCount { get; }

    /// <summary>The size of the file, or of all files of a split model, in bytes.</summary>
    public long FileBytes { get; }

    /// <summary>How many tensors have each block format.</summary>
    public IReadOnlyDictionary<TensorType, int> TensorTypes { get; }

    /// <summary>The block format that holds most of the weights; null in a file without tensors.</summary>
    public TensorType? MainType { get; }

    /// <summary>The number of tokens that the model was trained to see at once.</summary>
    public int TrainedContextLength { get; }

    /// <summary>The number of values that stand for one token between layers.</summary>
    public int EmbeddingLength { get; }

    /// <summary>The number of layers.</summary>
    public int LayerCount { get; }

    /// <summary>The number of attention heads.</summary>
    public int HeadCount { get; }

    /// <summary>The number of heads that keys and values have.</summary>
    public int KeyValueHeadCount { get; }

    /// <summary>How the model pools the vectors of tokens; null if the file does not say, as generative models do not.</summary>
    public PoolingType? Pooling { get; }

    /// <summary>The number of tokens in the vocabulary.</summary>
    public int VocabularySize { get; }

    /// <summary>The kind of tokenizer, as <c>tokenizer.ggml.model</c> names it; null if the file has none.</summary>
    public string? Tokenizer { get; }

    /// <summary>Tells whether the file brings a template for conversations.</summary>
    public bool HasChatTemplate { get; }

    /// <summary>The file's metadata as text, without arrays.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Reads what the file at <paramref name="path"/> says, without loading the model.</summary>
    /// <exception cref="ModelLoadException">The file is missing or damaged.</exception>
    public static ModelInfo Read(string path)
    {
        using GgufFile file = GgufFile.Open(path);
        return Read(file);
    }

    internal static ModelInfo Read(GgufFile file) => new(file);

    /// <summary>A size that the architecture states; where layers differ, the largest, and 0 where nothing sensible is stated.</summary>
    private int Size(GgufFile file, string key, int absent = 0)
    {
        if (!file.Metadata.TryGetValue($"{Architecture}.{key}", out GgufValue? value)) return absent;
        long size = value.Type == GgufValueType.Array ? value.AsIntegers().Prepend(0).Max() : value.AsInteger();
        return size is >= 0 and <= int.MaxValue ? (int)size : 0;
    }
}
