using Cria.Models;
using Cria.Runtime;

namespace Cria.Tests.Runtime;

public sealed class SchedulerTests(TinyModelFile file) : IClassFixture<TinyModelFile>
{
    // Guesses would change how many passes there are.
    private static readonly GenerationOptions s_greedy = new() { Temperature = 0, Speculation = Speculation.None };
    private static readonly int s_x = TinyModelFile.ByteToken((byte)'x');

    [Fact]
    public async Task Requests_share_passes()
    {
        using var held = new Held();
        var predictor = new ScriptedPredictor { Next = text => text.Count < 30 ? s_x : TinyModelFile.EndToken, MaxBatch = 512 };
        int most = 0;
        predictor.Planned = shares =>
        {
            held.Wait();
            most = Math.Max(most, shares.Count);
        };
        await using LlamaModel model = file.With(predictor);
        Task<GenerationResult>[] all = [.. Enumerable.Range(0, 16).Select(_ => model.GenerateAsync(new[] { 1 }, s_greedy))];
        held.Release();

        Assert.All(await Task.WhenAll(all), result => Assert.Equal(29, result.Tokens.Count));
        Assert.Equal(16, most);
        // One pass for who came first alone, and one more for each of the others' tokens.
        Assert.InRange(predictor.Passes.Count, 29, 31);
        Assert.Equal(0, predictor.OpenSequences);
    }

    [Fact]
    public async Task Who_generates_does_not_wait_for_a_long_prompt()
    {
        using var held = new Held();
        var predictor = new ScriptedPredictor { Next = text => text.Count is < 40 or >= 2000 ? s_x : TinyModelFile.EndToken, MaxBatch = 512, ContextLength = 4000 };
        var passes = new List<(bool Generates, int Slice)>();
        predictor.Planned = shares =>
        {
            held.Wait();
            passes.Add((shares.Any(share => share.Text is [1, ..]), shares.Where(share => share.Text is [] or [0, ..]).Sum(share => share.Next.Length)));
        };
        await using LlamaModel model = file.With(predictor);
        Task<GenerationResult> quick = model.GenerateAsync(new[] { 1 }, s_greedy);
        Task<GenerationResult> slow = model.GenerateAsync(new int[2000], s_greedy with { MaxTokens = 1 });
        held.Release();
        await Task.WhenAll(quick, slow);

        // While the one generates, each pass has a token for it and a small slice of the other; then come large slices.
        Assert.All(passes.Where(pass => pass.Slice > 100), pass => Assert.False(pass.Generates));
        Assert.Equal(39, passes.Count(pass => pass.Generates));
        Assert.True(passes.Count(pass => pass.Generates && pass.Slice >= 16) > 30);
        Assert.Contains(passes, pass => pass.Slice == 512);
    }

    [Fact]
    public async Task A_short_prompt_interrupts_the_reading_of_a_long_one()
    {
        using var reading = new ManualResetEventSlim();
        var predictor = new ScriptedPredictor { Next = text => text.Count is < 5 or >= 2000 ? s_x : TinyModelFile.EndToken, MaxBatch = 512, ContextLength = 4000 };
        int interrupted = 0;
        predictor.Passing = (text, token) =>
        {
            if (text.Count != 1024 || interrupted > 0) return;
            reading.Set();
            // A pass ends early when it is told to; without that, the test would hang here.
            token.WaitHandle.WaitOne();
            interrupted++;
            token.ThrowIfCancellationRequested();
        };
        await using LlamaModel model = file.With(predictor);
        Task<GenerationResult> slow = model.GenerateAsync(new int[2000], s_greedy with { MaxTokens = 2 });
        reading.Wait();
        GenerationResult quick = await model.GenerateAsync(new[] { 1, 2, 3 }, s_greedy);

        Assert.False(slow.IsCompleted && predictor.Passes.Count < 4);
        Assert.Equal([s_x, s_x], quick.Tokens);
        Assert.Equal([s_x, s_x], (await slow).Tokens);
        Assert.Equal(1, interrupted);
    }

