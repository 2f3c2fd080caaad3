using Cria.Models;
using Cria.Tests.Models;
using static Cria.Tests.Runtime.Prefixes.RememberingModel;

namespace Cria.Tests.Runtime.Prefixes;

/// <summary>What texts take over from each other in memory.</summary>
public sealed class PrefixCacheTests
{
    [Fact]
    public void Sixteen_sequences_hold_their_common_beginning_once()
    {
        using var model = new RememberingModel();
        int[] system = Passage(3);
        Reader[] readers = [.. Enumerable.Range(0, 16).Select(_ => model.Begin())];
        for (int i = 0; i < readers.Length; i++) readers[i].Read([.. system, .. TinyNetwork.Tokens(10, salt: i)]);
        Assert.Equal([0, .. Enumerable.Repeat(3 * PageTokens, 15)], readers.Select(reader => reader.Known));
        Assert.Equal((3 + 16, 3), (model.Cache.PagesInUse, model.Prefixes.PageCount));
        foreach (Reader reader in readers) reader.Dispose();
        Assert.Equal(3, model.Cache.PagesInUse);
    }

    [Fact]
    public void Sequences_that_read_the_same_at_the_same_time_end_up_with_one_copy()
    {
        using var model = new RememberingModel();
        int[] text = Passage(3, more: 5);
        using Reader first = model.Begin(), second = model.Begin();
        foreach (int[] part in text.Chunk(40))
        {
            first.Read(part);
            second.Read(part);
        }

        Assert.Equal((0, 3 + 2), (second.Known, model.Cache.PagesInUse));
        Assert.Equal(first.Sequence.Pages[..3], second.Sequence.Pages[..3]);
        Assert.Equal(first.Read(TinyNetwork.Tokens(3)), second.Read(TinyNetwork.Tokens(3)));
    }

    [Fact]
    public void A_sequence_takes_over_what_another_has_read_meanwhile()
    {
        using var model = new RememberingModel();
        int[] text = Passage(4, more: 5);
        using Reader ahead = model.Begin(), behind = model.Begin();
        behind.Read(text[..PageTokens]);
        ahead.Read(text);
        Assert.Equal(3 * PageTokens, behind.Adopt(text.AsSpan(PageTokens)));
        Assert.Equal(4 * PageTokens, behind.Sequence.Length);
        // Within a page nothing is taken over.
        behind.Read(text[(4 * PageTokens)..]);
        Assert.Equal(0, behind.Adopt(Passage(1)));
    }

    [Fact]
    public void What_is_taken_over_predicts_the_same_bits()
    {
        using var model = new RememberingModel();
        int[] text = Passage(3, more: 20);
        (float[] expected, _) = model.Read(text);
        (float[] actual, int known) = model.Read(text);
        Assert.Equal(3 * PageTokens, known);
        Assert.Equal(expected, actual);
    }

    [Fact]
    public void The_last_token_is_always_computed()
    {
        using var model = new RememberingModel();
        int[] text = Passage(2, more: 1);
        model.Read(text);
        Assert.Equal(PageTokens, model.Known(text[..(2 * PageTokens)]));
        Assert.Equal(0, model.Known(text[..PageTokens]));
        Assert.Equal(0, model.Known([]));
        Assert.Equal(2 * PageTokens, model.Known(text));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(63)]
    [InlineData(64)]
    [InlineData(100)]
    [InlineData(127)]
    public void A_page_is_known_only_if_all_tokens_up_to_its_end_are_the_same(int changed)
    {
        using var model = new RememberingModel();
        int[] text = Passage(3, more: 1);
        model.Read(text);
        text[changed] ^= 1;
        Assert.Equal(changed / PageTokens * PageTokens, model.Known(text));
    }

