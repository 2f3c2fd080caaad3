using System.Reflection;
using Cria.Gguf;
using Cria.Runtime;
using TestModels;

namespace Cria.Tests.Runtime;

/// <summary>
/// Every public call of a model under wrong input, after disposal, cancelled at random moments and disposed under way: each ends in a
/// typed error that helps, and the next request works.
/// </summary>
public sealed class BadDayTests(BadDayTests.Files files) : IClassFixture<BadDayTests.Files>
{
    private const int Context = 256;

    private static readonly GenerationOptions s_short = new() { MaxTokens = 6, Temperature = 0, IgnoreEos = true };

    private static readonly ChatMessage[] s_messages = [ChatMessage.User("of the")];

    private static readonly int[] s_tokens = [1, 40, 41, 42];

    /// <summary>Each public method of a model, as an app might call it.</summary>
    internal static readonly Dictionary<string, Func<LlamaModel, Files, CancellationToken, Task>> Calls = new()
    {
        ["GenerateAsync"] = (model, _, stop) => model.GenerateAsync("the other one", s_short, stop),
        ["GenerateAsync of tokens"] = (model, _, stop) => model.GenerateAsync(s_tokens, s_short, stop),
        ["GenerateAsync of a value"] = (model, _, stop) => model.GenerateAsync<bool>("is it so?", s_short, stop),
        ["StreamAsync"] = (model, _, stop) => ReadAsync(model.StreamAsync("the other one", s_short, stop)),
        ["StreamAsync of tokens"] = (model, _, stop) => ReadAsync(model.StreamAsync(s_tokens, s_short, stop)),
        ["StreamAsync left early"] = (model, _, stop) => ReadAsync(model.StreamAsync("the other one", s_short, stop), most: 1),
        ["ChatAsync"] = (model, _, stop) => model.ChatAsync(s_messages, s_short, stop),
        ["StreamChatAsync"] = (model, _, stop) => ReadAsync(model.StreamChatAsync(s_messages, s_short, stop)),
        ["TokenizeAsync"] = (model, _, stop) => model.TokenizeAsync("the other one", cancellationToken: stop),
        ["DetokenizeAsync"] = (model, _, stop) => model.DetokenizeAsync(s_tokens, cancellationToken: stop),
        ["GetLogitsAsync"] = (model, _, stop) => model.GetLogitsAsync(s_tokens, stop),
        ["MeasurePerplexityAsync"] = (model, _, stop) => model.MeasurePerplexityAsync(new string('x', 60), 16, cancellationToken: stop),
        ["BenchmarkAsync"] = (model, _, stop) => model.BenchmarkAsync(20, 4, 1, cancellationToken: stop),
        ["BenchmarkSpeculationAsync"] = (model, _, stop) => model.BenchmarkSpeculationAsync(s_tokens, s_tokens, s_short, 1, stop),
        ["EmbedAsync"] = (model, _, stop) => model.EmbedAsync("the other one", cancellationToken: stop),
        ["EmbedAsync of texts"] = (model, _, stop) => model.EmbedAsync(["one", "the other one"], cancellationToken: stop),
        ["EmbedAsync of tokens"] = (model, _, stop) => model.EmbedAsync(s_tokens, cancellationToken: stop),
        ["RerankAsync"] = (model, _, stop) => model.RerankAsync("the", ["one", "other"], stop),
        ["LoadAdapterAsync"] = async (model, files, stop) => (await model.LoadAdapterAsync(files.Adapter, stop)).Dispose(),
        ["PurgeCache"] = (model, _, stop) => Task.Run(model.PurgeCache, stop),
        ["CheckAdapterAsync"] = (model, files, stop) => model.CheckAdapterAsync(files.Adapter, stop),
    };

