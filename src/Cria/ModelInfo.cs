using Cria.Gguf;

namespace Cria;

/// <summary>What a model file says about itself.</summary>
public sealed record ModelInfo
{
    internal ModelInfo()
    {
    }

    /// <summary>Reads what the file at <paramref name="path"/> says, without loading the model.</summary>
    public static ModelInfo Read(string path) => throw new NotImplementedException();

    /// <summary>The file; of a split model, the first one.</summary>
    public required string Path { get; init; }

    /// <summary>The name that the file gives the model, or else the file's own name.</summary>
    public required string Name { get; init; }

    /// <summary>The kind of network, as <c>general.architecture</c> names it.</summary>
    public required string Architecture { get; init; }

    /// <summary>The number of weights.</summary>
    public required long ParameterCount { get; init; }

    /// <summary>The size of the file, or of all files of a split model, in bytes.</summary>
    public required long FileBytes { get; init; }

    /// <summary>How many tensors have each block format.</summary>
    public required IReadOnlyDictionary<TensorType, int> TensorTypes { get; init; }

    /// <summary>The block format that holds most of the weights; null in a file without tensors.</summary>
    public required TensorType? MainType { get; init; }

    /// <summary>The number of tokens that the model was trained to see at once.</summary>
    public required int TrainedContextLength { get; init; }

    /// <summary>The number of values that stand for one token between layers.</summary>
    public required int EmbeddingLength { get; init; }

    /// <summary>The number of layers.</summary>
    public required int LayerCount { get; init; }

    /// <summary>The number of attention heads.</summary>
    public required int HeadCount { get; init; }

    /// <summary>The number of heads that keys and values have.</summary>
    public required int KeyValueHeadCount { get; init; }

    /// <summary>The number of tokens in the vocabulary.</summary>
    public required int VocabularySize { get; init; }

    /// <summary>The kind of tokenizer, as <c>tokenizer.ggml.model</c> names it; null if the file has none.</summary>
    public required string? Tokenizer { get; init; }

    /// <summary>Tells whether the file brings a template for conversations.</summary>
    public required bool HasChatTemplate { get; init; }

    /// <summary>The file's metadata as text, without arrays.</summary>
    public required IReadOnlyDictionary<string, string> Metadata { get; init; }

    /// <summary>The bytes that the model needs with a context of <paramref name="contextLength"/> tokens; 0 takes the trained length.</summary>
    public long EstimateMemory(int contextLength = 0, CacheType keyType = CacheType.F16, CacheType valueType = CacheType.F16) =>
        throw new NotImplementedException();
}
