using System.Text.Json.Serialization;

namespace Cria.LlamaRn;

/// <summary>How a completion ended, in llama.rn's names.</summary>
public sealed record CompletionResult
{
    /// <summary>The generated text as it is, with the marks of reasoning and calls.</summary>
    public required string Text { get; init; }

    /// <summary>The answer without reasoning and calls; of conversations only.</summary>
    public string? Content { get; init; }

    /// <summary>What the model thought before it answered.</summary>
    public string? ReasoningContent { get; init; }

    /// <summary>The tools that the model wants to have run.</summary>
    public IReadOnlyList<ToolCallResult>? ToolCalls { get; init; }

    /// <summary>The generated tokens.</summary>
    public IReadOnlyList<int> Tokens { get; init; } = [];

    /// <summary>How many tokens were generated.</summary>
    public int TokensPredicted { get; init; }

    /// <summary>How many tokens the prompt has.</summary>
    public int TokensEvaluated { get; init; }

    /// <summary>Whether a part of the text was dropped because the context was full.</summary>
    public bool Truncated { get; init; }

    /// <summary>Whether the context's end ended the text.</summary>
    public bool ContextFull { get; init; }

    /// <summary>Whether the completion was stopped.</summary>
    public bool Interrupted { get; init; }

    /// <summary>Whether the model ended the text.</summary>
    public bool StoppedEos { get; init; }

    /// <summary>Whether one of the stop texts appeared.</summary>
    public bool StoppedWord { get; init; }

    /// <summary>Whether the requested number of tokens was generated.</summary>
    public bool StoppedLimit { get; init; }

    /// <summary>The stop text that appeared; else empty.</summary>
    public string StoppingWord { get; init; } = "";

    /// <summary>How many tokens of the text the context holds.</summary>
    public int TokensCached { get; init; }

    /// <summary>The likeliest tokens at each step, where they were asked for.</summary>
    public IReadOnlyList<CompletionProbability>? CompletionProbabilities { get; init; }

    /// <summary>How long the parts of the work took.</summary>
    public CompletionTimings Timings { get; init; } = new();

    /// <summary>The result as llama.rn's JavaScript callers read it.</summary>
    public string ToJson() => LlamaJson.Write(this, LlamaJson.Snake.CompletionResult);
}

/// <summary>A tool that the model wants to have run.</summary>
/// <param name="Id">What the tool's answer refers to, where the model's notation knows ids.</param>
/// <param name="Function">The tool and its arguments.</param>
public sealed record ToolCallResult(string? Id, ToolCallFunction Function)
{
    /// <summary>Always <c>function</c>.</summary>
    [JsonPropertyOrder(-1)]
    public string Type => "function";
}

/// <summary>A tool and the arguments that it is called with.</summary>
/// <param name="Name">The name of the tool.</param>
/// <param name="Arguments">The arguments as JSON text.</param>
public sealed record ToolCallFunction(string Name, string Arguments);

/// <summary>A generated token and the likeliest ones at its place.</summary>
/// <param name="Content">The text of the token.</param>
/// <param name="Probs">The likeliest tokens, best first.</param>
public sealed record CompletionProbability(string Content, IReadOnlyList<TokenChance> Probs);

/// <summary>A token and its probability.</summary>
/// <param name="TokStr">The text of the token.</param>
/// <param name="Prob">Its probability.</param>
public sealed record TokenChance(string TokStr, float Prob);

/// <summary>How long the parts of a completion took, times in milliseconds.</summary>
public sealed record CompletionTimings
{
    /// <summary>The tokens of the prompt that a cache knew.</summary>
    public int CacheN { get; init; }

    /// <summary>The tokens of the prompt that were computed.</summary>
    public int PromptN { get; init; }

    /// <summary>The time that the prompt took.</summary>
    public double PromptMs { get; init; }

    /// <summary>The time that each token of the prompt took.</summary>
    public double PromptPerTokenMs { get; init; }

    /// <summary>Tokens of the prompt per second.</summary>
    public double PromptPerSecond { get; init; }

    /// <summary>The tokens that were generated.</summary>
    public int PredictedN { get; init; }

    /// <summary>The time that they took.</summary>
    public double PredictedMs { get; init; }

    /// <summary>The time that each of them took.</summary>
    public double PredictedPerTokenMs { get; init; }

    /// <summary>Generated tokens per second.</summary>
    public double PredictedPerSecond { get; init; }
}

/// <summary>What a completion's callback hears.</summary>
public sealed record TokenData
{
    /// <summary>The new piece of text.</summary>
    public required string Token { get; init; }

    /// <summary>All of the answer so far; of conversations only.</summary>
    public string? Content { get; init; }

    /// <summary>All of the reasoning so far.</summary>
    public string? ReasoningContent { get; init; }

    /// <summary>The calls of tools so far; the arguments of the last one may lack their end.</summary>
    public IReadOnlyList<ToolCallResult>? ToolCalls { get; init; }

    /// <summary>All pieces so far.</summary>
    public string? AccumulatedText { get; init; }

    /// <summary>The request, of those on <see cref="LlamaContext.Parallel"/>.</summary>
    [JsonPropertyName("requestId")]
    public int? RequestId { get; init; }

    /// <summary>The data as llama.rn's JavaScript callers read it.</summary>
    public string ToJson() => LlamaJson.Write(this, LlamaJson.Snake.TokenData);
}
