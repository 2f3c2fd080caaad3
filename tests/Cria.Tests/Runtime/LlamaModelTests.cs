using Cria.Gguf;
using Cria.Models;
using Cria.Runtime;
using Cria.Text;

namespace Cria.Tests.Runtime;

public class LlamaModelTests(TinyModelFile file) : IClassFixture<TinyModelFile>
{
    private const string Prompt = "the other one";

    private static readonly ModelOptions s_small = new() { ContextLength = 256, Threads = 1 };

    [Fact]
    public async Task Loads_with_the_trained_context_and_reports_progress()
    {
        var progress = new Collected<LoadProgress>();
        await using LlamaModel model = await LlamaModel.LoadAsync(file.Path, new ModelOptions { Threads = 1 }, progress);

        Assert.Equal(TinyModelFile.TrainedContext, model.ContextLength);
        Assert.Equal(TinyModelFile.Name, model.Info.Name);
        Assert.Equal(0, progress.Values[0].Fraction);
        Assert.Equal(1, progress.Values[^1].Fraction);
        Assert.Equal(progress.Values.OrderBy(value => value.Fraction), progress.Values);
    }

    [Fact]
    public async Task Computes_with_at_least_one_thread_by_default()
    {
        await using LlamaModel model = await LlamaModel.LoadAsync(file.Path, new ModelOptions { ContextLength = 64 });
        Assert.InRange(model.Threads, 1, Environment.ProcessorCount);
    }

    [Fact]
    public async Task Refuses_files_that_are_missing_or_no_model()
    {
        await Assert.ThrowsAnyAsync<ModelLoadException>(() => LlamaModel.LoadAsync(file.Path + ".missing"));
        string text = Path.Combine(Path.GetDirectoryName(file.Path)!, "text.gguf");
        await File.WriteAllTextAsync(text, "This is no model.");
        await Assert.ThrowsAnyAsync<ModelLoadException>(() => LlamaModel.LoadAsync(text));
    }

    [Fact]
    public async Task Refuses_a_longer_context_than_trained_unless_asked_for()
    {
        var options = new ModelOptions { ContextLength = 2000, Threads = 1 };
        await Assert.ThrowsAnyAsync<CriaException>(() => LlamaModel.LoadAsync(file.Path, options));
        await using LlamaModel model = await LlamaModel.LoadAsync(file.Path, options with { AllowLongerContext = true });
        Assert.Equal(2000, model.ContextLength);
    }

