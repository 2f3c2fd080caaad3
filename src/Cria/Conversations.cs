using System.Threading.Channels;
using Cria.Runtime;
using Cria.Runtime.Conversations;

namespace Cria;

/// <summary>Conversations with a model: any number of them, which go on, fork, are saved and come back.</summary>
/// <remarks>
/// All members may be used from several threads at once. Each conversation answers one question at a time, different ones at the same time. What is
/// handed out are values: they tell how a conversation was at that moment, answers that were growing included, marked as cut off.
/// </remarks>
public sealed class Conversations : IAsyncDisposable, IDisposable
{
    private readonly LlamaModel _model;
    private readonly ConversationOptions _options;
    private readonly ConversationBook _book;
    private readonly AutoSave? _autoSave;
    private int _isDisposed;

    private Conversations(LlamaModel model, ConversationOptions options, IReadOnlyList<Conversation> known)
    {
        _model = model;
        _options = options;
        _book = new ConversationBook(options.Clock);
        _book.Replace(known);
        if (options.AutoSavePath is { } path) _autoSave = new AutoSave(path, _book, options.AutoSaveInterval, options.Clock, options.OnWarning);
    }

    /// <summary>All conversations, in the order in which they came.</summary>
    public IReadOnlyList<Conversation> All => _book.All();

    /// <summary>A conversation as it is now.</summary>
    /// <exception cref="ConversationException">There is none of that name.</exception>
    public Conversation this[ConversationId id] => _book.Get(id);

    /// <summary>Begins with the conversations of <see cref="ConversationOptions.AutoSavePath"/>, or with none where there is no such file.</summary>
    /// <exception cref="ConversationFileException">The file is damaged or of a newer version.</exception>
    /// <exception cref="InvalidOptionException">An option is outside its range.</exception>
    public static async Task<Conversations> OpenAsync(
        LlamaModel model, ConversationOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        options ??= new ConversationOptions();
        OptionRules.Check(options);
        IReadOnlyList<Conversation> known = options.AutoSavePath is { } path && File.Exists(path)
            ? await LoadAsync(path, cancellationToken).ConfigureAwait(false)
            : [];
        return new Conversations(model, options, known);
    }

    /// <summary>Reads conversations from a file, without taking them up.</summary>
    /// <exception cref="ConversationFileException">The file is missing, damaged, too large or of a newer version.</exception>
    public static Task<IReadOnlyList<Conversation>> LoadAsync(string path, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return Task.Run(() => ConversationFile.Read(path), cancellationToken);
    }

    /// <summary>Writes conversations to a file, which is replaced whole or not at all.</summary>
    /// <exception cref="ConversationFileException">The file cannot be written; an older one is as it was.</exception>
    public static Task SaveAsync(string path, IEnumerable<Conversation> conversations, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(conversations);
        Conversation[] saved = [.. conversations];
        return Task.Run(() => ConversationFile.Write(path, saved, DateTimeOffset.UtcNow), cancellationToken);
    }

    /// <summary>Begins a conversation.</summary>
    /// <param name="systemPrompt">What the model is told before the first question.</param>
    /// <param name="id">The conversation's name; null takes a new one.</param>
    /// <exception cref="ConversationException">There is a conversation of that name already.</exception>
    public Conversation Create(string? systemPrompt = null, ConversationId? id = null)
    {
        ThrowIfDisposed();
        DateTimeOffset now = _book.Now;
        Conversation conversation = new Conversation(id ?? ConversationId.New()) { CreatedAt = now }.Told(systemPrompt, now);
        _book.Add(conversation);
        return conversation;
    }

    /// <summary>Takes up a conversation, for example one that was loaded.</summary>
    /// <exception cref="ConversationException">There is a conversation of that name already.</exception>
    public void Add(Conversation conversation)
    {
        ArgumentNullException.ThrowIfNull(conversation);
        ThrowIfDisposed();
        _book.Add(conversation);
    }

    /// <summary>Forgets all conversations, cancelling what is being answered, and takes up others; none clears.</summary>
    /// <exception cref="ConversationException">Two have the same name; nothing is changed.</exception>
    public void Restore(IEnumerable<Conversation> conversations)
    {
        ArgumentNullException.ThrowIfNull(conversations);
        ThrowIfDisposed();
        _book.Replace([.. conversations]);
    }

    /// <summary>Forgets a conversation, cancelling what is being answered, and tells whether there was one.</summary>
    public bool Remove(ConversationId id) => _book.Remove(id);

