using System.CommandLine;
using System.Diagnostics;

namespace Cria.Cli.Commands;

/// <summary><c>cria run</c>: continues a text.</summary>
internal static class RunCommand
{
    public static Command Create(Terminal terminal)
    {
        var text = new TextSource();
        var raw = new Option<bool>("--raw") { Description = "Continues the text exactly as it is, without a chat template." };
        ModelSource model = new ModelSource().WithContext().WithSpeed().WithLongerContext().WithAdapters();
        EngineOptions<GenerationOptions> sampling = SamplingOptions.Create();

        var command = new CriaCommand(
            "run",
            "Continue a text.",
            "cria run \"Once upon a time\"",
            "cria run -m model.gguf -n 100 --temp 0 \"The capital of France is\"",
            "cat story.txt | cria run -m model.gguf --seed 1 --json") { raw };
        text.AddTo(command);
        model.AddTo(command);
        sampling.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            string prompt = await text.ReadWithoutLastLineBreakAsync(parsed, terminal, cancellationToken);
            GenerationOptions options = sampling.Read(parsed);
            long start = Stopwatch.GetTimestamp();
            await using LlamaModel loaded = await model.LoadAsync(parsed, terminal, cancellationToken);
            TimeSpan loadTime = Stopwatch.GetElapsedTime(start);

            GenerationStream stream = loaded.StreamAsync(prompt, options, cancellationToken);
            bool json = parsed.WantsJson();
            await PrintAsync(terminal, stream, quietly: json);
            if (json) terminal.WriteJson(RunReport.From(stream.Result, loadTime), CliJson.Default.RunReport);
            else if (terminal.ErrorIsSeen || parsed.IsVerbose()) WriteStatistics(terminal, stream.Result);
            return stream.Result.FinishReason == FinishReason.Cancelled ? ExitCode.Cancelled : ExitCode.Success;
        });
        return command;
    }

    /// <summary>Writes the pieces as they come; a cancellation ends them, and what was generated stays.</summary>
    private static async Task PrintAsync(Terminal terminal, GenerationStream stream, bool quietly)
    {
        await using IAsyncEnumerator<string> pieces = stream.GetAsyncEnumerator(CancellationToken.None);
        string last = "";
        try
        {
            bool more = await ProgressBar.ShowAsync(terminal, "Reading the text", () => pieces.MoveNextAsync().AsTask());
            for (; more; more = await pieces.MoveNextAsync())
            {
                if (quietly) continue;
                last = pieces.Current;
                await terminal.Out.WriteAsync(last);
                await terminal.Out.FlushAsync(CancellationToken.None);
            }
        }
        catch (OperationCanceledException) when (HasResult(stream))
        {
            // What was generated stays, and the result tells that there might have been more.
        }

        // The shell's prompt belongs on a line of its own; a pipe gets the text and nothing else.
        if (terminal.OutputIsSeen && !quietly && !last.EndsWith('\n')) terminal.Out.WriteLine();
        terminal.Out.Flush();
    }

    /// <summary>Tells a generation that was cancelled from one that was cancelled before it began.</summary>
    private static bool HasResult(GenerationStream stream)
    {
        try
        {
            return stream.Result is not null;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    private static void WriteStatistics(Terminal terminal, GenerationResult result)
    {
        GenerationTimings timings = result.Timings;
        string read = FormattableString.Invariant($"{timings.PromptTokens} tokens read at {timings.PromptPerSecond:0.#}/s");
        string generated = FormattableString.Invariant($"{timings.PredictedTokens} generated at {timings.PredictedPerSecond:0.#}/s");
        terminal.Error.WriteLine($"[{read}, {generated}; {DescribeEnd(result)}; seed {result.Seed}]");
    }

    private static string DescribeEnd(GenerationResult result) => result.FinishReason switch
    {
        FinishReason.EndOfText => "ended by the model",
        FinishReason.StopSequence => "ended by a stop text",
        FinishReason.Length => "ended by -n",
        FinishReason.ContextFull => "the context is full (-c)",
        _ => "cancelled",
    };
}

/// <summary>The JSON document of <c>cria run</c>.</summary>
internal sealed record RunReport(
    string Text,
    IReadOnlyList<int> Tokens,
    string FinishReason,
    string? StoppingText,
    uint Seed,
    UsageReport Usage,
    TimingsReport Timings,
    IReadOnlyList<ProbabilitiesReport>? Probabilities)
{
    public static RunReport From(GenerationResult result, TimeSpan loadTime) => new(
        result.Text,
        result.Tokens,
        Name(result.FinishReason),
        result.StoppingText,
        result.Seed,
        new UsageReport(result.Usage.PromptTokens, result.Usage.CompletionTokens, result.Usage.TotalTokens),
        TimingsReport.From(result.Timings, loadTime),
        result.Probabilities.Count == 0 ? null : [.. result.Probabilities.Select(ProbabilitiesReport.From)]);

    private static string Name(FinishReason reason) => reason switch
    {
        Cria.FinishReason.EndOfText => "end_of_text",
        Cria.FinishReason.StopSequence => "stop_sequence",
        Cria.FinishReason.Length => "length",
        Cria.FinishReason.ContextFull => "context_full",
        _ => "cancelled",
    };
}

internal sealed record UsageReport(int PromptTokens, int CompletionTokens, int TotalTokens);

internal sealed record TimingsReport(
    double LoadMs,
    int PromptTokens,
    double PromptMs,
    double PromptPerSecond,
    int PredictedTokens,
    double PredictedMs,
    double PredictedPerSecond,
    double TimeToFirstTokenMs)
{
    public static TimingsReport From(GenerationTimings timings, TimeSpan loadTime) => new(
        Milliseconds(loadTime),
        timings.PromptTokens,
        Milliseconds(timings.PromptTime),
        Math.Round(timings.PromptPerSecond, 2),
        timings.PredictedTokens,
        Milliseconds(timings.PredictedTime),
        Math.Round(timings.PredictedPerSecond, 2),
        Milliseconds(timings.TimeToFirstToken));

    private static double Milliseconds(TimeSpan time) => Math.Round(time.TotalMilliseconds, 2);
}

internal sealed record ProbabilitiesReport(int Token, string Text, float Probability, IReadOnlyList<ProbabilityReport> Likeliest)
{
    public static ProbabilitiesReport From(TokenProbabilities step) => new(
        step.Chosen.Token,
        step.Chosen.Text,
        step.Chosen.Probability,
        [.. step.Likeliest.Select(other => new ProbabilityReport(other.Token, other.Text, other.Probability))]);
}

internal sealed record ProbabilityReport(int Token, string Text, float Probability);
