using Cria.Models.Adapters;

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