    /// <summary>Gives a conversation a title; null takes one from the first question again.</summary>
    /// <exception cref="ConversationException">There is no such conversation.</exception>
    public void Rename(ConversationId id, string? title)
    {
        if (title is not null) OptionRules.Require(nameof(title), title, title.Length <= ConversationFile.MostTitleLength, $"at most {ConversationFile.MostTitleLength} characters long");
        _book.Rename(id, title);
    }

    /// <summary>Changes what the model is told before the first question; null tells it nothing. What was said stays.</summary>
    /// <exception cref="ConversationException">There is no such conversation, or it is busy.</exception>
    public void SetSystemPrompt(ConversationId id, string? systemPrompt) =>
        _book.Change(id, conversation => conversation.Told(systemPrompt, _book.Now));

    /// <summary>Begins a conversation with the first messages of another, which stays as it is.</summary>
    /// <param name="id">The other conversation; it may be busy.</param>
    /// <param name="messageCount">How many messages are taken over; null takes all.</param>
    /// <exception cref="ConversationException">There is no such conversation, or it has fewer messages.</exception>
    public Conversation Fork(ConversationId id, int? messageCount = null)
    {
        ThrowIfDisposed();
        Conversation origin = _book.Get(id);
        Conversation fork = origin.Forked(ConversationId.New(), messageCount ?? origin.Messages.Count, _book.Now);
        _book.Add(fork);
        return fork;
    }

    /// <summary>Asks a question and hands out the answer while it grows.</summary>
    /// <exception cref="ConversationException">There is no such conversation, or it is busy.</exception>
    /// <exception cref="InvalidOptionException">An option is outside its range.</exception>
    public ConversationStream Ask(ConversationId id, string question, GenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(question);
        return Ask(id, [ChatMessage.User(question)], options, cancellationToken);
    }

    /// <summary>Adds messages, such as the results of tools, and hands out the answer while it grows.</summary>
    /// <exception cref="ConversationException">There is no such conversation, it is busy, or the last message asks for no answer.</exception>
    /// <exception cref="InvalidOptionException">An option is outside its range.</exception>
    public ConversationStream Ask(
        ConversationId id, IReadOnlyList<ChatMessage> messages, GenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        return Start(id, conversation => conversation.Asked(messages, _book.Now), options, cancellationToken);
    }

    /// <summary>Answers the last question again; the answer that there was, also one that was cut off, is replaced.</summary>
    /// <exception cref="ConversationException">There is no such conversation, it is busy, or nothing was asked.</exception>
    /// <exception cref="InvalidOptionException">An option is outside its range.</exception>
    public ConversationStream Regenerate(ConversationId id, GenerationOptions? options = null, CancellationToken cancellationToken = default) =>
        Start(id, conversation => conversation.WithoutAnswer(_book.Now), options, cancellationToken);

    /// <summary>Asks something else in place of an earlier question; what came after that is dropped. <see cref="Fork"/> before keeps it.</summary>
    /// <param name="id">The conversation.</param>
    /// <param name="messageIndex">The message to change, from 0: one of the user or of a tool.</param>
    /// <param name="text">What it is to say.</param>
    /// <param name="options">How the answer is chosen and how long it may be.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    /// <exception cref="ConversationException">There is no such conversation or message, the message asks for no answer, or the conversation is busy.</exception>
    /// <exception cref="InvalidOptionException">An option is outside its range.</exception>
    public ConversationStream Edit(
        ConversationId id, int messageIndex, string text, GenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Start(id, conversation => conversation.Edited(messageIndex, text, _book.Now), options, cancellationToken);
    }

    /// <summary>Stops the answer in a conversation, if one grows; what was said stays.</summary>
    /// <exception cref="ConversationException">There is no such conversation.</exception>
    public void Cancel(ConversationId id) => _book.Cancel(id);

    /// <summary>Stops the answers in all conversations; what was said stays.</summary>
    public void CancelAll() => _book.CancelAll();