    [Fact]
    public void Sets_of_adapters_remember_apart()
    {
        using var model = new RememberingModel();
        using LoraAdapter one = model.Tiny.LoadAdapter(), other = model.Tiny.LoadAdapter();
        int[] text = Passage(2, more: 3);
        ScaledAdapter[][] sets = [[], [new(one)], [new(one, 0.5f)], [new(other)], [new(one), new(other)]];
        foreach (ScaledAdapter[] set in sets) Assert.Equal(0, model.Read(text, adapters: set).Known);
        foreach (ScaledAdapter[] set in sets) Assert.Equal(2 * PageTokens, model.Known(text, set));
        // Scales add up, and 0 is none.
        Assert.Equal(2 * PageTokens, model.Known(text, new(one, 0.25f), new(one, 0.25f)));
        Assert.Equal(2 * PageTokens, model.Known(text, new ScaledAdapter(other, 0)));
    }

    [Fact]
    public void What_an_adapter_made_goes_with_it()
    {
        using var model = new RememberingModel();
        using LoraAdapter kept = model.Tiny.LoadAdapter();
        LoraAdapter gone = model.Tiny.LoadAdapter();
        int[] text = Passage(2, more: 3);
        model.Read(text);
        model.Read(text, adapters: new ScaledAdapter(kept));
        model.Read(text, adapters: [new(kept), new(gone)]);
        using (Reader running = model.Begin(adapters: new ScaledAdapter(gone)))
        {
            running.Read(text);
            gone.Dispose();
            Assert.Equal(8, model.Prefixes.PageCount);
        }

        Assert.Equal((4, 4), (model.Prefixes.PageCount, model.Cache.PagesInUse));
        Assert.Equal((2 * PageTokens, 2 * PageTokens), (model.Known(text), model.Known(text, new ScaledAdapter(kept))));
    }

    [Fact]
    public void When_pages_run_short_the_least_recently_used_ends_go_first()
    {
        int[] first = Passage(3, more: 1), second = Passage(3, more: 1, salt: 1), branch = [.. first[..PageTokens], .. Passage(1, salt: 2), 1];
        // The texts' known pages after each one that goes; a text shares its first page with its branch.
        int[][] lengths = [[3, 2, 2], [3, 1, 2], [3, 0, 2], [3, 0, 1], [2, 0, 1], [1, 0, 1], [0, 0, 0]];
        for (int gone = 1; gone <= 7; gone++)
        {
            using var model = Remembering(first, second, branch);
            for (int i = 0; i < gone; i++) Assert.True(model.Prefixes.Reclaim(1));
            Assert.Equal(7 - gone, model.Cache.PagesInUse);
            Assert.Equal(lengths[gone - 1], new[] { first, second, branch }.Select(text => model.Known(text) / PageTokens));
            if (gone == 7) Assert.False(model.Prefixes.Reclaim(1));
        }

        static RememberingModel Remembering(int[] first, int[] second, int[] branch)
        {
            var model = new RememberingModel();
            foreach (int[] text in new[] { first, second, branch, first }) model.Read(text);
            Assert.Equal(7, model.Cache.PagesInUse);
            return model;
        }
    }

    [Fact]
    public void Pages_in_use_are_not_dropped_for_others()
    {
        using var model = new RememberingModel();
        model.Cache.PageLimit = 6;
        using Reader running = model.Begin();
        running.Read(Passage(3));
        model.Read(Passage(2, more: 1, salt: 1));
        Assert.Equal((5, 5), (model.Prefixes.PageCount, model.Cache.PagesInUse));

        // Three pages are left for this one, of which two must be freed first.
        using Reader other = model.Begin();
        other.Read(Passage(2, more: 1, salt: 2));
        Assert.Equal((0, 6), (model.Known(Passage(2, more: 1, salt: 1)), model.Cache.PagesInUse));
        Assert.Throws<CacheFullException>(() => running.Read(Passage(1, salt: 3)));
        Assert.Equal(3 * PageTokens, running.Sequence.Length);
        other.Dispose();
        running.Read(Passage(1, salt: 3));
        Assert.Equal(3 * PageTokens, model.Known(Passage(3, more: 1)));
    }

