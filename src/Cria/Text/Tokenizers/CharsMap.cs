using System.Buffers.Binary;
using Cria.Gguf;

namespace Cria.Text;

/// <summary>The precompiled character replacements of a SentencePiece tokenizer, as its file holds them.</summary>
/// <remarks>
/// The data are a double-array tree of the byte strings to be replaced, packed into 32-bit units, and then the replacements, each ended by a zero
/// byte. They come from strangers: whatever leads outside the data counts as no replacement.
/// </remarks>
internal sealed class CharsMap
{
    private const string Key = "tokenizer.ggml.precompiled_charsmap";

    private readonly uint[] _units;
    private readonly byte[] _replacements;

    private CharsMap(uint[] units, byte[] replacements)
    {
        _units = units;
        _replacements = replacements;
    }

    /// <summary>Reads the replacements of a file, none where it has none.</summary>
    public static CharsMap Read(GgufMetadata metadata)
    {
        byte[]? data = metadata.GetBytes(Key);
        if (data == null) return new CharsMap([], []);
        if (data.Length < sizeof(uint)) throw metadata[Key].Error("it is too short to say how long its tree is.");
        uint treeBytes = BinaryPrimitives.ReadUInt32LittleEndian(data);
        if (treeBytes >= data.Length - sizeof(uint))
            throw metadata[Key].Error($"its tree of {treeBytes} bytes leaves no room for the replacements.");

        var units = new uint[treeBytes / sizeof(uint)];
        for (int i = 0; i < units.Length; i++) units[i] = BinaryPrimitives.ReadUInt32LittleEndian(data.AsSpan(sizeof(uint) * (i + 1)));
        return new CharsMap(units, data[(sizeof(uint) + (int)treeBytes)..]);
    }

    /// <summary>Finds the longest string to be replaced that <paramref name="text"/> begins with; gives its length, or 0.</summary>
    public int Match(ReadOnlySpan<byte> text, out ReadOnlySpan<byte> replacement)
    {
        int longest = 0;
        uint longestAt = 0;
        uint node = Base(Unit(0));
        for (int i = 0; i < text.Length && text[i] != 0; i++)
        {
            node ^= text[i];
            if (Label(Unit(node)) != text[i]) break;
            bool hasReplacement = HasLeaf(Unit(node));
            node ^= Base(Unit(node));
            if (!hasReplacement) continue;
            longest = i + 1;
            longestAt = Unit(node) & ~Leaf;
        }

        replacement = [];
        if (longestAt >= _replacements.Length) return 0;
        replacement = _replacements.AsSpan((int)longestAt);
        int end = replacement.IndexOf((byte)0);
        if (end < 0) return 0;
        replacement = replacement[..end];
        return longest;
    }

    private const uint Leaf = 1u << 31;

    private uint Unit(uint index) => index < _units.Length ? _units[index] : Leaf;

    // Where a node's children are, in units relative to the node: 21 bits, in steps of 1 or 256.
    private static uint Base(uint unit) => unit >> 10 << (int)((unit & 1u << 9) >> 6);

    // The byte that leads to a node; no byte for a unit that holds a replacement.
    private static uint Label(uint unit) => unit & (Leaf | 0xFF);

    private static bool HasLeaf(uint unit) => (unit >> 8 & 1) != 0;
}
