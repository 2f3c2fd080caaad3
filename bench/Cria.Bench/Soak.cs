using System.Collections.Concurrent;
using System.Diagnostics;
using Cria.Gguf;
using Cria.Runtime;
using TestModels;

namespace Cria.Bench;

/// <summary>
/// Many clients use one model for minutes: some cancel at a random moment, some run out of time, adapters come and go. Every answer that comes to its end
/// must be the one that the request gets alone, and in the end the memory must be what it was.
/// </summary>
internal sealed class Soak : IAsyncDisposable
{
    private const int Prompts = 24, Adapters = 3, Tokens = 40, SharedTokens = 200, Context = 512;

    // What pools and the collector keep for themselves: a leak of a hundred bytes a request would be many times as much.
    private const long ManagedTolerance = 4 << 20;

    private static readonly GenerationOptions s_greedy = new() { Temperature = 0, MaxTokens = Tokens, IgnoreEos = true };

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("cria-soak-");
    private readonly Engine _engine;
    private readonly LlamaModel _model;
    private readonly int[][] _prompts;
    private readonly ConcurrentDictionary<(int Prompt, int Adapter), int[]> _answers = new();
    private long _done, _cancelled, _late, _wrong;

    private Soak(string? modelPath)
    {
        string path = modelPath ?? Path.Combine(_folder.FullName, "model.gguf");
        if (modelPath is null) TinyModel.Write(path, "llama", TensorType.Q4_K);
        for (int i = 1; i < Adapters; i++) TinyAdapter.Write(AdapterPath(i), path, seed: i);
        _engine = ModelLoader.Load(path, new ModelOptions { ContextLength = Context, DiskCache = null }, null, CancellationToken.None);
        _model = new LlamaModel(_engine);
        var random = new Random(1);
        int[] shared = Text(SharedTokens);
        _prompts = [.. Enumerable.Range(0, Prompts).Select(i => (int[])[.. i % 2 == 0 ? shared : [], .. Text(random.Next(1, 250))])];

        int[] Text(int count) => [.. Enumerable.Range(0, count).Select(_ => random.Next(_model.Info.VocabularySize))];
    }

    /// <summary>Runs <c>soak [--minutes N] [--clients N] [--model FILE]</c>; returns 0 if all was well.</summary>
    public static async Task<int> RunAsync(string[] arguments)
    {
        double minutes = double.Parse(Value("--minutes") ?? "10", System.Globalization.CultureInfo.InvariantCulture);
        int clients = int.Parse(Value("--clients") ?? "32", System.Globalization.CultureInfo.InvariantCulture);
        await using var soak = new Soak(Value("--model"));
        return await soak.RunAsync(TimeSpan.FromMinutes(minutes), clients) ? 0 : 1;

        string? Value(string name) => Array.IndexOf(arguments, name) is >= 0 and var i && i + 1 < arguments.Length ? arguments[i + 1] : null;
    }

    public async ValueTask DisposeAsync()
    {
        await _model.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    private async Task<bool> RunAsync(TimeSpan time, int clients)
    {
        await AnswerAloneAsync();
        // The first tenth is to warm up: after it, memory must not grow.
        await ClientsAsync(time / 10, clients, seed: 1);
        Memory before = Measure();
        Console.WriteLine($"{"seconds",8} {"done",9} {"cancelled",9} {"late",6} {"wrong",6}   managed MB   work MB   cache MB");
        var watch = Stopwatch.StartNew();
        using var report = new Timer(_ => Report(watch.Elapsed, Measure(collect: false)), null, TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(1));
        await ClientsAsync(time, clients, seed: 2);
        Memory after = Measure();
        Report(watch.Elapsed, after);

        // Buffers grow with the largest pass so far, which the warm-up need not have met.
        bool isFlat = after.Managed <= before.Managed + ManagedTolerance && after.Work <= before.Work + before.Work / 50 && after.Cache == before.Cache;
        bool isFree = _engine.Network!.Cache.PagesInUse == 0;
        Console.WriteLine($"memory {(isFlat ? "flat" : $"NOT FLAT: before {before}, after {after}")}; pages in use {(isFree ? "none" : _engine.Network.Cache.PagesInUse)}; wrong answers {_wrong}");
        return isFlat && isFree && _wrong == 0 && _done > 0;
    }

    private async Task AnswerAloneAsync()
    {
        for (int adapter = 0; adapter < Adapters; adapter++)
        {
            using LoraAdapter? loaded = await LoadAsync(adapter);
            for (int prompt = 0; prompt < Prompts; prompt++)
                _answers[(prompt, adapter)] = [.. (await _model.GenerateAsync(_prompts[prompt], Options(loaded))).Tokens];
        }
    }

    private async Task ClientsAsync(TimeSpan time, int clients, int seed)
    {
        var watch = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, clients).Select(client => Task.Run(async () =>
        {
            var random = new Random(seed * 1000 + client);
            while (watch.Elapsed < time) await RequestAsync(random);
        })));
    }

    /// <summary>One request: of an adapter or none, and three in ten are cancelled or out of time on the way.</summary>
    private async Task RequestAsync(Random random)
    {
        int prompt = random.Next(Prompts), adapter = random.Next(Adapters), fate = random.Next(10), stopAfter = random.Next(Tokens);
        using LoraAdapter? loaded = await LoadAsync(adapter);
        using var cancellation = new CancellationTokenSource();
        GenerationOptions options = Options(loaded);
        if (fate == 0) options = options with { Timeout = TimeSpan.FromMilliseconds(random.Next(1, 200)) };
        if (fate == 1) cancellation.CancelAfter(random.Next(200));
        if (fate == 2) options = options with { Priority = RequestPriority.High };
        try
        {
            GenerationStream stream = _model.StreamAsync(_prompts[prompt], options, cancellation.Token);
            int pieces = 0;
            await foreach (string _ in stream)
                if (fate == 3 && pieces++ >= stopAfter) break;
            if (stream.Result.FinishReason == FinishReason.Cancelled)
            {
                Interlocked.Increment(ref _cancelled);
                return;
            }

            Interlocked.Increment(ref _done);
            if (!stream.Result.Tokens.SequenceEqual(_answers[(prompt, adapter)])) Interlocked.Increment(ref _wrong);
        }
        catch (OperationCanceledException)
        {
            Interlocked.Increment(ref _cancelled);
        }
        catch (RequestTimeoutException)
        {
            Interlocked.Increment(ref _late);
        }
    }

    private static GenerationOptions Options(LoraAdapter? adapter) => adapter is null ? s_greedy : s_greedy with { Adapters = [new ScaledAdapter(adapter, 0.7f)] };

    private async Task<LoraAdapter?> LoadAsync(int adapter) => adapter == 0 ? null : await _model.LoadAdapterAsync(AdapterPath(adapter));

    private string AdapterPath(int adapter) => Path.Combine(_folder.FullName, $"adapter-{adapter}.gguf");

    private Memory Measure(bool collect = true)
    {
        if (collect) _model.PurgeCache();
        return new Memory(GC.GetTotalMemory(collect), _engine.Network!.WorkBytes, _engine.Network.CacheBytes);
    }

    private void Report(TimeSpan time, Memory memory) => Console.WriteLine(FormattableString.Invariant(
        $"{time.TotalSeconds,8:0} {_done,9} {_cancelled,9} {_late,6} {_wrong,6}   {memory.Managed / 1e6,10:0.00} {memory.Work / 1e6,9:0.00} {memory.Cache / 1e6,10:0.00}"));

    private readonly record struct Memory(long Managed, long Work, long Cache);
}
