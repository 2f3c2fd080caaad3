using Cria.Models;
using Cria.Runtime.Prefixes;
using Cria.Tests.Models;
using TestModels;
using static Cria.Tests.Runtime.Prefixes.RememberingModel;

namespace Cria.Tests.Runtime.Prefixes;

/// <summary>What later processes, here other instances of a model, find on the disk.</summary>
public sealed class PrefixStoreTests : IDisposable
{
    private const long Plenty = 1L << 30;

    private readonly string _path = Path.Combine(Path.GetTempPath(), $"cria-prefixes-{Guid.NewGuid():n}");

    private string[] Files => [.. Directory.GetFiles(_path).Order()];

    [Fact]
    public void A_conversation_is_found_again_and_goes_on_with_the_same_bits()
    {
        int[] text = Passage(5, more: 10);
        using RememberingModel first = new(Folder());
        (float[] expected, _) = first.Read(text, isKept: true);
        first.Prefixes.Dispose();
        Assert.Equal(5, Files.Length);

        using RememberingModel second = new(Folder());
        (float[] actual, int known) = second.Read(text);
        Assert.Equal(5 * PageTokens, known);
        Assert.Equal(expected, actual);
        Assert.Equal((5, 5), (second.Prefixes.PageCount, second.Cache.PagesInUse));
        // Now it is in memory.
        foreach (string file in Files) File.Delete(file);
        Assert.Equal(5 * PageTokens, second.Known(text));
    }

    [Fact]
    public void A_longer_conversation_adds_only_its_new_pages()
    {
        int[] text = Passage(8, more: 10), other = [.. text[..(4 * PageTokens)], .. Passage(1, salt: 1), 1];
        using (RememberingModel first = new(Folder())) first.Read(text[..(5 * PageTokens)], isKept: true);
        var before = Files.ToDictionary(file => file, File.ReadAllBytes);
        Assert.Equal(5, before.Count);
        using (RememberingModel second = new(Folder()))
        {
            Assert.Equal(5 * PageTokens, second.Read(text, isKept: true).Known);
            Assert.Equal(4 * PageTokens, second.Read(other, isKept: true).Known);
        }

        Assert.Equal(8 + 1, Files.Length);
        foreach ((string file, byte[] bytes) in before) Assert.Equal(bytes, File.ReadAllBytes(file));
    }

    [Fact]
    public void Short_texts_and_what_is_no_conversation_leave_nothing_but_may_read()
    {
        int[] text = Passage(4, more: 1);
        using (RememberingModel first = new(Folder()))
        {
            first.Read(text);
            first.Read(Passage(4, salt: 1)[..^1], isKept: true);
        }

        Assert.False(Directory.Exists(_path));
        using (RememberingModel second = new(Folder())) second.Read(text, isKept: true);
        using RememberingModel third = new(Folder());
        Assert.Equal(4 * PageTokens, third.Read(text).Known);
    }

    [Fact]
    public void What_was_read_before_the_conversation_was_one_is_kept_with_it()
    {
        int[] text = Passage(6, more: 1);
        using (RememberingModel first = new(Folder()))
        {
            first.Read(text[..(4 * PageTokens + 1)]);
            first.Read(text, isKept: true);
        }

        using RememberingModel second = new(Folder());
        Assert.Equal(6 * PageTokens, second.Known(text));
    }

    [Fact]
    public void Another_model_or_another_cache_type_finds_nothing()
    {
        int[] text = Passage(4, more: 1);
        using (RememberingModel model = new(Folder())) model.Read(text, isKept: true);
        using RememberingModel other = new(Folder(), model: 2);
        Assert.Equal(0, other.Known(text));
        using RememberingModel exact = new(Folder(), new NetworkOptions { Threads = 1, MaxBatch = 64, KeyType = Cria.Gguf.TensorType.F32 });
        Assert.Equal(0, exact.Known(text));
        Assert.Equal(4, Files.Length);
    }

    [Fact]
    public void Adapters_are_told_apart_by_what_they_change()
    {
        int[] text = Passage(4, more: 1);
        using (RememberingModel first = new(Folder()))
        {
            using LoraAdapter adapter = LoadAdapter(first, seed: 1);
            first.Read(text, isKept: true, new ScaledAdapter(adapter));
        }

        using RememberingModel second = new(Folder());
        using LoraAdapter same = LoadAdapter(second, seed: 1), other = LoadAdapter(second, seed: 2);
        Assert.Equal(0, second.Known(text));
        Assert.Equal(0, second.Known(text, new ScaledAdapter(other)));
        Assert.Equal(0, second.Known(text, new ScaledAdapter(same, 0.5f)));
        Assert.Equal(4 * PageTokens, second.Known(text, new ScaledAdapter(same)));
    }

