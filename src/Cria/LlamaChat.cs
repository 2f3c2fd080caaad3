namespace Cria;

/// <summary>A model to talk to: starts answers, keeps their conversations, saves and restores them.</summary>
/// <remarks>
/// <see cref="Conversations"/> does the work and can do more; here are its usual defaults and one kind of exception. All members may be used from several
/// threads at once.
/// </remarks>
public sealed class LlamaChat : IAsyncDisposable, IDisposable
{
    private readonly LlamaModel _model;

    private LlamaChat(LlamaModel model, Conversations conversations) => (_model, Conversations) = (model, conversations);

    /// <summary>The conversations, with all that can be done with them.</summary>
    public Conversations Conversations { get; }

    /// <summary>The most tokens that a conversation may have.</summary>
    public int ContextLength => _model.ContextLength;

    /// <summary>Loads a model and, where the options name a file, the conversations that were saved.</summary>
    /// <param name="modelPath">The model's GGUF file.</param>
    /// <param name="maxCtx">The most tokens that a conversation may have; a model that was trained for fewer has those.</param>
    /// <param name="options">How conversations are kept.</param>
    /// <param name="modelOptions">How else the model is loaded.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    /// <exception cref="GenerationException">The model cannot be loaded.</exception>
    /// <exception cref="ConversationFileException">The saved conversations are damaged.</exception>
    public static async Task<LlamaChat> LoadAsync(
        string modelPath, int maxCtx = 2048, ConversationOptions? options = null, ModelOptions? modelOptions = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(modelPath);
        LlamaModel? model = null;
        try
        {
            if (maxCtx < 1) throw new GenerationException(GenerationError.ContextNotInitialized, $"{nameof(maxCtx)} is {maxCtx}, but must be 1 or more.");
            int trained = await Task.Run(() => ModelInfo.Read(modelPath).TrainedContextLength, cancellationToken).ConfigureAwait(false);
            modelOptions = (modelOptions ?? new ModelOptions()) with { ContextLength = trained > 0 ? Math.Min(maxCtx, trained) : maxCtx };
            model = await LlamaModel.LoadAsync(modelPath, modelOptions, cancellationToken: cancellationToken).ConfigureAwait(false);
            return await OpenAsync(model, options, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception failure)
        {
            if (model is not null) await model.DisposeAsync().ConfigureAwait(false);
            if (failure is not CriaException or ConversationFileException) throw;
            throw GenerationException.From(failure);
        }
    }

    /// <summary>Starts an answer, which goes on whether or not it is read.</summary>
    /// <param name="prompt">The question.</param>
    /// <param name="parameters">How the answer is chosen and how long it may be.</param>
    /// <param name="conversationId">The conversation that the question belongs to; null begins a new one.</param>
    /// <param name="continueConversation">Whether the conversation goes on; else it begins afresh under this name, and what was said in it is dropped.</param>
    /// <exception cref="GenerationException">There is no such conversation to go on with, it is busy, or a parameter is outside its range.</exception>
    public LlamaChatStream Start(
        string prompt, GenerationParams? parameters = null, ConversationId? conversationId = null, bool continueConversation = false)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        try
        {
            GenerationOptions options = _model.Checked((parameters ?? new GenerationParams()).ToOptions());
            ConversationId id = conversationId ?? ConversationId.New();
            if (!continueConversation)
            {
                Conversations.Remove(id);
                Conversations.Create(id: id);
            }

            return new LlamaChatStream(Conversations.Ask(id, prompt, options));
        }
        catch (Exception failure) when (GenerationException.Covers(failure))
        {
            throw GenerationException.From(failure);
        }
    }

    /// <summary>Stops the answer in a conversation, if one grows; what was said stays.</summary>
    /// <exception cref="GenerationException">There is no such conversation.</exception>
    public void CancelGeneration(ConversationId id)
    {
        try
        {
            Conversations.Cancel(id);
        }
        catch (ConversationException failure)
        {
            throw GenerationException.From(failure);
        }
    }

    /// <summary>Stops all answers; what was said stays.</summary>
    public void CancelAllGenerations() => Conversations.CancelAll();

    /// <summary>All conversations as they are now.</summary>
    public IReadOnlyList<Conversation> GetConversationState() => Conversations.All;

    /// <summary>Saves all conversations, or those given, in a JSON file, which is replaced whole or not at all.</summary>
    /// <exception cref="ConversationFileException">The file cannot be written; an older one is as it was.</exception>
    public Task SaveConversationsToJsonAsync(string path, IEnumerable<Conversation>? conversations = null, CancellationToken cancellationToken = default) =>
        Conversations.SaveAsync(path, conversations ?? Conversations.All, cancellationToken);

    /// <summary>Reads conversations from a JSON file, for <see cref="RestoreConversations"/>.</summary>
    /// <exception cref="ConversationFileException">The file is missing, damaged, too large or of a newer version.</exception>
    public Task<IReadOnlyList<Conversation>> LoadConversationsFromJsonAsync(string path, CancellationToken cancellationToken = default) =>
        Conversations.LoadAsync(path, cancellationToken);

    /// <summary>Forgets all conversations and takes up others; an empty list clears.</summary>
    /// <exception cref="GenerationException">Two have the same name; nothing is changed.</exception>
    public void RestoreConversations(IEnumerable<Conversation> conversations)
    {
        try
        {
            Conversations.Restore(conversations);
        }
        catch (Exception failure) when (GenerationException.Covers(failure))
        {
            throw GenerationException.From(failure);
        }
    }

    /// <summary>Stops all answers, saves the conversations and frees the model.</summary>
    public void Dispose()
    {
        Conversations.Dispose();
        _model.Dispose();
    }

    /// <summary>Stops all answers, saves the conversations and frees the model.</summary>
    public async ValueTask DisposeAsync()
    {
        await Conversations.DisposeAsync().ConfigureAwait(false);
        await _model.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Talks to a model that is loaded already and now belongs to this.</summary>
    internal static async Task<LlamaChat> OpenAsync(LlamaModel model, ConversationOptions? options, CancellationToken cancellationToken) =>
        new(model, await Conversations.OpenAsync(model, options, cancellationToken).ConfigureAwait(false));
}
