namespace Cria.Tests.Runtime;

/// <summary>Guessing changes when a text comes and nothing else.</summary>
public sealed class SpeculationTests(TinyModelFile file) : IClassFixture<TinyModelFile>
{
    private static readonly GenerationOptions s_greedy = new() { Temperature = 0, MaxTokens = 60, Speculation = Speculation.None };
    private static readonly GenerationOptions s_random = new() { Temperature = 1.2f, TopK = 0, Seed = 7, MaxTokens = 60, Speculation = Speculation.None };

    private static readonly int[] s_ten = [50, 51, 52, 53, 54, 55, 56, 57, 58, 59];

    public static TheoryData<string> Choices => [.. s_choices.Keys];

    private static readonly Dictionary<string, GenerationOptions> s_choices = new()
    {
        ["greedy"] = s_greedy,
        ["random"] = s_random,
        ["narrow"] = s_random with { TopK = 5, TopP = 0.9f, MinP = 0.1f },
        ["xtc"] = s_random with { XtcProbability = 0.5f },
        ["penalties"] = s_random with { RepeatPenalty = 1.3f, FrequencyPenalty = 0.2f, PresencePenalty = 0.1f },
        ["dry"] = s_greedy with { DryMultiplier = 0.8f },
        ["mirostat"] = s_random with { Mirostat = 2 },
        ["mirostat 1"] = s_random with { Mirostat = 1 },
        ["stops"] = s_random with { MaxTokens = 500, StopSequences = ["dd", "abc"] },
        ["end"] = s_random with { MaxTokens = -1 },
        ["probabilities"] = s_random with { ProbabilityCount = 3 },
        ["one token"] = s_greedy with { MaxTokens = 1 },
        ["full"] = s_greedy with { MaxTokens = -1, IgnoreEos = true },
        ["dropping"] = s_random with { MaxTokens = 400, IgnoreEos = true, WhenFull = ContextOverflow.DropOldest, KeepTokens = 3 },
        ["grammar"] = s_random with { Grammar = Grammar.FromRegex("(abcabc|bca|ccabd)*e?"), MaxTokens = 120 },
    };

    [Theory]
    [MemberData(nameof(Choices))]
    public async Task The_text_is_the_same_with_and_without_guesses(string choice)
    {
        GenerationOptions options = s_choices[choice];
        int accepted = 0, proposed = 0;
        for (int seed = 1; seed <= 20; seed++)
        {
            await using LlamaModel plain = file.With(Repetitive(seed));
            GenerationResult expected = await plain.GenerateAsync(Prompt(seed), options with { Seed = seed });
            Assert.Equal(default, expected.Drafts);
            foreach (int? length in (int?[])[1, 4, 15, null])
            {
                ScriptedPredictor predictor = Repetitive(seed);
                await using LlamaModel model = file.With(predictor);
                GenerationResult result = await model.GenerateAsync(
                    Prompt(seed), options with { Seed = seed, Speculation = Speculation.Lookup with { Length = length } });
                Same(expected, result);
                accepted += result.Drafts.Accepted;
                proposed += result.Drafts.Proposed;
            }
        }

        if (choice == "one token") Assert.Equal(0, proposed);
        else Assert.True(accepted > 0 && accepted < proposed, $"{accepted} of {proposed}");
    }

    [Fact]
    public async Task Accepted_guesses_save_passes()
    {
        ScriptedPredictor predictor = Repeating(s_ten);
        await using LlamaModel model = file.With(predictor);
        GenerationResult result = await model.GenerateAsync(
            Cycle(s_ten, 30), s_greedy with { MaxTokens = 81, Speculation = Speculation.Lookup with { Length = 7 } });

        Assert.Equal(Cycle(s_ten, 81), result.Tokens);
        // The first token comes with the prompt, and then eight a pass.
        Assert.Equal(new DraftUsage(70, 70), result.Drafts);
        Assert.Equal(30 + 80, predictor.Passes.Sum());
        Assert.Equal(10, predictor.Passes.Count(pass => pass == 8));
    }

