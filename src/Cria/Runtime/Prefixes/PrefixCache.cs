using Cria.Models;
using Cria.Models.Adapters;
using Cria.Tensors;

namespace Cria.Runtime.Prefixes;

/// <summary>
/// Remembers what texts began with: a tree of whole pages of keys and values under a root for each set of adapters. A text takes over the
/// pages that are known of its beginning, from the tree or from the disk, and offers those that it fills.
/// </summary>
/// <remarks>
/// Sequences are used on one thread; <see cref="Purge"/> may be called, and adapters disposed, on any. Adapters are known by their numbers
/// only, so that the tree keeps none alive, and what came of an adapter goes with it.
/// </remarks>
internal sealed class PrefixCache : IDisposable
{
    // Below this, a text is quickly read again, and small talk is none of the disk's business.
    private const int ShortestKept = 256;

    // The disk takes about a millisecond for a page of a 1.1B model, and all requests wait meanwhile.
    private const int MostFromDisk = 8;

    // Roots without pages are looked for beyond this many.
    private const int ManyRoots = 16;

    private readonly Lock _lock = new();
    private readonly KvCache _cache;
    private readonly PrefixStore? _store;
    private readonly Dictionary<string, Root> _roots = new(StringComparer.Ordinal);

    // Most recently used first. A use of a node is one of all above it too, which come before it.
    private readonly LinkedList<PrefixNode> _recency = [];

    /// <summary>Creates a tree for the pages of a cache, which it gives back when they run short; the store is disposed with it.</summary>
    public PrefixCache(KvCache cache, PrefixStore? store = null)
    {
        _cache = cache;
        _store = store;
        cache.Reclaim = Reclaim;
    }

    /// <summary>The number of pages that are remembered, whoever else holds them.</summary>
    public int PageCount
    {
        get
        {
            lock (_lock) return _recency.Count;
        }
    }

    /// <summary>The number of sets of adapters that something is remembered of.</summary>
    internal int RootCount => _roots.Count;

    /// <summary>Forgets sets of adapters that nothing is remembered of, if they are many.</summary>
    public void Tidy()
    {
        lock (_lock)
        {
            if (_roots.Count <= ManyRoots) return;
            foreach ((string key, Root root) in _roots)
                if (root.Node.IsLeaf) _roots.Remove(key);
        }
    }

    /// <summary>Takes over the known ones of a sequence's coming pages, except one with the last token; returns the number of tokens.</summary>
    /// <remarks>After a number of pages from the disk there may be more: ask again, when others have had their turn, until nothing comes.</remarks>
    public int Adopt(PrefixTrail trail, ReadOnlySpan<int> upcoming)
    {
        if (trail.Tokens.Length % KvPages.PageTokens != 0) return 0;
        int adopted = 0;
        int fromDisk = 0;
        while (adopted + KvPages.PageTokens < upcoming.Length && fromDisk < MostFromDisk
            && TryAdopt(trail, upcoming.Slice(adopted, KvPages.PageTokens), ref fromDisk))
        {
            adopted += KvPages.PageTokens;
        }

        if (adopted > 0)
        {
            lock (_lock) Use(trail);
            if (fromDisk > 0) _store!.Use(trail.Path[^1]);
        }

        return adopted;
    }

    /// <summary>Remembers the pages that a sequence has filled; where the same are known already, it goes on with those.</summary>
    public void Offer(PrefixTrail trail)
    {
        lock (_lock)
        {
            Renew(trail);
            Use(trail);
            if (trail.IsKept && trail.Tokens.Length >= ShortestKept) _store?.Keep(trail.Path[^1]);
        }
    }

    /// <summary>Frees so many pages that nobody uses, those first that were not used for longest, and tells whether there were as many.</summary>
    public bool Reclaim(int pages)
    {
        lock (_lock)
        {
            int freed = DropUnused(pages);
            // What waits for the disk is held too; its text is not worth keeping another from being written.
            if (freed < pages && _store?.Abandon() == true) freed += DropUnused(pages - freed);
            return freed >= pages;
        }
    }

    /// <summary>Forgets everything and gives the memory back; sequences keep what they hold.</summary>
    public void Purge()
    {
        lock (_lock)
        {
            foreach (PrefixNode node in _recency) Release(node);
            _recency.Clear();
            _roots.Clear();
            _cache.Trim();
        }
    }

    /// <summary>Waits, a limited time, until the disk has what it should keep, and forgets everything else.</summary>
    public void Dispose()
    {
        _store?.Dispose();
        Purge();
    }

