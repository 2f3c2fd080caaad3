using TestModels;

namespace Cria.Tests.Runtime;

/// <summary>The conversation face: its names, defaults and kinds of failure, on a model that computes.</summary>
public sealed class LlamaChatTests(TinyModelFile file) : IClassFixture<TinyModelFile>, IDisposable
{
    private const int PageTokens = 64;

    private static readonly ModelOptions s_small = new() { Threads = 1, DiskCache = null };
    private static readonly GenerationParams s_short = new() { Temperature = 0, MaxTokens = 8 };

    private readonly string _folder = Directory.CreateTempSubdirectory("cria-talks-").FullName;

    // About a token for each letter.
    private static string Long => string.Concat(Enumerable.Range(0, 20).Select(i => $"{i} bottles. "));

    private string Path => System.IO.Path.Combine(_folder, "talks.json");

    [Fact]
    public void Parameters_have_their_seeds_defaults()
    {
        Assert.Equal(
            new GenerationParams
            {
                Seed = 42,
                TopK = 40,
                TopP = 0.9f,
                Temperature = 0.7f,
                RepeatPenalty = 1.1f,
                RepetitionLookback = 64,
                MaxTokens = 100,
                Threads = 4,
                BatchThreads = 4,
                EnableEmbeddings = false,
                EnableCausalAttention = true,
            },
            new GenerationParams());
        GenerationOptions options = new GenerationParams { Seed = uint.MaxValue }.ToOptions();
        Assert.Equal((uint.MaxValue, 40, 0.9f, 0.7f, 1.1f, 64, 100), ((uint)options.Seed!, options.TopK, options.TopP, options.Temperature, options.RepeatPenalty, options.RepeatLastN, options.MaxTokens));
        Assert.Equal(0, options.MinP);
    }

    [Fact]
    public async Task The_context_is_two_thousand_tokens_or_what_the_model_was_trained_for()
    {
        await using (LlamaChat chat = await LlamaChat.LoadAsync(file.Path, modelOptions: s_small)) Assert.Equal(TinyModelFile.TrainedContext, chat.ContextLength);
        await using (LlamaChat chat = await LlamaChat.LoadAsync(file.Path, 256, modelOptions: s_small)) Assert.Equal(256, chat.ContextLength);
        Assert.Equal(2048, typeof(LlamaChat).GetMethod(nameof(LlamaChat.LoadAsync))!.GetParameters()[1].DefaultValue);
    }

    [Fact]
    public async Task Answers_stream_and_are_the_same_for_the_same_seed()
    {
        await using LlamaChat chat = await LoadAsync();
        string[] texts = [await TextAsync(chat.Start("Hello", s_short with { Temperature = 1 })), await TextAsync(chat.Start("Hello", s_short with { Temperature = 1 })),
            await TextAsync(chat.Start("Hello", s_short with { Temperature = 1, Seed = 43 }))];
        Assert.Equal(texts[0], texts[1]);
        Assert.NotEqual(texts[0], texts[2]);
        Assert.Equal(3, chat.GetConversationState().Count);
        Assert.Equal(texts[0], chat.GetConversationState()[0].Messages[1].Text);
    }

    [Fact]
    public async Task A_conversation_goes_on_or_begins_afresh()
    {
        await using LlamaChat chat = await LoadAsync();
        var id = ConversationId.New();
        string first = await TextAsync(chat.Start("One", s_short, id));
        await TextAsync(chat.Start("Two", s_short, id, continueConversation: true));
        Assert.Equal(["One", first, "Two"], chat.GetConversationState()[0].Texts()[..3]);
        await TextAsync(chat.Start("One", s_short, id, continueConversation: false));
        Assert.Equal(["One", first], Assert.Single(chat.GetConversationState()).Texts());
    }

    [Fact]
    public async Task A_continued_conversation_reads_only_what_is_new()
    {
        await using LlamaChat chat = await LoadAsync();
        var id = ConversationId.New();
        LlamaChatStream first = chat.Start(Long, s_short, id);
        await TextAsync(first);
        LlamaChatStream second = chat.Start("And then?", s_short, id, continueConversation: true);
        await TextAsync(second);
        Assert.Equal(0, first.Answer.Result!.Generation.Usage.CachedTokens);
        Assert.InRange(second.Answer.Result!.Generation.Usage.CachedTokens, first.Answer.Result.Generation.Usage.PromptTokens - PageTokens, int.MaxValue);
    }

