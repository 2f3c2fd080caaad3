using System.Text.Json;

namespace Cria;

/// <summary>What a chat template turns into a prompt.</summary>
/// <param name="Messages">The conversation so far.</param>
public sealed record ChatRequest(IReadOnlyList<ChatMessage> Messages)
{
    /// <summary>The functions that the model may call.</summary>
    public IReadOnlyList<ChatTool> Tools { get; init; } = [];

    /// <summary>Whether the model may, must or may not call them.</summary>
    public ToolChoice ToolChoice { get; init; } = ToolChoice.Auto;

    /// <summary>Whether the model may call several at once.</summary>
    public bool ParallelToolCalls { get; init; } = true;

    /// <summary>Whether reasoning is told apart from the answer; else it stays in it, with its marks.</summary>
    public bool SeparateReasoning { get; init; } = true;

    /// <summary>Whether the prompt ends where the assistant's next message begins.</summary>
    public bool AddGenerationPrompt { get; init; } = true;

    /// <summary>Whether the model goes on with the last message instead of beginning one, and with which part of it.</summary>
    public ChatContinuation Continuation { get; init; }

    /// <summary>Whether the model may think before it answers; off has an effect where the template can switch it.</summary>
    public bool EnableThinking { get; init; } = true;

    /// <summary>Further variables for the template, which win over those that it is given anyway.</summary>
    public IReadOnlyDictionary<string, JsonElement> TemplateVariables { get; init; } = new Dictionary<string, JsonElement>();

    /// <summary>The JSON schema that the answer must follow; templates that can tell the model of it do so.</summary>
    public JsonElement? ResponseSchema { get; init; }

    /// <summary>How that schema is taken.</summary>
    internal JsonSchemaOptions ResponseSchemaOptions { get; init; } = new();
}

/// <summary>How the model goes on with the last message of a conversation.</summary>
public enum ChatContinuation
{
    /// <summary>It does not; it begins a message of its own.</summary>
    None,

    /// <summary>It goes on with the content, or with the reasoning where there is no content yet.</summary>
    Auto,

    /// <summary>It goes on with the content; the reasoning is over.</summary>
    Content,

    /// <summary>It goes on with the reasoning; the content does not count.</summary>
    Reasoning,
}
