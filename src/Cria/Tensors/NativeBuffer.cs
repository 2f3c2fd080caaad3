using System.Runtime.InteropServices;

namespace Cria.Tensors;

/// <summary>Scratch memory outside the managed heap that grows to the largest size asked for and is then reused.</summary>
internal sealed unsafe class NativeBuffer : IDisposable
{
    private byte* _data;
    private long _capacity;

    ~NativeBuffer() => Release();

    /// <summary>The bytes held now.</summary>
    public long Bytes => _capacity;

    /// <summary>At least <paramref name="bytes"/> bytes on a 64-byte border; the former content may be lost.</summary>
    public byte* Reserve(long bytes)
    {
        if (bytes > _capacity)
        {
            Release();
            _capacity = 0;
            _data = (byte*)NativeMemory.AlignedAlloc((nuint)bytes, 64);
            _capacity = bytes;
        }

        return _data;
    }

    public void Dispose()
    {
        Release();
        _capacity = 0;
        GC.SuppressFinalize(this);
    }

    private void Release()
    {
        NativeMemory.AlignedFree(_data);
        _data = null;
    }
}