    [Fact]
    public async Task A_cancelled_answer_leaves_the_cache_intact()
    {
        var id = ConversationId.New();
        await using LlamaChat chat = await LoadAsync();
        LlamaChatStream cancelled = chat.Start(Long, s_short with { MaxTokens = -1 }, id);
        await foreach (string _ in cancelled) break;
        Conversation before = chat.GetConversationState()[0];
        LlamaChatStream next = chat.Start("And then?", s_short, id, continueConversation: true);
        string answer = await TextAsync(next);
        Assert.InRange(next.Answer.Result!.Generation.Usage.CachedTokens, PageTokens, int.MaxValue);

        await using LlamaChat other = await LoadAsync();
        other.RestoreConversations([before]);
        Assert.Equal(answer, await TextAsync(other.Start("And then?", s_short, id, continueConversation: true)));
    }

    [Fact]
    public async Task A_conversation_goes_on_in_a_later_process_without_being_read_again()
    {
        ModelOptions onDisk = s_small with { DiskCache = new DiskCacheOptions { Directory = System.IO.Path.Combine(_folder, "cache") } };
        var id = ConversationId.New();
        int read;
        await using (LlamaChat chat = await LlamaChat.LoadAsync(file.Path, modelOptions: onDisk))
        {
            LlamaChatStream first = chat.Start(Long + Long, s_short, id);
            await TextAsync(first);
            read = first.Answer.Result!.Generation.Usage.PromptTokens;
            await chat.SaveConversationsToJsonAsync(Path);
        }

        await using LlamaChat later = await LlamaChat.LoadAsync(file.Path, modelOptions: onDisk);
        later.RestoreConversations(await later.LoadConversationsFromJsonAsync(Path));
        LlamaChatStream second = later.Start("And then?", s_short, id, continueConversation: true);
        await TextAsync(second);
        Assert.InRange(second.Answer.Result!.Generation.Usage.CachedTokens, read - PageTokens, int.MaxValue);
    }

    [Fact]
    public async Task A_restored_conversation_can_be_read_ahead_of_its_next_question()
    {
        await using LlamaChat chat = await LoadAsync();
        var conversation = new Conversation(ConversationId.New())
        {
            Messages = [new(ChatMessage.User(Long), default), new(ChatMessage.Assistant("So many."), default)],
        };
        chat.RestoreConversations([conversation]);
        await chat.Conversations.WarmUpAsync(conversation.Id);
        Assert.Equal(conversation.Messages, chat.GetConversationState()[0].Messages);
        LlamaChatStream next = chat.Start("And then?", s_short, conversation.Id, continueConversation: true);
        await TextAsync(next);
        Assert.InRange(next.Answer.Result!.Generation.Usage.CachedTokens, 2 * PageTokens, int.MaxValue);
    }

    [Fact]
    public async Task Conversations_are_saved_and_restored_and_none_clears()
    {
        await using LlamaChat chat = await LoadAsync();
        await TextAsync(chat.Start("One", s_short));
        await TextAsync(chat.Start("Two", s_short));
        IReadOnlyList<Conversation> all = chat.GetConversationState();
        await chat.SaveConversationsToJsonAsync(Path, [all[1]]);
        Assert.Equal(all[1].Id, Assert.Single(await chat.LoadConversationsFromJsonAsync(Path)).Id);
        await chat.SaveConversationsToJsonAsync(Path);
        chat.RestoreConversations([]);
        Assert.Empty(chat.GetConversationState());
        chat.RestoreConversations(await chat.LoadConversationsFromJsonAsync(Path));
        Assert.Equal(all.Select(conversation => conversation.Title), chat.GetConversationState().Select(conversation => conversation.Title));
    }

    [Fact]
    public async Task Conversations_are_kept_for_the_next_start_where_that_is_asked_for()
    {
        var kept = new ConversationOptions { AutoSavePath = Path };
        await using (LlamaChat chat = await LlamaChat.LoadAsync(file.Path, options: kept, modelOptions: s_small)) await TextAsync(chat.Start("One", s_short));
        await using (LlamaChat chat = await LlamaChat.LoadAsync(file.Path, options: kept, modelOptions: s_small)) Assert.Equal("One", chat.GetConversationState()[0].Title);
        await File.WriteAllTextAsync(Path, "{");
        await Assert.ThrowsAsync<ConversationFileException>(() => LlamaChat.LoadAsync(file.Path, options: kept, modelOptions: s_small));
    }

