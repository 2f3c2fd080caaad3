using Cria.Models.Adapters;
using Cria.Tensors;

namespace Cria.Models;

/// <summary>One sequence of tokens in a network's cache. Not for use by two threads at once.</summary>
internal sealed class KvSequence : IDisposable
{
    private readonly KvCache _cache;

    /// <summary>Room for 128K tokens before the list grows.</summary>
    internal const int InitialPages = 2048;

    private int[] _pages = new int[InitialPages];

    internal KvSequence(KvCache cache, AdapterSet? adapters = null)
    {
        _cache = cache;
        Adapters = adapters;
    }

    /// <summary>The number of tokens in the cache.</summary>
    public int Length { get; internal set; }

    /// <summary>The adapters that all its tokens go through, if any; they never change, for the cache holds what they made.</summary>
    internal AdapterSet? Adapters { get; }

    /// <summary>Whether it gets pages beyond the cache's limit, for it holds them only for a short time, and nobody else could give them up.</summary>
    internal bool MayExceedLimit { get; init; }

    /// <summary>The numbers of the cache's pages that hold the sequence, in order; the first <see cref="PageCount"/> are in use.</summary>
    internal int[] Pages => _pages;

    internal int PageCount { get; private set; }

    internal bool IsDisposed { get; private set; }

    internal KvCache Cache => _cache;

    /// <summary>Forgets all tokens from position <paramref name="length"/> on and frees their pages.</summary>
    public void Truncate(int length)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Length);
        Length = length;
        _cache.Release(this, length);
    }

    /// <summary>Takes over a page, full of the tokens that come next, from whoever holds it; the sequence must end at a page's border.</summary>
    internal void Share(int page)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        if (Length % KvPages.PageTokens != 0) throw new InvalidOperationException("The sequence ends within a page.");
        _cache.Hold(page);
        AddPage(page);
        Length += KvPages.PageTokens;
    }

    /// <summary>Lets go of one of its full pages for another of the same tokens.</summary>
    internal void Exchange(int index, int page)
    {
        _cache.Hold(page);
        _cache.Release(_pages[index]);
        _pages[index] = page;
    }

    internal void AddPage(int page)
    {
        if (PageCount == _pages.Length) Array.Resize(ref _pages, 2 * PageCount);
        _pages[PageCount++] = page;
    }

    internal int RemovePage() => _pages[--PageCount];

    public void Dispose()
    {
        if (IsDisposed) return;
        Length = 0;
        _cache.Release(this, 0);
        Adapters?.Dispose();
        IsDisposed = true;
    }
}
