using System.Runtime.InteropServices;
using Cria.Gguf;

namespace Cria.Tensors;

/// <summary>
/// The memory of a key-value cache: pages of <see cref="PageTokens"/> tokens over all layers. Which sequence owns which
/// page is the business of the cache above, which also sees to it that pages come and go on one thread at a time.
/// </summary>
/// <remarks>
/// Pages lie in slabs, and memory comes from and goes back to the system a slab at a time. The C library keeps smaller blocks that are
/// freed for itself; those above 32 MB it gives back at once. New pages go to the first slab with room, so that the last ones empty.
/// </remarks>
internal sealed unsafe class KvPages : IDisposable
{
    public const int PageTokens = KvFormat.PageTokens;

    private const long SmallestSlab = (32 << 20) + 4096;
    private const int Alignment = 4096;

    private readonly List<Slab> _slabs = [];
    private readonly KvShape[] _layers;
    private readonly long[] _layerOffsets;
    private readonly long _stride;
    private readonly int _pagesPerSlab;

    // Read by threads that use some pages while others come, so it is replaced and never cleared.
    private nint[] _addresses = [];

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

        _stride = (PageBytes + Alignment - 1) / Alignment * Alignment;
        _pagesPerSlab = (int)((SmallestSlab + _stride - 1) / _stride);
    }

    ~KvPages() => Release();

    public TensorType KeyType { get; }

    public TensorType ValueType { get; }

    /// <summary>The bytes of one page over all layers.</summary>
    public long PageBytes { get; }

    /// <summary>The number of pages in use.</summary>
    public int Count { get; private set; }

    /// <summary>The number of pages that can be had without more memory.</summary>
    public int Spare { get; private set; }

    /// <summary>The bytes taken from the system; it lends them as they are first written to.</summary>
    public long HeldBytes => (Count + Spare) * _stride;

    /// <summary>The bytes that a new page takes from the system when there is none to spare.</summary>
    public long GrowthBytes => _pagesPerSlab * _stride;

    public KvShape Shape(int layer) => _layers[layer];

    /// <summary>The bytes that a page of such a cache will have.</summary>
    public static long BytesPerPage(TensorType keyType, TensorType valueType, IEnumerable<KvShape> layers) =>
        layers.Sum(layer => (long)new KvFormat(keyType, valueType, layer, 0).Bytes);

    /// <summary>Adds a page and returns its number, which may be that of a page that was given up.</summary>
    /// <exception cref="OutOfMemoryException">The system has no memory left; nothing has changed.</exception>
    public int Grow()
    {
        int at = Spare > 0 ? FirstWithRoom() : AddSlab();
        Slab slab = _slabs[at];
        int index = Array.IndexOf(slab.IsUsed, false);
        slab.IsUsed[index] = true;
        slab.Used++;
        Spare--;
        Count++;
        return at * _pagesPerSlab + index;
    }

    /// <summary>Gives up a page; its memory goes back to the system with the last page of its slab, except for one slab to spare.</summary>
    public void Free(int page)
    {
        Slab slab = _slabs[page / _pagesPerSlab];
        slab.IsUsed[page % _pagesPerSlab] = false;
        Count--;
        Spare++;
        if (--slab.Used == 0 && Spare >= 2 * _pagesPerSlab) Release(slab);
    }

    /// <summary>Gives the memory that is to spare back to the system.</summary>
    public void Trim()
    {
        foreach (Slab slab in _slabs)
            if (slab.Used == 0 && slab.Memory != 0) Release(slab);
    }

    /// <summary>Where a page is in memory; it stays there until the page is given up.</summary>
    public byte* Address(int page) => (byte*)_addresses[page];

    /// <summary>All bytes of a page.</summary>
    public Span<byte> Bytes(int page) => new(Address(page), checked((int)PageBytes));

    /// <summary>Where a layer's keys and values lie in every page.</summary>
    public KvFormat Format(int layer) => new(KeyType, ValueType, _layers[layer], (nint)_layerOffsets[layer]);

    public void Dispose()
    {
        Release();
        GC.SuppressFinalize(this);
    }

    private static TensorType Supported(TensorType type) =>
        type is TensorType.F32 or TensorType.F16 or TensorType.Q8_0
            ? type
            : throw new InvalidOptionException("The cache type", type, "F32, F16 or Q8_0");

    private int FirstWithRoom() => _slabs.FindIndex(slab => slab.Memory != 0 && slab.Used < slab.IsUsed.Length);

    private int AddSlab()
    {
        nint memory = (nint)NativeMemory.AlignedAlloc((nuint)GrowthBytes, Alignment);
        int at = _slabs.FindIndex(slab => slab.Memory == 0);
        if (at < 0)
        {
            at = _slabs.Count;
            _slabs.Add(new Slab(_pagesPerSlab));
        }

        _slabs[at].Memory = memory;
        Spare += _pagesPerSlab;
        nint[] addresses = _addresses;
        Array.Resize(ref addresses, Math.Max(addresses.Length, (at + 1) * _pagesPerSlab));
        for (int i = 0; i < _pagesPerSlab; i++) addresses[at * _pagesPerSlab + i] = memory + (nint)(i * _stride);
        Volatile.Write(ref _addresses, addresses);
        return at;
    }

    private void Release(Slab slab)
    {
        NativeMemory.AlignedFree((void*)slab.Memory);
        slab.Memory = 0;
        Spare -= _pagesPerSlab;
    }

    private void Release()
    {
        foreach (Slab slab in _slabs) NativeMemory.AlignedFree((void*)slab.Memory);
        _slabs.Clear();
        Count = Spare = 0;
    }

    /// <summary>Pages that are taken from the system together; the memory is 0 while there is none.</summary>
    private sealed class Slab(int pages)
    {
        public bool[] IsUsed { get; } = new bool[pages];

        public int Used { get; set; }

        public nint Memory { get; set; }
    }
}
