using System.CommandLine;
using System.Diagnostics;

namespace Cria.Cli.Commands;

/// <summary><c>cria run</c>: continues a text, or answers it where the model's file says how conversations are written.</summary>
internal static class RunCommand
{
    public static Command Create(Terminal terminal)
    {
        var text = new TextSource();
        var raw = new Option<bool>("--raw") { Description = "Continues the text exactly as it is, without the model's chat template." };
        var system = new Option<string?>("--system") { Description = "What the model is told before the text, where it has a chat template.", HelpName = "text" };
        var atOnce = new Option<bool>("--no-thinking") { Description = "Asks for an answer without reasoning, where the chat template can." };
        var draftModel = new Option<string?>("--draft-model", "-md")
        {
            Description = "A smaller model with the same vocabulary that guesses the text, which makes it come sooner and changes nothing else.",
            HelpName = "file",
        };
        var grammar = new GrammarSource();
        ModelSource model = new ModelSource().WithContext().WithSpeed().WithLongerContext().WithAdapters().WithDiskCache();
        EngineOptions<GenerationOptions> sampling = SamplingOptions.Create();

        var command = new CriaCommand(
            "run",
            "Continue a text, or answer it if the model has a chat template.",
            "cria run \"Once upon a time\"",
            "cria run -m model.gguf -n 100 --temp 0 \"The capital of France is\"",
            "cria run -m model.gguf --schema recipe.json \"A pancake recipe, please.\"",
            "cat story.txt | cria run -m model.gguf --raw --seed 1 --json") { raw, system, atOnce, draftModel };
        text.AddTo(command);
        grammar.AddTo(command);
        model.AddTo(command);
        sampling.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            string prompt = await text.ReadWithoutLastLineBreakAsync(parsed, terminal, cancellationToken);
            GenerationOptions options = sampling.Read(parsed);
            if (grammar.IsGiven(parsed)) options = options with { Grammar = await grammar.ReadAsync(parsed, terminal, cancellationToken) };
            long start = Stopwatch.GetTimestamp();
            await using LlamaModel loaded = await model.LoadAsync(parsed, terminal, cancellationToken);
            await using LlamaModel? draft = parsed.GetValue(draftModel) is { } file ? await model.LoadDraftAsync(file, parsed, terminal, cancellationToken) : null;
            if (draft is not null) options = options with { Speculation = Speculation.With(draft) };
            TimeSpan loadTime = Stopwatch.GetElapsedTime(start);

            bool json = parsed.WantsJson();
            Answer answer = loaded.Info.HasChatTemplate && !parsed.GetValue(raw)
                ? new Reply(loaded.StreamChatAsync(Conversation(parsed.GetValue(system), prompt, parsed.GetValue(atOnce)), options, cancellationToken))
                : new Continuation(loaded.StreamAsync(prompt, options, cancellationToken));
            await PrintAsync(terminal, answer, quietly: json);
            if (json) terminal.WriteJson(RunReport.From(answer, loadTime), CliJson.Default.RunReport);
            else if (terminal.ErrorIsSeen || parsed.IsVerbose()) WriteStatistics(terminal, answer.Result);
            return answer.Result.FinishReason == FinishReason.Cancelled ? ExitCode.Cancelled : ExitCode.Success;
        });
        return command;
    }

    private static ChatRequest Conversation(string? system, string question, bool atOnce) =>
        new(system is null ? [ChatMessage.User(question)] : [ChatMessage.System(system), ChatMessage.User(question)]) { EnableThinking = !atOnce };

    /// <summary>Writes the pieces as they come; a cancellation ends them, and what was generated stays.</summary>
    private static async Task PrintAsync(Terminal terminal, Answer answer, bool quietly)
    {
        await using IAsyncEnumerator<ChatDelta> pieces = answer.Pieces.GetAsyncEnumerator(CancellationToken.None);
        string last = "";
        bool isReasoning = false;
        try
        {
            bool more = await ProgressBar.ShowAsync(terminal, "Reading the text", () => pieces.MoveNextAsync().AsTask());
            for (; more; more = await pieces.MoveNextAsync())
            {
                if (quietly) continue;
                await ShowReasoningAsync(pieces.Current.Reasoning);
                last = pieces.Current.Content;
                await terminal.Out.WriteAsync(last);
                await terminal.Out.FlushAsync(CancellationToken.None);
            }
        }
        catch (OperationCanceledException) when (answer.HasResult)
        {
            // What was generated stays, and the result tells that there might have been more.
        }

        // The shell's prompt belongs on a line of its own; a pipe gets the text and nothing else.
        if (terminal.OutputIsSeen && !quietly && !last.EndsWith('\n')) terminal.Out.WriteLine();
        terminal.Out.Flush();

        // A person sees what the model thinks; a pipe gets what it says.
        async Task ShowReasoningAsync(string reasoning)
        {
            if (!terminal.ErrorIsSeen || !terminal.OutputIsSeen) return;
            if (reasoning.Length == 0 && isReasoning) await terminal.Error.WriteAsync("\n\n");
            isReasoning = reasoning.Length > 0;
            await terminal.Error.WriteAsync(reasoning);
        }
    }

    private static void WriteStatistics(Terminal terminal, GenerationResult result)
    {
        GenerationTimings timings = result.Timings;
        string read = FormattableString.Invariant($"{timings.PromptTokens} tokens read at {timings.PromptPerSecond:0.#}/s");
        string generated = FormattableString.Invariant($"{timings.PredictedTokens} generated at {timings.PredictedPerSecond:0.#}/s");
        string guessed = result.Drafts.Proposed == 0 ? "" : $", {result.Drafts.Accepted} of {result.Drafts.Proposed} guesses right";
        terminal.Error.WriteLine($"[{read}, {generated}{guessed}; {DescribeEnd(result)}; seed {result.Seed}]");
    }

    private static string DescribeEnd(GenerationResult result) => result.FinishReason switch
    {
        FinishReason.EndOfText => "ended by the model",
        FinishReason.StopSequence => "ended by a stop text",
        FinishReason.Length => "ended by -n",
        FinishReason.ContextFull => "the context is full (-c)",
        FinishReason.ToolCalls => "ended with calls of tools",
        _ => "cancelled",
    };
}