    [Fact]
    public async Task Loading_can_be_cancelled()
    {
        using var cancellation = new CancellationTokenSource();
        var progress = new Collected<LoadProgress>(_ => cancellation.Cancel());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => LlamaModel.LoadAsync(file.Path, s_small, progress, cancellation.Token));
    }

    [Fact]
    public async Task The_same_seed_gives_the_same_text_and_another_seed_another()
    {
        await using LlamaModel model = await LlamaModel.LoadAsync(file.Path, s_small);
        var options = new GenerationOptions { Seed = 1, MaxTokens = 20, IgnoreEos = true };
        GenerationResult first = await model.GenerateAsync(Prompt, options);

        Assert.Equal(first.Tokens, (await model.GenerateAsync(Prompt, options)).Tokens);
        Assert.NotEqual(first.Tokens, (await model.GenerateAsync(Prompt, options with { Seed = 2 })).Tokens);
        Assert.Equal(1u, first.Seed);
    }

    [Fact]
    public async Task A_random_seed_is_told_and_repeats_the_text()
    {
        await using LlamaModel model = await LlamaModel.LoadAsync(file.Path, s_small);
        var options = new GenerationOptions { MaxTokens = 20, IgnoreEos = true };
        GenerationResult first = await model.GenerateAsync(Prompt, options);

        Assert.Equal(first.Tokens, (await model.GenerateAsync(Prompt, options with { Seed = first.Seed })).Tokens);
    }

    [Fact]
    public async Task The_pieces_of_a_stream_are_the_text()
    {
        await using LlamaModel model = await LlamaModel.LoadAsync(file.Path, s_small);
        var options = new GenerationOptions { Seed = 3, MaxTokens = 50, IgnoreEos = true };
        GenerationResult whole = await model.GenerateAsync(Prompt, options);

        GenerationStream stream = model.StreamAsync(Prompt, options);
        string text = "";
        await foreach (string piece in stream) text += piece;

        Assert.Equal(whole.Text, text);
        Assert.Equal(whole.Text, stream.Result.Text);
        Assert.Equal(whole.Tokens, stream.Result.Tokens);
    }

    [Fact]
    public async Task A_prompt_of_text_is_the_same_as_its_tokens()
    {
        await using LlamaModel model = await LlamaModel.LoadAsync(file.Path, s_small);
        var options = new GenerationOptions { Temperature = 0, MaxTokens = 10, IgnoreEos = true };
        int[] tokens = await model.TokenizeAsync(Prompt, addSpecial: true);

        Assert.Equal(TinyModelFile.BeginToken, tokens[0]);
        Assert.Equal((await model.GenerateAsync(Prompt, options)).Tokens, (await model.GenerateAsync(tokens, options)).Tokens);
        Assert.Equal(Prompt, await model.DetokenizeAsync(tokens.AsMemory(1)));
    }

    [Fact]
    public async Task Requests_at_the_same_time_give_what_they_give_alone()
    {
        await using LlamaModel model = await LlamaModel.LoadAsync(file.Path, s_small);
        GenerationOptions Options(int seed) => new() { Seed = seed, MaxTokens = 15, IgnoreEos = true };
        var alone = new List<string>();
        for (int seed = 0; seed < 6; seed++) alone.Add((await model.GenerateAsync(Prompt + seed, Options(seed))).Text);

        GenerationResult[] together = await Task.WhenAll(Enumerable.Range(0, 6).Select(seed => model.GenerateAsync(Prompt + seed, Options(seed))));

        Assert.Equal(alone, together.Select(result => result.Text));
    }

    [Fact]
    public async Task Logits_do_not_depend_on_how_the_prompt_is_cut_into_batches()
    {
        int[] tokens = [.. Enumerable.Range(0, 50).Select(i => i * 7 % TinyModelFile.VocabularySize)];
        var all = new List<float[]>();
        foreach (int batch in new[] { 512, 7 })
        {
            await using LlamaModel model = await LlamaModel.LoadAsync(
                file.Path, s_small with { BatchSize = batch, KeyType = CacheType.F32, ValueType = CacheType.F32 });
            all.Add(await model.GetLogitsAsync(tokens));
        }

        Assert.Equal(TinyModelFile.VocabularySize, all[0].Length);
        Assert.Equal(all[0], all[1], new Sampling.Near(1e-3f));
    }

    [Fact]
    public async Task The_first_greedy_token_has_the_highest_logit()
    {
        await using LlamaModel model = await LlamaModel.LoadAsync(file.Path, s_small);
        int[] tokens = await model.TokenizeAsync(Prompt, addSpecial: true);
        float[] logits = await model.GetLogitsAsync(tokens);
        GenerationResult result = await model.GenerateAsync(tokens, new GenerationOptions { Temperature = 0, MaxTokens = 1 });

        Assert.Equal(Array.IndexOf(logits, logits.Max()), result.Tokens.Single());
    }

    [Fact]
    public async Task Perplexity_scores_the_second_half_of_each_window()
    {
        const int window = 16;
        await using LlamaModel model = await LlamaModel.LoadAsync(file.Path, s_small with { BatchSize = 5, KeyType = CacheType.F32, ValueType = CacheType.F32 });
        string text = string.Concat(Enumerable.Range(0, 60).Select(i => (char)('a' + i * i % 23)));
        int[] tokens = await model.TokenizeAsync(text, addSpecial: true);
        var progress = new Collected<PerplexityProgress>();

        PerplexityResult result = await model.MeasurePerplexityAsync(text, window, progress);

        // The same from single predictions; the model wants a first token, so each window begins with it.
        double sum = 0;
        int count = 0;
        for (int start = 0; start + window <= tokens.Length; start += window)
        {
            int[] part = [TinyModelFile.BeginToken, .. tokens[(start + 1)..(start + window)]];
            for (int i = window / 2; i < window - 1; i++)
            {
                float[] logits = await model.GetLogitsAsync(part.AsMemory(0, i + 1));
                sum -= logits[part[i + 1]] - Math.Log(logits.Sum(logit => Math.Exp(logit)));
                count++;
            }
        }

        Assert.Equal(Math.Exp(sum / count), result.Perplexity, 1e-3 * result.Perplexity);
        Assert.Equal(count, result.TokenCount);
        Assert.Equal(tokens.Length / window, result.Windows);
        Assert.Equal(result.Perplexity, progress.Values[^1].Perplexity, 1e-9);
        Assert.Equal(result.Windows, progress.Values.Count);
    }

    [Fact]
    public async Task Perplexity_wants_two_windows_of_text()
    {
        await using LlamaModel model = await LlamaModel.LoadAsync(file.Path, s_small);
        Assert.Equal("text", (await Assert.ThrowsAsync<InvalidOptionException>(() => model.MeasurePerplexityAsync("short", 16))).Option);
        Assert.Equal("window", (await Assert.ThrowsAsync<InvalidOptionException>(() => model.MeasurePerplexityAsync("short", 257))).Option);
    }

    [Fact]
    public async Task A_model_that_computes_no_numbers_has_no_perplexity()
    {
        await using LlamaModel model = file.With(new ScriptedPredictor { Next = _ => TinyModelFile.EndToken, Certainty = float.NaN });
        await Assert.ThrowsAsync<NoPredictionException>(() => model.MeasurePerplexityAsync(new string('x', 100), 16));
    }

    [Fact]
    public async Task A_benchmark_measures_each_repetition()
    {
        await using LlamaModel model = await LlamaModel.LoadAsync(file.Path, s_small);
        BenchmarkResult result = await model.BenchmarkAsync(promptTokens: 20, generatedTokens: 3, repetitions: 2, depth: 10);

        Assert.Equal((20, 3, 10), (result.PromptTokens, result.GeneratedTokens, result.Depth));
        Assert.Equal(2, result.PrefillPerSecond.Count);
        Assert.Equal(2, result.DecodePerSecond.Count);
        Assert.All(result.PrefillPerSecond.Concat(result.DecodePerSecond), speed => Assert.True(speed > 0));
        await Assert.ThrowsAsync<ContextFullException>(() => model.BenchmarkAsync(200, 1, 1, depth: 100));
    }

    [Fact]
    public async Task Cancels_measurements()
    {
        using var cancellation = new CancellationTokenSource();
        await using LlamaModel model = await LlamaModel.LoadAsync(file.Path, s_small);
        var progress = new Collected<PerplexityProgress>(_ => cancellation.Cancel());

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => model.MeasurePerplexityAsync(new string('x', 100), 16, progress, cancellation.Token));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => model.BenchmarkAsync(5, 5, 1, cancellationToken: cancellation.Token));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => model.GetLogitsAsync(new[] { 1 }, cancellation.Token));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public async Task A_decode_step_of_a_real_network_allocates_nothing(int guesses)
    {
        GgufFile opened = GgufFile.Open(file.Path);
        using Network network = Network.Load(opened, new NetworkOptions { Threads = 2 });
        var counting = new CountingPredictor(new NetworkPredictor(network));
        await using var model = new LlamaModel(new Engine(opened, Tokenizer.FromFile(opened), counting));

        // Token 0 has no text, so that only the step itself is left: pass, sampling, bookkeeping.
        var always = new Dictionary<int, float> { [0] = 1000 };
        var options = new GenerationOptions { MaxTokens = 250 * (1 + guesses), LogitBias = always, RepeatPenalty = 1.1f, Speculation = Speculation.Lookup with { Length = guesses } };
        // The first text makes the cache grow; the pages themselves are no managed memory, but a list of them is.
        await model.GenerateAsync(new[] { 1 }, options);
        counting.AllocatedAtPass.Clear();
        await model.GenerateAsync(new[] { 1 }, options);

        long[] steps = [.. counting.AllocatedAtPass.Zip(counting.AllocatedAtPass.Skip(1), (a, b) => b - a).Skip(50)];
        Assert.InRange(steps.Length, 199, 199 + guesses);
        Assert.All(steps, bytes => Assert.Equal(0, bytes));
    }

    [Fact]
    public async Task Disposing_twice_is_harmless_and_use_afterwards_names_the_model()
    {
        LlamaModel model = await LlamaModel.LoadAsync(file.Path, s_small);
        await model.GenerateAsync(Prompt, new GenerationOptions { MaxTokens = 2 });
        model.Dispose();
        model.Dispose();
        await model.DisposeAsync();

        Assert.Contains(TinyModelFile.Name, Assert.Throws<ObjectDisposedException>(() => model.StreamAsync(Prompt)).ObjectName);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => model.GenerateAsync(Prompt));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => model.GenerateAsync(new[] { 1 }));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => model.TokenizeAsync(Prompt));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => model.DetokenizeAsync(new[] { 1 }));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => model.GetLogitsAsync(new[] { 1 }));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => model.MeasurePerplexityAsync(Prompt, 16));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => model.BenchmarkAsync(1, 1, 1));
    }

    [Fact]
    public async Task Disposing_cancels_what_is_running_and_waits_for_it()
    {
        using var running = new ManualResetEventSlim();
        var predictor = new ScriptedPredictor { Next = _ => 100, ContextLength = int.MaxValue };
        predictor.Passing = (_, _) => running.Set();
        LlamaModel model = file.With(predictor);
        Task<GenerationResult> generation = model.GenerateAsync(new[] { 1 }, new GenerationOptions { Temperature = 0 });
        running.Wait();

        await model.DisposeAsync();

        Assert.True(predictor.IsDisposed);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => generation);
    }

    [Fact]
    public async Task A_progress_report_may_dispose_the_model()
    {
        LlamaModel model = await LlamaModel.LoadAsync(file.Path, s_small);
        var progress = new Collected<PerplexityProgress>(_ => model.Dispose());

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => model.MeasurePerplexityAsync(new string('x', 100), 16, progress));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => model.GenerateAsync(Prompt));
    }

    [Fact]
    public async Task Many_threads_may_generate_cancel_and_dispose_at_once()
    {
        for (int round = 0; round < 5; round++)
        {
            LlamaModel model = await LlamaModel.LoadAsync(file.Path, s_small);
            using var cancellation = new CancellationTokenSource();
            using var begun = new CountdownEvent(4);
            Task[] requests = [.. Enumerable.Range(0, 8).Select(i => Task.Run(async () =>
            {
                if (i < 4) begun.Signal();
                try
                {
                    CancellationToken token = i % 2 == 0 ? cancellation.Token : CancellationToken.None;
                    await foreach (string _ in model.StreamAsync(Prompt, new GenerationOptions { MaxTokens = 30 + i }, token)) { }
                }
                catch (Exception exception) when (exception is OperationCanceledException or ObjectDisposedException)
                {
                }
            }))];
            begun.Wait();
            cancellation.Cancel();
            await model.DisposeAsync();
            await Task.WhenAll(requests);
        }
    }

    private sealed class Collected<T>(Action<T>? then = null) : IProgress<T>
    {
        public List<T> Values { get; } = [];

        public void Report(T value)
        {
            Values.Add(value);
            then?.Invoke(value);
        }
    }

    /// <summary>Notes, at each pass, what the working thread has allocated so far.</summary>
    private sealed class CountingPredictor(IPredictor inner) : IPredictor
    {
        public List<long> AllocatedAtPass { get; } = new(1000);

        public int VocabularySize => inner.VocabularySize;

        public int ContextLength => inner.ContextLength;

        public int MaxBatch => inner.MaxBatch;

        public ISequence NewSequence(IReadOnlyList<ScaledAdapter>? adapters = null, Sharing sharing = Sharing.None) => inner.NewSequence(adapters, sharing);

        public void Forward(IReadOnlyList<Share> shares, CancellationToken cancellationToken)
        {
            AllocatedAtPass.Add(GC.GetAllocatedBytesForCurrentThread());
            inner.Forward(shares, cancellationToken);
        }

        public void Dispose() => inner.Dispose();
    }
}
