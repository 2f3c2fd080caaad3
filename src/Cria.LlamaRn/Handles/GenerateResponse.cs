namespace Cria.LlamaRn;

/// <summary>What a context behind a handle generated.</summary>
public sealed record GenerateResponse
{
    /// <summary>The generated text.</summary>
    public required string Text { get; init; }

    /// <summary>How many tokens were generated.</summary>
    public int Tokens { get; init; }

    /// <summary>Why the text ended: <c>stop</c>, <c>length</c>, <c>context_full</c> or <c>cancelled</c>.</summary>
    public required string FinishReason { get; init; }

    /// <summary>How long it took.</summary>
    public required GenerateTiming Timing { get; init; }

    /// <summary>How many tokens it used.</summary>
    public required GenerateUsage Usage { get; init; }

    /// <summary>The response as JSON.</summary>
    public string ToJson() => LlamaJson.Write(this, LlamaJson.Camel.GenerateResponse);

    internal static GenerateResponse Of(CompletionResult result, DateTimeOffset start, TimeSpan elapsed) => new()
    {
        Text = result.Text,
        Tokens = result.TokensPredicted,
        FinishReason = result switch
        {
            { Interrupted: true } => "cancelled",
            { ContextFull: true } => "context_full",
            { StoppedLimit: true } => "length",
            _ => "stop",
        },
        Timing = new GenerateTiming(
            start.ToUnixTimeMilliseconds(), (start + elapsed).ToUnixTimeMilliseconds(), elapsed.TotalMilliseconds,
            elapsed > TimeSpan.Zero ? result.TokensPredicted / elapsed.TotalSeconds : 0),
        Usage = new GenerateUsage(result.TokensEvaluated, result.TokensPredicted, result.TokensEvaluated + result.TokensPredicted),
    };
}

/// <summary>How long a generation took, in milliseconds.</summary>
/// <param name="StartTime">When it began, since 1970.</param>
/// <param name="EndTime">When it ended, since 1970.</param>
/// <param name="ElapsedTime">The time between.</param>
/// <param name="TokensPerSecond">How many tokens per second were generated in it.</param>
public sealed record GenerateTiming(long StartTime, long EndTime, double ElapsedTime, double TokensPerSecond);

/// <summary>How many tokens a generation used.</summary>
/// <param name="PromptTokens">The tokens of the prompt.</param>
/// <param name="CompletionTokens">The tokens that were generated.</param>
/// <param name="TotalTokens">All of them.</param>
public sealed record GenerateUsage(int PromptTokens, int CompletionTokens, int TotalTokens);

/// <summary>An event of a stream: a new piece of text, or at the end the response.</summary>
/// <param name="Token">The piece; empty at the end.</param>
/// <param name="Response">The whole response, in the last event only.</param>
public sealed record GenerateEvent(string Token, GenerateResponse? Response = null);