    [Fact]
    public async Task A_long_prompt_is_read_however_many_short_ones_interrupt_it()
    {
        LlamaModel? model = null;
        var others = new List<Task<GenerationResult>>();
        var predictor = new ScriptedPredictor { Next = text => text.Count >= 2000 ? s_x : TinyModelFile.EndToken, MaxBatch = 512, ContextLength = 4000 };
        predictor.Passing = (text, token) =>
        {
            // In each pass over the long prompt, somebody with a short one comes.
            if (text.Count < 64 || others.Count > 500) return;
            others.Add(model!.GenerateAsync(new[] { 1, 2, 3 }, s_greedy));
            token.ThrowIfCancellationRequested();
        };
        await using (model = file.With(predictor))
        {
            GenerationResult slow = await model.GenerateAsync(new int[2000], s_greedy with { MaxTokens = 1 });
            Assert.Equal([s_x], slow.Tokens);
            Assert.InRange(others.Count, 30, 200);
            await Task.WhenAll(others);
        }
    }

    [Fact]
    public async Task A_prompt_that_another_request_is_reading_is_read_once()
    {
        using var held = new Held();
        int known = 0;
        int[] prompt = [.. Enumerable.Range(0, 300).Select(i => i % 200)];
        var predictor = new ScriptedPredictor
        {
            Next = _ => TinyModelFile.EndToken,
            MaxBatch = 128,
            Kin = new object(),
            Known = _ => known,
        };
        int computed = 0;
        predictor.Planned = shares =>
        {
            held.Wait();
            foreach ((int[] text, int[] next) in shares)
            {
                computed += next.Length;
                known = Math.Max(known, (text.Length + next.Length) / 64 * 64);
            }
        };
        await using LlamaModel model = file.With(predictor);
        Task<GenerationResult>[] all = [.. Enumerable.Range(0, 8).Select(_ => model.GenerateAsync(prompt, s_greedy))];
        held.Release();

        GenerationResult[] results = await Task.WhenAll(all);
        // Seven of them have only what is left behind the last full page to compute.
        Assert.Equal(300 + 7 * (300 - 256), computed);
        Assert.Equal(7, results.Count(result => result.Usage.CachedTokens == 256));
    }

    [Fact]
    public async Task Refuses_more_requests_than_may_wait()
    {
        using var held = new Held();
        var predictor = new ScriptedPredictor { Next = _ => TinyModelFile.EndToken, Planned = _ => held.Wait() };
        await using LlamaModel model = file.With(predictor, limits: new SchedulerLimits(2, 3));
        Task<GenerationResult>[] five = [.. Enumerable.Range(0, 5).Select(_ => model.GenerateAsync(new[] { 1 }, s_greedy))];

        var refused = await Assert.ThrowsAsync<QueueFullException>(() => model.GenerateAsync(new[] { 1 }, s_greedy));
        Assert.Equal(3, refused.Limit);
        held.Release();
        await Task.WhenAll(five);
        Assert.Empty((await model.GenerateAsync(new[] { 1 }, s_greedy)).Tokens);
    }

    [Fact]
    public async Task Those_in_line_go_by_priority_and_then_by_arrival()
    {
        using var held = new Held();
        var predictor = new ScriptedPredictor { Next = _ => TinyModelFile.EndToken };
        var order = new List<int>();
        predictor.Planned = shares =>
        {
            held.Wait();
            order.Add(shares[0].Next[0]);
        };
        await using LlamaModel model = file.With(predictor, limits: new SchedulerLimits(1, 10));
        Task<GenerationResult> Ask(int token, RequestPriority priority) => model.GenerateAsync(new[] { token }, s_greedy with { Priority = priority });
        Task<GenerationResult> first = Ask(10, RequestPriority.Low);
        held.WaitForArrival();
        Task<GenerationResult>[] rest =
        [
            Ask(11, RequestPriority.Low), Ask(12, RequestPriority.Normal), Ask(13, RequestPriority.High), Ask(14, RequestPriority.Normal), Ask(15, RequestPriority.High),
        ];
        held.Release();
        await Task.WhenAll([first, .. rest]);

        Assert.Equal([10, 13, 15, 12, 14, 11], order);
    }

