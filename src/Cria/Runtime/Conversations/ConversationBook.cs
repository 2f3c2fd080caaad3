using System.Diagnostics.CodeAnalysis;

namespace Cria.Runtime.Conversations;

/// <summary>Conversations that go on, at most one exchange at a time in each; all members may be used from several threads at once.</summary>
internal sealed class ConversationBook(TimeProvider clock)
{
    private readonly Lock _gate = new();
    private readonly OrderedDictionary<ConversationId, Page> _pages = [];
    private long _changes;

    /// <summary>Grows with every change.</summary>
    public long ChangeCount => Volatile.Read(ref _changes);

    public DateTimeOffset Now => clock.GetUtcNow();

    /// <summary>All conversations, oldest first; answers that grow are in them as far as they have come, marked as cut off.</summary>
    public IReadOnlyList<Conversation> All()
    {
        lock (_gate) return [.. _pages.Values.Select(Current)];
    }

    public Conversation? Find(ConversationId id)
    {
        lock (_gate) return _pages.TryGetValue(id, out Page? page) ? Current(page) : null;
    }

    public Conversation Get(ConversationId id) => Find(id) ?? throw ConversationException.NotFound(id);

    public void Add(Conversation conversation)
    {
        lock (_gate)
        {
            if (!_pages.TryAdd(conversation.Id, new Page(conversation))) throw ConversationException.Exists(conversation.Id);
            _changes++;
        }
    }

    public bool Remove(ConversationId id)
    {
        Page? page;
        lock (_gate)
        {
            if (!_pages.Remove(id, out page)) return false;
            _changes++;
        }

        Cancel(page.Exchanges);
        return true;
    }

    /// <summary>Forgets all conversations, cancels their exchanges, and takes up others.</summary>
    public void Replace(IReadOnlyList<Conversation> conversations)
    {
        var pages = new Dictionary<ConversationId, Page>();
        foreach (Conversation conversation in conversations)
            if (!pages.TryAdd(conversation.Id, new Page(conversation))) throw ConversationException.Exists(conversation.Id);
        Exchange[] forgotten;
        lock (_gate)
        {
            forgotten = [.. Exchanges];
            _pages.Clear();
            foreach ((ConversationId id, Page page) in pages) _pages.Add(id, page);
            _changes++;
        }

        Cancel(forgotten);
    }

    /// <summary>Changes a conversation in which no question is being answered.</summary>
    public void Change(ConversationId id, Func<Conversation, Conversation> change)
    {
        lock (_gate)
        {
            Page page = PageOf(id);
            if (page.Exchanges.Count > 0) throw ConversationException.Busy(id);
            page.Conversation = change(page.Conversation);
            _changes++;
        }
    }

    /// <summary>Names a conversation, also while a question is being answered.</summary>
    public void Rename(ConversationId id, string? title)
    {
        lock (_gate)
        {
            Page page = PageOf(id);
            page.Conversation = page.Conversation with { GivenTitle = title, UpdatedAt = Now };
            _changes++;
        }
    }

    /// <summary>
    /// Takes the conversation for an exchange. If one before it was cancelled but has not ended, the new one must wait for it and then call
    /// <see cref="Ask(Exchange, Func{Conversation, Conversation})"/>; else the question is asked at once.
    /// </summary>
    /// <exception cref="ConversationException">There is no such conversation, it is busy, or the question cannot be asked.</exception>
    public Exchange Begin(ConversationId id, Func<Conversation, Conversation> question, CancellationToken callerToken)
    {
        lock (_gate)
        {
            Page page = PageOf(id);
            Exchange? last = page.Exchanges.LastOrDefault();
            if (last is { IsCancelled: false }) throw ConversationException.Busy(id);
            var exchange = new Exchange(id, last?.Ended, callerToken);
            if (last is null) Ask(page, exchange, question);
            page.Exchanges.Add(exchange);
            return exchange;
        }
    }

    /// <summary>Asks the question of an exchange that had to wait.</summary>
    public void Ask(Exchange exchange, Func<Conversation, Conversation> question)
    {
        lock (_gate)
        {
            if (Holds(exchange, out Page? page)) Ask(page, exchange, question);
        }
    }

    /// <summary>The conversation up to the exchange's question; null where it is gone.</summary>
    public Conversation? Question(Exchange exchange)
    {
        lock (_gate) return Holds(exchange, out Page? page) ? page.Conversation : null;
    }

    public void Say(Exchange exchange, ChatDelta delta)
    {
        lock (_gate)
        {
            exchange.Say(delta);
            _changes++;
        }
    }

    /// <summary>
    /// Ends an exchange and frees the conversation: with an answer, or, without one, as if the question had not been asked. Counts are
    /// those of the messages without one.
    /// </summary>
    public void End(Exchange exchange, ConversationMessage? answer, Dictionary<ChatMessage, int> counts)
    {
        lock (_gate)
        {
            if (!Holds(exchange, out Page? page)) return;
            if (answer is not null)
                page.Conversation = Counted(page.Conversation.And(answer), counts);
            else if (exchange.Before is { } before)
                page.Conversation = before with { GivenTitle = page.Conversation.GivenTitle };
            page.Exchanges.Remove(exchange);
            _changes++;
        }
    }

    public void Cancel(ConversationId id)
    {
        Exchange[] exchanges;
        lock (_gate) exchanges = [.. PageOf(id).Exchanges];
        Cancel(exchanges);
    }

    /// <summary>Cancels all exchanges that there are now; the task ends when they have ended.</summary>
    public Task CancelAll()
    {
        Exchange[] exchanges;
        lock (_gate) exchanges = [.. Exchanges];
        Cancel(exchanges);
        return Task.WhenAll(exchanges.Select(exchange => exchange.Ended));
    }

    private IEnumerable<Exchange> Exchanges => _pages.Values.SelectMany(page => page.Exchanges);

    // Never under the lock: whoever hears of a cancellation may come back here.
    private static void Cancel(IEnumerable<Exchange> exchanges)
    {
        foreach (Exchange exchange in exchanges) exchange.Cancel();
    }

    private static Conversation Counted(Conversation conversation, Dictionary<ChatMessage, int> counts) => conversation with
    {
        Messages = [.. conversation.Messages.Select(message =>
            message.TokenCount is null && counts.TryGetValue(message.Message, out int count) ? message with { TokenCount = count } : message)],
    };

    private Conversation Current(Page page) => page.Exchanges is [{ HasSaid: true } exchange, ..]
        ? page.Conversation.And(new ConversationMessage(exchange.Said, Now) { FinishReason = FinishReason.Cancelled })
        : page.Conversation;

    private void Ask(Page page, Exchange exchange, Func<Conversation, Conversation> question)
    {
        exchange.Before = page.Conversation;
        page.Conversation = question(page.Conversation);
        _changes++;
    }

    private Page PageOf(ConversationId id) => _pages.TryGetValue(id, out Page? page) ? page : throw ConversationException.NotFound(id);

    // A conversation may have been removed or replaced while it was answered.
    private bool Holds(Exchange exchange, [NotNullWhen(true)] out Page? page) =>
        _pages.TryGetValue(exchange.ConversationId, out page) && page.Exchanges.Contains(exchange);

    private sealed class Page(Conversation conversation)
    {
        public Conversation Conversation { get; set; } = conversation;

        /// <summary>Those that have not ended; all but the last are cancelled, and all but the first wait.</summary>
        public List<Exchange> Exchanges { get; } = [];
    }
}