/// <summary>The JSON document of <c>cria run</c>.</summary>
internal sealed record RunReport(
    string Text,
    string? Reasoning,
    IReadOnlyList<int> Tokens,
    string FinishReason,
    string? StoppingText,
    uint Seed,
    UsageReport Usage,
    TimingsReport Timings,
    DraftsReport? Drafts,
    IReadOnlyList<ProbabilitiesReport>? Probabilities)
{
    public static RunReport From(Answer answer, TimeSpan loadTime)
    {
        GenerationResult result = answer.Result;
        return new(
            answer.Text,
            answer.Reasoning,
            result.Tokens,
            Name(result.FinishReason),
            result.StoppingText,
            result.Seed,
            UsageReport.From(result),
            TimingsReport.From(result.Timings, loadTime),
            result.Drafts.Proposed == 0 ? null : new DraftsReport(result.Drafts.Proposed, result.Drafts.Accepted),
            result.Probabilities.Count == 0 ? null : [.. result.Probabilities.Select(ProbabilitiesReport.From)]);
    }

    public static string Name(FinishReason reason) => reason switch
    {
        Cria.FinishReason.EndOfText => "end_of_text",
        Cria.FinishReason.StopSequence => "stop_sequence",
        Cria.FinishReason.Length => "length",
        Cria.FinishReason.ContextFull => "context_full",
        Cria.FinishReason.ToolCalls => "tool_calls",
        _ => "cancelled",
    };
}

internal sealed record UsageReport(int PromptTokens, int CompletionTokens, int TotalTokens, int CachedTokens, int? DroppedTokens)
{
    public static UsageReport From(GenerationResult result) => new(
        result.Usage.PromptTokens, result.Usage.CompletionTokens, result.Usage.TotalTokens, result.Usage.CachedTokens,
        result.DroppedTokens > 0 ? result.DroppedTokens : null);
}

internal sealed record DraftsReport(int Proposed, int Accepted);

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