    // Mark, version, key, tokens, length, what is unused, keys and values, checksum.
    [Theory]
    [InlineData(0)]
    [InlineData(8)]
    [InlineData(16)]
    [InlineData(50)]
    [InlineData(300)]
    [InlineData(304)]
    [InlineData(312)]
    [InlineData(320)]
    [InlineData(20_000)]
    [InlineData(-9)]
    [InlineData(-8)]
    [InlineData(-1)]
    public void A_damaged_file_is_removed_and_what_comes_after_it_not_believed(int at)
    {
        int[] text = Passage(5, more: 1);
        (float[] expected, string[] names) = Write(text);
        byte[] bytes = File.ReadAllBytes(names[2]);
        bytes[at < 0 ? bytes.Length + at : at] ^= 4;
        File.WriteAllBytes(names[2], bytes);

        using RememberingModel model = new(Folder());
        (float[] actual, int known) = model.Read(text);
        Assert.Equal(2 * PageTokens, known);
        Assert.Equal(expected, actual);
        Assert.Equal(names.Except([names[2]]).Order(), Files);
        Assert.Equal((5, 5, 0), (model.Prefixes.PageCount, model.Cache.PagesInUse, model.Warnings.Count));
    }

    [Fact]
    public void A_file_of_another_length_is_removed()
    {
        int[] text = Passage(4, more: 1);
        (_, string[] names) = Write(text);
        byte[] whole = File.ReadAllBytes(names[0]);
        foreach (int length in new[] { 0, 1, 8, 100, 319, 320, 321, whole.Length / 2, whole.Length - 8, whole.Length - 1, whole.Length + 1 })
        {
            byte[] other = new byte[length];
            whole.AsSpan(0, Math.Min(length, whole.Length)).CopyTo(other);
            File.WriteAllBytes(names[0], other);
            using RememberingModel model = new(Folder());
            Assert.Equal((0, 0), (model.Known(text), model.Cache.PagesInUse));
            Assert.False(File.Exists(names[0]));
        }
    }

    [Fact]
    public void A_page_in_place_of_another_is_removed()
    {
        int[] text = Passage(4, more: 1);
        (_, string[] names) = Write(text);
        File.Copy(names[1], names[0], overwrite: true);
        using RememberingModel model = new(Folder());
        Assert.Equal(0, model.Known(text));
        Assert.False(File.Exists(names[0]));
    }

    [Fact]
    public void A_page_that_is_missing_is_written_again_with_the_next()
    {
        int[] text = Passage(6, more: 1);
        using (RememberingModel model = new(Folder()))
        {
            using Reader reader = model.Begin(isKept: true);
            reader.Read(text[..(5 * PageTokens)]);
            model.Store!.Finish();
            foreach (string file in Files) File.Delete(file);
            // The first look at the files tells that they are gone, the second that all must be written.
            reader.Read(text[(5 * PageTokens)..]);
            reader.Read(Passage(1));
            model.Store.Finish();
            reader.Read(Passage(1));
        }

        using RememberingModel second = new(Folder());
        Assert.Equal(6 * PageTokens, second.Known(text));
    }

    [Fact]
    public void Unfinished_files_of_processes_that_ended_are_removed_and_foreign_files_left_alone()
    {
        Directory.CreateDirectory(_path);
        string old = At("a.criakv.1.criakv.tmp"), recent = At("b.criakv.2.criakv.tmp"), foreign = At("notes.txt"), similar = At("c.criakv.bak");
        foreach (string file in new[] { old, recent, foreign, similar }) File.WriteAllText(file, "text");
        foreach (string file in new[] { old, foreign, similar }) File.SetLastWriteTimeUtc(file, DateTime.UtcNow.AddHours(-2));
        using (RememberingModel model = new(Folder())) model.Read(Passage(4), isKept: true);
        Assert.False(File.Exists(old));
        Assert.All([recent, foreign, similar], file => Assert.True(File.Exists(file)));
    }

