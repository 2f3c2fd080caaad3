namespace Cria;

/// <summary>How well a model predicts a text.</summary>
/// <param name="Perplexity">The exponential of the mean negative log-likelihood of the scored tokens.</param>
/// <param name="StandardError">The uncertainty of <paramref name="Perplexity"/> from the number of scored tokens.</param>
/// <param name="TokenCount">The number of tokens that were scored.</param>
/// <param name="Windows">The number of windows that the text was cut into.</param>
public sealed record PerplexityResult(double Perplexity, double StandardError, int TokenCount, int Windows);

/// <summary>How far a measurement of perplexity has come.</summary>
/// <param name="Window">The number of windows that are done.</param>
/// <param name="Windows">The number of all windows.</param>
/// <param name="Perplexity">The perplexity so far.</param>
public readonly record struct PerplexityProgress(int Window, int Windows, double Perplexity);

/// <summary>How fast a model runs, repetition by repetition.</summary>
/// <param name="PromptTokens">The tokens of the prompt.</param>
/// <param name="GeneratedTokens">The tokens that were generated, one at a time.</param>
/// <param name="Depth">The tokens that the context held before each run.</param>
/// <param name="PrefillPerSecond">Prompt tokens per second, one value a repetition.</param>
/// <param name="DecodePerSecond">Generated tokens per second, one value a repetition.</param>
public sealed record BenchmarkResult(
    int PromptTokens, int GeneratedTokens, int Depth, IReadOnlyList<double> PrefillPerSecond, IReadOnlyList<double> DecodePerSecond);

/// <summary>How much sooner a text comes when it is guessed, repetition by repetition.</summary>
/// <param name="PromptTokens">The tokens of the prompt.</param>
/// <param name="GeneratedTokens">The tokens of the text.</param>
/// <param name="PlainPerSecond">Tokens per second without guesses, one value a repetition.</param>
/// <param name="GuessedPerSecond">Tokens per second with guesses, one value a repetition.</param>
/// <param name="Drafts">The guesses of all repetitions together.</param>
public sealed record SpeculationBenchmarkResult(
    int PromptTokens, int GeneratedTokens, IReadOnlyList<double> PlainPerSecond, IReadOnlyList<double> GuessedPerSecond, DraftUsage Drafts);
