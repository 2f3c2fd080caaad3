using System.Runtime.InteropServices;
using Cria.Gguf;

namespace Cria.Tensors;

/// <summary>
/// The memory of a key-value cache: pages of <see cref="PageTokens"/> tokens over all layers. Which sequence owns which
/// page is the business of the cache above.
/// </summary>
internal sealed unsafe class KvPages : IDisposable
{
    public const int PageTokens = KvFormat.PageTokens;

    private readonly List<nint> _pages = [];
    private readonly KvShape[] _layers;
    private readonly long[] _layerOffsets;

    public KvPages(TensorType keyType, TensorType valueType, IReadOnlyList<KvShape> layers)
    {
        KeyType = Supported(keyType);
        ValueType = Supported(valueType);
        _layers = [.. layers];
        _layerOffsets = new long[_layers.Length];
        for (int i = 0; i < _layers.Length; i++)
        {
            _layerOffsets[i] = PageBytes;
            PageBytes += Format(i).Bytes;
        }
    }

    ~KvPages() => Release();

    public TensorType KeyType { get; }

    public TensorType ValueType { get; }

    /// <summary>The bytes of one page over all layers.</summary>
    public long PageBytes { get; }

    /// <summary>The number of pages that exist.</summary>
    public int Count => _pages.Count;

    public KvShape Shape(int layer) => _layers[layer];

    /// <summary>The bytes that a page of such a cache will have.</summary>
    public static long BytesPerPage(TensorType keyType, TensorType valueType, IEnumerable<KvShape> layers) =>
        layers.Sum(layer => (long)new KvFormat(keyType, valueType, layer, 0).Bytes);

    /// <summary>Adds a page and returns its number.</summary>
    public int Grow()
    {
        _pages.Add((nint)NativeMemory.AlignedAlloc((nuint)PageBytes, 4096));
        return _pages.Count - 1;
    }

    public void Dispose()
    {
        Release();
        GC.SuppressFinalize(this);
    }

    /// <summary>Where a page is in memory; it stays there until the cache is disposed of.</summary>
    public byte* Address(int page) => (byte*)_pages[page];

    /// <summary>Where a layer's keys and values lie in every page.</summary>
    public KvFormat Format(int layer) => new(KeyType, ValueType, _layers[layer], (nint)_layerOffsets[layer]);

    private static TensorType Supported(TensorType type) =>
        type is TensorType.F32 or TensorType.F16 or TensorType.Q8_0
            ? type
            : throw new InvalidOptionException("The cache type", type, "F32, F16 or Q8_0");

    private void Release()
    {
        foreach (nint page in _pages) NativeMemory.AlignedFree((void*)page);
        _pages.Clear();
    }
}
