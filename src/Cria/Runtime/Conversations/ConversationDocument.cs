using System.Text.Json;
using System.Text.Json.Serialization;

namespace Cria.Runtime.Conversations;

/// <summary>What comes first in a file of conversations: enough to know whether the rest can be read.</summary>
internal sealed record ConversationDocumentHeader(string Format, int Version);

/// <summary>A file of conversations, version 1; docs/conversations.md describes it.</summary>
internal sealed record ConversationDocument(
    string Format, int Version, DateTimeOffset SavedAt, [property: JsonPropertyName("conversations")] IReadOnlyList<ConversationEntry> Entries)
{
    public const string FormatName = "cria.conversations";
    public const int CurrentVersion = 1;
}

internal sealed record ConversationEntry(Guid Id, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt, IReadOnlyList<MessageEntry> Messages)
{
    public string? Title { get; init; }

    public Guid? ForkedFrom { get; init; }

    public static ConversationEntry From(Conversation conversation) =>
        new(conversation.Id.Value, conversation.CreatedAt, conversation.UpdatedAt, [.. conversation.Messages.Select(MessageEntry.From)])
        {
            Title = conversation.GivenTitle,
            ForkedFrom = conversation.ForkedFrom?.Value,
        };

    public Conversation ToConversation() => new(new ConversationId(Id))
    {
        GivenTitle = Title,
        CreatedAt = CreatedAt,
        UpdatedAt = UpdatedAt,
        ForkedFrom = ForkedFrom is { } id ? new ConversationId(id) : null,
        Messages = [.. Messages.Select(message => message.ToMessage())],
    };
}

internal sealed record MessageEntry(string Role, DateTimeOffset CreatedAt)
{
    public string? Content { get; init; }

    public IReadOnlyList<string>? Parts { get; init; }

    public string? Reasoning { get; init; }

    public IReadOnlyList<ToolCallEntry>? ToolCalls { get; init; }

    public string? ToolCallId { get; init; }

    public string? Name { get; init; }

    public int? TokenCount { get; init; }

    [JsonConverter(typeof(FinishReasonConverter))]
    public FinishReason? FinishReason { get; init; }

    public static MessageEntry From(ConversationMessage message) => new(message.Role, message.CreatedAt)
    {
        Content = message.Message.Content,
        Parts = message.Message.Parts is { } parts ? [.. parts.Select(part => part.Text)] : null,
        Reasoning = message.Message.ReasoningContent,
        ToolCalls = message.Message.ToolCalls is { } calls ? [.. calls.Select(call => new ToolCallEntry(call.Id, call.Name, call.Arguments))] : null,
        ToolCallId = message.Message.ToolCallId,
        Name = message.Message.Name,
        TokenCount = message.TokenCount,
        FinishReason = message.FinishReason,
    };

    public ConversationMessage ToMessage() => new(
        new ChatMessage(Role)
        {
            Content = Content,
            Parts = Parts is { } parts ? [.. parts.Select(part => new ChatContentPart(part))] : null,
            ReasoningContent = Reasoning,
            ToolCalls = ToolCalls is { } calls ? [.. calls.Select(call => new ToolCall(call.Id, call.Name, call.Arguments))] : null,
            ToolCallId = ToolCallId,
            Name = Name,
        },
        CreatedAt)
    {
        TokenCount = TokenCount,
        FinishReason = FinishReason,
    };
}

internal sealed record ToolCallEntry(string Id, string Name, string Arguments);

internal sealed class FinishReasonConverter() : JsonStringEnumConverter<FinishReason>(JsonNamingPolicy.CamelCase, allowIntegerValues: false);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(ConversationDocumentHeader))]
[JsonSerializable(typeof(ConversationDocument))]
internal sealed partial class ConversationJson : JsonSerializerContext;
