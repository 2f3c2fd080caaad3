using Cria.Runtime.Conversations;

namespace Cria;

/// <summary>A conversation as it is at a moment: its messages and what is known about it.</summary>
/// <remarks>A value that does not change; <see cref="Conversations"/> holds conversations that go on.</remarks>
/// <param name="Id">The conversation's name.</param>
public sealed record Conversation(ConversationId Id)
{
    /// <summary>The title that was given to it; null for one that is made of the first question.</summary>
    public string? GivenTitle { get; init; }

    /// <summary>The given title, else the beginning of the first question.</summary>
    public string Title => GivenTitle ?? ConversationTitle.Of(Messages);

    /// <summary>When it began.</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it was last changed.</summary>
    public DateTimeOffset UpdatedAt { get; init; }

    /// <summary>The conversation that this one was forked from.</summary>
    public ConversationId? ForkedFrom { get; init; }

    /// <summary>What was said, oldest first.</summary>
    public IReadOnlyList<ConversationMessage> Messages { get; init; } = [];

    /// <summary>What the model was told before the first question, if anything.</summary>
    public string? SystemPrompt => Messages is [{ Role: "system" } first, ..] ? first.Text : null;

    /// <summary>How many tokens all messages have together, as far as they are counted.</summary>
    public int TokenCount => Messages.Sum(message => message.TokenCount ?? 0);

    /// <summary>Whether the last message asks for an answer.</summary>
    internal bool IsOpen => Messages is [.., var last] && AsksForAnswer(last.Role);

    internal Conversation With(IEnumerable<ConversationMessage> messages, DateTimeOffset now) =>
        this with { Messages = [.. messages], UpdatedAt = now };

    internal Conversation And(ConversationMessage message) => With([.. Messages, message], message.CreatedAt);

    internal Conversation Asked(IEnumerable<ChatMessage> messages, DateTimeOffset now)
    {
        Conversation asked = With([.. Messages, .. messages.Select(message => new ConversationMessage(message, now))], now);
        return asked.IsOpen ? asked : throw ConversationException.NothingToAnswer(Id);
    }

    /// <summary>The conversation before its last answer.</summary>
    internal Conversation WithoutAnswer(DateTimeOffset now)
    {
        Conversation open = Messages is [.., { Role: "assistant" }] ? With(Messages.SkipLast(1), now) : this;
        return open.IsOpen ? open : throw ConversationException.NothingToAnswer(Id);
    }

    /// <summary>The conversation up to an earlier question, which asks something else.</summary>
    internal Conversation Edited(int index, string text, DateTimeOffset now)
    {
        CheckIndex(index, Messages.Count - 1);
        if (!AsksForAnswer(Messages[index].Role)) throw ConversationException.NothingToAnswer(Id, index, Messages[index].Role);
        ChatMessage edited = Messages[index].Message with { Content = text, Parts = null };
        return With([.. Messages.Take(index), new ConversationMessage(edited, now)], now);
    }

    internal Conversation Told(string? systemPrompt, DateTimeOffset now)
    {
        IEnumerable<ConversationMessage> rest = SystemPrompt is null ? Messages : Messages.Skip(1);
        return With(systemPrompt is null ? rest : rest.Prepend(new ConversationMessage(ChatMessage.System(systemPrompt), now)), now);
    }

    /// <summary>A conversation of its own that begins with this one's first messages.</summary>
    internal Conversation Forked(ConversationId id, int messageCount, DateTimeOffset now)
    {
        CheckIndex(messageCount, Messages.Count);
        return this with { Id = id, Messages = [.. Messages.Take(messageCount)], ForkedFrom = Id, CreatedAt = now, UpdatedAt = now };
    }

    private static bool AsksForAnswer(string role) => role is not ("system" or "developer" or "assistant");

    private void CheckIndex(int index, int last)
    {
        if (index < 0 || index > last) throw ConversationException.NoSuchMessage(Id, index, Messages.Count);
    }
}
