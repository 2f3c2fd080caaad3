using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Cria.Tensors;
using Microsoft.Win32.SafeHandles;

namespace Cria.Runtime.Prefixes;

/// <summary>
/// What the file of a page holds: a mark, the version, the key, the tokens, the length of what follows, the keys and values, and a
/// checksum of all that. Numbers are little-endian.
/// </summary>
internal static class PrefixFile
{
    /// <summary>Goes up whenever pages or their files are laid out anew; it is part of every key.</summary>
    public const int Version = 1;

    private const int KeyAt = 16;
    private const int TokensAt = KeyAt + SHA256.HashSizeInBytes;
    private const int LengthAt = TokensAt + KvPages.PageTokens * sizeof(int);

    // A multiple of 32, as the checksum wants it.
    private const int HeaderBytes = 320;
    private const int ChecksumBytes = sizeof(ulong);

    private static ReadOnlySpan<byte> Mark => "cria-kv\n"u8;

    /// <summary>The length of the file of a page.</summary>
    public static int Length(int pageBytes) => checked(HeaderBytes + pageBytes + ChecksumBytes);

    /// <summary>Fills in all but the checksum.</summary>
    public static void Write(Span<byte> file, PrefixKey key, ReadOnlySpan<int> tokens, ReadOnlySpan<byte> page)
    {
        WriteHeader(file[..HeaderBytes], key, tokens, page.Length);
        page.CopyTo(file[HeaderBytes..]);
    }

    /// <summary>Fills in the checksum.</summary>
    public static void Seal(Span<byte> file) =>
        BinaryPrimitives.WriteUInt64LittleEndian(file[^ChecksumBytes..], XxHash64.Of(file[..^ChecksumBytes]));

    /// <summary>Reads a page, and tells whether the file is exactly what it should be; if not, the page holds anything.</summary>
    public static bool TryRead(SafeFileHandle file, PrefixKey key, ReadOnlySpan<int> tokens, Span<byte> page)
    {
        if (RandomAccess.GetLength(file) != Length(page.Length)) return false;
        Span<byte> header = stackalloc byte[HeaderBytes], expected = stackalloc byte[HeaderBytes], checksum = stackalloc byte[ChecksumBytes];
        WriteHeader(expected, key, tokens, page.Length);
        if (!Fill(file, header, 0) || !header.SequenceEqual(expected)) return false;
        if (!Fill(file, page, HeaderBytes) || !Fill(file, checksum, HeaderBytes + page.Length)) return false;
        var sum = new XxHash64();
        sum.Add(header);
        return sum.End(page) == BinaryPrimitives.ReadUInt64LittleEndian(checksum);
    }

    private static void WriteHeader(Span<byte> header, PrefixKey key, ReadOnlySpan<int> tokens, int pageBytes)
    {
        header.Clear();
        Mark.CopyTo(header);
        BinaryPrimitives.WriteInt32LittleEndian(header[Mark.Length..], Version);
        key.Bytes.CopyTo(header[KeyAt..]);
        MemoryMarshal.AsBytes(tokens).CopyTo(header[TokensAt..]);
        BinaryPrimitives.WriteInt64LittleEndian(header[LengthAt..], pageBytes);
    }

    private static bool Fill(SafeFileHandle file, Span<byte> target, long at)
    {
        while (!target.IsEmpty)
        {
            int count = RandomAccess.Read(file, target, at);
            if (count == 0) return false;
            target = target[count..];
            at += count;
        }

        return true;
    }
}
