namespace Cria;

/// <summary>Why a generation ended.</summary>
public enum FinishReason
{
    /// <summary>The model ended the text.</summary>
    EndOfText,
    /// <summary>The model ended its message with calls of tools, whose results it waits for.</summary>
    ToolCalls,
    /// <summary>One of the stop sequences appeared.</summary>
    StopSequence,
    /// <summary>The requested number of tokens was generated.</summary>
    Length,
    /// <summary>The context has no room for another token.</summary>
    ContextFull,
    /// <summary>The caller cancelled, stopped reading, or disposed the model.</summary>
    Cancelled,
}

/// <summary>A generated text and how it came about.</summary>
public sealed record GenerationResult
{
    /// <summary>The generated text, without the stop sequence that ended it.</summary>
    public required string Text { get; init; }

    /// <summary>The generated tokens, without the one that ended the text.</summary>
    public required IReadOnlyList<int> Tokens { get; init; }

    /// <summary>Why the generation ended.</summary>
    public required FinishReason FinishReason { get; init; }

    /// <summary>The stop sequence that ended the text, if one did.</summary>
    public string? StoppingText { get; init; }

    /// <summary>The seed of the random numbers; with it the request can be repeated.</summary>
    public required uint Seed { get; init; }

    /// <summary>How many tokens were read and generated.</summary>
    public required TokenUsage Usage { get; init; }

    /// <summary>How long the parts of the work took.</summary>
    public required GenerationTimings Timings { get; init; }

    /// <summary>How many tokens of the text the model forgot on the way because the context was full; see <see cref="GenerationOptions.WhenFull"/>.</summary>
    public int DroppedTokens { get; init; }

    /// <summary>How many tokens were guessed, and how many of those rightly; see <see cref="GenerationOptions.Speculation"/>.</summary>
    public DraftUsage Drafts { get; init; }

    /// <summary>The likeliest tokens at each step, if <see cref="GenerationOptions.ProbabilityCount"/> asked for them.</summary>
    public IReadOnlyList<TokenProbabilities> Probabilities { get; init; } = [];
}

/// <summary>How many tokens a request used.</summary>
/// <param name="PromptTokens">The tokens of the prompt, special ones included.</param>
/// <param name="CompletionTokens">The tokens that were generated, the one that ended the text included.</param>
/// <param name="CachedTokens">The tokens of the prompt that a cache knew, so that they were not computed again.</param>
public readonly record struct TokenUsage(int PromptTokens, int CompletionTokens, int CachedTokens = 0)
{
    /// <summary>All tokens of the request.</summary>
    public int TotalTokens => PromptTokens + CompletionTokens;
}

/// <summary>How long the parts of a generation took.</summary>
/// <param name="PromptTokens">The tokens of the prompt that were computed.</param>
/// <param name="PromptTime">The time that the prompt took.</param>
/// <param name="PredictedTokens">The tokens that were generated.</param>
/// <param name="PredictedTime">The time from the end of the prompt to the last token.</param>
/// <param name="TimeToFirstToken">The time from the start of the request, waiting included, to the first token.</param>
public readonly record struct GenerationTimings(
    int PromptTokens, TimeSpan PromptTime, int PredictedTokens, TimeSpan PredictedTime, TimeSpan TimeToFirstToken)
{
    /// <summary>Prompt tokens per second; 0 if there were none.</summary>
    public double PromptPerSecond => PromptTime > TimeSpan.Zero ? PromptTokens / PromptTime.TotalSeconds : 0;

    /// <summary>Generated tokens per second; 0 if there were none.</summary>
    public double PredictedPerSecond => PredictedTime > TimeSpan.Zero ? PredictedTokens / PredictedTime.TotalSeconds : 0;
}

/// <summary>A token and the probability that the model gave it.</summary>
/// <param name="Token">The token.</param>
/// <param name="Text">Its text; a token that is part of a character shows a replacement character.</param>
/// <param name="Probability">Its probability among all tokens, before any option changed it.</param>
public readonly record struct TokenProbability(int Token, string Text, float Probability);

/// <summary>A generated token and the likeliest ones at its place.</summary>
/// <param name="Chosen">The token that was generated.</param>
/// <param name="Likeliest">The likeliest tokens, best first.</param>
public sealed record TokenProbabilities(TokenProbability Chosen, IReadOnlyList<TokenProbability> Likeliest);