    /// <summary>Calls that cannot be meant, with the error that says so.</summary>
    internal static readonly List<(Type Error, Func<LlamaModel, Files, Task> Call)> Mistakes =
    [
        (typeof(ArgumentNullException), (model, _) => model.GenerateAsync((string)null!)),
        (typeof(ArgumentNullException), (model, _) => model.EmbedAsync((string)null!)),
        (typeof(ArgumentNullException), (model, _) => model.EmbedAsync((IEnumerable<string>)null!)),
        (typeof(ArgumentNullException), (model, _) => model.EmbedAsync(["one", null!])),
        (typeof(ArgumentNullException), (model, _) => model.RerankAsync(null!, ["one"])),
        (typeof(ArgumentNullException), (model, _) => model.RerankAsync("one", null!)),
        (typeof(ArgumentNullException), (model, _) => model.TokenizeAsync(null!)),
        (typeof(ArgumentNullException), (model, _) => model.MeasurePerplexityAsync(null!)),
        (typeof(ArgumentNullException), (model, _) => model.ChatAsync((ChatRequest)null!)),
        (typeof(ArgumentException), (model, _) => model.LoadAdapterAsync("")),
        (typeof(ArgumentNullException), (model, _) => model.CheckAdapterAsync(null!)),
        (typeof(InvalidOptionException), (model, _) => model.GenerateAsync(Array.Empty<int>())),
        (typeof(InvalidOptionException), (model, _) => model.GenerateAsync(new[] { -1 })),
        (typeof(InvalidOptionException), (model, _) => model.GetLogitsAsync(new[] { 1_000_000 })),
        (typeof(InvalidOptionException), (model, _) => model.DetokenizeAsync(new[] { int.MaxValue })),
        (typeof(InvalidOptionException), (model, _) => model.GenerateAsync("one", s_short with { Temperature = float.NaN })),
        (typeof(InvalidOptionException), (model, _) => model.GenerateAsync("one", s_short with { StopSequences = [""] })),
        (typeof(InvalidOptionException), (model, _) => model.EmbedAsync("one", new EmbeddingOptions { Pooling = (PoolingType)77 })),
        (typeof(InvalidOptionException), (model, _) => model.MeasurePerplexityAsync("short", 16)),
        (typeof(InvalidOptionException), (model, _) => model.BenchmarkAsync(-1, 1, 1)),
        (typeof(InvalidOptionException), (model, _) => model.BenchmarkAsync(1, 1, 0)),
        (typeof(InvalidOptionException), (model, _) => model.BenchmarkSpeculationAsync(s_tokens, Array.Empty<int>())),
        (typeof(InvalidOptionException), (model, _) => model.GenerateAsync("one", s_short with { Speculation = Speculation.With(model) })),
        (typeof(ContextFullException), (model, _) => model.BenchmarkSpeculationAsync(s_tokens, new int[Context])),
        (typeof(ContextFullException), (model, _) => model.GenerateAsync(new string('x', 2 * Context))),
        (typeof(ContextFullException), (model, _) => model.GetLogitsAsync(new int[Context + 1])),
        (typeof(ContextFullException), (model, _) => model.EmbedAsync(new string('x', 2 * Context))),
        (typeof(ContextFullException), (model, _) => model.ChatAsync([ChatMessage.User(new string('x', 2 * Context))])),
        (typeof(ContextFullException), (model, _) => model.BenchmarkAsync(int.MaxValue, 1, 1, depth: int.MaxValue)),
        (typeof(ModelLoadException), (model, files) => model.LoadAdapterAsync(files.Adapter + ".missing")),
        (typeof(AdapterException), (model, files) => model.CheckAdapterAsync(files.Model)),
        (typeof(UnfinishedAnswerException), (model, _) => model.GenerateAsync<string>("say it", s_short with { MaxTokens = 1 })),
    ];

    public static TheoryData<string> Names => [.. Calls.Keys];

    [Fact]
    public void Every_public_method_is_tried_here()
    {
        string[] methods = [.. typeof(LlamaModel).GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly)
            .Where(method => !method.IsSpecialName && !method.Name.StartsWith("Dispose", StringComparison.Ordinal)).Select(method => method.Name).Distinct()];
        // Whoever adds a method adds how it is called to Calls.
        Assert.Empty(methods.Except(Calls.Keys));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_disposed_model_says_which_one_it_was(string call)
    {
        LlamaModel model = await LoadAsync();
        await model.DisposeAsync();
        var error = await Assert.ThrowsAsync<ObjectDisposedException>(() => Calls[call](model, files, CancellationToken.None));
        Assert.Equal("tiny", error.ObjectName);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Who_has_cancelled_before_gets_nothing_but_that(string call)
    {
        await using LlamaModel model = await LoadAsync();
        using var cancellation = new CancellationTokenSource();
        cancellation.Cancel();
        var error = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Calls[call](model, files, cancellation.Token));
        Assert.Equal(cancellation.Token, error.CancellationToken);
        await AssertWorks(model);
    }

    [Fact]
    public async Task Every_mistake_is_a_typed_error_with_a_sentence_and_the_next_request_works()
    {
        await using LlamaModel model = await LoadAsync();
        foreach ((Type type, Func<LlamaModel, Files, Task> call) in Mistakes)
        {
            Exception? error = await Record.ExceptionAsync(() => call(model, files));
            Assert.NotNull(error);
            Assert.True(type.IsInstanceOfType(error), $"{error.GetType().Name} instead of {type.Name}: {error.Message}");
            if (error is CriaException) Assert.Matches(@"\w+ \w+.*[.'""]$", error.Message);
            await AssertWorks(model);
        }
    }

