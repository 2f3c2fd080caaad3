using System.Diagnostics.CodeAnalysis;

namespace Cria.Runtime.Prefixes;

/// <summary>One page of remembered keys and values: what its tokens come to behind those of all pages above it.</summary>
/// <remarks>A root stands for a set of adapters before any token, and has no page.</remarks>
internal sealed class PrefixNode
{
    private Dictionary<int[], PrefixNode>? _children;

    public PrefixNode(PrefixNode? parent, int[] tokens, int page, PrefixKey? key)
    {
        Parent = parent;
        Tokens = tokens;
        Page = page;
        Key = key;
        Recency = new LinkedListNode<PrefixNode>(this);
    }

    public PrefixNode? Parent { get; }

    public int[] Tokens { get; }

    public int Page { get; }

    /// <summary>The name of the page on the disk; null where nothing is kept there.</summary>
    public PrefixKey? Key { get; }

    /// <summary>The node's place in the order of last use.</summary>
    public LinkedListNode<PrefixNode> Recency { get; }

    /// <summary>Whether it no longer belongs to the tree, and its page to others.</summary>
    public bool IsDropped { get; set; }

    /// <summary>Whether the disk holds it, as far as is known, or is about to.</summary>
    public volatile bool IsStored;

    public bool IsLeaf => _children is not { Count: > 0 };

    public IEnumerable<PrefixNode> Children => _children?.Values ?? Enumerable.Empty<PrefixNode>();

    /// <summary>The child of exactly these tokens.</summary>
    public PrefixNode? Find(ReadOnlySpan<int> tokens) =>
        _children is not null && _children.GetAlternateLookup<ReadOnlySpan<int>>().TryGetValue(tokens, out PrefixNode? child) ? child : null;

    public PrefixNode Add(int[] tokens, int page)
    {
        var child = new PrefixNode(this, tokens, page, Key?.Next(tokens));
        (_children ??= new Dictionary<int[], PrefixNode>(TokenComparer.Instance)).Add(tokens, child);
        return child;
    }

    public void Remove(PrefixNode child) => _children!.Remove(child.Tokens);

    /// <summary>Compares all tokens; their hash only finds the place to look.</summary>
    private sealed class TokenComparer : IEqualityComparer<int[]>, IAlternateEqualityComparer<ReadOnlySpan<int>, int[]>
    {
        public static readonly TokenComparer Instance = new();

        public bool Equals(int[]? x, int[]? y) => x.AsSpan().SequenceEqual(y);

        public bool Equals(ReadOnlySpan<int> alternate, int[] other) => alternate.SequenceEqual(other);

        public int GetHashCode([DisallowNull] int[] tokens) => GetHashCode(tokens.AsSpan());

        public int GetHashCode(ReadOnlySpan<int> tokens)
        {
            var hash = new HashCode();
            hash.AddBytes(System.Runtime.InteropServices.MemoryMarshal.AsBytes(tokens));
            return hash.ToHashCode();
        }

        public int[] Create(ReadOnlySpan<int> alternate) => alternate.ToArray();
    }
}
