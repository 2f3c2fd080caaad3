using Cria.Models;
using Cria.Tensors;

namespace Cria.Tests.Models;

/// <summary>Pages that several sequences hold.</summary>
public sealed class SharedPagesTests
{
    private const int PageTokens = KvPages.PageTokens;

    [Fact]
    public void A_shared_beginning_is_held_once_and_predicts_the_same_bits()
    {
        using var tiny = new TinyNetwork();
        int[] prompt = TinyNetwork.Tokens(3 * PageTokens + 20);
        using KvSequence first = tiny.Network.NewSequence();
        float[] expected = tiny.Run(first, prompt);
        KvSequence[] others = [.. Enumerable.Range(0, 16).Select(_ => tiny.Network.NewSequence())];
        foreach (KvSequence other in others)
        {
            Share(first, other, 3);
            Assert.Equal(3 * PageTokens, other.Length);
            Assert.Equal(expected, tiny.Run(other, prompt.AsSpan(3 * PageTokens)));
        }

        Assert.Equal(3 + 17, tiny.Network.Cache.PagesInUse);
        first.Dispose();
        Assert.Equal(3 + 16, tiny.Network.Cache.PagesInUse);
        foreach (KvSequence other in others) other.Dispose();
        Assert.Equal(0, tiny.Network.Cache.PagesInUse);
    }

    [Fact]
    public void Going_on_within_a_shared_page_copies_it_and_leaves_the_others_bits_alone()
    {
        using var tiny = new TinyNetwork();
        int[] prompt = TinyNetwork.Tokens(2 * PageTokens), end = TinyNetwork.Tokens(30, salt: 3);
        using KvSequence first = tiny.Network.NewSequence(), other = tiny.Network.NewSequence(), alone = tiny.Network.NewSequence();
        tiny.Run(first, prompt);
        Share(first, other, 2);
        other.Truncate(PageTokens + 10);
        Assert.Equal(2, tiny.Network.Cache.PagesInUse);
        float[] actual = tiny.Run(other, end);
        Assert.Equal(3, tiny.Network.Cache.PagesInUse);
        Assert.Equal((first.Pages[0], true), (other.Pages[0], first.Pages[1] != other.Pages[1]));

        tiny.Run(alone, prompt);
        float[] expected = tiny.Run(alone, end);
        Assert.Equal(expected, tiny.Run(first, end));
        alone.Truncate(PageTokens + 10);
        Assert.Equal(tiny.Run(alone, end), actual);
    }

    [Fact]
    public void A_page_that_only_it_holds_is_not_copied()
    {
        using var tiny = new TinyNetwork();
        using KvSequence first = tiny.Network.NewSequence();
        tiny.Run(first, TinyNetwork.Tokens(2 * PageTokens));
        int[] pages = first.Pages[..2];
        KvSequence other = tiny.Network.NewSequence();
        Share(first, other, 2);
        other.Dispose();
        first.Truncate(PageTokens + 1);
        tiny.Run(first, TinyNetwork.Tokens(5));
        Assert.Equal(pages, first.Pages[..2]);
    }

    [Fact]
    public void Pages_cannot_be_taken_over_within_a_page()
    {
        using var tiny = new TinyNetwork();
        using KvSequence first = tiny.Network.NewSequence(), other = tiny.Network.NewSequence();
        tiny.Run(first, TinyNetwork.Tokens(PageTokens));
        tiny.Run(other, TinyNetwork.Tokens(1));
        Assert.Throws<InvalidOperationException>(() => other.Share(first.Pages[0]));
        Assert.Equal((1, 2), (other.Length, tiny.Network.Cache.PagesInUse));
    }

    [Fact]
    public void A_batch_beyond_the_limit_changes_nothing()
    {
        using var tiny = new TinyNetwork();
        KvCache cache = tiny.Network.Cache;
        cache.PageLimit = 3;
        using KvSequence first = tiny.Network.NewSequence(), other = tiny.Network.NewSequence();
        tiny.Run(first, TinyNetwork.Tokens(PageTokens + 30));
        using var batch = new Batch(64);
        batch.Add(other, TinyNetwork.Tokens(20), LogitsOf.None);
        batch.Add(first, TinyNetwork.Tokens(40), LogitsOf.None);
        cache.PageLimit = 2;
        var full = Assert.Throws<CacheFullException>(() => tiny.Network.Forward(batch, CancellationToken.None));
        Assert.Equal((3 * cache.Pages.PageBytes, 2 * cache.Pages.PageBytes), (full.NeededBytes, full.LimitBytes));
        Assert.Equal((PageTokens + 30, 0, 2), (first.Length, other.Length, cache.PagesInUse));
        cache.PageLimit = 3;
        Assert.Throws<CacheFullException>(() => tiny.Network.Forward(batch, CancellationToken.None));
        Assert.Equal((PageTokens + 30, 0, 2), (first.Length, other.Length, cache.PagesInUse));
        cache.PageLimit = 4;
        tiny.Network.Forward(batch, CancellationToken.None);
        Assert.Equal((PageTokens + 70, 20, 4), (first.Length, other.Length, cache.PagesInUse));
    }

    [Fact]
    public void A_copy_beyond_the_limit_changes_nothing()
    {
        using var tiny = new TinyNetwork();
        using KvSequence first = tiny.Network.NewSequence(), other = tiny.Network.NewSequence();
        tiny.Run(first, TinyNetwork.Tokens(PageTokens));
        Share(first, other, 1);
        other.Truncate(10);
        tiny.Network.Cache.PageLimit = 1;
        using var batch = new Batch(64);
        batch.Add(other, [1], LogitsOf.Last);
        Assert.Throws<CacheFullException>(() => tiny.Network.Forward(batch, CancellationToken.None));
        Assert.Equal((10, first.Pages[0]), (other.Length, other.Pages[0]));
    }

    [Fact]
    public void What_is_remembered_gives_way_before_the_cache_is_full()
    {
        using var tiny = new TinyNetwork();
        KvCache cache = tiny.Network.Cache;
        int? remembered = cache.TryTake();
        List<int> asked = [];
        cache.PageLimit = 2;
        cache.Reclaim = pages =>
        {
            asked.Add(pages);
            if (remembered is not { } page) return false;
            cache.Release(page);
            remembered = null;
            return true;
        };
        using KvSequence sequence = tiny.Network.NewSequence();
        tiny.Run(sequence, TinyNetwork.Tokens(2 * PageTokens));
        Assert.Equal([1], asked);
        Assert.Null(cache.TryTake());
        Assert.Equal([1, 1], asked);
    }

    [Fact]
    public void On_a_machine_short_of_memory_pages_are_reclaimed_before_more_is_taken()
    {
        using var tiny = new TinyNetwork();
        KvCache cache = tiny.Network.Cache;
        int calls = 0;
        cache.IsTight = bytes =>
        {
            Assert.Equal(cache.Pages.GrowthBytes, bytes);
            return true;
        };
        cache.Reclaim = _ => ++calls < 0;
        int page = cache.TryTake()!.Value;
        Assert.Equal(1, calls);
        // There is room in what is held, so that nobody asks.
        cache.TryTake();
        Assert.Equal(1, calls);
        cache.Release(page);
    }

    private static void Share(KvSequence from, KvSequence to, int pages)
    {
        for (int i = 0; i < pages; i++) to.Share(from.Pages[i]);
    }
}
