using System.Text.Json;
using System.Text.Json.Serialization;

namespace LlamaCpp;

/// <summary>
/// A chat as llama.cpp's server takes it, with the server's defaults. Messages, tools and the like are JSON texts, shaped as
/// OpenAI has them.
/// </summary>
public sealed record OracleChat(string Template, string Messages)
{
    public string BosToken { get; init; } = "";

    public string EosToken { get; init; } = "";

    /// <summary>Whether the tokenizer will add the token, so that the prompt must not begin with it.</summary>
    public bool AddBos { get; init; }

    public bool AddEos { get; init; }

    public string? Tools { get; init; }

    /// <summary>auto, none or required.</summary>
    public string? ToolChoice { get; init; }

    /// <summary>By default what the template can.</summary>
    public bool? ParallelToolCalls { get; init; }

    public bool AddGenerationPrompt { get; init; } = true;

    /// <summary>true, "content" or "reasoning_content", as JSON: the last message is gone on with, and no generation prompt is added.</summary>
    public string? ContinueFinalMessage { get; init; }

    public bool EnableThinking { get; init; } = true;

    /// <summary>none, auto, deepseek or deepseek-legacy; llama.cpp's own default is deepseek.</summary>
    public string? ReasoningFormat { get; init; }

    /// <summary>A JSON object of further variables of the template.</summary>
    public string? Variables { get; init; }

    public string? JsonSchema { get; init; }

    public string? Grammar { get; init; }

    public DateTimeOffset? Now { get; init; }
}

/// <summary>A rendered template, and which parts of it came from the caller's values.</summary>
public sealed record OracleRendering(string Text, IReadOnlyList<OraclePart> Parts);

public sealed record OraclePart(string Text, bool IsInput);

/// <summary>What llama.cpp makes of a chat. A grammar that is not lazy begins with the generation prompt.</summary>
public sealed record OracleChatResult(
    string Prompt,
    string GenerationPrompt,
    string Format,
    string Grammar,
    bool GrammarLazy,
    IReadOnlyList<OracleTrigger> GrammarTriggers,
    bool SupportsThinking,
    string ThinkingStartTag,
    IReadOnlyList<string> ThinkingEndTags,
    IReadOnlyList<string> PreservedTokens,
    IReadOnlyList<string> AdditionalStops);

/// <summary>What sets a lazy grammar going: a word, a pattern, a pattern_full or a token.</summary>
public sealed record OracleTrigger(string Type, string Value);

/// <summary>What llama.cpp reads in a model's output, or the error with which it refuses it.</summary>
public sealed record OracleMessage(
    string Content, string ReasoningContent, IReadOnlyList<OracleToolCall> ToolCalls, string? Error);

public sealed record OracleToolCall(string Id, string Name, string Arguments);

/// <summary>Whether a grammar accepts a text, and otherwise how many of its bytes come before the character that fails, or all.</summary>
public sealed record OracleMatch(bool Accepted, int Prefix);

internal sealed record OracleMessages(IReadOnlyList<OracleMessage> Messages);

internal sealed record OracleMatches(IReadOnlyList<OracleMatch> Texts);

internal sealed record OracleGbnf(string Gbnf);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(OracleRendering))]
[JsonSerializable(typeof(OracleChatResult))]
[JsonSerializable(typeof(OracleMessages))]
[JsonSerializable(typeof(OracleMatches))]
[JsonSerializable(typeof(OracleGbnf))]
[JsonSerializable(typeof(Dictionary<string, bool>))]
[JsonSerializable(typeof(JsonElement))]
internal sealed partial class ChatOracleJson : JsonSerializerContext;
