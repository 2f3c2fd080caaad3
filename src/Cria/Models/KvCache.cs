using Cria.Tensors;

namespace Cria.Models;

/// <summary>
/// The pages of cached keys and values, and how many hold each. Pages come into being when a sequence first needs them
/// and are given up with the last that holds them, so memory follows use.
/// </summary>
/// <remarks>
/// A page may be held by several sequences with the same beginning, and by others who remember it; nobody writes to a page
/// that another holds too, but to a copy.
/// </remarks>
internal sealed class KvCache(KvPages pages) : IDisposable
{
    private readonly Lock _lock = new();
    private int[] _holders = new int[16];
    private bool _isDisposed;

    internal KvPages Pages => pages;

    /// <summary>The number of pages that are held now.</summary>
    internal int PagesInUse
    {
        get
        {
            lock (_lock) return pages.Count;
        }
    }

    /// <summary>The most pages that may be held.</summary>
    internal int PageLimit { get; set; } = int.MaxValue;

    /// <summary>Called when pages run short: frees so many if it can, and tells whether it could.</summary>
    internal Func<int, bool>? Reclaim { get; set; }

    /// <summary>Called before so many bytes more are taken from the system: tells whether pages should rather be reclaimed.</summary>
    internal Func<long, bool>? IsTight { get; set; }

    /// <summary>Gives a sequence the pages it needs to hold <paramref name="length"/> tokens, and its own copy of the page that it goes on in.</summary>
    /// <exception cref="CacheFullException">There are not enough pages; the sequence is as it was.</exception>
    internal void Reserve(KvSequence sequence, int length)
    {
        int needed = PagesFor(length);
        bool copies = length > sequence.Length && sequence.Length % KvPages.PageTokens != 0 && IsShared(sequence.Pages[sequence.PageCount - 1]);
        int more = needed - sequence.PageCount + (copies ? 1 : 0);
        if (more <= 0) return;
        MakeRoom(more, sequence.MayExceedLimit);
        try
        {
            if (copies) CopyLastPage(sequence);
            while (sequence.PageCount < needed) sequence.AddPage(Take());
        }
        catch
        {
            Release(sequence, sequence.Length);
            throw;
        }
    }

    /// <summary>Lets go of the pages that a sequence of <paramref name="length"/> tokens does not need.</summary>
    internal void Release(KvSequence sequence, int length)
    {
        int needed = PagesFor(length);
        while (sequence.PageCount > needed) Release(sequence.RemovePage());
    }

    /// <summary>A new page, held once; null if there is none to be had.</summary>
    internal int? TryTake()
    {
        try
        {
            MakeRoom(1, mayExceedLimit: false);
            return Take();
        }
        catch (CacheFullException)
        {
            return null;
        }
    }

    /// <summary>Keeps a page that somebody holds, until it is released once more.</summary>
    internal void Hold(int page)
    {
        lock (_lock) _holders[page]++;
    }

    internal void Release(int page)
    {
        lock (_lock)
        {
            if (--_holders[page] == 0 && !_isDisposed) pages.Free(page);
        }
    }

    /// <summary>Whether more than one holds a page.</summary>
    internal bool IsShared(int page)
    {
        lock (_lock) return _holders[page] > 1;
    }

    /// <summary>Gives memory that no page needs back to the system.</summary>
    internal void Trim()
    {
        lock (_lock) pages.Trim();
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _isDisposed = true;
            pages.Dispose();
        }
    }

    private static int PagesFor(int tokens) => (int)(((long)tokens + KvPages.PageTokens - 1) / KvPages.PageTokens);

    // Reclaiming is called outside the lock, because those who remember pages have locks of their own.
    private void MakeRoom(int count, bool mayExceedLimit)
    {
        int spare;
        lock (_lock) spare = pages.Spare;
        if (count > spare && IsTight?.Invoke(pages.GrowthBytes) == true) Reclaim?.Invoke(count - spare);
        int needed = PagesInUse + count;
        if (needed <= PageLimit) return;
        Reclaim?.Invoke(needed - PageLimit);
        needed = PagesInUse + count;
        if (needed > PageLimit && !mayExceedLimit) throw Full(needed, PageLimit);
    }

    private int Take()
    {
        int page;
        try
        {
            page = Grow();
        }
        catch (OutOfMemoryException) when (Reclaim?.Invoke(1) == true)
        {
            page = Grow();
        }
        catch (OutOfMemoryException)
        {
            throw Full(PagesInUse + 1, PagesInUse);
        }

        return page;
    }

    private CacheFullException Full(int needed, int limit) => new(needed * pages.PageBytes, limit * pages.PageBytes);

    private int Grow()
    {
        lock (_lock)
        {
            int page = pages.Grow();
            if (page >= _holders.Length) Array.Resize(ref _holders, Math.Max(page + 1, 2 * _holders.Length));
            _holders[page] = 1;
            return page;
        }
    }

    private void CopyLastPage(KvSequence sequence)
    {
        int shared = sequence.Pages[sequence.PageCount - 1], own = Take();
        pages.Bytes(shared).CopyTo(pages.Bytes(own));
        sequence.RemovePage();
        sequence.AddPage(own);
        Release(shared);
    }
}
