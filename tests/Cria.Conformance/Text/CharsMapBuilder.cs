using System.Buffers.Binary;
using System.Text;

namespace Cria.Conformance.Text;

/// <summary>Packs character replacements as SentencePiece does: a double-array tree, then the replacements.</summary>
internal static class CharsMapBuilder
{
    private const int Size = 1 << 13;
    private const int End = -1;

    public static byte[] Build(Dictionary<string, string> replacements)
    {
        var root = new Node();
        var texts = new List<byte>();
        foreach ((string from, string to) in replacements)
        {
            Node node = root;
            foreach (byte b in Encoding.UTF8.GetBytes(from))
            {
                if (!node.Children.TryGetValue(b, out Node? child)) node.Children.Add(b, child = new Node());
                node = child;
            }
            node.Value = texts.Count;
            texts.AddRange(Encoding.UTF8.GetBytes(to));
            texts.Add(0);
        }

        var units = new uint[Size];
        var isUsed = new bool[Size];
        isUsed[0] = true;
        Place(root, 0, units, isUsed);

        var map = new byte[4 + 4 * Size + texts.Count];
        BinaryPrimitives.WriteUInt32LittleEndian(map, 4 * Size);
        for (int i = 0; i < Size; i++) BinaryPrimitives.WriteUInt32LittleEndian(map.AsSpan(4 + 4 * i), units[i]);
        texts.CopyTo(map, 4 + 4 * Size);
        return map;
    }

    private static void Place(Node node, int index, uint[] units, bool[] isUsed)
    {
        int[] labels = [.. node.Children.Keys.Select(b => (int)b), .. node.Value == End ? [] : (int[])[0]];
        int offset = 1;
        while (labels.Any(label => isUsed[index ^ offset ^ label])) offset++;
        units[index] |= (uint)offset << 10;
        foreach (int label in labels) isUsed[index ^ offset ^ label] = true;
        if (node.Value != End)
        {
            units[index] |= 1 << 8;
            units[index ^ offset] = 1u << 31 | (uint)node.Value;
        }
        foreach ((byte label, Node child) in node.Children)
        {
            units[index ^ offset ^ label] |= label;
            Place(child, index ^ offset ^ label, units, isUsed);
        }
    }

    private sealed class Node
    {
        public SortedDictionary<byte, Node> Children { get; } = [];

        public int Value { get; set; } = End;
    }
}
