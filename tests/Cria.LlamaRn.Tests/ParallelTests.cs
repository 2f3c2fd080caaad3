namespace Cria.LlamaRn.Tests;

/// <summary>Many requests at once on one context.</summary>
public sealed class ParallelTests(RnModels models) : IClassFixture<RnModels>
{
    private static readonly CompletionParams s_greedy = new() { Prompt = "the other one", Temperature = 0, NPredict = 8, IgnoreEos = true };

    // Goes on until it is stopped.
    private static readonly CompletionParams s_endless = s_greedy with { NPredict = -1 };

    [Fact]
    public async Task Requests_have_numbers_and_the_results_of_requests_alone()
    {
        await using LlamaContext context = await OpenAsync();
        context.Parallel.Enable(new ParallelParams(4));
        CompletionParams[] asked = [.. Enumerable.Range(0, 6).Select(i => s_greedy with { Prompt = $"the {(char)('a' + i)}" })];
        var heard = new List<int>();
        ParallelRequest<CompletionResult>[] requests = [.. asked.Select(parameters => context.Parallel.Completion(parameters, (id, data) =>
        {
            Assert.Equal(id, data.RequestId);
            lock (heard) heard.Add(id);
        }))];
        CompletionResult[] results = await Task.WhenAll(requests.Select(request => request.Promise));
        Assert.Equal(6, requests.Select(request => request.RequestId).Distinct().Count());
        Assert.Equal(requests.Select(request => request.RequestId).Order(), heard.Distinct().Order());
        foreach ((CompletionParams parameters, CompletionResult result) in asked.Zip(results))
            Assert.Equal((await context.CompletionAsync(parameters)).Tokens, result.Tokens);
    }

    [Fact]
    public async Task Who_finds_no_free_slot_waits_and_the_status_tells()
    {
        await using LlamaContext context = await OpenAsync();
        context.Parallel.Enable(new ParallelParams(1));
        var hasBegun = new TaskCompletionSource();
        ParallelRequest<CompletionResult> first = context.Parallel.Completion(s_endless, (_, _) => hasBegun.TrySetResult());
        await hasBegun.Task;
        var waits = new TaskCompletionSource();
        using IDisposable subscription = context.Parallel.SubscribeToStatus(status =>
        {
            if (status.QueuedRequests == 1) waits.TrySetResult();
        });
        ParallelRequest<EmbeddingResult> second = context.Parallel.Embedding("the");
        await waits.Task;
        ParallelStatus status = context.Parallel.GetStatus();
        Assert.Equal((1, 1, 1), (status.NParallel, status.ActiveSlots, status.QueuedRequests));
        Assert.Equal([(first.RequestId, "completion", "generating"), (second.RequestId, "embedding", "queued")], status.Requests.Select(r => (r.RequestId, r.Type, r.State)));
        // What is asked of the model later is done, and the one that waits is not.
        await context.EmbeddingAsync("the");
        Assert.False(second.Promise.IsCompleted);

        first.Stop();
        Assert.True((await first.Promise).Interrupted);
        Assert.NotEmpty((await second.Promise).Embedding);
    }

    [Fact]
    public async Task Stopping_one_leaves_the_others()
    {
        await using LlamaContext context = await OpenAsync();
        context.Parallel.Enable(new ParallelParams(2));
        var hasBegun = new TaskCompletionSource();
        ParallelRequest<CompletionResult> stopped = context.Parallel.Completion(s_endless, (_, _) => hasBegun.TrySetResult());
        ParallelRequest<CompletionResult> other = context.Parallel.Completion(s_greedy);
        await hasBegun.Task;
        stopped.Stop();
        Assert.True((await stopped.Promise) is { Interrupted: true, Text: not "" });
        Assert.True((await other.Promise) is { Interrupted: false, TokensPredicted: 8 });
    }

    [Fact]
    public async Task A_request_stopped_while_it_waits_ends_without_text_and_frees_nobodys_slot()
    {
        await using LlamaContext context = await OpenAsync();
        context.Parallel.Enable(new ParallelParams(1));
        ParallelRequest<CompletionResult> first = context.Parallel.Completion(s_endless);
        ParallelRequest<CompletionResult> waiting = context.Parallel.Completion(s_greedy);
        waiting.Stop();
        Assert.True((await waiting.Promise) is { Interrupted: true, Text: "" });
        Assert.False(first.Promise.IsCompleted);
        context.Parallel.Configure(new ParallelParams(2));
        Assert.Equal(8, (await context.Parallel.Completion(s_greedy).Promise).TokensPredicted);
        first.Stop();
        await first.Promise;
    }

    [Fact]
    public async Task Disabling_stops_what_runs_and_takes_nothing_more()
    {
        await using LlamaContext context = await OpenAsync();
        Assert.Equal("generation_error", Assert.Throws<LlamaException>(() => context.Parallel.Completion(s_greedy)).Code);
        context.Parallel.Enable();
        Assert.Equal(2, context.Parallel.GetStatus().NParallel);
        ParallelRequest<CompletionResult> running = context.Parallel.Completion(s_endless);
        context.Parallel.Disable();
        Assert.True((await running.Promise).Interrupted);
        Assert.Throws<LlamaException>(() => context.Parallel.Embedding("a"));
    }

    [Fact]
    public async Task More_at_once_than_the_context_was_made_for_are_refused()
    {
        await using LlamaContext context = await OpenAsync();
        Assert.Equal("n_parallel", Assert.Throws<LlamaException>(() => context.Parallel.Enable(new ParallelParams(9))).Field);
        Assert.Equal("n_parallel", Assert.Throws<LlamaException>(() => context.Parallel.Configure(new ParallelParams(0))).Field);
    }

    [Fact]
    public async Task A_wrong_request_fails_by_itself()
    {
        await using LlamaContext context = await OpenAsync();
        context.Parallel.Enable();
        ParallelRequest<CompletionResult> wrong = context.Parallel.Completion(new CompletionParams());
        Assert.Equal("prompt", (await Assert.ThrowsAsync<LlamaException>(() => wrong.Promise)).Field);
        Assert.Equal("generation_error", (await Assert.ThrowsAsync<LlamaException>(() => context.Parallel.Rerank("a", ["b"]).Promise)).Code);
    }

    private Task<LlamaContext> OpenAsync() => models.OpenAsync(models.Params with { CtxShift = true });
}