    [Fact]
    public async Task A_request_that_waits_in_line_can_be_cancelled()
    {
        using var cancellation = new CancellationTokenSource();
        using var held = new Held();
        var predictor = new ScriptedPredictor { Next = _ => s_x };
        predictor.Planned = _ => held.Wait();
        await using LlamaModel model = file.With(predictor, limits: new SchedulerLimits(1, 10));
        Task<GenerationResult> first = model.GenerateAsync(new[] { 1 }, s_greedy with { MaxTokens = 500 });
        held.WaitForArrival();
        Task<GenerationResult> cancelled = model.GenerateAsync(new[] { 1 }, s_greedy, cancellation.Token);
        cancellation.Cancel();
        held.Release();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
        Assert.Equal(500, (await first).Tokens.Count);
    }

    [Fact]
    public async Task A_request_that_runs_out_of_time_keeps_what_it_has()
    {
        var predictor = new ScriptedPredictor { Next = _ => s_x, ContextLength = int.MaxValue };
        await using LlamaModel model = file.With(predictor);
        GenerationStream stream = model.StreamAsync(new[] { 1 }, s_greedy with { Timeout = TimeSpan.FromSeconds(1) });

        var thrown = await Assert.ThrowsAsync<RequestTimeoutException>(async () =>
        {
            await foreach (string _ in stream)
            {
            }
        });
        Assert.Equal(TimeSpan.FromSeconds(1), thrown.Limit);
        Assert.NotEmpty(stream.Result.Text);
        Assert.Equal(FinishReason.Cancelled, stream.Result.FinishReason);
    }

    [Fact]
    public async Task A_failing_pass_fails_only_who_is_to_blame()
    {
        using var held = new Held();
        var predictor = new ScriptedPredictor { Next = text => text.Count < 10 ? s_x : TinyModelFile.EndToken };
        predictor.Planned = shares =>
        {
            held.Wait();
            if (shares.Any(share => share.Text.Length > 3 && share.Text[0] == 7)) throw new InvalidDataException("broken");
        };
        await using LlamaModel model = file.With(predictor);
        Task<GenerationResult>[] all = [.. new[] { 1, 7, 2 }.Select(token => model.GenerateAsync(new[] { token }, s_greedy))];
        held.Release();

        Assert.Equal(9, (await all[0]).Tokens.Count);
        await Assert.ThrowsAsync<InvalidDataException>(() => all[1]);
        Assert.Equal(9, (await all[2]).Tokens.Count);
        Assert.Equal(0, predictor.OpenSequences);
    }

    [Fact]
    public async Task Requests_that_do_not_fit_the_memory_together_come_one_after_the_other()
    {
        using var held = new Held();
        const int limit = 100;
        // What follows depends on the whole text: one that had lost tokens would go on differently.
        var predictor = new ScriptedPredictor { Next = text => text.Count < 60 ? 3 + text.Sum() % 200 : TinyModelFile.EndToken, MaxBatch = 512 };
        int most = 0;
        predictor.Planned = shares =>
        {
            held.Wait();
            int size = shares.Sum(share => share.Text.Length + share.Next.Length);
            if (size > limit) throw new CacheFullException(size, limit);
            most = Math.Max(most, size);
        };
        await using LlamaModel model = file.With(predictor);
        Task<GenerationResult>[] all = [.. Enumerable.Range(0, 4).Select(i => model.GenerateAsync(new[] { i, i + 1 }, s_greedy))];
        held.Release();
        GenerationResult[] together = await Task.WhenAll(all);

        Assert.InRange(most, 61, limit);
        for (int i = 0; i < 4; i++) Assert.Equal((await model.GenerateAsync(new[] { i, i + 1 }, s_greedy)).Tokens, together[i].Tokens);
        Assert.Equal(0, predictor.OpenSequences);
    }

