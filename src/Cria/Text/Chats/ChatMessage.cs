using System.Text.Json;
using Cria.Text.Chats;

namespace Cria;

/// <summary>A message of a conversation.</summary>
/// <param name="Role">Who speaks: <c>system</c>, <c>developer</c>, <c>user</c>, <c>assistant</c>, <c>tool</c>, or a role that the model's template knows.</param>
public sealed record ChatMessage(string Role)
{
    /// <summary>What is said, where it is one text.</summary>
    public string? Content { get; init; }

    /// <summary>What is said, where it comes in several pieces; a message has this or <see cref="Content"/>.</summary>
    public IReadOnlyList<ChatContentPart>? Parts { get; init; }

    /// <summary>What the assistant thought before it spoke.</summary>
    public string? ReasoningContent { get; init; }

    /// <summary>The tools that the assistant wants to have run.</summary>
    public IReadOnlyList<ToolCall>? ToolCalls { get; init; }

    /// <summary>The call that a tool's message answers.</summary>
    public string? ToolCallId { get; init; }

    /// <summary>The name of the tool that answers, or of the person who speaks.</summary>
    public string? Name { get; init; }

    /// <summary>Says how the assistant should behave.</summary>
    public static ChatMessage System(string content) => new("system") { Content = content };

    /// <summary>A message of the person who talks to the model.</summary>
    public static ChatMessage User(string content) => new("user") { Content = content };

    /// <summary>An earlier answer of the model.</summary>
    public static ChatMessage Assistant(string content) => new("assistant") { Content = content };

    /// <summary>An earlier answer of the model that called tools.</summary>
    public static ChatMessage Assistant(string? content, params IReadOnlyList<ToolCall> toolCalls) =>
        new("assistant") { Content = content, ToolCalls = toolCalls };

    /// <summary>What a tool returned.</summary>
    public static ChatMessage Tool(string content, string? toolCallId = null, string? name = null) =>
        new("tool") { Content = content, ToolCallId = toolCallId, Name = name };

    /// <summary>Reads a conversation in the shape of OpenAI's interface: a JSON array of messages.</summary>
    /// <exception cref="ChatException">The text is no JSON, or a message is ill-formed.</exception>
    public static IReadOnlyList<ChatMessage> FromJson(string json) => ChatMessageReader.Messages(ChatJson.Parse(json, "messages"));

    /// <summary>Reads a conversation in the shape of OpenAI's interface: a JSON array of messages.</summary>
    /// <exception cref="ChatException">A message is ill-formed.</exception>
    public static IReadOnlyList<ChatMessage> FromJson(JsonElement json) => ChatMessageReader.Messages(new ChatJson(json, "messages"));
}
