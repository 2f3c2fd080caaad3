using System.Buffers.Binary;
using System.Numerics;

namespace Cria.Runtime.Prefixes;

/// <summary>
/// The XXH64 checksum of bytes that come in parts, against accidents and not against malice. It reads about ten times as many bytes a
/// second as SHA-256 does, which would take longer than the disk.
/// </summary>
internal struct XxHash64
{
    private const ulong Prime1 = 0x9E3779B185EBCA87, Prime2 = 0xC2B2AE3D27D4EB4F, Prime3 = 0x165667B19E3779F9;
    private const ulong Prime4 = 0x85EBCA77C2B2AE63, Prime5 = 0x27D4EB2F165667C5;
    private const int StripeBytes = 32;

    private ulong _a = unchecked(Prime1 + Prime2);
    private ulong _b = Prime2;
    private ulong _c;
    private ulong _d = unchecked(0 - Prime1);
    private ulong _length;

    public XxHash64()
    {
    }

    /// <summary>The checksum of all bytes at once.</summary>
    public static ulong Of(ReadOnlySpan<byte> bytes) => new XxHash64().End(bytes);

    /// <summary>Takes bytes that are not the last; their number is a multiple of 32.</summary>
    public void Add(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length % StripeBytes != 0) throw new ArgumentException("Only the last part may end anywhere.", nameof(bytes));
        AddStripes(bytes);
    }

    /// <summary>Takes the last bytes and gives the checksum of all.</summary>
    public ulong End(ReadOnlySpan<byte> bytes)
    {
        int whole = bytes.Length / StripeBytes * StripeBytes;
        AddStripes(bytes[..whole]);
        ReadOnlySpan<byte> tail = bytes[whole..];
        ulong hash = Prime5;
        if (_length > 0)
        {
            hash = BitOperations.RotateLeft(_a, 1) + BitOperations.RotateLeft(_b, 7) + BitOperations.RotateLeft(_c, 12) + BitOperations.RotateLeft(_d, 18);
            foreach (ulong lane in (ReadOnlySpan<ulong>)[_a, _b, _c, _d]) hash = (hash ^ Round(0, lane)) * Prime1 + Prime4;
        }

        hash += _length + (ulong)tail.Length;
        for (; tail.Length >= 8; tail = tail[8..])
            hash = BitOperations.RotateLeft(hash ^ Round(0, BinaryPrimitives.ReadUInt64LittleEndian(tail)), 27) * Prime1 + Prime4;
        if (tail.Length >= 4)
        {
            hash = BitOperations.RotateLeft(hash ^ BinaryPrimitives.ReadUInt32LittleEndian(tail) * Prime1, 23) * Prime2 + Prime3;
            tail = tail[4..];
        }

        foreach (byte value in tail) hash = BitOperations.RotateLeft(hash ^ value * Prime5, 11) * Prime1;
        hash = (hash ^ hash >> 33) * Prime2;
        hash = (hash ^ hash >> 29) * Prime3;
        return hash ^ hash >> 32;
    }

    private static ulong Round(ulong lane, ulong word) => BitOperations.RotateLeft(lane + word * Prime2, 31) * Prime1;

    private void AddStripes(ReadOnlySpan<byte> bytes)
    {
        _length += (ulong)bytes.Length;
        (ulong a, ulong b, ulong c, ulong d) = (_a, _b, _c, _d);
        for (; bytes.Length >= StripeBytes; bytes = bytes[StripeBytes..])
        {
            a = Round(a, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            b = Round(b, BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]));
            c = Round(c, BinaryPrimitives.ReadUInt64LittleEndian(bytes[16..]));
            d = Round(d, BinaryPrimitives.ReadUInt64LittleEndian(bytes[24..]));
        }

        (_a, _b, _c, _d) = (a, b, c, d);
    }
}