    [SkippableFact]
    public void Only_the_user_can_read_what_is_kept()
    {
        if (OperatingSystem.IsWindows())
        {
            Skip.If(true, "Windows keeps others out by the folder's rights.");
            return;
        }

        Write(Passage(4));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(_path));
        foreach (string file in Files) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
    }

    [Fact]
    public void The_least_recently_used_go_when_the_folder_is_full()
    {
        long pageBytes = PageFileBytes();
        int[] first = Passage(4, more: 1), second = Passage(4, more: 1, salt: 1), third = Passage(4, more: 1, salt: 2);
        using (RememberingModel model = new(Folder(10 * pageBytes)))
        {
            model.Read(first, isKept: true);
            model.Store!.Finish();
            model.Read(second, isKept: true);
        }

        using (RememberingModel model = new(Folder(10 * pageBytes))) Assert.Equal(4 * PageTokens, model.Known(first));
        using (RememberingModel model = new(Folder(10 * pageBytes))) model.Read(third, isKept: true);

        Assert.InRange(Files.Sum(file => new FileInfo(file).Length), 8 * pageBytes, 10 * pageBytes);
        using RememberingModel last = new(Folder(10 * pageBytes));
        Assert.Equal((4, 4), (last.Known(first) / PageTokens, last.Known(third) / PageTokens));
        // Of the second the end went first.
        Assert.InRange(last.Known(second) / PageTokens, 0, 2);
    }

    [Fact]
    public void A_folder_too_small_for_a_page_stays_empty()
    {
        using RememberingModel model = new(Folder(1000));
        model.Read(Passage(5), isKept: true);
        model.Prefixes.Dispose();
        Assert.Empty(model.Warnings);
        Assert.False(Directory.Exists(_path) && Files.Length > 0);
    }

    [Fact]
    public async Task Two_instances_may_write_the_same_at_once_and_keep_the_limit()
    {
        long limit = 30 * PageFileBytes();
        int[][] texts = [.. Enumerable.Range(0, 12).Select(i => Passage(5, more: 1, salt: i))];
        await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => Task.Run(() =>
        {
            using RememberingModel model = new(Folder(limit));
            foreach (int[] text in texts) model.Read(text, isKept: true);
            model.Prefixes.Dispose();
            Assert.Empty(model.Warnings);
        })));
        Assert.InRange(Files.Sum(file => new FileInfo(file).Length), 1, limit);
        Assert.DoesNotContain(Files, file => file.EndsWith(".tmp", StringComparison.Ordinal));
        using RememberingModel last = new(Folder());
        Assert.Equal(5 * PageTokens, last.Known(texts[^1]));
    }

    [Fact]
    public void A_full_disk_switches_it_off_with_one_warning_and_leaves_no_half_file()
    {
        PrefixFolder folder = Folder();
        int writes = 0;
        folder.BeforeNaming = () =>
        {
            if (++writes > 2) throw new IOException("No space left on device.");
        };
        using RememberingModel model = new(folder);
        int[] text = Passage(6, more: 1);
        (float[] expected, _) = model.Read(text, isKept: true);
        model.Store!.Finish();
        model.Read(Passage(6, salt: 1), isKept: true);
        model.Store.Finish();
        string warning = Assert.Single(model.Warnings);
        Assert.Contains(_path, warning);
        Assert.Contains("No space left on device. ", warning);
        Assert.Equal((3, 2), (writes, Files.Length));
        Assert.Equal(expected, model.Read(text).Logits);
        Assert.Equal(model.Prefixes.PageCount, model.Cache.PagesInUse);
    }

    [Fact]
    public void A_folder_that_cannot_be_made_switches_it_off_with_one_warning()
    {
        File.WriteAllText(_path, "a file");
        foreach (string path in new[] { _path, Path.Combine(_path, "below"), "/\0" })
        {
            using RememberingModel model = new(new PrefixFolder(path, Plenty));
            for (int i = 0; i < 3; i++)
            {
                model.Read(Passage(5, salt: i), isKept: true);
                model.Store!.Finish();
            }

            Assert.Single(model.Warnings);
        }

        File.Delete(_path);
    }

    [Fact]
    public void A_folder_that_vanishes_switches_it_off_and_is_not_made_again()
    {
        using RememberingModel model = new(Folder());
        model.Read(Passage(4, more: 1), isKept: true);
        model.Store!.Finish();
        Directory.Delete(_path, recursive: true);
        model.Read(Passage(4, more: 1, salt: 1), isKept: true);
        model.Store.Finish();
        Assert.Single(model.Warnings);
        Assert.False(Directory.Exists(_path));
        Assert.Equal(4 * PageTokens, model.Known(Passage(4, more: 1)));
    }

    [Fact]
    public void A_disk_that_hangs_holds_up_neither_reading_nor_memory_and_is_given_up_when_pages_run_short()
    {
        PrefixFolder folder = Folder();
        using ManualResetEventSlim writing = new(), goOn = new();
        folder.BeforeNaming = () =>
        {
            writing.Set();
            goOn.Wait();
        };
        using RememberingModel model = new(folder);
        model.Cache.PageLimit = 8;
        model.Read(Passage(6, more: 1), isKept: true);
        writing.Wait();
        model.Read(Passage(7, more: 1, salt: 1), isKept: true);
        Assert.Equal(7 * PageTokens, model.Known(Passage(7, more: 1, salt: 1)));
        goOn.Set();
        model.Store!.Finish();
        Assert.Empty(model.Warnings);
        Assert.Equal(model.Prefixes.PageCount, model.Cache.PagesInUse);
    }

    [Fact]
    public void A_conversation_that_memory_has_forgotten_comes_back_from_the_disk()
    {
        using RememberingModel model = new(Folder());
        int[] text = Passage(5, more: 1);
        (float[] expected, _) = model.Read(text, isKept: true);
        model.Store!.Finish();
        model.Prefixes.Purge();
        Assert.Equal(0, model.Cache.PagesInUse);
        (float[] actual, int known) = model.Read(text);
        Assert.Equal(5 * PageTokens, known);
        Assert.Equal(expected, actual);
    }

    [Fact]
    public void A_long_text_comes_from_the_disk_in_parts_so_that_others_need_not_wait()
    {
        int[] text = Passage(13, more: 1);
        Write(text);
        using RememberingModel model = new(Folder());
        PrefixTrail trail = PrefixTrail.Begin(model.Prefixes, model.Tiny.Network.NewSequence(), isKept: false);
        Assert.Equal(8 * PageTokens, trail.Adopt(text));
        Assert.Equal(5 * PageTokens, trail.Adopt(text.AsSpan(8 * PageTokens)));
        Assert.Equal(0, trail.Adopt(text.AsSpan(13 * PageTokens)));
        trail.Sequence.Dispose();
        Assert.Equal(13 * PageTokens, model.Known(text));
    }

    [Fact]
    public void Only_as_much_is_read_as_there_are_pages_for()
    {
        int[] text = Passage(8, more: 1);
        Write(text);
        using RememberingModel model = new(Folder());
        using Reader running = model.Begin();
        running.Read(Passage(3, salt: 1));
        model.Cache.PageLimit = 7;
        using Reader reader = model.Begin();
        Assert.Equal(4 * PageTokens, reader.Adopt(text));
        Assert.Equal(7, model.Cache.PagesInUse);
    }

    public void Dispose()
    {
        if (Directory.Exists(_path)) Directory.Delete(_path, recursive: true);
    }

    private static LoraAdapter LoadAdapter(RememberingModel model, int seed)
    {
        string path = Path.Combine(Path.GetTempPath(), $"cria-adapter-{Guid.NewGuid():n}.gguf");
        TinyAdapter.Write(path, model.Tiny.File.Path, seed: seed);
        LoraAdapter adapter = model.Tiny.Network.LoadAdapter(path);
        File.Delete(path);
        return adapter;
    }

    private static long PageFileBytes()
    {
        using var tiny = new TinyNetwork();
        return PrefixFile.Length((int)tiny.Network.Cache.Pages.PageBytes);
    }

    private PrefixFolder Folder(long limit = Plenty) => new(_path, limit);

    private string At(string name) => Path.Combine(_path, name);

    /// <summary>Keeps a text, and returns its last logits and the files of its pages in order.</summary>
    private (float[] Logits, string[] Names) Write(int[] text)
    {
        using RememberingModel model = new(Folder());
        (float[] logits, _) = model.Read(text, isKept: true);
        PrefixKey key = model.Store!.RootKey(null);
        var names = new List<string>();
        for (int at = 0; at + PageTokens <= text.Length; at += PageTokens)
        {
            key = key.Next(text.AsSpan(at, PageTokens));
            names.Add(At(key + ".criakv"));
        }

        return (logits, [.. names]);
    }
}
