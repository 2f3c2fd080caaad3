namespace Cria.Text;

/// <summary>A tree of byte strings, walked a byte at a time; of equal strings the value added last counts.</summary>
internal sealed class ByteTrie
{
    public const int Root = 0;
    public const int None = -1;

    private readonly Dictionary<Edge, int> _children = [];
    private readonly int[] _firstChildren = new int[256];
    private readonly List<int> _values = [None];

    public ByteTrie() => Array.Fill(_firstChildren, None);

    public void Add(ReadOnlySpan<byte> text, int value)
    {
        int node = Root;
        foreach (byte b in text)
        {
            int child = Child(node, b);
            if (child == None)
            {
                child = _values.Count;
                _values.Add(None);
                if (node == Root) _firstChildren[b] = child;
                else _children.Add(new Edge(node, b), child);
            }
            node = child;
        }
        _values[node] = value;
    }

    /// <summary>The node that <paramref name="b"/> leads to, or <see cref="None"/>.</summary>
    public int Child(int node, byte b) =>
        node == Root ? _firstChildren[b] : _children.TryGetValue(new Edge(node, b), out int child) ? child : None;

    /// <summary>The value of the string that ends at a node, or <see cref="None"/>.</summary>
    public int Value(int node) => _values[node];

    /// <summary>The longest string that <paramref name="text"/> begins with: its value and length, or <see cref="None"/> and 0.</summary>
    public (int Value, int Length) Longest(ReadOnlySpan<byte> text)
    {
        (int Value, int Length) longest = (None, 0);
        int node = Root;
        for (int i = 0; i < text.Length; i++)
        {
            node = Child(node, text[i]);
            if (node == None) break;
            if (_values[node] != None) longest = (_values[node], i + 1);
        }
        return longest;
    }

    private readonly record struct Edge(int Node, byte Byte)
    {
        // Spread over all bits: nodes are numbered in order, so that a plain sum would pile up in neighbouring buckets.
        public override int GetHashCode() => unchecked((int)(((ulong)(uint)Node << 8 | Byte) * 0x9E3779B97F4A7C15 >> 32));
    }
}
