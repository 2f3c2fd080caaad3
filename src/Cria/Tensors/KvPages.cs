using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Cria.Gguf;
using Cria.Tensors.Kernels;
using Cria.Tensors.Kernels.Blocks;

namespace Cria.Tensors;

/// <summary>The shape of the cached keys and values of one layer.</summary>
internal readonly record struct KvShape(int KeyValueHeads, int KeyLength, int ValueLength);

/// <summary>
/// The memory of a key-value cache: pages of <see cref="PageTokens"/> tokens over all layers. Which sequence owns which
/// page is the business of the cache above.
/// </summary>
/// <remarks>
/// In a page each layer has its heads' keys, then its heads' values. Keys lie transposed (for each dimension, the 64 tokens),
/// because attention multiplies one dimension of many keys at a time; values lie token after token. Formats: F32, F16 and
/// Q8_0, whose keys keep their bytes transposed like the others, followed by the scales per 32 dimensions and token.
/// </remarks>
internal sealed unsafe class KvPages : IDisposable
{
    public const int PageTokens = 64;

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
            PageBytes += _layers[i].KeyValueHeads * (HeadBytes(KeyType, _layers[i].KeyLength) + HeadBytes(ValueType, _layers[i].ValueLength));
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

    /// <summary>Stores one token's key of one head.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void StoreKey(int page, int layer, int head, int slot, float* key)
    {
        int length = _layers[layer].KeyLength;
        byte* target = Keys(page, layer, head);
        switch (KeyType)
        {
            case TensorType.F32:
                for (int d = 0; d < length; d++) ((float*)target)[d * PageTokens + slot] = key[d];
                break;
            case TensorType.F16:
                for (int d = 0; d < length; d++) ((ushort*)target)[d * PageTokens + slot] = HalfFloats.Narrow(key[d]);
                break;
            default:
                sbyte* quants = stackalloc sbyte[32];
                ushort* scales = (ushort*)(target + length * PageTokens);
                for (int block = 0; block < length / 32; block++)
                {
                    scales[block * PageTokens + slot] = Quantize(key + 32 * block, quants);
                    for (int i = 0; i < 32; i++) ((sbyte*)target)[(32 * block + i) * PageTokens + slot] = quants[i];
                }

                break;
        }
    }

    /// <summary>Stores one token's value of one head.</summary>
    public void StoreValue(int page, int layer, int head, int slot, float* value)
    {
        int length = _layers[layer].ValueLength;
        byte* target = Values(page, layer, head) + ValueType.BytesFor(length) * slot;
        switch (ValueType)
        {
            case TensorType.F32:
                new ReadOnlySpan<float>(value, length).CopyTo(new Span<float>(target, length));
                break;
            case TensorType.F16:
                HalfFloats.Narrow(new ReadOnlySpan<float>(value, length), new Span<ushort>(target, length));
                break;
            default:
                for (int block = 0; block < length / 32; block++, target += 34)
                    *(ushort*)target = Quantize(value + 32 * block, (sbyte*)target + 2);
                break;
        }
    }

    /// <summary>Widens one head's keys of a page: for each dimension, 64 tokens.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void WidenKeys<TLanes, I, F>(int page, int layer, int head, float* keys)
        where TLanes : struct, ILanes<I, F>
        where I : struct
        where F : struct
    {
        int length = _layers[layer].KeyLength, count = length * PageTokens;
        byte* source = Keys(page, layer, head);
        switch (KeyType)
        {
            case TensorType.F32:
                new ReadOnlySpan<float>(source, count).CopyTo(new Span<float>(keys, count));
                break;
            case TensorType.F16:
                for (int i = 0; i < count; i += TLanes.Count) TLanes.Store(TLanes.LoadHalves((ushort*)source + i), keys + i);
                break;
            default:
                byte* scales = source + count;
                for (int d = 0; d < length; d++)
                {
                    for (int token = 0; token < PageTokens; token++)
                        keys[d * PageTokens + token] = ((sbyte*)source)[d * PageTokens + token] * BlockParts.Half(scales + 2 * (d / 32 * PageTokens + token));
                }

                break;
        }
    }

    /// <summary>Widens the first <paramref name="count"/> tokens' values of one head of a page, <paramref name="stride"/> floats apart.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void WidenValues<TLanes, I, F>(int page, int layer, int head, int count, float* values, int stride)
        where TLanes : struct, ILanes<I, F>
        where I : struct
        where F : struct
    {
        int length = _layers[layer].ValueLength;
        byte* source = Values(page, layer, head);
        long rowBytes = ValueType.BytesFor(length);
        for (int token = 0; token < count; token++, source += rowBytes, values += stride)
        {
            switch (ValueType)
            {
                case TensorType.F32:
                    new ReadOnlySpan<float>(source, length).CopyTo(new Span<float>(values, length));
                    break;
                case TensorType.F16:
                    int d = 0;
                    for (; d <= length - TLanes.Count; d += TLanes.Count) TLanes.Store(TLanes.LoadHalves((ushort*)source + d), values + d);
                    for (; d < length; d++) values[d] = BlockParts.Half(source + 2 * d);
                    break;
                default:
                    for (int i = 0; i < length; i++)
                    {
                        byte* block = source + i / 32 * 34;
                        values[i] = ((sbyte*)block)[2 + i % 32] * BlockParts.Half(block);
                    }

                    break;
            }
        }
    }

    private static ushort Quantize(float* values, sbyte* quants)
    {
        float largest = 0;
        for (int i = 0; i < 32; i++) largest = MathF.Max(largest, MathF.Abs(values[i]));
        float inverse = largest > 0 ? 127 / largest : 0;
        for (int i = 0; i < 32; i++) quants[i] = (sbyte)MathF.Round(values[i] * inverse, MidpointRounding.AwayFromZero);
        return HalfFloats.Narrow(largest / 127);
    }

    private static TensorType Supported(TensorType type) =>
        type is TensorType.F32 or TensorType.F16 or TensorType.Q8_0
            ? type
            : throw new InvalidOptionException("The cache type", type, "F32, F16 or Q8_0");

    private static long HeadBytes(TensorType type, int length) => type.BytesFor((long)length * PageTokens);

    private byte* Keys(int page, int layer, int head) =>
        (byte*)_pages[page] + _layerOffsets[layer] + head * HeadBytes(KeyType, _layers[layer].KeyLength);

    private byte* Values(int page, int layer, int head) =>
        (byte*)_pages[page] + _layerOffsets[layer] + _layers[layer].KeyValueHeads * HeadBytes(KeyType, _layers[layer].KeyLength)
        + head * HeadBytes(ValueType, _layers[layer].ValueLength);

    private void Release()
    {
        foreach (nint page in _pages) NativeMemory.AlignedFree((void*)page);
        _pages.Clear();
    }
}