    private bool TryAdopt(PrefixTrail trail, ReadOnlySpan<int> tokens, ref int fromDisk)
    {
        lock (_lock)
        {
            Renew(trail);
            PrefixNode? node = ParentOfNext(trail).Find(tokens);
            if (node is null)
            {
                node = ReadFromDisk(trail, tokens);
                if (node is null) return false;
                fromDisk++;
            }

            // The sequence holds the page before anything else is taken, which may drop what nobody holds.
            trail.TakeOver(node);
            return true;
        }
    }

    private PrefixNode? ReadFromDisk(PrefixTrail trail, ReadOnlySpan<int> tokens)
    {
        if (_store is null) return null;
        // A parent with a page is in use by this sequence, so that it stays when taking a page drops others.
        PrefixNode parent = ParentOfNext(trail);
        PrefixKey key = parent.Key!.Next(tokens);
        if (!_store.Has(key) || _cache.TryTake() is not { } page) return null;
        if (!_store.TryRead(key, tokens, page))
        {
            _cache.Release(page);
            return null;
        }

        PrefixNode node = Add(parent, tokens, page);
        node.IsStored = true;
        return node;
    }

    /// <summary>Brings a sequence's way through the tree up to its last full page, also where the tree has forgotten parts of it.</summary>
    private void Renew(PrefixTrail trail)
    {
        List<PrefixNode> path = trail.Path;
        while (path.Count > 0 && path[^1].IsDropped) path.RemoveAt(path.Count - 1);
        ReadOnlySpan<int> tokens = trail.Tokens;
        while ((path.Count + 1) * KvPages.PageTokens <= tokens.Length)
        {
            int index = path.Count;
            ReadOnlySpan<int> page = tokens.Slice(index * KvPages.PageTokens, KvPages.PageTokens);
            PrefixNode parent = ParentOfNext(trail);
            PrefixNode? node = parent.Find(page);
            if (node is null)
            {
                _cache.Hold(trail.Sequence.Pages[index]);
                node = Add(parent, page, trail.Sequence.Pages[index]);
            }
            else if (node.Page != trail.Sequence.Pages[index])
            {
                trail.Sequence.Exchange(index, node.Page);
            }

            path.Add(node);
        }
    }

    private PrefixNode ParentOfNext(PrefixTrail trail)
    {
        if (trail.Path.Count > 0) return trail.Path[^1];
        AdapterSet? adapters = trail.Sequence.Adapters;
        string key = adapters?.Key ?? "";
        if (_roots.TryGetValue(key, out Root? known)) return known.Node;
        var root = new Root(new PrefixNode(null, [], -1, _store?.RootKey(adapters)), []);
        if (adapters is not null)
        {
            foreach (ScaledAdapter scaled in adapters.Adapters)
            {
                root.Adapters.Add(scaled.Adapter.Id);
                scaled.Adapter.Freed -= Forget;
                scaled.Adapter.Freed += Forget;
            }
        }

        _roots.Add(key, root);
        return root.Node;
    }

    private PrefixNode Add(PrefixNode parent, ReadOnlySpan<int> tokens, int page)
    {
        PrefixNode node = parent.Add(tokens.ToArray(), page);
        _recency.AddFirst(node.Recency);
        return node;
    }

    private void Use(PrefixTrail trail)
    {
        for (int i = trail.Path.Count - 1; i >= 0; i--)
        {
            LinkedListNode<PrefixNode> node = trail.Path[i].Recency;
            if (trail.Path[i].IsDropped) continue;
            _recency.Remove(node);
            _recency.AddFirst(node);
        }
    }

    private int DropUnused(int pages)
    {
        int freed = 0;
        for (LinkedListNode<PrefixNode>? at = _recency.Last; at is not null && freed < pages;)
        {
            PrefixNode node = at.Value;
            at = at.Previous;
            if (!node.IsLeaf || _cache.IsShared(node.Page)) continue;
            node.Parent!.Remove(node);
            _recency.Remove(node.Recency);
            Release(node);
            freed++;
        }

        return freed;
    }

    private void Forget(LoraAdapter adapter)
    {
        lock (_lock)
        {
            foreach ((string key, Root root) in _roots.Where(root => root.Value.Adapters.Contains(adapter.Id)).ToArray())
            {
                _roots.Remove(key);
                var below = new Stack<PrefixNode>(root.Node.Children);
                while (below.TryPop(out PrefixNode? node))
                {
                    foreach (PrefixNode child in node.Children) below.Push(child);
                    _recency.Remove(node.Recency);
                    Release(node);
                }
            }
        }
    }

    private void Release(PrefixNode node)
    {
        node.IsDropped = true;
        _cache.Release(node.Page);
    }

    /// <summary>What texts begin with that go through the same adapters, and the numbers of these.</summary>
    private sealed record Root(PrefixNode Node, List<long> Adapters);
}
