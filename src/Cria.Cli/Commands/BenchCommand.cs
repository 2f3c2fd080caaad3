using System.CommandLine;
using System.Diagnostics;

namespace Cria.Cli.Commands;

/// <summary><c>cria bench</c>: measures how fast a model reads and generates.</summary>
internal static class BenchCommand
{
    private const int Most = 1_000_000;

    public static Command Create(Terminal terminal)
    {
        Option<int> prompt = Count(["--n-prompt", "-p"], 512, "The tokens of the prompt; 0 leaves prompts out.");
        Option<int> generated = Count(["--n-gen", "-n"], 64, "The tokens to generate, one at a time; 0 leaves generation out.");
        Option<int> repetitions = Count(["--repetitions", "-r"], 3, "How often each is measured, after one run to warm up.");
        Option<int> depth = Count(["--depth", "-d"], 0, "The tokens that the context holds before each run.");
        ModelSource model = new ModelSource().WithSpeed().WithAdapters();
        var command = new CriaCommand(
            "bench",
            "Measure how fast a model reads and generates.",
            "cria bench -m model.gguf",
            "cria bench -m model.gguf -p 512 -n 64 -t 2 -r 3 --json") { prompt, generated, repetitions, depth };
        model.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            (int p, int n, int r, int d) =
                (parsed.GetValue(prompt), parsed.GetValue(generated), parsed.GetValue(repetitions), parsed.GetValue(depth));
            if (((int[])[p, n, d]).Any(count => count is < 0 or > Most))
                throw new UsageException($"-p, -n and -d must be from 0 to {Most}.");
            if (r < 1) throw new UsageException("-r must be at least 1.");
            if (p == 0 && n == 0) throw new UsageException("-p and -n are both 0, which leaves nothing to measure.");

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
        });
        return command;
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
