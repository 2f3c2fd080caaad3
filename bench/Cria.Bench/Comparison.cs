using Cria.Runtime;
using LlamaCpp;

namespace Cria.Bench;

/// <summary>One row, measured: both engines' figures and the ratios of the pairs.</summary>
internal sealed record RowResult(Row Row, Sample Cria, Sample LlamaCpp)
{
    /// <summary>How many times as fast Cria is; of memory, how many times as much it takes.</summary>
    public Sample Ratio { get; } = Row.Subject == Subject.FirstToken
        ? Sample.Of(LlamaCpp, Cria, (theirs, ours) => theirs / ours)
        : Sample.Of(Cria, LlamaCpp, (ours, theirs) => ours / theirs);

    /// <summary>How near Cria comes to the memory's speed, where that is the ceiling.</summary>
    public MemoryUse? Memory { get; init; }
}

/// <summary>What a token reads, and the bytes per second of plain reading, measured with each pair.</summary>
internal sealed record MemoryUse(long FileBytes, long BytesPerToken, Sample Bandwidth);

/// <summary>Both engines' tokens per second with some number of threads.</summary>
internal sealed record ScalingPoint(int Threads, RowResult Prefill, RowResult Decode);

/// <summary>Runs rows as pairs, one engine after the other, never both at once.</summary>
internal sealed class Comparison(CompareOptions options)
{
    private const int ScalingPairs = 3;

    private readonly ModelCache _models = new(options.Models, options.Quick, options.Keep);

    public List<RowResult> Results { get; } = [];

    /// <summary>The rows that could not be measured, and why.</summary>
    public List<(Row Row, string Reason)> Failures { get; } = [];

    public List<ScalingPoint> Scaling { get; } = [];

    /// <summary>Runs all; <paramref name="report"/> is called whenever there is more to tell, since a long run may be cut short.</summary>
    public void Run(Action report)
    {
        // The curve over threads shares the first model with most rows.
        if (options.Wants(CompareOptions.Scaling)) RunScaling();
        report();
        Row[] rows = [.. options.Rows];
        for (int i = 0; i < rows.Length; i++)
        {
            try
            {
                Results.Add(Measure(rows[i], options.Threads, options.PairCount));
            }
            catch (Exception exception) when (exception is InvalidOperationException or LlamaCppException or IOException)
            {
                // A row that this machine cannot run, for want of an instruction set or of memory, should not cost the others.
                Console.Error.WriteLine($"  {exception.Message}");
                Failures.Add((rows[i], exception.Message));
            }

            report();
            if (i + 1 == rows.Length || rows[i + 1].Model != rows[i].Model) _models.Release(rows[i].Model);
        }
    }

    private void RunScaling()
    {
        Row prefill = Rows.All.First(row => row.Id == "prefill-q4km"), decode = Rows.All.First(row => row.Id == "decode-q4km");
        int pairs = Math.Min(ScalingPairs, options.PairCount);
        foreach (int threads in (int[])[1, 2, 4, 8, 16])
        {
            if (threads > ProcessorCores.Count()) break;
            Scaling.Add(new ScalingPoint(threads, Measure(prefill, threads, pairs), Measure(decode, threads, pairs)));
        }

        if (options.Rows.All(row => row.Model != prefill.Model)) _models.Release(prefill.Model);
    }

    private RowResult Measure(Row row, int threads, int pairs)
    {
        Console.Error.WriteLine($"{row.Id}, {threads} threads: {row.Title}");
        string model = _models.Path(row.Model);
        return row.Subject switch
        {
            Subject.FirstToken => FromPairs(row, pairs, () => CriaContender.FirstToken(model, threads), () => LlamaCppContender.FirstToken(model, threads)),
            Subject.PeakMemory => MeasureMemory(row, model, threads, pairs),
            _ => MeasureSpeed(row, model, threads, pairs),
        };
    }

    private RowResult MeasureMemory(Row row, string model, int threads, int pairs)
    {
        (int prompt, int generate, _, _) = options.Quick ? row.QuickWorkload : row.Workload;
        return FromPairs(row, pairs,
            () => CriaContender.PeakBytes(model, threads, prompt, generate), () => LlamaCppContender.PeakBytes(model, threads, prompt, generate));
    }

    private RowResult MeasureSpeed(Row row, string model, int threads, int pairs)
    {
        Workload workload = options.Quick ? row.QuickWorkload : row.Workload;
        using IContender cria = new CriaContender(model, threads, row.OnlyAvx2);
        using IContender llamaCpp = new LlamaCppContender(model, threads, row.OnlyAvx2 ? "haswell" : null);
        using MemoryBandwidth? memory = row.ReadsWholeFile ? new MemoryBandwidth(threads, options.Quick ? 256 << 20 : 1 << 30) : null;
        var bandwidths = new List<double>();
        RowResult result = FromPairs(row, pairs, () => cria.Measure(workload), () =>
        {
            if (memory is not null) bandwidths.Add(memory.Measure());
            return llamaCpp.Measure(workload);
        });
        if (memory is null) return result;
        (long fileBytes, long bytesPerToken) = ModelCache.Sizes(model);
        return result with { Memory = new MemoryUse(fileBytes, bytesPerToken, new Sample(bandwidths)) };
    }

    private static RowResult FromPairs(Row row, int pairs, Func<double> cria, Func<double> llamaCpp)
    {
        double[] ours = new double[pairs], theirs = new double[pairs];
        for (int i = 0; i < pairs; i++) (ours[i], theirs[i]) = (cria(), llamaCpp());
        var result = new RowResult(row, new Sample(ours), new Sample(theirs));
        Console.Error.WriteLine($"  {Report.Figure(row, result.Cria.Median)} to {Report.Figure(row, result.LlamaCpp.Median)}: {Report.Ratio(result.Ratio)}");
        return result;
    }
}
