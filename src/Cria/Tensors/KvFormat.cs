using Cria.Gguf;

namespace Cria.Tensors;

/// <summary>The shape of the cached keys and values of one layer.</summary>
internal readonly record struct KvShape(int KeyValueHeads, int KeyLength, int ValueLength);

/// <summary>How one layer's keys and values lie in a page, from byte <paramref name="Offset"/> on.</summary>
/// <remarks>
/// A layer has its heads' keys, then its heads' values. Keys lie transposed (for each dimension, the 64 tokens), because
/// attention multiplies one dimension of many keys at a time; values lie token after token. Types: F32, F16 and Q8_0, whose
/// keys keep their bytes transposed like the others, followed by the scales per 32 dimensions and token.
/// </remarks>
internal readonly record struct KvFormat(TensorType KeyType, TensorType ValueType, KvShape Shape, nint Offset)
{
    public const int PageTokens = 64;

    /// <summary>The bytes of the layer in a page.</summary>
    public nint Bytes => Shape.KeyValueHeads * (KeyBytes + ValueBytes);

    private nint KeyBytes => (nint)KeyType.BytesFor((long)Shape.KeyLength * PageTokens);

    private nint ValueBytes => (nint)ValueType.BytesFor((long)Shape.ValueLength * PageTokens);

    /// <summary>Where a head's keys begin in a page.</summary>
    public nint KeysOffset(int head) => Offset + head * KeyBytes;

    /// <summary>Where a head's values begin in a page.</summary>
    public nint ValuesOffset(int head) => Offset + Shape.KeyValueHeads * KeyBytes + head * ValueBytes;
}
