namespace Cria;

/// <summary>A message of a conversation, and what is known about it.</summary>
/// <param name="Message">What is said, and who says it.</param>
/// <param name="CreatedAt">When it was said; of an answer, when it ended.</param>
public sealed record ConversationMessage(ChatMessage Message, DateTimeOffset CreatedAt)
{
    /// <summary>Who speaks: <c>system</c>, <c>user</c>, <c>assistant</c>, <c>tool</c>, or a role that the model's template knows.</summary>
    public string Role => Message.Role;

    /// <summary>What is said; empty where there is only reasoning, or calls of tools.</summary>
    public string Text => Message.Content ?? (Message.Parts is { } parts ? string.Concat(parts.Select(part => part.Text)) : "");

    /// <summary>How many tokens the message has, without those that the template puts around it; null until an answer counted them.</summary>
    public int? TokenCount { get; init; }

    /// <summary>Why the answer ended; null of messages that the model did not write.</summary>
    public FinishReason? FinishReason { get; init; }

    /// <summary>Whether the answer ended before the model ended it: it was cancelled, or reached a limit.</summary>
    public bool IsCutOff => FinishReason is Cria.FinishReason.Cancelled or Cria.FinishReason.Length or Cria.FinishReason.ContextFull;
}
