using System.Text;
using Cria.Gguf;

namespace Cria.Tests.Gguf;

/// <summary>Builds the bytes of a GGUF file field by field, so that each can be wrong; it remembers where the last field began.</summary>
internal sealed class RawGguf
{
    private readonly MemoryStream _bytes = new();
    private readonly BinaryWriter _writer;

    public RawGguf(ulong tensors, ulong keys, uint version = 3, string magic = "GGUF")
    {
        _writer = new BinaryWriter(_bytes);
        _writer.Write(Encoding.ASCII.GetBytes(magic));
        U32(version).U64(tensors).U64(keys);
    }

    /// <summary>Where the field that was written last begins.</summary>
    public long Last { get; private set; }

    public RawGguf U32(uint value) => Field(() => _writer.Write(value));

    public RawGguf U64(ulong value) => Field(() => _writer.Write(value));

    public RawGguf Raw(params byte[] bytes) => Field(() => _writer.Write(bytes));

    public RawGguf Text(string text) => Field(() =>
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(text);
        _writer.Write((ulong)utf8.Length);
        _writer.Write(utf8);
    });

    public RawGguf Key(string key, GgufValueType type) => Text(key).U32((uint)type);

    public RawGguf Array(string key, GgufValueType elementType, ulong count) =>
        Key(key, GgufValueType.Array).U32((uint)elementType).U64(count);

    public RawGguf Tensor(string name, uint type, ulong offset, params ulong[] dimensions)
    {
        long at = _bytes.Position;
        Text(name).U32((uint)dimensions.Length);
        foreach (ulong dimension in dimensions) U64(dimension);
        U32(type).U64(offset);
        Last = at;
        return this;
    }

    /// <summary>The tensors' data: padding to the alignment, then so many bytes.</summary>
    public RawGguf Data(int bytes, int alignment = 32)
    {
        while (_bytes.Position % alignment != 0) _writer.Write((byte)0);
        _writer.Write(new byte[bytes]);
        return this;
    }

    public byte[] ToArray() => _bytes.ToArray();

    private RawGguf Field(Action write)
    {
        Last = _bytes.Position;
        write();
        return this;
    }
}
