using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Cria.Cli.Benchmarks;

namespace Cria.Cli.Commands;

/// <summary><c>cria bench</c>: measures how fast a model reads and generates.</summary>
internal static class BenchCommand
{
    private const int Most = 1_000_000;
    private const int MostRequests = 1024;

    // Requests at once are about generating: their prompts are short unless asked for.
    private const int ParallelPrompt = 16;

    public static Command Create(Terminal terminal)
    {
        Option<int> prompt = Count(["--n-prompt", "-p"], 512, "The tokens of the prompt; 0 leaves prompts out.");
        Option<int> generated = Count(["--n-gen", "-n"], 64, "The tokens to generate, one at a time; 0 leaves generation out.");
        Option<int> repetitions = Count(["--repetitions", "-r"], 3, "How often each is measured, after one run to warm up.");
        Option<int> depth = Count(["--depth", "-d"], 0, "The tokens that the context holds before each run.");
        var parallel = new Option<string?>("--parallel")
        {
            Description = "Measures instead how much so many requests at once generate together; several numbers with commas between them.",
            HelpName = "counts",
        };
        var busy = new Option<int?>("--busy")
        {
            Description = "Measures instead how long a short request waits while a prompt of so many tokens is read.",
            HelpName = "count",
            CustomParser = result => Values.ReadInteger(result),
        };
        var reopen = new Option<int?>("--reopen")
        {
            Description = "Measures instead how soon a conversation of so many tokens is answered without and with what the disk keeps of it.",
            HelpName = "count",
            CustomParser = result => Values.ReadInteger(result),
        };
        var lookup = new LookupBenchmark();
        ModelSource model = new ModelSource().WithSpeed().WithAdapters();
        var command = new CriaCommand(
            "bench",
            "Measure how fast a model reads and generates.",
            "cria bench -m model.gguf",
            "cria bench -m model.gguf -p 512 -n 64 -t 2 -r 3 --json",
            "cria bench -m model.gguf --parallel 1,2,4,8,16",
            "cria bench -m model.gguf --busy 4000",
            "cria bench -m model.gguf --reopen 2000",
            "cria bench -m model.gguf --lookup -r 5") { prompt, generated, repetitions, depth, parallel, busy, reopen };
        lookup.AddTo(command);
        model.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            (int p, int n, int r, int d) =
                (parsed.GetValue(prompt), parsed.GetValue(generated), parsed.GetValue(repetitions), parsed.GetValue(depth));
            if (((int[])[p, n, d]).Any(count => count is < 0 or > Most))
                throw new UsageException($"-p, -n and -d must be from 0 to {Most}.");
            if (r < 1) throw new UsageException("-r must be at least 1.");
            if (parsed.GetValue(reopen) is { } conversation)
            {
                await MeasureReopeningAsync(parsed, terminal, model, conversation, r, cancellationToken);
                return ExitCode.Success;
            }

            if (lookup.IsAsked(parsed)) return await lookup.RunAsync(parsed, model, r, terminal, cancellationToken);
            if (p == 0 && n == 0) throw new UsageException("-p and -n are both 0, which leaves nothing to measure.");

            if (parsed.GetValue(parallel) is { } counts)
            {
                await MeasureParallelAsync(parsed, terminal, model, Counts(counts), Given(prompt) ? p : ParallelPrompt, n, r, cancellationToken);
                return ExitCode.Success;
            }

            if (parsed.GetValue(busy) is { } longTokens)
            {
                await MeasureBusyAsync(parsed, terminal, model, longTokens, r, cancellationToken);
                return ExitCode.Success;
            }

            long start = Stopwatch.GetTimestamp();
            // A speed says nothing about the text, so that the trained length is no limit here.
            int length = d + Math.Max(p, n);
            await using LlamaModel loaded = await model.LoadAsync(
                parsed, terminal, cancellationToken, options => options with { ContextLength = length, AllowLongerContext = true });
            double loadTime = Math.Round(Stopwatch.GetElapsedTime(start).TotalMilliseconds, 1);
            BenchmarkResult result = await ProgressBar.ShowAsync(
                terminal, $"Measuring {r} times", () => loaded.BenchmarkAsync(p, n, r, d, cancellationToken));
            var report = new BenchReport(
                loaded.Info.Path,
                loaded.Threads,
                d,
                new SpeedReport(p, [.. result.PrefillPerSecond.Select(Rounded)]),
                new SpeedReport(n, [.. result.DecodePerSecond.Select(Rounded)]),
                loadTime,
                Math.Round(Process.GetCurrentProcess().PeakWorkingSet64 / 1e6, 1));
            if (parsed.WantsJson()) terminal.WriteJson(report, CliJson.Default.BenchReport);
            else List(terminal, report);
            return ExitCode.Success;

            bool Given(Option option) => parsed.GetResult(option) is { Implicit: false };
        });
        return command;
    }

    private static int[] Counts(string text) => [.. text.Split(',').Select(part =>
        int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out int count)
            ? count
            : throw new UsageException($"--parallel is '{text}', but must be whole numbers with commas between them, such as 1,2,4."))];

    private static async Task MeasureParallelAsync(
        ParseResult parsed, Terminal terminal, ModelSource model, int[] counts, int prompt, int generated, int repetitions, CancellationToken cancellationToken)
    {
        if (counts.Length == 0 || counts.Any(count => count is < 1 or > MostRequests)) throw new UsageException($"--parallel takes numbers from 1 to {MostRequests}.");
        if (prompt == 0 || generated == 0) throw new UsageException("Requests at once need a prompt and tokens to generate: -p and -n must be at least 1.");
        await using LlamaModel loaded = await model.LoadAsync(parsed, terminal, cancellationToken, options => options with
        {
            ContextLength = prompt + generated,
            AllowLongerContext = true,
            ParallelRequests = counts.Max(),
        });
        ParallelReport report = await ProgressBar.ShowAsync(
            terminal, $"Measuring {repetitions} times", () => ParallelBenchmark.MeasureAsync(loaded, counts, prompt, generated, repetitions, cancellationToken));
        if (parsed.WantsJson()) terminal.WriteJson(report, CliJson.Default.ParallelReport);
        else ParallelBenchmark.Write(terminal, report);
    }

    private static async Task MeasureBusyAsync(
        ParseResult parsed, Terminal terminal, ModelSource model, int longTokens, int repetitions, CancellationToken cancellationToken)
    {
        if (longTokens is < 256 or > Most) throw new UsageException($"--busy must be from 256 to {Most}.");
        await using LlamaModel loaded = await model.LoadAsync(parsed, terminal, cancellationToken, options => options with
        {
            ContextLength = longTokens + 64,
            AllowLongerContext = true,
        });
        BusyReport report = await ProgressBar.ShowAsync(
            terminal, $"Measuring {repetitions} times", () => BusyBenchmark.MeasureAsync(loaded, longTokens, repetitions, cancellationToken));
        if (parsed.WantsJson()) terminal.WriteJson(report, CliJson.Default.BusyReport);
        else BusyBenchmark.Write(terminal, report);
    }

    private static async Task MeasureReopeningAsync(
        ParseResult parsed, Terminal terminal, ModelSource model, int tokens, int repetitions, CancellationToken cancellationToken)
    {
        if (tokens is < 512 or > Most) throw new UsageException($"--reopen must be from 512 to {Most}.");
        ReopenReport report = await ReopenBenchmark.MeasureAsync(
            disk => model.LoadAsync(parsed, terminal, cancellationToken, options => options with
            {
                // The words of a text are a little more or less than was asked for.
                ContextLength = tokens + tokens / 4 + 64,
                AllowLongerContext = true,
                DiskCache = disk,
            }),
            tokens, repetitions, cancellationToken);
        if (parsed.WantsJson()) terminal.WriteJson(report, CliJson.Default.ReopenReport);
        else ReopenBenchmark.Write(terminal, report);
    }

    private static void List(Terminal terminal, BenchReport report)
    {
        var listing = new Listing("test", "tokens/s (median)", "range");
        AddSpeed(listing, $"prefill {report.Prefill.Tokens}", report.Prefill.TokPerS);
        AddSpeed(listing, $"decode {report.Decode.Tokens}", report.Decode.TokPerS);
        listing.Write(terminal);
        terminal.Out.WriteLine(FormattableString.Invariant(
            $"{report.Threads} threads, depth {report.Depth}, loaded in {report.LoadMs} ms, peak memory {report.PeakRssMb} MB"));
    }

    private static void AddSpeed(Listing listing, string test, double[] speeds)
    {
        if (speeds.Length == 0) return;
        double[] sorted = [.. speeds.Order()];
        double median = (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
        string range = FormattableString.Invariant($"{sorted[0]:0.00} – {sorted[^1]:0.00}");
        listing.Add(test, FormattableString.Invariant($"{median:0.00}"), range);
    }

    private static double Rounded(double value) => Math.Round(value, 3);

    private static Option<int> Count(string[] names, int value, string description) => new(names[0], names[1..])
    {
        Description = description,
        HelpName = "count",
        CustomParser = Values.ReadInteger,
        DefaultValueFactory = _ => value,
    };
}

/// <summary>The JSON document of <c>cria bench</c>.</summary>
internal sealed record BenchReport(
    string Model, int Threads, int Depth, SpeedReport Prefill, SpeedReport Decode, double LoadMs, double PeakRssMb);

internal sealed record SpeedReport(int Tokens, double[] TokPerS);
