using Cria.Runtime;

namespace Cria.Tests.Runtime;

public class GenerationTests(TinyModelFile file) : IClassFixture<TinyModelFile>
{
    private static readonly int[] s_prompt = [TinyModelFile.BeginToken];
    private static readonly GenerationOptions s_greedy = new() { Temperature = 0 };

    // One token a pass, whatever could be guessed.
    private static readonly GenerationOptions s_alone = s_greedy with { Speculation = Speculation.None };

    [Fact]
    public async Task Ends_where_the_model_ends_the_text_and_does_not_show_that_token()
    {
        await using LlamaModel model = file.With(ScriptedPredictor.Saying("hello"));
        GenerationResult result = await model.GenerateAsync(s_prompt, s_greedy);

        Assert.Equal("hello", result.Text);
        Assert.Equal("hello"u8.ToArray().Select(TinyModelFile.ByteToken), result.Tokens);
        Assert.Equal(FinishReason.EndOfText, result.FinishReason);
        Assert.Null(result.StoppingText);
        Assert.Equal(new TokenUsage(1, 6), result.Usage);
        Assert.Equal(7, result.Usage.TotalTokens);
    }

    [Fact]
    public async Task Goes_on_after_the_end_if_asked_to()
    {
        await using LlamaModel model = file.With(ScriptedPredictor.Saying("hello"));
        GenerationResult result = await model.GenerateAsync(s_prompt, s_greedy with { IgnoreEos = true, MaxTokens = 9 });

        Assert.Equal(9, result.Tokens.Count);
        Assert.DoesNotContain(TinyModelFile.EndToken, result.Tokens);
    }

    [Fact]
    public async Task Ends_at_the_number_of_tokens_asked_for()
    {
        await using LlamaModel model = file.With(ScriptedPredictor.Saying("hello"));
        GenerationResult result = await model.GenerateAsync(s_prompt, s_greedy with { MaxTokens = 3 });

        Assert.Equal("hel", result.Text);
        Assert.Equal(FinishReason.Length, result.FinishReason);
        Assert.Equal(new TokenUsage(1, 3), result.Usage);
    }

    [Fact]
    public async Task Generates_nothing_if_no_tokens_are_asked_for()
    {
        ScriptedPredictor predictor = ScriptedPredictor.Saying("hello");
        await using LlamaModel model = file.With(predictor);
        GenerationResult result = await model.GenerateAsync(s_prompt, s_greedy with { MaxTokens = 0 });

        Assert.Equal("", result.Text);
        Assert.Equal(FinishReason.Length, result.FinishReason);
        Assert.Empty(predictor.Passes);
    }

    [Fact]
    public async Task Says_so_when_the_context_is_full()
    {
        await using LlamaModel model = file.With(new ScriptedPredictor { Next = _ => 100, ContextLength = 20 });
        GenerationResult result = await model.GenerateAsync(new int[15].Select(_ => 50).ToArray(), s_greedy);

        Assert.Equal(FinishReason.ContextFull, result.FinishReason);
        Assert.Equal(20, result.Usage.TotalTokens);
    }

    [Fact]
    public async Task A_prompt_that_fills_the_context_is_not_continued()
    {
        await using LlamaModel model = file.With(new ScriptedPredictor { Next = _ => 100, ContextLength = 20 });
        GenerationResult result = await model.GenerateAsync(new int[20], s_greedy);

        Assert.Equal(FinishReason.ContextFull, result.FinishReason);
        Assert.Empty(result.Tokens);
    }

    [Fact]
    public async Task Refuses_a_prompt_longer_than_the_context_before_any_work()
    {
        var predictor = new ScriptedPredictor { Next = _ => 100, ContextLength = 20 };
        await using LlamaModel model = file.With(predictor);

        var refusal = await Assert.ThrowsAsync<ContextFullException>(() => model.GenerateAsync(new int[21], s_greedy));
        Assert.Equal((21, 20), (refusal.Needed, refusal.Available));
        await Assert.ThrowsAsync<ContextFullException>(() => model.GenerateAsync(new string('x', 100), s_greedy));
        await Assert.ThrowsAsync<ContextFullException>(async () => await ReadAsync(model.StreamAsync(new string('x', 100), s_greedy)));
        Assert.Empty(predictor.Passes);
    }

