using System.Diagnostics;

namespace Cria.Cli.Benchmarks;

/// <summary>Measures how soon a long conversation is answered by a model that is loaded anew, without and with what the disk keeps of it.</summary>
internal static class ReopenBenchmark
{
    public static async Task<ReopenReport> MeasureAsync(
        Func<DiskCacheOptions, Task<LlamaModel>> load, int tokens, int repetitions, CancellationToken cancellationToken)
    {
        var cold = new List<Opening>();
        var warm = new List<Opening>();
        ReopenReport? report = null;
        for (int round = 0; round <= repetitions; round++)
        {
            string folder = Directory.CreateTempSubdirectory("cria-reopen-").FullName;
            try
            {
                var disk = new DiskCacheOptions { Directory = folder };
                // Each opening has a model of its own, which remembers nothing; the second finds what the first has left in the folder.
                Opening first = await OpenAsync(load, disk, tokens, cancellationToken), second = await OpenAsync(load, disk, tokens, cancellationToken);
                if (round == 0) continue;
                cold.Add(first);
                warm.Add(second);
            }
            finally
            {
                Directory.Delete(folder, recursive: true);
            }

            report = new ReopenReport(
                cold[0].Model, cold[0].Threads, cold[0].PromptTokens, warm[0].CachedTokens,
                Median.Of(cold.Select(one => one.LoadMs)), Median.Of(cold.Select(one => one.FirstTokenMs)), Median.Of(warm.Select(one => one.FirstTokenMs)),
                Ratio(one => one.FirstTokenMs), Ratio(one => one.LoadMs + one.FirstTokenMs));
        }

        return report!;

        double Ratio(Func<Opening, double> time) => Math.Round(Median.Of(cold.Zip(warm, (first, second) => time(first) / time(second))), 2);
    }

    public static void Write(Terminal terminal, ReopenReport report)
    {
        var listing = new Listing("conversation", "first token after");
        listing.Add("new", FormattableString.Invariant($"{report.NewMs:0} ms"));
        listing.Add("opened again", FormattableString.Invariant($"{report.ReopenedMs:0} ms"));
        listing.Write(terminal);
        terminal.Out.WriteLine(FormattableString.Invariant(
            $"{report.Threads} threads, {report.CachedTokens} of {report.PromptTokens} tokens from the disk: {report.Ratio} times sooner, {report.RatioWithLoading} with the {report.LoadMs:0} ms of loading"));
    }

    private static async Task<Opening> OpenAsync(
        Func<DiskCacheOptions, Task<LlamaModel>> load, DiskCacheOptions disk, int tokens, CancellationToken cancellationToken)
    {
        long start = Stopwatch.GetTimestamp();
        await using LlamaModel model = await load(disk);
        double loaded = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        ChatMessage[] messages = [ChatMessage.User(await BenchmarkText.WordsAsync(model, tokens, seed: 1, cancellationToken))];
        ChatResult answer = await model.ChatAsync(messages, new GenerationOptions { Temperature = 0, MaxTokens = 1 }, cancellationToken);
        TokenUsage usage = answer.Generation.Usage;
        return new Opening(
            model.Info.Path, model.Threads, usage.PromptTokens, usage.CachedTokens, loaded, answer.Generation.Timings.TimeToFirstToken.TotalMilliseconds);
    }

    private sealed record Opening(string Model, int Threads, int PromptTokens, int CachedTokens, double LoadMs, double FirstTokenMs);
}

/// <summary>The JSON document of <c>cria bench --reopen</c>; times are medians, ratios those of pairs.</summary>
internal sealed record ReopenReport(
    string Model, int Threads, int PromptTokens, int CachedTokens, double LoadMs, double NewMs, double ReopenedMs, double Ratio, double RatioWithLoading);
