using System.Runtime.InteropServices;
using Cria.Gguf;

namespace Cria.Tensors;

/// <summary>The number format and shape of the cached keys and values of one layer.</summary>
internal readonly record struct KvShape(int KeyValueHeads, int KeyLength, int ValueLength);

/// <summary>
/// The memory of a key-value cache: pages of <see cref="PageTokens"/> tokens, each holding the keys and values of one
/// layer; inside a page the order is head, token, value, so that a head's walk over a page is contiguous.
/// Which sequence owns which page is the business of the cache above.
/// </summary>
internal sealed unsafe class KvPages : IDisposable
{
    public const int PageTokens = 64;

    private readonly List<nint> _pages = [];
    private readonly KvShape[] _layers;
    private readonly long[] _layerOffsets;

    public KvPages(TensorType keyType, TensorType valueType, IReadOnlyList<KvShape> layers)
    {
        KeyType = keyType;
        ValueType = valueType;
        _layers = [.. layers];
        _layerOffsets = new long[_layers.Length];
        long offset = 0;
        for (int i = 0; i < _layers.Length; i++)
        {
            _layerOffsets[i] = offset;
            offset += KeyBytes(i) + ValueBytes(i);
        }

        PageBytes = offset;
    }

    ~KvPages() => Release();

    public TensorType KeyType { get; }

    public TensorType ValueType { get; }

    /// <summary>The bytes of one page over all layers.</summary>
    public long PageBytes { get; }

    /// <summary>The number of pages that exist.</summary>
    public int Count => _pages.Count;

    public KvShape Shape(int layer) => _layers[layer];

    /// <summary>Adds a page and returns its number.</summary>
    public int Grow()
    {
        _pages.Add((nint)NativeMemory.AlignedAlloc((nuint)PageBytes, 4096));
        return _pages.Count - 1;
    }

    internal byte* Keys(int page, int layer) => (byte*)_pages[page] + _layerOffsets[layer];

    internal byte* Values(int page, int layer) => Keys(page, layer) + KeyBytes(layer);

    public void Dispose()
    {
        Release();
        GC.SuppressFinalize(this);
    }

    private long KeyBytes(int layer) =>
        KeyType.BytesFor((long)_layers[layer].KeyValueHeads * _layers[layer].KeyLength * PageTokens);

    private long ValueBytes(int layer) =>
        ValueType.BytesFor((long)_layers[layer].KeyValueHeads * _layers[layer].ValueLength * PageTokens);

    private void Release()
    {
        foreach (nint page in _pages) NativeMemory.AlignedFree((void*)page);
        _pages.Clear();
    }
}
