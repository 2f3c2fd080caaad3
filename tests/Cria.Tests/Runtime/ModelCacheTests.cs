using Cria.Gguf;
using TestModels;

namespace Cria.Tests.Runtime;

/// <summary>What a model remembers of its requests.</summary>
public sealed class ModelCacheTests : IDisposable
{
    // As the tiny model has them.
    private const int PageTokens = 64, PageBytes = 65536;

    private readonly TinyModelFile _file = new();
    private readonly string _disk = Path.Combine(Path.GetTempPath(), $"cria-caching-{Guid.NewGuid():n}");

    private static GenerationOptions Greedy => new() { MaxTokens = 12, Temperature = 0, AddSpecial = false };

    // About a token for each letter.
    private static string Long => string.Concat(Enumerable.Range(0, 30).Select(i => $"{i} bottles. "));

    [Fact]
    public async Task A_prompt_that_comes_again_is_not_read_again_and_answered_the_same()
    {
        await using LlamaModel model = await LoadAsync();
        GenerationResult first = await model.GenerateAsync(Long, Greedy), second = await model.GenerateAsync(Long, Greedy);
        Assert.Equal((0, first.Text), (first.Usage.CachedTokens, second.Text));
        Assert.InRange(second.Usage.CachedTokens, second.Usage.PromptTokens - PageTokens, second.Usage.PromptTokens - 1);
        model.PurgeCache();
        GenerationResult third = await model.GenerateAsync(Long, Greedy);
        Assert.Equal((0, first.Text), (third.Usage.CachedTokens, third.Text));
    }

    [Fact]
    public async Task Sixteen_requests_at_once_read_their_common_beginning_once()
    {
        await using LlamaModel model = await LoadAsync(new ModelOptions { BatchSize = 128, Threads = 1 });
        string[] prompts = [.. Enumerable.Range(0, 16).Select(i => $"{Long} Number {i}.")];
        GenerationResult[] together = await Task.WhenAll(prompts.Select(prompt => model.GenerateAsync(prompt, Greedy)));
        Assert.Equal(15, together.Count(result => result.Usage.CachedTokens > result.Usage.PromptTokens - 2 * PageTokens));
        model.PurgeCache();
        for (int i = 0; i < prompts.Length; i++)
        {
            GenerationResult alone = await model.GenerateAsync(prompts[i], Greedy);
            Assert.Equal(alone.Text, together[i].Text);
            model.PurgeCache();
        }
    }

    [Fact]
    public async Task A_conversation_is_gone_on_with_by_a_later_instance()
    {
        ModelOptions options = new() { DiskCache = new DiskCacheOptions { Directory = _disk } };
        List<ChatMessage> messages = [ChatMessage.System(Long), ChatMessage.User("How many?")];
        GenerationResult first, second;
        await using (LlamaModel model = await LoadAsync(options)) first = (await model.ChatAsync(messages, Greedy)).Generation;
        Assert.True(Directory.GetFiles(_disk).Length >= 4);
        await using (LlamaModel model = await LoadAsync(options)) second = (await model.ChatAsync(messages, Greedy)).Generation;
        Assert.Equal((0, first.Text), (first.Usage.CachedTokens, second.Text));
        Assert.InRange(second.Usage.CachedTokens, second.Usage.PromptTokens - PageTokens, second.Usage.PromptTokens - 1);
    }

    [Fact]
    public async Task What_is_no_conversation_is_not_kept_nor_anything_where_that_is_switched_off()
    {
        await using (LlamaModel model = await LoadAsync(new ModelOptions { DiskCache = new DiskCacheOptions { Directory = _disk } }))
        {
            await model.GenerateAsync(Long, Greedy);
            await model.GetLogitsAsync(await model.TokenizeAsync(Long));
        }

        Assert.False(Directory.Exists(_disk));
        string before = Default();
        await using (LlamaModel model = await LoadAsync(new ModelOptions { DiskCache = null })) await model.ChatAsync([ChatMessage.User(Long)], Greedy);
        Assert.Equal(before, Default());

        static string Default() => Directory.Exists(DiskCacheOptions.Default.Directory)
            ? string.Join(' ', Directory.GetFiles(DiskCacheOptions.Default.Directory).Order())
            : "";
    }

    [Fact]
    public async Task Measurements_neither_use_nor_fill_the_cache()
    {
        await using LlamaModel model = await LoadAsync();
        int[] tokens = await model.TokenizeAsync(Long);
        await model.GetLogitsAsync(tokens);
        await model.BenchmarkAsync(200, 1, 1);
        GenerationResult result = await model.GenerateAsync(Long, Greedy);
        Assert.Equal(0, result.Usage.CachedTokens);
    }