    [Fact]
    public async Task Refuses_tokens_that_do_not_exist()
    {
        await using LlamaModel model = file.With(ScriptedPredictor.Saying(""));
        Assert.Equal("prompt", (await Assert.ThrowsAsync<InvalidOptionException>(() => model.GenerateAsync(new[] { 307 }))).Option);
        Assert.Equal("prompt", (await Assert.ThrowsAsync<InvalidOptionException>(() => model.GenerateAsync(new[] { -1 }))).Option);
        Assert.Equal("prompt", (await Assert.ThrowsAsync<InvalidOptionException>(() => model.GenerateAsync(Array.Empty<int>()))).Option);
        Assert.Equal("tokens", (await Assert.ThrowsAsync<InvalidOptionException>(() => model.DetokenizeAsync(new[] { 307 }))).Option);
    }

    [Fact]
    public async Task Begins_a_text_from_nothing()
    {
        await using LlamaModel model = file.With(ScriptedPredictor.Saying("hello"));
        Assert.Equal("hello", (await model.GenerateAsync("", s_greedy with { AddSpecial = false })).Text);
    }

    [Fact]
    public async Task Stops_at_a_stop_sequence_across_tokens()
    {
        await using LlamaModel model = file.With(ScriptedPredictor.Saying("one\nUser: two"));
        var stream = model.StreamAsync(s_prompt, s_greedy with { StopSequences = ["###", "\nUser:"] });
        List<string> pieces = await ReadAsync(stream);

        Assert.Equal("one", string.Concat(pieces));
        Assert.Equal("one", stream.Result.Text);
        Assert.Equal(FinishReason.StopSequence, stream.Result.FinishReason);
        Assert.Equal("\nUser:", stream.Result.StoppingText);
        Assert.Equal(9, stream.Result.Tokens.Count);
    }

    [Fact]
    public async Task Shows_what_was_held_back_when_no_stop_sequence_came_of_it()
    {
        await using LlamaModel model = file.With(ScriptedPredictor.Saying("a##b##"));
        var stream = model.StreamAsync(s_prompt, s_greedy with { StopSequences = ["###"] });

        Assert.Equal(["a", "##b", "##"], await ReadAsync(stream));
        Assert.Equal("a##b##", stream.Result.Text);
        Assert.Equal(FinishReason.EndOfText, stream.Result.FinishReason);
    }

    [Fact]
    public async Task A_stop_sequence_that_comes_with_the_last_token_counts()
    {
        await using LlamaModel model = file.With(ScriptedPredictor.Saying("ab!"));
        GenerationResult result = await model.GenerateAsync(s_prompt, s_greedy with { StopSequences = ["!"], MaxTokens = 3 });

        Assert.Equal(FinishReason.StopSequence, result.FinishReason);
        Assert.Equal("ab", result.Text);
    }

    [Fact]
    public async Task Never_shows_half_a_character()
    {
        const string text = "é€😀";
        await using LlamaModel model = file.With(ScriptedPredictor.Saying(text));

        Assert.Equal(["é", "€", "😀"], await ReadAsync(model.StreamAsync(s_prompt, s_greedy)));
    }

    [Fact]
    public async Task Marks_a_character_that_the_limit_cut_off()
    {
        await using LlamaModel model = file.With(ScriptedPredictor.Saying("a€"));
        Assert.Equal("a\uFFFD", (await model.GenerateAsync(s_prompt, s_greedy with { MaxTokens = 3 })).Text);
    }

    [Fact]
    public async Task Lists_the_likeliest_tokens_as_the_model_saw_them()
    {
        await using LlamaModel model = file.With(ScriptedPredictor.Saying("hi"));
        GenerationResult result = await model.GenerateAsync(s_prompt, s_greedy with
        {
            ProbabilityCount = 3,
            LogitBias = new Dictionary<int, float> { [TinyModelFile.ByteToken((byte)'h')] = -100, [TinyModelFile.ByteToken((byte)'j')] = 100 },
            MaxTokens = 1,
        });

        TokenProbabilities step = Assert.Single(result.Probabilities);
        Assert.Equal("j", result.Text);
        Assert.Equal("j", step.Chosen.Text);
        Assert.Equal(0, step.Chosen.Probability, 1e-6f);
        Assert.Equal(3, step.Likeliest.Count);
        Assert.Equal("h", step.Likeliest[0].Text);
        Assert.Equal(1, step.Likeliest[0].Probability, 1e-6f);
    }

    [Fact]
    public async Task Reads_a_long_prompt_in_batches()
    {
        ScriptedPredictor predictor = new() { Next = _ => TinyModelFile.EndToken, MaxBatch = 16 };
        await using LlamaModel model = file.With(predictor);
        await model.GenerateAsync(new int[40], s_greedy);

        Assert.Equal([16, 16, 8], predictor.Passes);
    }

