using Cria.Models;
using Cria.Tensors;

namespace Cria.Runtime.Prefixes;

/// <summary>A sequence's way through the tree of known prefixes: it tells what was appended, and takes over what is known.</summary>
internal sealed class PrefixTrail(PrefixCache prefixes, KvSequence sequence, bool isKept)
{
    public KvSequence Sequence => sequence;

    /// <summary>Whether the disk is to keep the text.</summary>
    public bool IsKept => isKept;

    /// <summary>All tokens of the sequence.</summary>
    public List<int> Tokens { get; } = [];

    /// <summary>The nodes of its full pages, as far as they have been offered; the last ones may have been dropped since.</summary>
    public List<PrefixNode> Path { get; } = [];

    /// <summary>Takes over as many of the coming tokens as are known, in whole pages and never the last; returns how many.</summary>
    public int Adopt(ReadOnlySpan<int> upcoming) => prefixes.Adopt(this, upcoming);

    /// <summary>Tells of tokens that the sequence has appended.</summary>
    public void Append(ReadOnlySpan<int> tokens)
    {
        Tokens.AddRange(tokens);
        if (Tokens.Count / KvPages.PageTokens > Path.Count) prefixes.Offer(this);
    }

    /// <summary>Tells that the sequence has forgotten the tokens from a position on.</summary>
    public void Truncate(int length)
    {
        Tokens.RemoveRange(length, Tokens.Count - length);
        int pages = length / KvPages.PageTokens;
        if (Path.Count > pages) Path.RemoveRange(pages, Path.Count - pages);
    }
}