    [Fact]
    public void Purging_forgets_all_and_disturbs_nobody()
    {
        using var model = new RememberingModel();
        int[] text = Passage(4, more: 10), end = TinyNetwork.Tokens(100, salt: 4);
        float[] expected;
        using (Reader undisturbed = model.Begin())
        {
            undisturbed.Read(text);
            expected = undisturbed.Read(end);
        }

        model.Prefixes.Purge();
        Assert.Equal((0, 0, 0L), (model.Prefixes.PageCount, model.Cache.PagesInUse, model.Cache.Pages.HeldBytes));
        using Reader running = model.Begin();
        running.Read(text);
        model.Prefixes.Purge();
        Assert.Equal((0, 5), (model.Prefixes.PageCount, model.Cache.PagesInUse));
        Assert.Equal(expected, running.Read(end));
        // What it holds anyway is known again from its next page on.
        Assert.Equal(4 * PageTokens, model.Known(text));
        running.Dispose();
        Assert.Equal(model.Prefixes.PageCount, model.Cache.PagesInUse);
    }

    [Fact]
    public async Task Purging_on_another_thread_goes_well_with_reading()
    {
        using var model = new RememberingModel();
        int[][] texts = [.. Enumerable.Range(0, 3).Select(i => Passage(3, more: 2, salt: i / 2))];
        float[][] expected = [.. texts.Select(text => model.Read(text).Logits)];
        using var done = new CancellationTokenSource();
        Task purging = Task.Run(() =>
        {
            while (!done.IsCancellationRequested) model.Prefixes.Purge();
        });
        for (int round = 0; round < 40; round++)
            for (int i = 0; i < texts.Length; i++) Assert.Equal(expected[i], model.Read(texts[i]).Logits);
        done.Cancel();
        await purging;
        model.Prefixes.Purge();
        Assert.Equal(0, model.Cache.PagesInUse);
    }

    [Fact]
    public void A_sequence_that_was_cut_back_goes_another_way()
    {
        using var model = new RememberingModel();
        int[] text = Passage(3, more: 1), other = [.. text[..100], .. TinyNetwork.Tokens(100, salt: 7)];
        (float[] expected, _) = model.Read(other);
        model.Prefixes.Purge();
        model.Read(text);
        using Reader reader = model.Begin();
        reader.Read(text);
        reader.Truncate(100);
        float[] actual = reader.Read(other.AsSpan(100));
        Assert.Equal(expected, actual);
        Assert.Equal((3 * PageTokens, 3 * PageTokens), (model.Known(text), model.Known(other)));
    }

    [Fact]
    public void Memory_is_flat_over_many_requests()
    {
        using var model = new RememberingModel();
        model.Cache.PageLimit = 10;
        for (int i = 0; i < 300; i++) model.Read(Passage(1 + i % 3, more: 1 + i % 9, salt: i));
        Assert.InRange(model.Cache.PagesInUse, 1, 10);
        Assert.Equal(model.Prefixes.PageCount, model.Cache.PagesInUse);
        Assert.Equal(model.Cache.Pages.GrowthBytes, model.Cache.Pages.HeldBytes);
    }

    [Fact]
    public void Forgotten_sets_of_adapters_leave_nothing_behind()
    {
        using var model = new RememberingModel();
        using LoraAdapter adapter = model.Tiny.LoadAdapter();
        model.Cache.PageLimit = 8;
        for (int i = 1; i <= 40; i++) model.Read(Passage(1, more: 1), adapters: new ScaledAdapter(adapter, i));
        Assert.InRange(model.Prefixes.RootCount, 1, 20);
        Assert.Equal(PageTokens, model.Known(Passage(1, more: 1), new ScaledAdapter(adapter, 40)));
    }
}
