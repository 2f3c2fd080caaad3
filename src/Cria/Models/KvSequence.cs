namespace Cria.Models;

/// <summary>One sequence of tokens in a network's cache. Not for use by two threads at once.</summary>
internal sealed class KvSequence : IDisposable
{
    private readonly KvCache _cache;

    internal KvSequence(KvCache cache, int maxPages)
    {
        _cache = cache;
        Pages = new int[maxPages];
    }

    /// <summary>The number of tokens in the cache.</summary>
    public int Length { get; internal set; }

    /// <summary>The numbers of the cache's pages that hold the sequence, in order; the first <see cref="PageCount"/> are in use.</summary>
    internal int[] Pages { get; }

    internal int PageCount { get; set; }

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

    public void Dispose()
    {
        if (IsDisposed) return;
        Length = 0;
        _cache.Release(this, 0);
        IsDisposed = true;
    }
}
