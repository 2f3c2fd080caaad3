using TestModels;

namespace Cria.Tests.Runtime;

/// <summary>Adapters as users of a model meet them.</summary>
public sealed class AdapterRequestTests(TinyModelFile file) : IClassFixture<TinyModelFile>, IDisposable
{
    private const string Prompt = "the other one";

    private static readonly ModelOptions s_small = new() { ContextLength = 256, Threads = 1 };
    private static readonly GenerationOptions s_greedy = new() { Temperature = 0, MaxTokens = 24, IgnoreEos = true };

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("cria-adapter-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Requests_at_the_same_time_each_go_through_their_own_adapters()
    {
        await using LlamaModel model = await LlamaModel.LoadAsync(file.Path, s_small);
        using LoraAdapter a = await model.LoadAdapterAsync(Write(1)), b = await model.LoadAdapterAsync(Write(2));
        ScaledAdapter[][] sets = [[], [new(a)], [new(b)], [new(a, 0.5f), new(b, 0.5f)]];
        var alone = new List<IReadOnlyList<int>>();
        foreach (ScaledAdapter[] set in sets) alone.Add((await model.GenerateAsync(Prompt, s_greedy with { Adapters = set })).Tokens);
        Assert.Equal(sets.Length, alone.Select(tokens => string.Join(',', tokens)).Distinct().Count());

        GenerationResult[] together = await Task.WhenAll(sets.Select(set => model.GenerateAsync(Prompt, s_greedy with { Adapters = set })));
        Assert.Equal(alone, together.Select(result => result.Tokens));
    }

    [Fact]
    public async Task Adapters_loaded_with_the_model_act_on_everything_and_beside_those_of_a_request()
    {
        string first = Write(1), second = Write(2);
        await using LlamaModel bare = await LlamaModel.LoadAsync(file.Path, s_small);
        await using LlamaModel adapted = await LlamaModel.LoadAsync(file.Path, s_small with { Adapters = [new(first, 0.5f)] });
        using LoraAdapter a = await bare.LoadAdapterAsync(first), b = await bare.LoadAdapterAsync(second), onTop = await adapted.LoadAdapterAsync(second);

        Assert.Equal(
            (await bare.GenerateAsync(Prompt, s_greedy with { Adapters = [new(a, 0.5f)] })).Tokens,
            (await adapted.GenerateAsync(Prompt, s_greedy)).Tokens);
        Assert.Equal(
            (await bare.GenerateAsync(Prompt, s_greedy with { Adapters = [new(a, 0.5f), new(b)] })).Tokens,
            (await adapted.GenerateAsync(Prompt, s_greedy with { Adapters = [new(onTop)] })).Tokens);
        Assert.NotEqual(await bare.GetLogitsAsync(new[] { 1, 50 }), await adapted.GetLogitsAsync(new[] { 1, 50 }));
    }

    [Fact]
    public async Task An_adapter_disposed_while_in_use_serves_the_request_to_its_end_and_no_later_one()
    {
        await using LlamaModel model = await LlamaModel.LoadAsync(file.Path, s_small);
        LoraAdapter adapter = await model.LoadAdapterAsync(Write(1));
        GenerationOptions options = s_greedy with { Adapters = [new(adapter)] };
        IReadOnlyList<int> expected = (await model.GenerateAsync(Prompt, options)).Tokens;

        GenerationStream stream = model.StreamAsync(Prompt, options);
        await using (IAsyncEnumerator<string> pieces = stream.GetAsyncEnumerator())
        {
            Assert.True(await pieces.MoveNextAsync());
            adapter.Dispose();
            while (await pieces.MoveNextAsync())
            {
            }
        }

        Assert.Equal(expected, stream.Result.Tokens);
        await model.GenerateAsync(Prompt, s_greedy with { MaxTokens = 1 });
        Assert.True(adapter.IsFreed);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => model.GenerateAsync(Prompt, options));
        Assert.Throws<ObjectDisposedException>(() => model.StreamAsync(Prompt, options));
    }

    [Fact]
    public async Task A_disposed_model_loads_no_more()
    {
        LlamaModel model = await LlamaModel.LoadAsync(file.Path, s_small);
        using LoraAdapter adapter = await model.LoadAdapterAsync(Write(1));
        await model.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => model.GenerateAsync(Prompt, s_greedy with { Adapters = [new(adapter)] }));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => model.LoadAdapterAsync(Write(1)));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => model.CheckAdapterAsync(Write(1)));
    }

    [Fact]
    public async Task Checks_an_adapter_without_loading_it()
    {
        await using LlamaModel model = await LlamaModel.LoadAsync(file.Path, s_small);
        AdapterInfo info = await model.CheckAdapterAsync(Write(1));
        Assert.Equal(("tiny adapter", "llama", 6, 9f), (info.Name, info.Architecture, info.Rank, info.Alpha));
        await Assert.ThrowsAsync<AdapterException>(() => model.CheckAdapterAsync(file.Path));
        await Assert.ThrowsAsync<AdapterException>(() => model.LoadAdapterAsync(file.Path));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => model.LoadAdapterAsync(file.Path, new CancellationToken(canceled: true)));
    }

    [Fact]
    public async Task A_model_with_an_adapter_that_does_not_fit_does_not_load()
    {
        var error = await Assert.ThrowsAsync<AdapterException>(() => LlamaModel.LoadAsync(file.Path, s_small with { Adapters = [new(Write(1)), new(file.Path)] }));
        Assert.Equal(file.Path, error.Path);
        await Assert.ThrowsAsync<ModelLoadException>(() => LlamaModel.LoadAsync(file.Path, s_small with { Adapters = [new("none.gguf")] }));
    }

    [Fact]
    public async Task Refuses_adapters_and_scales_that_make_no_sense()
    {
        await using LlamaModel model = await LlamaModel.LoadAsync(file.Path, s_small), other = await LlamaModel.LoadAsync(file.Path, s_small);
        using LoraAdapter adapter = await model.LoadAdapterAsync(Write(1)), foreign = await other.LoadAdapterAsync(Write(1));
        IReadOnlyList<ScaledAdapter>[] wrong = [null!, [default], [new(adapter, float.NaN)], [new(adapter, float.PositiveInfinity)], [new(foreign)]];
        foreach (IReadOnlyList<ScaledAdapter> adapters in wrong)
        {
            var error = Assert.Throws<InvalidOptionException>(() => model.StreamAsync(Prompt, s_greedy with { Adapters = adapters }));
            Assert.Equal("Adapters", error.Option);
        }

        IReadOnlyList<AdapterFile>[] wrongFiles = [null!, [default], [new("a.gguf", float.NaN)]];
        foreach (IReadOnlyList<AdapterFile> adapters in wrongFiles)
            await Assert.ThrowsAsync<InvalidOptionException>(() => LlamaModel.LoadAsync(file.Path, s_small with { Adapters = adapters }));
    }

    private string Write(int seed)
    {
        string path = Path.Combine(_folder.FullName, $"{seed}.gguf");
        TinyAdapter.Write(path, file.Path, seed: seed);
        return path;
    }
}
