using Cria.Models;
using TestModels;

namespace Cria.Tests.Runtime;

/// <summary>One model guesses what another says.</summary>
public sealed class DraftModelTests(TinyModelFile file) : IClassFixture<TinyModelFile>
{
    private static readonly GenerationOptions s_options = new() { Temperature = 0.8f, Seed = 3, MaxTokens = 60, Speculation = Speculation.None };

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(null)]
    public async Task The_text_is_the_same_and_a_model_that_thinks_alike_guesses_right(int? length)
    {
        await using LlamaModel draft = file.With(SpeculationTests.Repetitive(1)), model = file.With(SpeculationTests.Repetitive(1));
        int accepted = 0, proposed = 0;
        for (int seed = 1; seed <= 10; seed++)
        {
            GenerationResult plain = await model.GenerateAsync(SpeculationTests.Prompt(seed), s_options with { Seed = seed });
            GenerationResult guessed = await model.GenerateAsync(
                SpeculationTests.Prompt(seed), s_options with { Seed = seed, Speculation = Speculation.With(draft) with { Length = length } });
            SpeculationTests.Same(plain, guessed);
            accepted += guessed.Drafts.Accepted;
            proposed += guessed.Drafts.Proposed;
        }

        if (length is not null) Assert.InRange(accepted, proposed / 3 + 1, proposed);
    }

    [Fact]
    public async Task Many_texts_at_once_have_the_same_draft_model()
    {
        await using LlamaModel draft = file.With(SpeculationTests.Repetitive(1)), model = file.With(SpeculationTests.Repetitive(1));
        var plain = new List<GenerationResult>();
        for (int i = 0; i < 16; i++) plain.Add(await model.GenerateAsync(SpeculationTests.Prompt(i), s_options with { Seed = i }));
        Task<GenerationResult>[] all = [.. Enumerable.Range(0, 16).Select(i => Task.Run(() => model.GenerateAsync(
            SpeculationTests.Prompt(i), s_options with { Seed = i, Speculation = Speculation.With(draft) with { Length = 3 } })))];
        GenerationResult own = await draft.GenerateAsync(SpeculationTests.Prompt(3), s_options with { Seed = 3 });

        GenerationResult[] results = await Task.WhenAll(all);
        for (int i = 0; i < results.Length; i++) SpeculationTests.Same(plain[i], results[i]);
        SpeculationTests.Same(plain[3], own);
    }

    [Fact]
    public async Task A_draft_model_with_a_small_context_follows_a_long_text()
    {
        ScriptedPredictor small = new() { Next = text => 50 + (text[^1] - 49) % 5, ContextLength = 130, MaxBatch = 16 };
        await using LlamaModel draft = file.With(small);
        await using LlamaModel model = file.With(new ScriptedPredictor { Next = text => 50 + (text[^1] - 49) % 5, ContextLength = 1000 });
        GenerationResult result = await model.GenerateAsync(
            SpeculationTests.Cycle([50, 51, 52, 53, 54], 400), s_options with { MaxTokens = 200, Speculation = Speculation.With(draft) with { Length = 4 } });
        Assert.Equal(SpeculationTests.Cycle([50, 51, 52, 53, 54], 200), result.Tokens);
        Assert.True(result.Drafts.Accepted > 50, $"{result.Drafts}");
    }

    [Fact]
    public async Task Guesses_of_tokens_that_the_model_lacks_are_left_out()
    {
        await using LlamaModel draft = file.With(new ScriptedPredictor { Next = _ => 310, VocabularySize = 320 });
        await using LlamaModel model = file.With(ScriptedPredictor.Saying("hello hello hello"));
        GenerationResult result = await model.GenerateAsync(new[] { TinyModelFile.BeginToken }, s_options with { Speculation = Speculation.With(draft) with { Length = 4 } });
        Assert.Equal("hello hello hello", result.Text);
        Assert.Equal(0, result.Drafts.Proposed);
    }

    [Fact]
    public async Task Refuses_a_draft_model_with_another_vocabulary_and_names_the_first_difference()
    {
        string folder = Directory.CreateTempSubdirectory("cria-draft-").FullName;
        try
        {
            string path = Path.Combine(folder, "other.gguf");
            new TinyEncoder("bert").Write(path);
            await using LlamaModel encoder = await LlamaModel.LoadAsync(path);
            await using LlamaModel model = file.With(ScriptedPredictor.Saying("x"));
            await Assert.ThrowsAsync<UnsupportedTaskException>(() => model.GenerateAsync("a", s_options with { Speculation = Speculation.With(encoder) }));

            WriteWithAnotherToken(path, "th", "zq");
            await using LlamaModel other = await LlamaModel.LoadAsync(path);
            var refusal = await Assert.ThrowsAsync<VocabularyMismatchException>(() => model.GenerateAsync("a", s_options with { Speculation = Speculation.With(other) }));
            Assert.Equal(("th", "zq"), (refusal.Expected, refusal.Found));
            Assert.Equal("th", await model.DetokenizeAsync(new[] { 1, refusal.Token }));
            Assert.Contains($"token {refusal.Token} is \"zq\"", refusal.Message, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task Refuses_itself_and_a_disposed_model()
    {
        await using LlamaModel model = file.With(ScriptedPredictor.Saying("x"));
        LlamaModel draft = file.With(ScriptedPredictor.Saying("x"));
        GenerationOptions options = s_options with { Speculation = Speculation.With(draft) };
        await draft.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => model.GenerateAsync("a", options));
        var refusal = await Assert.ThrowsAsync<InvalidOptionException>(() => model.GenerateAsync("a", s_options with { Speculation = Speculation.With(model) }));
        Assert.Equal(nameof(GenerationOptions.Speculation), refusal.Option);
        Assert.Throws<ArgumentNullException>(() => Speculation.With(null!));
    }

    [Fact]
    public async Task A_text_goes_on_without_guesses_when_the_draft_model_is_disposed_or_fails()
    {
        for (int passes = 1; passes < 8; passes++)
        {
            var failing = SpeculationTests.Repetitive(1);
            int made = 0, stop = passes;
            LlamaModel draft = file.With(failing);
            failing.Planned = shares =>
            {
                if (++made < stop) return;
                if (stop % 2 == 0) throw new IOException("gone");
                _ = draft.DisposeAsync();
            };
            await using LlamaModel model = file.With(SpeculationTests.Repetitive(1));
            GenerationResult plain = await model.GenerateAsync(SpeculationTests.Prompt(1), s_options);
            GenerationResult guessed = await model.GenerateAsync(SpeculationTests.Prompt(1), s_options with { Speculation = Speculation.With(draft) with { Length = 2 } });
            SpeculationTests.Same(plain, guessed);
            await draft.DisposeAsync();
            Assert.True(failing.IsDisposed);
        }
    }

    [Fact]
    public async Task A_cancelled_text_and_a_disposed_model_let_the_draft_model_go()
    {
        using var cancel = new CancellationTokenSource();
        ScriptedPredictor drafting = SpeculationTests.Repetitive(1), speaking = SpeculationTests.Repetitive(1);
        await using LlamaModel draft = file.With(drafting);
        GenerationOptions options = s_options with { MaxTokens = -1, IgnoreEos = true, WhenFull = ContextOverflow.DropOldest, Speculation = Speculation.With(draft) with { Length = 2 } };
        LlamaModel model = file.With(speaking);
        int passes = 0;
        speaking.Planned = shares =>
        {
            if (++passes == 5) cancel.Cancel();
            if (passes == 20) _ = model.DisposeAsync();
        };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => model.GenerateAsync(SpeculationTests.Prompt(1), options, cancel.Token));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => model.GenerateAsync(SpeculationTests.Prompt(1), options));
        await model.DisposeAsync();

        // It serves others afterwards, and nothing of the texts is left when it ends.
        Assert.Equal(3, (await draft.GenerateAsync(SpeculationTests.Prompt(1), s_options with { MaxTokens = 3, IgnoreEos = true })).Tokens.Count);
        await draft.DisposeAsync();
        Assert.Equal(0, drafting.OpenSequences);
    }

    [Fact]
    public async Task Two_models_guess_for_each_other()
    {
        await using LlamaModel a = file.With(SpeculationTests.Repetitive(1)), b = file.With(SpeculationTests.Repetitive(1));
        GenerationResult plain = await a.GenerateAsync(SpeculationTests.Prompt(1), s_options);
        GenerationResult[] all = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(() => (i % 2 == 0 ? a : b).GenerateAsync(
            SpeculationTests.Prompt(1), s_options with { Speculation = Speculation.With(i % 2 == 0 ? b : a) with { Length = 3 } }))));
        Assert.All(all, result => SpeculationTests.Same(plain, result));
    }

    [Fact]
    public async Task A_draft_model_short_of_memory_stops_guessing_and_the_text_comes()
    {
        ScriptedPredictor drafting = SpeculationTests.Repetitive(1);
        int refusals = 0;
        drafting.Planned = shares =>
        {
            // Room for two texts, not for four.
            if (shares.Count <= 2 || refusals > 50) return;
            refusals++;
            throw new CacheFullException(2, 1);
        };
        await using LlamaModel draft = file.With(drafting), model = file.With(SpeculationTests.Repetitive(1));
        GenerationResult plain = await model.GenerateAsync(SpeculationTests.Prompt(1), s_options);
        GenerationResult[] all = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Task.Run(() => model.GenerateAsync(
            SpeculationTests.Prompt(1), s_options with { Speculation = Speculation.With(draft) with { Length = 3 } }))));
        Assert.All(all, result => SpeculationTests.Same(plain, result));
    }

    [Fact]
    public async Task A_real_model_guesses_all_that_its_twin_says()
    {
        var small = new ModelOptions { ContextLength = 256, Threads = 1 };
        await using LlamaModel draft = await LlamaModel.LoadAsync(file.Path, small), model = await LlamaModel.LoadAsync(file.Path, small);
        GenerationOptions greedy = s_options with { Temperature = 0, IgnoreEos = true };
        GenerationResult plain = await model.GenerateAsync("the other one", greedy);
        GenerationResult guessed = await model.GenerateAsync("the other one", greedy with { Speculation = Speculation.With(draft) with { Length = 4 } });
        SpeculationTests.Same(plain, guessed);
        Assert.True(guessed.Drafts.Accepted > 30, $"{guessed.Drafts}");
        Assert.Equal(guessed.Drafts.Proposed, guessed.Drafts.Accepted);
    }

    private static void WriteWithAnotherToken(string path, string token, string other)
    {
        TinyModel.Write(path, "llama");
        byte[] bytes = File.ReadAllBytes(path);
        // A file has a string's length before it; the other is as long, so that nothing else changes.
        byte[] old = [.. BitConverter.GetBytes((long)token.Length), .. System.Text.Encoding.ASCII.GetBytes(token)];
        int at = bytes.AsSpan().IndexOf(old) + sizeof(long);
        System.Text.Encoding.ASCII.GetBytes(other).CopyTo(bytes, at);
        File.WriteAllBytes(path, bytes);
    }
}
