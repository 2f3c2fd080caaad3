namespace Cria.Cli.Chats;

/// <summary>The conversation that is being held, and how to come to another.</summary>
internal sealed class ChatSession(LlamaModel model, ChatHistory history, GenerationOptions options, string? systemPrompt) : IAsyncDisposable
{
    // Null until something is said: a conversation without a word is not worth a file.
    private Conversations? _conversations;
    private ConversationId _id;

    public LlamaModel Model => model;

    /// <summary>The conversation; null until something is said.</summary>
    public Conversation? Current => _conversations?[_id];

    public string? SystemPrompt { get; private set; } = systemPrompt;

    public string? File => _conversations is null ? null : history.FileOf(_id);

    /// <summary>Goes on with an earlier conversation; a system prompt that was given replaces its own.</summary>
    public async Task ResumeAsync(string? id, CancellationToken cancellationToken)
    {
        ConversationId found = await history.FindAsync(id, cancellationToken);
        await HoldAsync(found, cancellationToken);
        if (SystemPrompt is not null) _conversations!.SetSystemPrompt(found, SystemPrompt);
        else SystemPrompt = Current!.SystemPrompt;
    }

    /// <summary>Leaves the conversation; the next message begins another.</summary>
    public async Task LeaveAsync()
    {
        if (_conversations is null) return;
        await _conversations.DisposeAsync();
        _conversations = null;
    }

    public async Task<ConversationStream> AskAsync(string question, CancellationToken cancellationToken)
    {
        if (_conversations is null)
        {
            var id = ConversationId.New();
            await HoldAsync(id, cancellationToken);
            _conversations!.Create(SystemPrompt, id);
        }

        return _conversations.Ask(_id, question, options, cancellationToken);
    }

    public ConversationStream Regenerate(CancellationToken cancellationToken) => Held().Regenerate(_id, options, cancellationToken);

    /// <summary>Asks something else in place of the question of a number, from 1.</summary>
    public ConversationStream Edit(int number, string question, CancellationToken cancellationToken)
    {
        Conversations conversations = Held();
        int[] questions = [.. Current!.Messages.Index().Where(message => message.Item.Role == "user").Select(message => message.Index)];
        if (number < 1 || number > questions.Length) throw new ChatCommandException($"There are {questions.Length} messages of yours, but number {number} is asked for.");
        return conversations.Edit(_id, questions[number - 1], question, options, cancellationToken);
    }

    public void SetSystemPrompt(string? text)
    {
        SystemPrompt = text;
        _conversations?.SetSystemPrompt(_id, text);
    }

    public Task SaveAsync(string path, CancellationToken cancellationToken)
    {
        Held();
        return Conversations.SaveAsync(path, [Current!], cancellationToken);
    }

    /// <summary>Goes on with a copy of the last conversation in a file, and returns it.</summary>
    public async Task<Conversation> LoadAsync(string path, CancellationToken cancellationToken)
    {
        IReadOnlyList<Conversation> loaded = await Conversations.LoadAsync(path, cancellationToken);
        if (loaded.MaxBy(conversation => conversation.UpdatedAt) is not { } latest) throw new ChatCommandException($"There is no conversation in '{path}'.");
        // Under a name of its own: the original may be in the history already, and stays as it is.
        Conversation copy = latest with { Id = ConversationId.New(), ForkedFrom = latest.Id };
        await HoldAsync(copy.Id, cancellationToken);
        _conversations!.Add(copy);
        SystemPrompt = copy.SystemPrompt;
        return copy;
    }

    public async ValueTask DisposeAsync() => await LeaveAsync();

    private async Task HoldAsync(ConversationId id, CancellationToken cancellationToken)
    {
        // First what is held is saved, maybe in the same file.
        await LeaveAsync();
        (_conversations, _id) = (await history.OpenAsync(id, cancellationToken), id);
    }

    private Conversations Held() => _conversations ?? throw new ChatCommandException("Nothing has been said yet.");
}

/// <summary>A command within a chat cannot be meant.</summary>
internal sealed class ChatCommandException(string message) : CriaException(message);