    [Fact]
    public async Task A_cancellation_is_a_failure_of_its_own_kind()
    {
        await using LlamaModel model = new Talker(null, null, null).On(file);
        await using LlamaChat chat = await LlamaChat.OpenAsync(model, null, default);
        LlamaChatStream[] streams = [chat.Start("One", s_short with { MaxTokens = -1 }), chat.Start("Two", s_short with { MaxTokens = -1 }), chat.Start("Three", s_short with { MaxTokens = -1 })];
        streams[0].Cancel();
        Assert.Equal(GenerationError.AbortedByUser, (await Assert.ThrowsAsync<GenerationException>(() => TextAsync(streams[0]))).Error);
        chat.CancelGeneration(streams[1].ConversationId);
        Assert.Equal(GenerationError.AbortedByUser, (await Assert.ThrowsAsync<GenerationException>(() => TextAsync(streams[1]))).Error);
        Assert.False(streams[2].Answer.Ended.IsCompleted);
        chat.CancelAllGenerations();
        Assert.Equal(GenerationError.AbortedByUser, (await Assert.ThrowsAsync<GenerationException>(() => TextAsync(streams[2]))).Error);
        Assert.All(chat.GetConversationState(), conversation => Assert.True(conversation.Messages[1].IsCutOff));
    }

    [Fact]
    public async Task Failures_to_load_are_told_apart()
    {
        await FailsAsync(GenerationError.ModelNotLoaded, () => LlamaChat.LoadAsync(file.Path + ".missing", modelOptions: s_small));
        await File.WriteAllTextAsync(Path, "This is no model.");
        await FailsAsync(GenerationError.ModelNotLoaded, () => LlamaChat.LoadAsync(Path, modelOptions: s_small));
        await FailsAsync(GenerationError.ContextNotInitialized, () => LlamaChat.LoadAsync(file.Path, 0, modelOptions: s_small));
        string encoder = System.IO.Path.Combine(_folder, "huge.gguf");
        TinyModel.Write(encoder, "llama");
        await FailsAsync(GenerationError.InvalidState, () => LlamaChat.LoadAsync(encoder, modelOptions: s_small with { Threads = -1 }));
    }

    [Fact]
    public async Task Failures_to_answer_are_told_apart()
    {
        LlamaChat chat = await LlamaChat.LoadAsync(file.Path, 128, modelOptions: s_small);
        var id = ConversationId.New();
        Fails(GenerationError.ConversationNotFound, () => chat.Start("One", s_short, id, continueConversation: true));
        Fails(GenerationError.ConversationNotFound, () => chat.Start("One", s_short, continueConversation: true));
        Fails(GenerationError.ConversationNotFound, () => chat.CancelGeneration(id));
        Fails(GenerationError.InvalidState, () => chat.Start("One", s_short with { TopP = 2 }));
        Fails(GenerationError.InvalidState, () => chat.Start("One", s_short with { EnableCausalAttention = false }));
        Fails(GenerationError.InvalidState, () => chat.Start("One", s_short with { Threads = 0 }));
        Fails(GenerationError.InvalidState, () => chat.RestoreConversations([new Conversation(id), new Conversation(id)]));
        Assert.Empty(chat.GetConversationState());
        await FailsAsync(GenerationError.ContextPreparationFailed, () => TextAsync(chat.Start(Long, s_short, id)));
        Assert.NotEqual("", await TextAsync(chat.Start("One", s_short, id, continueConversation: true)));
        Assert.Throws<ArgumentNullException>(() => chat.Start(null!));
        await chat.DisposeAsync();
        Fails(GenerationError.InvalidState, () => chat.Start("One", s_short));
        Assert.All(Enum.GetValues<GenerationError>(), error => Assert.Equal(error, new GenerationException(error, "").Error));
    }

    [Fact]
    public void Every_failure_of_the_engine_has_a_kind()
    {
        Assert.Equal(GenerationError.TokenizationFailed, GenerationException.From(new InvalidOptionException("prompt", "empty", "at least one token")).Error);
        Assert.Equal(GenerationError.ContextPreparationFailed, GenerationException.From(new TemplateException(1, 1, "no")).Error);
        Assert.Equal(GenerationError.ContextNotInitialized, GenerationException.From(new CacheMemoryException(2, 1)).Error);
        Assert.Equal(GenerationError.GenerationFailed, GenerationException.From(new NoPredictionException()).Error);
        Assert.Equal(GenerationError.GenerationFailed, GenerationException.From(new QueueFullException(1)).Error);
        Assert.Equal(GenerationError.GenerationFailed, GenerationException.From(new RequestTimeoutException(TimeSpan.FromSeconds(1))).Error);
        Assert.Equal(GenerationError.InvalidState, GenerationException.From(new ObjectDisposedException("model")).Error);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static void Fails(GenerationError error, Action act) => Assert.Equal(error, Assert.Throws<GenerationException>(act).Error);

    private static async Task FailsAsync(GenerationError error, Func<Task> act) => Assert.Equal(error, (await Assert.ThrowsAsync<GenerationException>(act)).Error);

    private static async Task<string> TextAsync(LlamaChatStream stream)
    {
        string text = "";
        await foreach (string piece in stream) text += piece;
        return text;
    }

    private Task<LlamaChat> LoadAsync() => LlamaChat.LoadAsync(file.Path, modelOptions: s_small);
}