    [Fact]
    public async Task Loading_may_be_cancelled_at_any_report()
    {
        for (int report = 0; report < 12; report++)
        {
            using var cancellation = new CancellationTokenSource();
            int count = 0;
            var progress = new Reports(() =>
            {
                if (Interlocked.Increment(ref count) == report) cancellation.Cancel();
            });
            try
            {
                await using LlamaModel model = await LlamaModel.LoadAsync(files.Model, files.Options, progress, cancellation.Token);
                await AssertWorks(model);
            }
            catch (OperationCanceledException error)
            {
                Assert.True(cancellation.IsCancellationRequested, error.Message);
            }
        }

        await using LlamaModel last = await LoadAsync();
        await AssertWorks(last);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Cancelled_at_any_moment_a_call_ends_and_leaves_nothing_behind(string call)
    {
        Engine engine = Load();
        await using var model = new LlamaModel(engine);
        await CallAsync(CancellationToken.None);
        var random = new Random(7);
        for (int round = 0; round < 30; round++)
        {
            using var cancellation = new CancellationTokenSource();
            Task running = CallAsync(cancellation.Token);
            // Not a time but an amount of work, from none to about as much as the call takes.
            Thread.SpinWait(random.Next(1 << random.Next(4, 18)));
            cancellation.Cancel();
            await running;
            Assert.Equal(0, engine.Network!.Cache.PagesInUse);
        }

        await AssertWorks(model);

        async Task CallAsync(CancellationToken token)
        {
            try
            {
                await Calls[call](model, files, token);
            }
            catch (OperationCanceledException error)
            {
                Assert.Equal(token, error.CancellationToken);
            }
            catch (UnfinishedAnswerException)
            {
                // What a network of random weights says is cut off rather often.
            }
        }
    }

    [Fact]
    public async Task Disposed_by_several_threads_while_all_calls_run_everything_ends()
    {
        var random = new Random(11);
        for (int round = 0; round < 12; round++)
        {
            Engine engine = Load();
            var model = new LlamaModel(engine);
            int wait = random.Next(1 << random.Next(4, 22));
            using var begun = new CountdownEvent(Calls.Count);
            Task[] requests = [.. Calls.Values.Select(call => Task.Run(async () =>
            {
                begun.Signal();
                // Again and again, until the model is gone.
                while (true) await call(model, files, CancellationToken.None);
            }))];
            begun.Wait();
            Thread.SpinWait(wait);
            await Task.WhenAll(Enumerable.Range(0, 3).Select(i => i == 0 ? model.DisposeAsync().AsTask() : Task.Run(model.Dispose)));

            foreach (Task request in requests)
            {
                Exception? error = await Record.ExceptionAsync(() => request);
                Assert.True(error is OperationCanceledException or ObjectDisposedException or UnfinishedAnswerException, $"{error}");
            }

            Assert.Equal((0, 0), (engine.Network!.CacheBytes, engine.Network.WorkBytes));
        }
    }

    private Task<LlamaModel> LoadAsync() => LlamaModel.LoadAsync(files.Model, files.Options);

    private Engine Load() => ModelLoader.Load(files.Model, files.Options, null, CancellationToken.None);

    private async Task AssertWorks(LlamaModel model) => Assert.Equal(files.Expected, (await model.GenerateAsync(s_tokens, s_short)).Tokens);

    private static async Task ReadAsync<T>(IAsyncEnumerable<T> pieces, int most = int.MaxValue)
    {
        await foreach (T _ in pieces)
            if (--most == 0) break;
    }

    private sealed class Reports(Action report) : IProgress<LoadProgress>
    {
        public void Report(LoadProgress value) => report();
    }

    /// <summary>A model that can do everything, generating, embedding and ranking, and an adapter for it.</summary>
    public sealed class Files : IDisposable
    {
        private readonly string _folder = Directory.CreateTempSubdirectory("cria-bad-day-").FullName;

        public Files()
        {
            TinyModel.Write(Model, "qwen3", TensorType.F32, seed: 1, TinyVariants.Ranker);
            TinyAdapter.Write(Adapter, Model);
            using LlamaModel model = LlamaModel.LoadAsync(Model, Options).GetAwaiter().GetResult();
            Expected = [.. model.GenerateAsync(s_tokens, s_short).GetAwaiter().GetResult().Tokens];
        }

        public string Model => Path.Combine(_folder, "tiny.gguf");

        public string Adapter => Path.Combine(_folder, "adapter.gguf");

        /// <summary>What the model says when nothing disturbs it.</summary>
        public int[] Expected { get; }

        public ModelOptions Options { get; } = new() { ContextLength = Context, Threads = 2, BatchSize = 32, ChatTemplate = "chatml" };

        public void Dispose() => Directory.Delete(_folder, recursive: true);
    }
}
