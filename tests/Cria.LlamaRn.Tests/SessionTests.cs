namespace Cria.LlamaRn.Tests;

/// <summary>Which tokens a session has; how they are kept is the engine's matter.</summary>
public sealed class SessionTests(RnModels models) : IClassFixture<RnModels>
{
    private static readonly CompletionParams s_greedy = new() { Prompt = "the other", Temperature = 0, NPredict = 5, IgnoreEos = true };

    private readonly KeptSessions _kept = new();

    [Fact]
    public async Task A_saved_text_is_prompt_and_answer_or_their_beginning()
    {
        await using LlamaContext context = await OpenAsync();
        CompletionResult result = await context.CompletionAsync(s_greedy);
        int[] all = [.. await context.Model.TokenizeAsync("the other", addSpecial: true, parseSpecial: true), .. result.Tokens];
        Assert.Equal(all.Length, await context.SaveSessionAsync("file:///a"));
        Assert.Equal(all, _kept.Files["/a"]);
        Assert.Equal(3, await context.SaveSessionAsync("/b", tokenSize: 3));
        Assert.Equal(all[..3], _kept.Files["/b"]);
    }

    [Fact]
    public async Task A_loaded_text_is_a_prompt_that_has_its_tokens_again()
    {
        await using LlamaContext context = await OpenAsync();
        int[] tokens = await context.Model.TokenizeAsync("the other one", addSpecial: true);
        _kept.Files["/a"] = tokens;
        SessionLoadResult loaded = await context.LoadSessionAsync("file:///a");
        Assert.Equal(tokens.Length, loaded.TokensLoaded);
        Assert.Equal("the other one", loaded.Prompt.TrimStart());
        Assert.Equal(tokens.Length, await context.SaveSessionAsync("/b"));
        Assert.Equal(tokens, _kept.Files["/b"]);
    }

    [Fact]
    public async Task Parallel_requests_load_and_save_their_own()
    {
        await using LlamaContext context = await OpenAsync();
        context.Parallel.Enable();
        _kept.Files["/in"] = [1, 50];
        CompletionResult result = await context.Parallel.Completion(s_greedy with { LoadStatePath = "/in", SaveStatePath = "/out" }).Promise;
        Assert.Equal(["/in"], _kept.Loaded);
        Assert.Equal(result.Tokens, _kept.Files["/out"][^5..]);
    }

    [Fact]
    public async Task What_cannot_be_saved_or_loaded_is_a_session_error()
    {
        await using LlamaContext context = await OpenAsync();
        Assert.Equal("session_error", (await Assert.ThrowsAsync<LlamaException>(() => context.SaveSessionAsync("/a"))).Code);
        Assert.Equal("session_error", (await Assert.ThrowsAsync<LlamaException>(() => context.LoadSessionAsync("/none"))).Code);
    }

    private Task<LlamaContext> OpenAsync() =>
        new LlamaContext(models.Params, ContextParams.LlamaRnDefaults, ModelPool.OfProcess) { Sessions = _kept }.InitializeAsync();

    private sealed class KeptSessions : ISessions
    {
        public Dictionary<string, int[]> Files { get; } = [];

        public List<string> Loaded { get; } = [];

        public Task<int> SaveAsync(LlamaModel model, string path, ReadOnlyMemory<int> tokens, CancellationToken cancellationToken)
        {
            Files[path] = tokens.ToArray();
            return Task.FromResult(tokens.Length);
        }

        public Task<IReadOnlyList<int>> LoadAsync(LlamaModel model, string path, CancellationToken cancellationToken)
        {
            Loaded.Add(path);
            return Task.FromResult<IReadOnlyList<int>>(Files[path]);
        }
    }
}
