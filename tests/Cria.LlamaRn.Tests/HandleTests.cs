namespace Cria.LlamaRn.Tests;

/// <summary>Contexts behind handles.</summary>
public sealed class HandleTests(RnModels models) : IClassFixture<RnModels>, IAsyncLifetime
{
    private static readonly GenerateParams s_greedy = new() { Input = "the other one", Temperature = 0, MaxTokens = 8 };

    private readonly ContextRegistry _registry = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _registry.DisposeAsync();

    [Fact]
    public async Task Each_context_has_a_handle_of_its_own_and_they_share_the_weights()
    {
        ContextHandle[] handles = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => _registry.InitializeAsync(models.Params)));
        Assert.Equal((5, 5), (handles.Distinct().Count(), _registry.Count));
        Assert.Single(handles.Select(handle => _registry.Find(handle).Model).Distinct());
        await _registry.ReleaseAsync(handles[0]);
        Assert.Equal(8, (await _registry.GenerateAsync(handles[1], s_greedy)).Tokens);
        await _registry.ReleaseAllAsync();
        Assert.Equal(0, _registry.Count);
    }

    [Fact]
    public async Task A_response_tells_text_times_and_usage()
    {
        ContextHandle handle = await _registry.InitializeAsync(models.Params);
        GenerateResponse response = await _registry.GenerateAsync(handle, s_greedy);
        GenerationResult expected = await _registry.Find(handle).Model.GenerateAsync("the other one", new GenerationOptions { Temperature = 0, MaxTokens = 8 });
        Assert.Equal((expected.Text, 8, "length"), (response.Text, response.Tokens, response.FinishReason));
        Assert.Equal(new GenerateUsage(expected.Usage.PromptTokens, 8, expected.Usage.PromptTokens + 8), response.Usage);
        Assert.True(response.Timing.EndTime >= response.Timing.StartTime && response.Timing is { ElapsedTime: > 0, TokensPerSecond: > 0 });
    }

    [Fact]
    public async Task What_is_not_given_takes_the_defaults_of_this_face()
    {
        ContextHandle handle = await _registry.InitializeAsync(new ContextParams { Model = models.Path });
        LlamaContext context = _registry.Find(handle);
        Assert.Equal((2048, 4, 512), (context.Model.ContextLength, context.Model.Threads, context.Options.BatchSize));
        Assert.Contains("1 GPU layer", context.ReasonNoGpu);
        CompletionParams completion = new GenerateParams { Input = "a" }.ToCompletion();
        Assert.Equal(("a", 500, 0.7f, 1f), (completion.Prompt, completion.NPredict, completion.Temperature, completion.TopP));
    }

    [Fact]
    public async Task A_stream_has_an_event_for_each_piece_and_the_response_at_its_end()
    {
        ContextHandle handle = await _registry.InitializeAsync(models.Params);
        GenerateResponse whole = await _registry.GenerateAsync(handle, s_greedy);
        var events = new List<GenerateEvent>();
        await foreach (GenerateEvent happened in _registry.GenerateStreamAsync(handle, s_greedy)) events.Add(happened);
        Assert.All(events.SkipLast(1), happened => Assert.Null(happened.Response));
        Assert.Equal(whole.Text, string.Concat(events.Select(happened => happened.Token)));
        Assert.Equal((whole.Text, whole.Usage), (events[^1].Response!.Text, events[^1].Response!.Usage));
    }

    [Fact]
    public async Task Leaving_a_stream_stops_its_work()
    {
        ContextHandle handle = await _registry.InitializeAsync(models.Params with { CtxShift = true });
        GenerateParams endless = s_greedy with { MaxTokens = -1, Grammar = "root ::= [a-z]* \"!!\"", Stream = true };
        await foreach (GenerateEvent _ in _registry.GenerateStreamAsync(handle, endless)) break;
        Assert.Equal(8, (await _registry.GenerateAsync(handle, s_greedy)).Tokens);
        await _registry.ReleaseAsync(handle);
    }

    [Fact]
    public async Task Tokens_may_be_given_in_place_of_a_text()
    {
        ContextHandle handle = await _registry.InitializeAsync(models.Params);
        int[] tokens = await _registry.Find(handle).Model.TokenizeAsync("the other one", addSpecial: true);
        Assert.Equal((await _registry.GenerateAsync(handle, s_greedy)).Text, (await _registry.GenerateAsync(handle, s_greedy with { Input = null, InputTokens = tokens })).Text);
    }

    [Fact]
    public async Task A_released_foreign_or_invented_handle_is_refused()
    {
        ContextHandle handle = await _registry.InitializeAsync(models.Params);
        await using var other = new ContextRegistry();
        ContextHandle foreign = await other.InitializeAsync(models.Params);
        await _registry.ReleaseAsync(handle);
        foreach (ContextHandle wrong in (ContextHandle[])[handle, foreign, new ContextHandle("invented"), default])
        {
            Assert.Equal("invalid_handle", (await Assert.ThrowsAsync<LlamaException>(async () => await _registry.GenerateAsync(wrong, s_greedy))).Code);
            Assert.Equal("invalid_handle", Assert.Throws<LlamaException>(() => _registry.GenerateStreamAsync(wrong, s_greedy)).Code);
            Assert.Equal("invalid_handle", (await Assert.ThrowsAsync<LlamaException>(async () => await _registry.ReleaseAsync(wrong))).Code);
        }
    }

    [Fact]
    public async Task The_text_of_a_handle_carries_it_over_a_border()
    {
        ContextHandle handle = await _registry.InitializeAsync(models.Params);
        Assert.Same(_registry.Find(handle), _registry.Find(new ContextHandle(handle.ToString())));
    }

    [Fact]
    public async Task Failures_differ_by_code()
    {
        ContextHandle handle = await _registry.InitializeAsync(models.Params);
        Assert.Equal("model_load_error", (await Assert.ThrowsAsync<LlamaException>(() => _registry.InitializeAsync(new ContextParams { Model = "/none" }))).Code);
        Assert.Equal("invalid_input", (await Assert.ThrowsAsync<LlamaException>(() => _registry.GenerateAsync(handle, s_greedy with { TopP = 2 }))).Code);
        await using var small = new ContextRegistry(new ModelPool((_, _, _, _) => throw new OutOfMemoryException()));
        Assert.Equal("out_of_memory", (await Assert.ThrowsAsync<LlamaException>(() => small.InitializeAsync(models.Params))).Code);
        await using var broken = new ContextRegistry(new ModelPool((_, _, _, _) => throw new NotSupportedException()));
        Assert.Equal("unknown_error", (await Assert.ThrowsAsync<LlamaException>(() => broken.InitializeAsync(models.Params))).Code);
        Assert.Equal((1, 0), (_registry.Count, broken.Count));
    }

    [Fact]
    public async Task More_contexts_than_the_limit_are_refused_until_one_is_released()
    {
        _registry.SetContextLimit(1);
        ContextHandle handle = await _registry.InitializeAsync(models.Params);
        LlamaException error = await Assert.ThrowsAsync<LlamaException>(() => _registry.InitializeAsync(models.Params));
        Assert.Equal("initialization_error", error.Code);
        await _registry.ReleaseAsync(handle);
        await _registry.InitializeAsync(models.Params);
        Assert.Throws<LlamaException>(() => _registry.SetContextLimit(0));
    }

    [Theory]
    [InlineData(50, MemoryPressure.Normal)]
    [InlineData(8, MemoryPressure.Warning)]
    [InlineData(3, MemoryPressure.Critical)]
    public void Pressure_is_what_is_free_of_all_memory(long available, MemoryPressure pressure) =>
        Assert.Equal(pressure, MemoryPressureWatch.Of(new MachineMemory(100, available)));

    [Fact]
    public void The_watch_tells_when_the_pressure_changes()
    {
        long available = 50;
        var heard = new List<MemoryPressure>();
        var watch = new MemoryPressureWatch(heard.Add, () => new MachineMemory(100, available));
        foreach (long now in (long[])[50, 3, 3, 8, 50])
        {
            available = now;
            watch.Look();
        }

        Assert.Equal([MemoryPressure.Critical, MemoryPressure.Warning, MemoryPressure.Normal], heard);
    }
}
