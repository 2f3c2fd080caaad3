using System.Buffers.Binary;
using Cria.Gguf;

namespace Cria.Tests.Gguf;

/// <summary>A valid file and the places of its fields, so that mutations can hit the ones that matter.</summary>
internal sealed class GgufSpecimen
{
    private static readonly ulong[] s_lengths =
    [
        0, 1, 2, 3, 4, 5, 7, 8, 31, 32, 33, 63, 64, 255, 256, 65535, 65536, 1 << 20, int.MaxValue, 1ul << 31, uint.MaxValue, 1ul << 32,
        1ul << 60, 1ul << 61, 1ul << 62, long.MaxValue, 1ul << 63, ulong.MaxValue - 31, ulong.MaxValue - 7, ulong.MaxValue,
    ];

    private readonly List<int> _words = [];
    private readonly List<int> _longs = [];
    private readonly List<int> _records = [];
    private int _at;

    public GgufSpecimen(string name, byte[] bytes)
    {
        Name = name;
        Bytes = bytes;
        FindFields();
    }

    public string Name { get; }

    public byte[] Bytes { get; }

    /// <summary>Damages the file in one way, or in up to three.</summary>
    public byte[] Mutate(Random random, byte[] other)
    {
        byte[] bytes = [.. Bytes];
        for (int n = Math.Max(1, random.Next(-2, 4)); n > 0; n--) bytes = MutateOnce(random, bytes, other);
        return bytes;
    }

    private byte[] MutateOnce(Random random, byte[] bytes, byte[] other)
    {
        if (bytes.Length < 16) return [.. bytes, .. other];
        // Half of all blows fall on the header's first kilobyte.
        int at = random.Next(random.Next(2) == 0 ? Math.Min(bytes.Length, 1024) : bytes.Length);
        int length = random.Next(Math.Min(bytes.Length - at, random.Next(4) == 0 ? 4096 : 64) + 1);
        switch (random.Next(16))
        {
            // The gentler ways come up more often: what moves the rest of the file is nearly always refused at the next length.
            case 0 or 12 or 13:
                for (int n = random.Next(1, 4); n > 0; n--) bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
                return bytes;
            case 1 or 14:
                bytes[at] = (byte)random.Next(256);
                return bytes;
            case 2:
                return bytes[..at];
            case 3:
                return [.. bytes[..at], .. bytes[(at + length)..]];
            case 4:
                return [.. bytes[..(at + length)], .. bytes[at..]];
            case 5:
                int from = random.Next(other.Length);
                return [.. bytes[..at], .. other[from..Math.Min(other.Length, from + length)], .. bytes[(at + length)..]];
            case 6:
                random.NextBytes(bytes.AsSpan(at, length));
                return bytes;
            case 7:
                // One record over the start of another: duplicate keys and tensors, shifted fields.
                int source = Pick(random, _records), target = Pick(random, _records);
                int size = Math.Min(random.Next(1, 80), bytes.Length - Math.Max(source, target));
                if (size > 0) bytes.AsSpan(source, size).ToArray().CopyTo(bytes, target);
                return bytes;
            case 8 or 15:
                return Write32(bytes, Pick(random, _words), random.Next(3) == 0 ? (uint)s_lengths[random.Next(s_lengths.Length)] : (uint)random.Next(48));
            case 9:
                return Nudge(bytes, Pick(random, _longs), random.Next(-9, 10));
            case 10:
                return Write64(bytes, Pick(random, _longs), (ulong)(bytes.Length + random.Next(-40, 40)));
            default:
                return Write64(bytes, Pick(random, _longs), s_lengths[random.Next(s_lengths.Length)]);
        }
    }

    private static int Pick(Random random, List<int> places) =>
        // The counts of the header and the first records come first; favour them.
        places[random.Next(random.Next(3) == 0 ? Math.Min(places.Count, 8) : places.Count)];

    private static byte[] Write32(byte[] bytes, int at, uint value)
    {
        if (at + 4 <= bytes.Length) BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(at), value);
        return bytes;
    }

    private static byte[] Write64(byte[] bytes, int at, ulong value)
    {
        if (at + 8 <= bytes.Length) BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(at), value);
        return bytes;
    }

    private static byte[] Nudge(byte[] bytes, int at, int by) =>
        at + 8 > bytes.Length ? bytes : Write64(bytes, at, BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(at)) + (ulong)(long)by);

    private void FindFields()
    {
        _at = 4;
        Word();
        ulong tensors = Long();
        ulong keys = Long();
        for (ulong i = 0; i < keys; i++)
        {
            _records.Add(_at);
            Text();
            Value(Word());
        }

        for (ulong i = 0; i < tensors; i++)
        {
            _records.Add(_at);
            Text();
            for (uint dimensions = Word(); dimensions > 0; dimensions--) Long();
            Word();
            Long();
        }

        if (_records.Count == 0) _records.Add(24);
    }

    private void Value(uint type)
    {
        switch (type)
        {
            case (uint)GgufValueType.String:
                Text();
                break;
            case (uint)GgufValueType.Array:
                uint elementType = Word();
                for (ulong count = Long(); count > 0; count--) Value(elementType);
                break;
            case (uint)GgufValueType.UInt32 or (uint)GgufValueType.Int32:
                Word();
                break;
            case (uint)GgufValueType.UInt64 or (uint)GgufValueType.Int64:
                Long();
                break;
            default:
                _at += type switch { 6 => 4, 12 => 8, 2 or 3 => 2, _ => 1 };
                break;
        }
    }

    private uint Word()
    {
        _words.Add(_at);
        _at += 4;
        return BinaryPrimitives.ReadUInt32LittleEndian(Bytes.AsSpan(_at - 4));
    }

    private ulong Long()
    {
        _longs.Add(_at);
        _at += 8;
        return BinaryPrimitives.ReadUInt64LittleEndian(Bytes.AsSpan(_at - 8));
    }

    private void Text()
    {
        int length = (int)Long();
        _at += length;
    }
}
