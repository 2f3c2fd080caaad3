using System.Diagnostics;

namespace Cria.Cli.Benchmarks;

/// <summary>Measures how long a short request waits for its first token while a long prompt is being read.</summary>
internal static class BusyBenchmark
{
    private const int ShortTokens = 8, DecodedTokens = 32;

    public static async Task<BusyReport> MeasureAsync(LlamaModel model, int longTokens, int repetitions, CancellationToken cancellationToken)
    {
        var options = new GenerationOptions { Temperature = 0, IgnoreEos = true, MaxTokens = 1 };
        var alone = new List<double>();
        var busy = new List<double>();
        var token = new List<double>();
        var random = new Random(1);
        double reading = 0;
        for (int round = 0; round <= repetitions; round++)
        {
            GenerationResult decoded = await model.GenerateAsync(Short(3 * round), options with { MaxTokens = DecodedTokens }, cancellationToken);
            GenerationResult quiet = await model.GenerateAsync(Short(3 * round + 1), options, cancellationToken);
            long start = Stopwatch.GetTimestamp();
            Task<GenerationResult> slow = model.GenerateAsync(BenchmarkText.Tokens(model, longTokens, -1 - round), options, cancellationToken);
            // The first round tells how long the reading takes; the others come at any moment of it.
            if (round > 0) await Task.Delay(TimeSpan.FromMilliseconds(reading * (0.05 + 0.8 * random.NextDouble())), cancellationToken);
            GenerationResult hasty = await model.GenerateAsync(Short(3 * round + 2), options, cancellationToken);
            bool wasBusy = !slow.IsCompleted;
            await slow;
            if (round == 0) reading = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            if (round == 0 || !wasBusy) continue;
            token.Add(decoded.Timings.PredictedTime.TotalMilliseconds / (DecodedTokens - 1));
            alone.Add(quiet.Timings.TimeToFirstToken.TotalMilliseconds);
            busy.Add(hasty.Timings.TimeToFirstToken.TotalMilliseconds);
        }

        double tokenTime = Median.Of(token);
        return new BusyReport(model.Info.Path, model.Threads, longTokens, ShortTokens, Rounded(tokenTime), Rounded(Median.Of(alone)), Rounded(Median.Of(busy)),
            Rounded(busy.Max()), Rounded(Median.Of(busy) / tokenTime), [.. busy.Select(Rounded)]);

        int[] Short(int seed) => BenchmarkText.Tokens(model, ShortTokens, seed);
    }

    public static void Write(Terminal terminal, BusyReport report)
    {
        var listing = new Listing("short request", "first token after");
        listing.Add("alone", FormattableString.Invariant($"{report.AloneMs} ms"));
        listing.Add("while a long prompt is read", FormattableString.Invariant($"{report.BusyMs} ms, at most {report.WorstMs} ms"));
        listing.Write(terminal);
        terminal.Out.WriteLine(FormattableString.Invariant(
            $"{report.Threads} threads, prompts of {report.ShortTokens} and {report.LongTokens} tokens; a token alone takes {report.TokenMs} ms: {report.TokenTimes} token times"));
    }

    private static double Rounded(double value) => Math.Round(value, 2);
}

/// <summary>The JSON document of <c>cria bench --busy</c>; times are medians but the worst one.</summary>
internal sealed record BusyReport(
    string Model, int Threads, int LongTokens, int ShortTokens, double TokenMs, double AloneMs, double BusyMs, double WorstMs, double TokenTimes, double[] Each);
