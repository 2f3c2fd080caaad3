using Microsoft.Extensions.AI;
using AIChatMessage = Microsoft.Extensions.AI.ChatMessage;

namespace Cria.Extensions.AI;

/// <summary>Says an answer of the engine in the words of Microsoft.Extensions.AI.</summary>
internal sealed class ChatAnswers(string modelId, ChatOptions? options)
{
    private readonly string _id = NewId();
    private readonly DateTimeOffset _created = DateTimeOffset.UtcNow;
    private readonly bool _showsReasoning = ShowsReasoning(options);

    public static ChatResponse Response(ChatResult result, string modelId, ChatOptions? options)
    {
        string id = NewId();
        var contents = new List<AIContent>();
        if (ShowsReasoning(options) && result.Message.ReasoningContent is { Length: > 0 } thought) contents.Add(new TextReasoningContent(thought));
        if (result.Message.Content is { Length: > 0 } text) contents.Add(new TextContent(text));
        contents.AddRange(Calls(result));
        return new ChatResponse(new AIChatMessage(ChatRole.Assistant, contents) { MessageId = id, RawRepresentation = result.Message })
        {
            ResponseId = id,
            ModelId = modelId,
            CreatedAt = DateTimeOffset.UtcNow,
            FinishReason = Reason(result),
            Usage = Usage(result.Generation.Usage),
            RawRepresentation = result,
        };
    }

    /// <summary>A piece of the answer; calls of functions come whole, with the last one.</summary>
    public ChatResponseUpdate? Update(ChatDelta delta)
    {
        if (delta.Content.Length > 0) return New([new TextContent(delta.Content)], delta);
        return delta.Reasoning.Length > 0 && _showsReasoning ? New([new TextReasoningContent(delta.Reasoning)], delta) : null;
    }

    /// <summary>What ends the answer: the calls of functions, why it ended, and what it used.</summary>
    public ChatResponseUpdate Last(ChatResult result)
    {
        ChatResponseUpdate update = New([.. Calls(result), new UsageContent(Usage(result.Generation.Usage))], result);
        update.FinishReason = Reason(result);
        return update;
    }

    public static ChatFinishReason Reason(ChatResult result) => result.FinishReason switch
    {
        FinishReason.ToolCalls => ChatFinishReason.ToolCalls,
        FinishReason.Length or FinishReason.ContextFull => ChatFinishReason.Length,
        _ => ChatFinishReason.Stop,
    };

    private static bool ShowsReasoning(ChatOptions? options) => options?.Reasoning?.Output != ReasoningOutput.None;

    private static string NewId() => "chatcmpl-" + Guid.NewGuid().ToString("N");

    private static IEnumerable<AIContent> Calls(ChatResult result) => (result.Message.ToolCalls ?? []).Select(ToolJson.Call);

    private static UsageDetails Usage(TokenUsage usage) => new()
    {
        InputTokenCount = usage.PromptTokens,
        OutputTokenCount = usage.CompletionTokens,
        TotalTokenCount = usage.TotalTokens,
        CachedInputTokenCount = usage.CachedTokens,
    };

    private ChatResponseUpdate New(IList<AIContent> contents, object raw) => new(ChatRole.Assistant, contents)
    {
        ResponseId = _id,
        MessageId = _id,
        ModelId = modelId,
        CreatedAt = _created,
        RawRepresentation = raw,
    };
}
