namespace Cria;

/// <summary>The model's answer in a conversation, and how it came about.</summary>
/// <param name="Message">The answer: content, reasoning and calls of tools. It can be added to the conversation as it is.</param>
/// <param name="FinishReason">Why the answer ended.</param>
/// <param name="Generation">The generated text and tokens as they are, what they used and how long they took.</param>
public sealed record ChatResult(ChatMessage Message, FinishReason FinishReason, GenerationResult Generation);
