using Cria.Tensors;

namespace Cria.Models;

/// <summary>
/// The pages of cached keys and values, and which of them are free. Pages come into being when a sequence first needs
/// them and return to the free list when it lets go, so memory follows use.
/// </summary>
internal sealed class KvCache(KvPages pages) : IDisposable
{
    private readonly Lock _lock = new();
    private int[] _free = new int[16];
    private int _freeCount;

    internal KvPages Pages => pages;

    /// <summary>The number of pages that sequences hold now.</summary>
    internal int PagesInUse
    {
        get
        {
            lock (_lock) return pages.Count - _freeCount;
        }
    }

    /// <summary>Gives a sequence the pages it needs to hold <paramref name="length"/> tokens.</summary>
    internal void Reserve(KvSequence sequence, int length)
    {
        int needed = PagesFor(length);
        lock (_lock)
        {
            while (sequence.PageCount < needed) sequence.AddPage(_freeCount > 0 ? _free[--_freeCount] : pages.Grow());
        }
    }

    /// <summary>Takes back the pages that a sequence of <paramref name="length"/> tokens does not need.</summary>
    internal void Release(KvSequence sequence, int length)
    {
        int needed = PagesFor(length);
        lock (_lock)
        {
            while (sequence.PageCount > needed)
            {
                if (_freeCount == _free.Length) Array.Resize(ref _free, 2 * _free.Length);
                _free[_freeCount++] = sequence.RemovePage();
            }
        }
    }

    private static int PagesFor(int tokens) => (int)(((long)tokens + KvPages.PageTokens - 1) / KvPages.PageTokens);

    public void Dispose() => pages.Dispose();
}
