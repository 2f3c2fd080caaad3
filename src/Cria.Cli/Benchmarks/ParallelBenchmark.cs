using System.Diagnostics;
using System.Globalization;

namespace Cria.Cli.Benchmarks;

/// <summary>Measures how many tokens a model generates in all when several requests run at once.</summary>
internal static class ParallelBenchmark
{
    public static async Task<ParallelReport> MeasureAsync(
        LlamaModel model, IReadOnlyList<int> counts, int promptTokens, int generated, int repetitions, CancellationToken cancellationToken)
    {
        var speeds = counts.Distinct().ToDictionary(count => count, _ => new List<double>());
        // The numbers of requests take turns, so that what the machine does meanwhile touches all of them; the first round warms up.
        for (int round = 0; round <= repetitions; round++)
        {
            foreach ((int count, List<double> list) in speeds)
            {
                double speed = await MeasureOnceAsync(model, count, promptTokens, generated, round, cancellationToken);
                if (round > 0) list.Add(speed);
            }
        }

        return new ParallelReport(model.Info.Path, model.Threads, promptTokens, generated,
            [.. speeds.Select(pair => new ParallelSpeed(pair.Key, Math.Round(Median.Of(pair.Value), 2), [.. pair.Value.Select(value => Math.Round(value, 2))]))]);
    }

    public static void Write(Terminal terminal, ParallelReport report)
    {
        var listing = new Listing("requests", "tokens/s together", "tokens/s each", "against one");
        double one = report.Speeds[0].TokPerS / report.Speeds[0].Requests;
        foreach (ParallelSpeed speed in report.Speeds)
        {
            listing.Add(
                speed.Requests.ToString(CultureInfo.InvariantCulture),
                FormattableString.Invariant($"{speed.TokPerS:0.00}"),
                FormattableString.Invariant($"{speed.TokPerS / speed.Requests:0.00}"),
                FormattableString.Invariant($"{speed.TokPerS / one:0.00} ×"));
        }

        listing.Write(terminal);
        terminal.Out.WriteLine(FormattableString.Invariant($"{report.Threads} threads, {report.GeneratedTokens} tokens behind {report.PromptTokens} each"));
    }

    /// <summary>All tokens generated, by the time from the first request to the last answer, the reading of the short prompts included.</summary>
    private static async Task<double> MeasureOnceAsync(
        LlamaModel model, int count, int promptTokens, int generated, int round, CancellationToken cancellationToken)
    {
        var options = new GenerationOptions { Temperature = 0, IgnoreEos = true, MaxTokens = generated, Speculation = Speculation.None };
        // Each has a text of its own, so that none takes over what another has read.
        int[][] prompts = [.. Enumerable.Range(0, count).Select(i => BenchmarkText.Tokens(model, promptTokens, seed: 10_000 * round + 100 * count + i))];
        long start = Stopwatch.GetTimestamp();
        GenerationResult[] results = await Task.WhenAll(prompts.Select(prompt => model.GenerateAsync(prompt, options, cancellationToken)));
        return results.Sum(result => result.Tokens.Count) / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }
}

/// <summary>The JSON document of <c>cria bench --parallel</c>.</summary>
internal sealed record ParallelReport(string Model, int Threads, int PromptTokens, int GeneratedTokens, ParallelSpeed[] Speeds);

/// <summary>What so many requests at once generated together: the median, and each measurement.</summary>
internal sealed record ParallelSpeed(int Requests, double TokPerS, double[] Each);
