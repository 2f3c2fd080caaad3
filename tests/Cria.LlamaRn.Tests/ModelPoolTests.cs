namespace Cria.LlamaRn.Tests;

/// <summary>Contexts share models: what is the same is in memory once.</summary>
public sealed class ModelPoolTests(RnModels models) : IClassFixture<RnModels>
{
    private readonly List<ModelOptions> _loads = [];

    [Fact]
    public async Task The_same_file_and_options_are_loaded_once_also_by_contexts_that_begin_together()
    {
        var pool = new ModelPool(LoadAsync);
        LlamaContext[] contexts = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => models.OpenAsync(pool: pool)));
        LlamaContext later = await models.OpenAsync(models.Params with { Model = $"file://{models.Path}", LoraList = [new LoraAdapterParams(models.Adapter)] }, pool);

        Assert.Single(_loads);
        Assert.All(contexts, context => Assert.Same(later.Model, context.Model));
        foreach (LlamaContext context in contexts) await context.ReleaseAsync();
        Assert.NotEmpty((await later.CompletionAsync(new CompletionParams { Prompt = "the", NPredict = 4, IgnoreEos = true })).Tokens);

        LlamaModel shared = later.Model;
        await later.ReleaseAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => shared.TokenizeAsync("a"));
    }

    [Fact]
    public async Task Other_options_are_another_model_and_a_link_to_the_file_is_none()
    {
        var pool = new ModelPool(LoadAsync);
        string link = models.InFolder("link.gguf");
        File.CreateSymbolicLink(link, models.Path);
        await using LlamaContext first = await models.OpenAsync(pool: pool);
        await using LlamaContext shorter = await models.OpenAsync(models.Params with { NCtx = 256 }, pool);
        await using LlamaContext linked = await models.OpenAsync(models.Params with { Model = link }, pool);
        Assert.NotSame(first.Model, shorter.Model);
        Assert.Same(first.Model, linked.Model);
        Assert.Equal([512, 256], _loads.Select(options => options.ContextLength));
    }

    [Fact]
    public async Task After_its_last_context_a_model_is_loaded_anew()
    {
        var pool = new ModelPool(LoadAsync);
        await (await models.OpenAsync(pool: pool)).ReleaseAsync();
        await (await models.OpenAsync(pool: pool)).ReleaseAsync();
        Assert.Equal(2, _loads.Count);
    }

    [Fact]
    public async Task A_file_that_was_replaced_is_another_model()
    {
        var pool = new ModelPool(LoadAsync);
        string path = models.InFolder("replaced.gguf");
        File.Copy(models.Path, path);
        await using LlamaContext before = await models.OpenAsync(models.Params with { Model = path }, pool);
        File.Delete(path);
        File.Copy(models.Path, path);
        File.SetLastWriteTimeUtc(path, DateTime.UtcNow.AddMinutes(1));
        await using LlamaContext after = await models.OpenAsync(models.Params with { Model = path }, pool);
        Assert.Equal(2, _loads.Count);
    }

    [Fact]
    public async Task Who_gives_up_waiting_does_not_end_the_load_for_others()
    {
        var mayLoad = new TaskCompletionSource();
        var pool = new ModelPool(async (path, options, progress, token) =>
        {
            await mayLoad.Task.WaitAsync(token);
            return await LoadAsync(path, options, progress, token);
        });
        using var giveUp = new CancellationTokenSource();
        Task<LlamaContext> patient = models.OpenAsync(pool: pool);
        Task<LlamaContext> hasty = new LlamaContext(models.Params, ContextParams.LlamaRnDefaults, pool).InitializeAsync(null, giveUp.Token);
        await giveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => hasty);
        mayLoad.SetResult();
        await using LlamaContext context = await patient;
        Assert.Single(_loads);
    }

    [Fact]
    public async Task A_load_that_nobody_waits_for_is_cancelled()
    {
        var cancelled = new TaskCompletionSource();
        var pool = new ModelPool(async (_, _, _, token) =>
        {
            try
            {
                await Task.Delay(Timeout.Infinite, token);
            }
            finally
            {
                cancelled.SetResult();
            }

            throw new InvalidOperationException();
        });
        using var giveUp = new CancellationTokenSource();
        Task<LlamaContext> only = new LlamaContext(models.Params, ContextParams.LlamaRnDefaults, pool).InitializeAsync(null, giveUp.Token);
        await giveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => only);
        await cancelled.Task;
    }

    [Fact]
    public async Task A_load_that_failed_is_tried_once_more_and_leaves_nothing_behind()
    {
        bool isBroken = true;
        var pool = new ModelPool((path, options, progress, token) =>
        {
            Task<LlamaModel> load = isBroken ? Task.FromException<LlamaModel>(new ModelLoadException(path, "broken")) : LoadAsync(path, options, progress, token);
            isBroken = false;
            return load;
        });
        await using LlamaContext context = await models.OpenAsync(pool: pool);
        Assert.Single(_loads);
    }

    [Fact]
    public async Task A_model_that_does_not_fit_gets_the_context_that_does_and_a_warning_tells()
    {
        var pool = new ModelPool((path, options, progress, token) => options.ContextLength > 128
            ? Task.FromException<LlamaModel>(new ModelTooLargeException(path, new MemoryEstimate { ContextLength = options.ContextLength }, 1, 128, 0))
            : LoadAsync(path, options, progress, token));
        await using LlamaContext context = await models.OpenAsync(pool: pool);
        Assert.Equal(128, context.Model.ContextLength);
        Assert.Contains("128 tokens", Assert.Single(context.Warnings));
    }

    [Fact]
    public async Task A_model_that_fits_with_no_context_is_out_of_memory()
    {
        var pool = new ModelPool((path, _, _, _) => Task.FromException<LlamaModel>(new ModelTooLargeException(path, new MemoryEstimate(), 1, 0, 0)));
        LlamaException error = await Assert.ThrowsAsync<LlamaException>(() => models.OpenAsync(pool: pool));
        Assert.Equal("out_of_memory", error.Code);
    }

    [Fact]
    public async Task Warnings_come_to_all_contexts_of_a_model_also_late_ones_until_they_are_released()
    {
        Action<string>? say = null;
        var pool = new ModelPool((path, options, progress, token) =>
        {
            say = options.OnWarning;
            say!("while loading");
            return LoadAsync(path, options with { OnWarning = null }, progress, token);
        });
        await using LlamaContext first = await models.OpenAsync(pool: pool);
        LlamaContext second = await models.OpenAsync(pool: pool);
        say!("while running");
        Assert.Equal(["while loading", "while running"], first.Warnings);
        Assert.Equal(["while loading", "while running"], second.Warnings);
        await second.ReleaseAsync();
        say("later");
        Assert.Equal((3, 2), (first.Warnings.Count, second.Warnings.Count));
    }

    private Task<LlamaModel> LoadAsync(string path, ModelOptions options, IProgress<LoadProgress> progress, CancellationToken cancellationToken)
    {
        lock (_loads) _loads.Add(options);
        return LlamaModel.LoadAsync(path, options, progress, cancellationToken);
    }
}
