using Cria.Gguf;

namespace Cria;

/// <summary>What a model file says about itself.</summary>
public sealed record ModelInfo
{
    private readonly int _keyLength;
    private readonly int _valueLength;
    private readonly int _feedForwardLength;

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
        int headLength = HeadCount == 0 ? 0 : EmbeddingLength / HeadCount;
        _keyLength = Size(file, "attention.key_length", headLength);
        _valueLength = Size(file, "attention.value_length", headLength);
        _feedForwardLength = Size(file, "feed_forward_length");
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

    /// <summary>
    /// The bytes that the model needs with one full context of <paramref name="contextLength"/> tokens (0 takes the
    /// trained length): the weights, the context, and working memory for batches of 512 tokens.
    /// </summary>
    public long EstimateMemory(int contextLength = 0, CacheType keyType = CacheType.F16, CacheType valueType = CacheType.F16)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(contextLength);
        const int batch = 512, fixedBytes = 48 << 20;
        double tokens = contextLength == 0 ? TrainedContextLength : contextLength;
        double keys = keyType.ToTensorType().BytesFor((long)KeyValueHeadCount * _keyLength);
        double values = valueType.ToTensorType().BytesFor((long)KeyValueHeadCount * _valueLength);
        double activations = batch * (6.0 * EmbeddingLength + 3.0 * _feedForwardLength) * sizeof(float);
        // In floating point, because damaged files may state sizes that overflow.
        double logits = VocabularySize * (double)sizeof(float);
        return (long)(FileBytes + tokens * LayerCount * (keys + values) + activations + logits + fixedBytes);
    }

    /// <summary>A size that the architecture states; where layers differ, the largest, and 0 where nothing sensible is stated.</summary>
    private int Size(GgufFile file, string key, int absent = 0)
    {
        if (!file.Metadata.TryGetValue($"{Architecture}.{key}", out GgufValue? value)) return absent;
        long size = value.Type == GgufValueType.Array ? value.AsIntegers().Prepend(0).Max() : value.AsInteger();
        return size is >= 0 and <= int.MaxValue ? (int)size : 0;
    }
}
