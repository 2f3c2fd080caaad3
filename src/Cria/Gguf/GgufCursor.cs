using System.Buffers.Binary;
using System.Text;

namespace Cria.Gguf;

/// <summary>Reads a GGUF header from front to back; everything is checked against the bytes left before it is used or allocated.</summary>
internal unsafe ref struct GgufCursor(GgufSource source)
{
    /// <summary>More than any text in a model; small enough that decoding to UTF-16 stays within the memory promised for a file.</summary>
    public const int MaximumTextBytes = 64 << 20;

    private readonly byte* _start = source.Start;

    /// <summary>What is being read, for messages: a key, a tensor, or a part of the header.</summary>
    public string Field { get; set; } = "header";

    public long Position { get; private set; }

    public readonly long Left => source.Length - Position;

    public readonly void Fail(long offset, string problem) => source.Fail(Field, offset, problem);

    public void Skip(long bytes)
    {
        if (bytes > Left) Fail(Position, $"{bytes} bytes are needed, but only {Left} are left.");
        Position += bytes;
    }

    public ReadOnlySpan<byte> Bytes(int length)
    {
        long at = Position;
        Skip(length);
        return new ReadOnlySpan<byte>(_start + at, length);
    }

    public uint UInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Bytes(4));

    public ulong UInt64() => BinaryPrimitives.ReadUInt64LittleEndian(Bytes(8));

    /// <summary>A number of records that each take at least <paramref name="recordBytes"/> bytes.</summary>
    public long Count(int recordBytes, string records)
    {
        long at = Position;
        ulong count = UInt64();
        if (count > (ulong)(Left / recordBytes))
            Fail(at, $"it announces {count} {records}, which cannot fit into the {Left} bytes left.");
        return (long)count;
    }

    /// <summary>A text's length, then its bytes.</summary>
    public ReadOnlySpan<byte> Text(int maximumBytes = MaximumTextBytes)
    {
        long at = Position;
        ulong length = UInt64();
        if (length > (ulong)Left) Fail(at, $"a text of {length} bytes is announced, but only {Left} bytes are left.");
        if (length > (ulong)maximumBytes) Fail(at, $"a text of {length} bytes is announced; at most {maximumBytes} are allowed here.");
        return Bytes((int)length);
    }

    /// <summary>The name of a key or a tensor: printable ASCII, so that it can stand in messages and be compared byte by byte.</summary>
    public string Name(int maximumBytes)
    {
        long at = Position;
        ReadOnlySpan<byte> name = Text(maximumBytes);
        if (name.IsEmpty) Fail(at, "the name is empty.");
        if (name.ContainsAnyExceptInRange((byte)' ', (byte)'~')) Fail(at, "the name has characters other than printable ASCII.");
        return Encoding.ASCII.GetString(name);
    }

    public GgufValueType ValueType()
    {
        long at = Position;
        uint type = UInt32();
        if (type > (uint)GgufValueType.Float64) Fail(at, $"unknown value type {type}; 0 to 12 are known.");
        return (GgufValueType)type;
    }
}
