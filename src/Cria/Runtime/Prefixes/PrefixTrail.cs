using System.Runtime.InteropServices;
using Cria.Models;
using Cria.Tensors;

namespace Cria.Runtime.Prefixes;

/// <summary>A sequence with its tokens and its way through the tree of known prefixes, if it has one.</summary>
internal sealed class PrefixTrail
{
    // Texts of this many tokens need no larger list.
    private const int Room = 2048;

    private readonly PrefixCache? _prefixes;
    private readonly List<int> _tokens = new(Room);

    private PrefixTrail(PrefixCache? prefixes, KvSequence sequence, bool isKept)
    {
        _prefixes = prefixes;
        Sequence = sequence;
        IsKept = isKept;
    }

    public KvSequence Sequence { get; }

    /// <summary>Whether the disk is to keep the text.</summary>
    public bool IsKept { get; }

    /// <summary>All tokens of the sequence.</summary>
    public ReadOnlySpan<int> Tokens => CollectionsMarshal.AsSpan(_tokens);

    /// <summary>How many of the tokens were taken over.</summary>
    public int Adopted { get; private set; }

    /// <summary>Equal for sequences that can take over from each other; null if this one shares nothing.</summary>
    public object? Kin => _prefixes is null ? null : Sequence.Adapters?.Key ?? "";

    /// <summary>The nodes of its full pages, as far as they have been offered; the last ones may have been dropped since.</summary>
    public List<PrefixNode> Path { get; } = [];

    /// <summary>Begins with a new sequence; without <paramref name="prefixes"/> it shares nothing.</summary>
    /// <param name="prefixes">What is known.</param>
    /// <param name="sequence">The sequence, which has no tokens.</param>
    /// <param name="isKept">Whether the disk keeps the text once it is long enough.</param>
    public static PrefixTrail Begin(PrefixCache? prefixes, KvSequence sequence, bool isKept)
    {
        if (sequence.Length > 0) throw new ArgumentException("The sequence has tokens that nobody has told of.", nameof(sequence));
        prefixes?.Tidy();
        return new PrefixTrail(prefixes, sequence, isKept);
    }

    /// <summary>Takes over as many of the coming tokens as are known, in whole pages and never the last; returns how many.</summary>
    public int Adopt(ReadOnlySpan<int> upcoming) => _prefixes?.Adopt(this, upcoming) ?? 0;

    /// <summary>Notes tokens that the sequence has appended.</summary>
    public void Append(ReadOnlySpan<int> tokens)
    {
        _tokens.AddRange(tokens);
        if (_tokens.Count / KvPages.PageTokens > Path.Count) _prefixes?.Offer(this);
    }

    /// <summary>Forgets the tokens from a position on, in the sequence too.</summary>
    public void Truncate(int length)
    {
        Sequence.Truncate(length);
        _tokens.RemoveRange(length, _tokens.Count - length);
        Adopted = Math.Min(Adopted, length);
        int pages = length / KvPages.PageTokens;
        if (Path.Count > pages) Path.RemoveRange(pages, Path.Count - pages);
    }

    /// <summary>Goes on with a node's page and tokens.</summary>
    internal void TakeOver(PrefixNode node)
    {
        Sequence.Share(node.Page);
        _tokens.AddRange(node.Tokens);
        Adopted += node.Tokens.Length;
        Path.Add(node);
    }
}