    [Fact]
    public async Task Guesses_go_beyond_neither_the_tokens_asked_for_nor_the_context()
    {
        int[] cycle = [51, 52, 53, 54, 55];
        ScriptedPredictor predictor = Repeating(cycle);
        await using LlamaModel model = file.With(predictor);
        GenerationOptions guessing = s_greedy with { Speculation = Speculation.Lookup with { Length = 15 } };
        GenerationResult few = await model.GenerateAsync(Cycle(cycle, 15), guessing with { MaxTokens = 5 });
        Assert.Equal((FinishReason.Length, 5), (few.FinishReason, few.Usage.CompletionTokens));
        // The last of the five is not read, and nothing behind it is guessed.
        Assert.Equal(15 + 4, predictor.Passes.Sum());

        GenerationResult all = await model.GenerateAsync(Cycle(cycle, 15), guessing with { MaxTokens = -1 });
        Assert.Equal((FinishReason.ContextFull, 300), (all.FinishReason, all.Usage.TotalTokens));
    }

    [Fact]
    public async Task Guesses_that_would_end_the_text_are_not_read()
    {
        int[] cycle = [7, 8, 9, TinyModelFile.EndToken];
        ScriptedPredictor predictor = Repeating(cycle);
        predictor.Planned = shares => Assert.All(shares, share => Assert.True(share.Text is [] || !share.Next.Contains(TinyModelFile.EndToken)));
        await using LlamaModel model = file.With(predictor);
        GenerationResult result = await model.GenerateAsync(Cycle(cycle, 12), s_greedy with { Speculation = Speculation.Lookup with { Length = 15 } });
        Assert.Equal([7, 8, 9], result.Tokens);
        Assert.Equal(FinishReason.EndOfText, result.FinishReason);
    }

    [Fact]
    public async Task Many_texts_at_once_each_with_guesses_come_as_each_alone()
    {
        var plain = new List<GenerationResult>();
        await using (LlamaModel model = file.With(Repetitive(1)))
        {
            for (int i = 0; i < 24; i++) plain.Add(await model.GenerateAsync(Prompt(i), s_random with { Seed = i }));
        }

        ScriptedPredictor predictor = Repetitive(1);
        await using (LlamaModel model = file.With(predictor))
        {
            GenerationResult[] all = await Task.WhenAll(Enumerable.Range(0, 24).Select(i => Task.Run(() => model.GenerateAsync(
                Prompt(i), s_random with { Seed = i, Speculation = i % 3 == 0 ? Speculation.None : Speculation.Lookup with { Length = i % 9 } }))));
            for (int i = 0; i < all.Length; i++) Same(plain[i], all[i]);
        }

        Assert.True(predictor.IsDisposed);
    }

    [Fact]
    public async Task A_constraint_that_leaves_no_choice_comes_before_guesses()
    {
        // The model would say something else throughout; the grammar leaves it one place to choose in each round.
        GenerationOptions options = s_random with { Grammar = Grammar.FromRegex("(key: [ab]; ){9}") };
        await using LlamaModel plain = file.With(Repetitive(5));
        GenerationResult expected = await plain.GenerateAsync(Prompt(5), options with { MaxTokens = -1 });
        ScriptedPredictor predictor = Repetitive(5);
        await using LlamaModel model = file.With(predictor);
        GenerationResult result = await model.GenerateAsync(Prompt(5), options with { MaxTokens = -1, Speculation = Speculation.Lookup with { Length = 10 } });
        Same(expected, result);
        Assert.True(result.Drafts.Accepted > 0);
    }

    [Theory]
    [InlineData(0f)]
    [InlineData(1f)]
    public async Task A_real_network_says_the_same_with_and_without_guesses(float temperature)
    {
        await using LlamaModel model = await LlamaModel.LoadAsync(file.Path, new ModelOptions { ContextLength = 256, Threads = 1, KeyType = CacheType.F32, ValueType = CacheType.F32 });
        int accepted = 0;
        for (int seed = 1; seed <= 10; seed++)
        {
            var options = new GenerationOptions { Temperature = temperature, TopK = 3, Seed = seed, MaxTokens = 100, IgnoreEos = true, Speculation = Speculation.None };
            int[] prompt = Cycle([40 + seed, 50, 60, 70 + seed], 24);
            GenerationResult plain = await model.GenerateAsync(prompt, options);
            GenerationResult guessed = await model.GenerateAsync(prompt, options with { Speculation = Speculation.Lookup with { Length = 1 + seed } });
            Same(plain, guessed);
            accepted += guessed.Drafts.Accepted;
        }

        Assert.True(accepted > 0);
    }