    [Fact]
    public async Task Requests_take_turns_where_the_memory_is_for_one_and_a_text_that_needs_more_fails()
    {
        const long Limit = 5 * PageBytes;
        await using LlamaModel model = await LoadAsync(new ModelOptions { CacheMemory = Limit + 1, DiskCache = null });
        string[] prompts = [.. Enumerable.Range(0, 4).Select(i => $"{i}: {Long}")];
        GenerationResult[] results = await Task.WhenAll(prompts.Select(prompt => model.GenerateAsync(prompt, Greedy)));
        Assert.All(results, result => Assert.Equal(12, result.Usage.CompletionTokens));
        var error = await Assert.ThrowsAsync<CacheMemoryException>(() => model.GenerateAsync(Long + Long, Greedy with { MaxTokens = 4 }));
        Assert.Equal(Limit, error.LimitBytes);
        Assert.Equal(results[0].Text, (await model.GenerateAsync(prompts[0], Greedy)).Text);
    }

    [Fact]
    public async Task Purging_while_requests_run_changes_no_answer()
    {
        await using LlamaModel model = await LoadAsync();
        string[] prompts = [.. Enumerable.Range(0, 6).Select(i => $"{Long} Number {i / 2}.")];
        var expected = new List<string>();
        foreach (string prompt in prompts) expected.Add((await model.GenerateAsync(prompt, Greedy)).Text);
        Task<GenerationResult>[] running = [.. prompts.Select(prompt => model.GenerateAsync(prompt, Greedy))];
        while (!Task.WhenAll(running).IsCompleted) model.PurgeCache();
        GenerationResult[] results = await Task.WhenAll(running);
        Assert.Equal(expected, results.Select(result => result.Text));
    }

    [Fact]
    public async Task Purging_a_disposed_model_is_refused()
    {
        LlamaModel model = await LoadAsync();
        await model.DisposeAsync();
        Assert.Throws<ObjectDisposedException>(model.PurgeCache);
    }

    [Fact]
    public async Task A_folder_that_cannot_be_written_harms_no_answer()
    {
        string path = Path.Combine(_file.Path, "below a file");
        var warnings = new List<string>();
        LlamaModel model = await LoadAsync(new ModelOptions { DiskCache = new DiskCacheOptions { Directory = path }, OnWarning = warnings.Add });
        ChatMessage question = ChatMessage.User(Long + Long);
        ChatResult first = await model.ChatAsync([question], Greedy);
        Assert.Equal(first.Generation.Text, (await model.ChatAsync([question], Greedy)).Generation.Text);
        await model.DisposeAsync();
        Assert.Contains(path, Assert.Single(warnings));
    }

    [Theory]
    [InlineData("", 1)]
    [InlineData("a\0b", 1)]
    [InlineData("a", 0)]
    public async Task Refuses_a_disk_cache_that_cannot_be(string directory, long bytes)
    {
        var options = new ModelOptions { DiskCache = new DiskCacheOptions { Directory = directory, MaxBytes = bytes } };
        var error = await Assert.ThrowsAsync<InvalidOptionException>(() => LoadAsync(options));
        Assert.StartsWith("DiskCache.", error.Option);
        await Assert.ThrowsAsync<InvalidOptionException>(() => LoadAsync(new ModelOptions { CacheMemory = -1 }));
    }

    [Fact]
    public void A_models_fingerprint_tells_of_its_weights_and_its_header()
    {
        string[] paths = [.. Enumerable.Range(0, 4).Select(i => _file.Path + "." + i)];
        TinyModel.Write(paths[0], "llama");
        TinyModel.Write(paths[1], "llama");
        TinyModel.Write(paths[2], "llama", seed: 5);
        TinyModel.Write(paths[3], "llama", variants: TinyVariants.NonCausal);
        string[] prints = [.. paths.Select(path =>
        {
            using GgufFile file = GgufFile.Open(path);
            return Convert.ToHexString(GgufFingerprint.Of(file));
        })];
        Assert.Equal(prints[0], prints[1]);
        Assert.Equal(3, prints.Distinct().Count());
    }

    public void Dispose()
    {
        _file.Dispose();
        if (Directory.Exists(_disk)) Directory.Delete(_disk, recursive: true);
    }

    private Task<LlamaModel> LoadAsync(ModelOptions? options = null) => LlamaModel.LoadAsync(_file.Path, (options ?? new ModelOptions { DiskCache = null }) with { Threads = 1 });
}