    /// <summary>Reads a conversation ahead of its next question, so that the answer to that begins sooner.</summary>
    /// <exception cref="ConversationException">There is no such conversation.</exception>
    /// <exception cref="ContextFullException">The conversation does not fit the context.</exception>
    public async Task WarmUpAsync(ConversationId id, CancellationToken cancellationToken = default)
    {
        ThrowIfDisposed();
        Conversation conversation = _book.Get(id);
        if (conversation.Messages.Count == 0) return;
        ChatRequest request = Shaped(conversation) with { AddGenerationPrompt = false };
        // A prompt is only read for a token that follows; the token itself is thrown away.
        var shortly = new GenerationOptions { MaxTokens = 1, Priority = RequestPriority.Low };
        await _model.ChatAsync(request, shortly, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Saves all conversations now; see <see cref="ConversationOptions.AutoSavePath"/>.</summary>
    /// <exception cref="InvalidOperationException">There is no such path.</exception>
    /// <exception cref="ConversationFileException">The file cannot be written; an older one is as it was.</exception>
    public Task SaveAsync(CancellationToken cancellationToken = default)
    {
        AutoSave save = _autoSave ?? throw new InvalidOperationException($"There is no {nameof(ConversationOptions.AutoSavePath)}. Name a file.");
        return Task.Run(save.Save, cancellationToken);
    }

    /// <summary>Stops all answers, waits for them and saves; the model stays.</summary>
    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

    /// <summary>Stops all answers, waits for them and saves; the model stays.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0) return;
        await _book.CancelAll().ConfigureAwait(false);
        if (_autoSave is { } save) await Task.Run(save.Dispose).ConfigureAwait(false);
    }

    private ConversationStream Start(
        ConversationId id, Func<Conversation, Conversation> question, GenerationOptions? options, CancellationToken cancellationToken)
    {
        ThrowIfDisposed();
        options = _model.Checked(options);
        Exchange exchange = _book.Begin(id, question, cancellationToken);
        Channel<ChatDelta> pieces = Channel.CreateUnbounded<ChatDelta>(new() { SingleReader = true, SingleWriter = true });
        var stream = new ConversationStream(exchange, pieces.Reader);
        // Goes on by itself: a conversation must come to its end whether or not anybody reads.
        _ = Task.Run(() => AnswerAsync(exchange, question, options, pieces.Writer, stream), CancellationToken.None);
        return stream;
    }

    private async Task AnswerAsync(
        Exchange exchange, Func<Conversation, Conversation> question, GenerationOptions options, ChannelWriter<ChatDelta> pieces, ConversationStream stream)
    {
        Exception? failure = null;
        ChatStream? answer = null;
        try
        {
            if (exchange.Predecessor is { } predecessor)
            {
                await predecessor.ConfigureAwait(false);
                _book.Ask(exchange, question);
            }

            exchange.Cancellation.ThrowIfCancellationRequested();
            Conversation asked = _book.Question(exchange) ?? throw ConversationException.NotFound(exchange.ConversationId);
            answer = _model.StreamChatAsync(Shaped(asked), options, exchange.Cancellation);
            await foreach (ChatDelta piece in answer.ConfigureAwait(false))
            {
                _book.Say(exchange, piece);
                pieces.TryWrite(piece);
            }
        }
        catch (OperationCanceledException) when (exchange.CallerToken.IsCancellationRequested)
        {
            // Callers look for their own token, not for ours.
            failure = new OperationCanceledException(exchange.CallerToken);
        }
        catch (Exception exception)
        {
            failure = exception;
        }

        ChatResult? result = answer is { HasResult: true } ? answer.Result : null;
        ConversationMessage? said = Said(exchange, result, failure);
        _book.End(exchange, said, said is null ? [] : await CountAsync([.. _book.Question(exchange)?.Messages ?? [], said]).ConfigureAwait(false));
        stream.Result = result;
        exchange.End();
        pieces.Complete(failure);
    }

    /// <summary>What the conversation keeps of an answer: all that was said; of a failure that said nothing, nothing.</summary>
    private ConversationMessage? Said(Exchange exchange, ChatResult? result, Exception? failure)
    {
        bool isCancelled = failure is OperationCanceledException;
        ChatMessage message = result?.Message ?? exchange.Said;
        bool isSomething = exchange.HasSaid || !string.IsNullOrEmpty(message.Content) || message.ToolCalls is { Count: > 0 };
        if (failure is not null && !isCancelled && !isSomething) return null;
        return new ConversationMessage(message, _book.Now)
        {
            FinishReason = failure is not null ? FinishReason.Cancelled : result!.FinishReason,
            TokenCount = result?.Generation.Tokens.Count,
        };
    }

    private async Task<Dictionary<ChatMessage, int>> CountAsync(IReadOnlyList<ConversationMessage> messages)
    {
        var counts = new Dictionary<ChatMessage, int>(ReferenceEqualityComparer.Instance);
        try
        {
            foreach (ConversationMessage message in messages)
                if (message.TokenCount is null) counts[message.Message] = (await _model.TokenizeAsync(message.Text).ConfigureAwait(false)).Length;
        }
        catch (ObjectDisposedException)
        {
            // The model is gone; the counts are made with the next answer.
        }

        return counts;
    }

    private ChatRequest Shaped(Conversation conversation)
    {
        var request = new ChatRequest([.. conversation.Messages.Select(message => message.Message)]);
        return _options.Shape is { } shape ? shape(request) : request;
    }

    private void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(_isDisposed != 0, this);
}
