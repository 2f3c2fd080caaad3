namespace Cria.Gguf;

/// <summary>One tensor of a GGUF file: its name, type, shape and bytes.</summary>
public sealed unsafe class GgufTensor
{
    private readonly GgufFile _file;
    private readonly byte* _data;
    private readonly long[] _dimensions;

    internal GgufTensor(GgufFile file, string name, TensorType type, long[] dimensions, byte* data, long byteLength)
    {
        _file = file;
        _dimensions = dimensions;
        _data = data;
        Name = name;
        Type = type;
        ByteLength = byteLength;
    }

    /// <summary>The name, for example <c>blk.0.attn_q.weight</c>.</summary>
    public string Name { get; }

    /// <summary>The block format of the data.</summary>
    public TensorType Type { get; }

    /// <summary>The shape, fastest-running dimension first; one to four dimensions.</summary>
    public ReadOnlySpan<long> Dimensions => _dimensions;

    /// <summary>The number of values.</summary>
    public long ElementCount
    {
        get
        {
            long count = 1;
            foreach (long dimension in _dimensions) count *= dimension;
            return count;
        }
    }

    /// <summary>The number of bytes of the data.</summary>
    public long ByteLength { get; }

    /// <summary>A part of the mapped data; reading it after the file was disposed throws.</summary>
    public ReadOnlySpan<byte> Bytes(long offset, int length)
    {
        ObjectDisposedException.ThrowIf(_file.IsDisposed, _file);
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, ByteLength - length);
        return new ReadOnlySpan<byte>(_data + offset, length);
    }

    /// <summary>The mapped address of the data, valid until the file is disposed; all of <see cref="ByteLength"/> bytes lie in the mapping.</summary>
    internal byte* Address => _data;
}