    [Fact]
    public async Task A_text_that_does_not_fit_the_memory_alone_fails()
    {
        var predictor = new ScriptedPredictor { Next = _ => s_x };
        predictor.Planned = shares =>
        {
            if (shares.Sum(share => share.Text.Length + share.Next.Length) > 20) throw new CacheFullException(21, 20);
        };
        await using LlamaModel model = file.With(predictor);

        var full = await Assert.ThrowsAsync<CacheMemoryException>(() => model.GenerateAsync(new[] { 1 }, s_greedy));
        Assert.Equal((21, 20), (full.NeededBytes, full.LimitBytes));
        Assert.Equal([s_x], (await model.GenerateAsync(new[] { 1 }, s_greedy with { MaxTokens = 1 })).Tokens);
    }

    [Fact]
    public async Task A_full_context_forgets_the_oldest_half_behind_what_is_kept_if_asked()
    {
        var texts = new List<int[]>();
        var predictor = new ScriptedPredictor { Next = text => 3 + text.Count, ContextLength = 32, MaxBatch = 512 };
        predictor.Planned = shares => texts.Add([.. shares[0].Text, .. shares[0].Next]);
        await using LlamaModel model = file.With(predictor);
        int[] prompt = [1, 2, .. Enumerable.Range(100, 18)];

        GenerationResult stopped = await model.GenerateAsync(prompt, s_greedy);
        Assert.Equal((FinishReason.ContextFull, 12, 0), (stopped.FinishReason, stopped.Tokens.Count, stopped.DroppedTokens));

        texts.Clear();
        GenerationResult result = await model.GenerateAsync(prompt, s_greedy with { WhenFull = ContextOverflow.DropOldest, KeepTokens = 2, MaxTokens = 40 });
        Assert.Equal((FinishReason.Length, 40), (result.FinishReason, result.Tokens.Count));

        // The text has 32 tokens and a 33rd is to join: two are kept, 15 of the other 30 go.
        int[] full = [.. prompt, .. result.Tokens.Take(12)], next = texts.First(text => text.Length == 18);
        Assert.Equal([1, 2, .. full[17..], result.Tokens[12]], next);
        Assert.Equal(30, result.DroppedTokens);
        Assert.All(texts, text => Assert.InRange(text.Length, 1, 32));
    }

    [Fact]
    public async Task A_prompt_beyond_the_context_loses_what_is_old_if_asked()
    {
        var texts = new List<int[]>();
        var predictor = new ScriptedPredictor { Next = _ => TinyModelFile.EndToken, ContextLength = 32, MaxBatch = 512 };
        predictor.Planned = shares => texts.Add([.. shares[0].Text, .. shares[0].Next]);
        await using LlamaModel model = file.With(predictor);
        int[] prompt = [.. Enumerable.Range(0, 100)];

        await Assert.ThrowsAsync<ContextFullException>(() => model.GenerateAsync(prompt, s_greedy));
        GenerationResult result = await model.GenerateAsync(prompt, s_greedy with { WhenFull = ContextOverflow.DropOldest, KeepTokens = 4 });

        Assert.Equal([.. prompt[..4], .. prompt[86..]], Assert.Single(texts));
        Assert.Equal((82, 100), (result.DroppedTokens, result.Usage.PromptTokens));
    }

    /// <summary>Keeps the worker in its first pass until the test has asked for all that it wants.</summary>
    private sealed class Held : IDisposable
    {
        private readonly ManualResetEventSlim _gate = new(), _arrived = new();

        public void Wait()
        {
            _arrived.Set();
            _gate.Wait();
        }

        public void WaitForArrival() => _arrived.Wait();

        public void Release() => _gate.Set();

        public void Dispose()
        {
            _gate.Dispose();
            _arrived.Dispose();
        }
    }
}