    [Fact]
    public async Task Penalties_count_the_prompt()
    {
        int x = TinyModelFile.ByteToken((byte)'x');
        await using LlamaModel model = file.With(new ScriptedPredictor { Next = _ => x });
        GenerationOptions options = s_greedy with { FrequencyPenalty = 100, MaxTokens = 1 };

        Assert.Equal([x], (await model.GenerateAsync(s_prompt, options)).Tokens);
        Assert.NotEqual([x], (await model.GenerateAsync(new[] { TinyModelFile.BeginToken, x }, options)).Tokens);
    }

    [Fact]
    public async Task Cancelling_takes_effect_within_one_token()
    {
        using var cancellation = new CancellationTokenSource();
        var predictor = new ScriptedPredictor { Next = _ => TinyModelFile.ByteToken((byte)'x') };
        predictor.Passing = (text, _) =>
        {
            if (text.Count == 6) cancellation.Cancel();
        };
        await using LlamaModel model = file.With(predictor);
        GenerationStream stream = model.StreamAsync(s_prompt, s_alone, cancellation.Token);

        var thrown = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => ReadAsync(stream));

        Assert.Equal(cancellation.Token, thrown.CancellationToken);
        Assert.InRange(predictor.Passes.Count, 6, 7);
        Assert.Equal(0, predictor.OpenSequences);
        Assert.Equal(FinishReason.Cancelled, stream.Result.FinishReason);
        Assert.Equal(stream.Result.Tokens.Count, stream.Result.Text.Length);
    }

    [Fact]
    public async Task Cancelling_reaches_into_a_pass_over_a_long_prompt()
    {
        using var cancellation = new CancellationTokenSource();
        var predictor = new ScriptedPredictor { Next = _ => 100, MaxBatch = 512 };
        predictor.Passing = (_, token) =>
        {
            cancellation.Cancel();
            token.ThrowIfCancellationRequested();
            Assert.Fail("The pass was not cancelled.");
        };
        await using LlamaModel model = file.With(predictor);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => model.GenerateAsync(new int[500], s_greedy, cancellation.Token));
        Assert.Equal(0, predictor.OpenSequences);
    }

    [Fact]
    public async Task A_token_given_to_the_enumeration_cancels_too()
    {
        using var first = new CancellationTokenSource();
        using var second = new CancellationTokenSource();
        await using LlamaModel model = file.With(new ScriptedPredictor { Next = _ => TinyModelFile.ByteToken((byte)'x'), ContextLength = int.MaxValue });

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (string _ in model.StreamAsync(s_prompt, s_greedy, first.Token).WithCancellation(second.Token)) second.Cancel();
        });
    }

    [Fact]
    public async Task Who_cancels_gets_no_more_of_a_text_that_ran_ahead()
    {
        using var cancellation = new CancellationTokenSource();
        await using LlamaModel model = file.With(new ScriptedPredictor { Next = _ => TinyModelFile.ByteToken((byte)'x'), ContextLength = int.MaxValue });
        int pieces = 0;

        var thrown = await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (string _ in model.StreamAsync(s_prompt, s_greedy, cancellation.Token))
            {
                if (++pieces == 3) cancellation.Cancel();
            }
        });

        Assert.Equal(3, pieces);
        Assert.Equal(cancellation.Token, thrown.CancellationToken);
    }

    [Fact]
    public async Task Who_stops_reading_stops_the_work()
    {
        var predictor = new ScriptedPredictor { Next = _ => TinyModelFile.ByteToken((byte)'x'), ContextLength = int.MaxValue };
        await using LlamaModel model = file.With(predictor);
        GenerationStream stream = model.StreamAsync(s_prompt, s_greedy);

        await foreach (string _ in stream) break;

        Assert.Equal(0, predictor.OpenSequences);
        Assert.Equal(FinishReason.Cancelled, stream.Result.FinishReason);
    }

    [Fact]
    public async Task A_stream_does_no_work_until_it_is_read_and_can_be_read_once()
    {
        ScriptedPredictor predictor = ScriptedPredictor.Saying("hi");
        await using LlamaModel model = file.With(predictor);
        GenerationStream stream = model.StreamAsync(s_prompt, s_greedy);

        Assert.Throws<InvalidOperationException>(() => stream.Result);
        Assert.Empty(predictor.Passes);
        await ReadAsync(stream);
        Assert.Equal("hi", stream.Result.Text);
        await Assert.ThrowsAsync<InvalidOperationException>(() => ReadAsync(stream));
    }

    [Fact]
    public async Task A_failure_reaches_its_caller_and_leaves_the_model_usable()
    {
        ScriptedPredictor predictor = ScriptedPredictor.Saying("hello");
        predictor.Passing = (text, _) =>
        {
            if (text.Count == 3) throw new InvalidDataException("broken");
        };
        await using LlamaModel model = file.With(predictor);

        await Assert.ThrowsAsync<InvalidDataException>(() => model.GenerateAsync(s_prompt, s_greedy));
        GenerationStream stream = model.StreamAsync(s_prompt, s_greedy);
        await Assert.ThrowsAsync<InvalidDataException>(() => ReadAsync(stream));
        Assert.Throws<InvalidOperationException>(() => stream.Result);
        Assert.Equal(0, predictor.OpenSequences);

        predictor.Passing = null;
        Assert.Equal("hello", (await model.GenerateAsync(s_prompt, s_greedy)).Text);
    }

    [Fact]
    public async Task Requests_take_turns()
    {
        // Whichever text the passes belong to: from a point on, both are under way, and neither waits for the other's end.
        var lengths = new List<int>();
        var predictor = new ScriptedPredictor { Next = text => text.Count < 40 ? TinyModelFile.ByteToken((byte)'x') : TinyModelFile.EndToken };
        using var gate = new ManualResetEventSlim();
        predictor.Passing = (text, _) =>
        {
            gate.Wait();
            lengths.Add(text.Count);
        };
        await using LlamaModel model = file.With(predictor);
        Task<GenerationResult> first = model.GenerateAsync(s_prompt, s_alone), second = model.GenerateAsync(s_prompt, s_alone);
        gate.Set();
        Assert.Equal((await first).Text, (await second).Text);

        // The first may be a few turns ahead; without turns, it would be 39 passes ahead.
        int firstAt20 = lengths.IndexOf(20), secondAt20 = lengths.LastIndexOf(20);
        Assert.InRange(secondAt20 - firstAt20, 1, 10);
    }

    [Fact]
    public async Task Tells_how_long_the_parts_took()
    {
        await using LlamaModel model = file.With(ScriptedPredictor.Saying("hello"));
        GenerationTimings timings = (await model.GenerateAsync(s_prompt, s_greedy)).Timings;

        Assert.Equal((1, 6), (timings.PromptTokens, timings.PredictedTokens));
        Assert.True(timings.PromptTime > TimeSpan.Zero && timings.PredictedTime > TimeSpan.Zero && timings.TimeToFirstToken >= timings.PromptTime);
        Assert.Equal(6 / timings.PredictedTime.TotalSeconds, timings.PredictedPerSecond);
    }

    [Fact]
    public async Task A_step_allocates_nothing_but_text()
    {
        // Token 0 has no text, so that only the step itself is left.
        var allocated = new List<long>();
        long last = 0;
        var predictor = new ScriptedPredictor { Next = _ => 0 };
        predictor.Passing = (_, _) =>
        {
            // The script's own allocations, between here and the next step's start, are taken out.
            allocated.Add(GC.GetAllocatedBytesForCurrentThread() - last);
            last = 0;
        };
        await using LlamaModel model = file.With(new Quiet(predictor, bytes => last = bytes));
        await model.GenerateAsync(s_prompt, s_alone with { Temperature = 0.8f, MaxTokens = 200, RepeatPenalty = 1.1f, LogitBias = new Dictionary<int, float> { [0] = 100 } });

        Assert.Equal(200, allocated.Count);
        Assert.All(allocated[20..], bytes => Assert.Equal(0, bytes));
    }

    private static async Task<List<string>> ReadAsync(GenerationStream stream)
    {
        var pieces = new List<string>();
        await foreach (string piece in stream) pieces.Add(piece);
        return pieces;
    }

    /// <summary>Gives the same logits each time without allocating, and notes the allocation count when a pass returns.</summary>
    private sealed class Quiet(ScriptedPredictor inner, Action<long> returned) : IPredictor, ISequence
    {
        private readonly float[] _logits = new float[inner.VocabularySize];

        public int VocabularySize => inner.VocabularySize;

        public int ContextLength => inner.ContextLength;

        public int MaxBatch => inner.MaxBatch;

        public ReadOnlySpan<int> Tokens => [];

        public int Adopted => 0;

        public object? Kin => null;

        public ISequence NewSequence(IReadOnlyList<ScaledAdapter>? adapters = null, Sharing sharing = Sharing.None) => this;

        public int Adopt(ReadOnlySpan<int> upcoming) => 0;

        public void Truncate(int length)
        {
        }

        public void Forward(IReadOnlyList<Share> shares, CancellationToken cancellationToken)
        {
            inner.Passing!([], cancellationToken);
            Array.Clear(_logits);
            returned(GC.GetAllocatedBytesForCurrentThread());
        }

        public Span<float> Logits(int index) => _logits;

        public void Dispose()
        {
        }
    }
}