    [Fact]
    public async Task Refuses_to_be_without_a_choice_of_guesses()
    {
        await using LlamaModel model = file.With(Repetitive(1));
        var refusal = await Assert.ThrowsAsync<InvalidOptionException>(() => model.GenerateAsync(Prompt(1), s_greedy with { Speculation = null! }));
        Assert.Equal(nameof(GenerationOptions.Speculation), refusal.Option);
    }

    [Fact]
    public async Task A_measurement_makes_the_model_say_the_text_with_and_without_guesses()
    {
        await using LlamaModel model = file.With(Repetitive(1));
        SpeculationBenchmarkResult result = await model.BenchmarkSpeculationAsync(Cycle([50, 51, 52, 53, 54], 20), Cycle([50, 51, 52, 53, 54], 50),
            s_random with { IgnoreEos = true, Speculation = Speculation.Lookup with { Length = 4 } }, repetitions: 2);
        Assert.Equal((20, 50, 2, 2), (result.PromptTokens, result.GeneratedTokens, result.PlainPerSecond.Count, result.GuessedPerSecond.Count));
        // All but the last guesses, which the end of the text cuts off, are of four, and right.
        Assert.Equal(result.Drafts.Proposed, result.Drafts.Accepted);
        Assert.Equal(2 * 39, result.Drafts.Accepted);
    }

    /// <summary>A network that mostly says what it said before: its logits depend on the last two tokens, few of which are likely.</summary>
    internal static ScriptedPredictor Repetitive(int seed) => new()
    {
        Next = _ => 0,
        AllLogits = text =>
        {
            float[] logits = new float[TinyModelFile.VocabularySize];
            int last = text[^1], before = text.Count > 1 ? text[^2] : 0;
            uint hash = (uint)HashCode(seed, last, before);
            for (byte letter = (byte)'a'; letter <= (byte)'e'; letter++) logits[TinyModelFile.ByteToken(letter)] = 8;
            logits[TinyModelFile.ByteToken((byte)('a' + hash % 5))] = 12;
            logits[TinyModelFile.EndToken] = hash % 16 == 3 ? 9 : 2;
            return logits;
        },
        ContextLength = 300,
        MaxBatch = 64,
    };

    internal static int[] Prompt(int seed) => [TinyModelFile.BeginToken, .. "abcabd"u8.ToArray().Select(TinyModelFile.ByteToken), TinyModelFile.ByteToken((byte)('a' + seed % 5))];

    internal static void Same(GenerationResult expected, GenerationResult actual)
    {
        Assert.Equal(expected.Tokens, actual.Tokens);
        Assert.Equal(expected.Text, actual.Text);
        Assert.Equal((expected.FinishReason, expected.StoppingText, expected.Usage, expected.DroppedTokens),
            (actual.FinishReason, actual.StoppingText, actual.Usage, actual.DroppedTokens));
        Assert.Equal(expected.Probabilities.Select(step => step.Chosen), actual.Probabilities.Select(step => step.Chosen));
        Assert.Equal(expected.Probabilities.SelectMany(step => step.Likeliest), actual.Probabilities.SelectMany(step => step.Likeliest));
    }

    internal static int[] Cycle(int[] cycle, int length) => [.. Enumerable.Range(0, length).Select(i => cycle[i % cycle.Length])];

    private static ScriptedPredictor Repeating(int[] cycle) => new() { Next = text => cycle[text.Count % cycle.Length], ContextLength = 300, MaxBatch = 64 };

    private static int HashCode(int a, int b, int c) => unchecked(((a * 31 + b) * 1_000_003 + c) * 92_821 >> 7);
}
