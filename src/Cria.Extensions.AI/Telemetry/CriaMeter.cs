using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;

namespace Cria.Extensions.AI.Telemetry;

/// <summary>The instruments of the process; the bounds of their buckets are those that the conventions advise.</summary>
internal static class CriaMeter
{
    // Models that nobody uses any more are not kept alive by being watched.
    private static readonly ConditionalWeakTable<LlamaModel, string> s_models = [];
    private static readonly Meter s_meter = new(CriaTelemetry.MeterName);

    public static ActivitySource Activities { get; } = new(CriaTelemetry.ActivitySourceName);

    public static Histogram<double> OperationDuration { get; } = Histogram<double>(
        "gen_ai.client.operation.duration", "s", "GenAI operation duration.",
        [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92]);

    public static Histogram<int> TokenUsage { get; } = Histogram<int>(
        "gen_ai.client.token.usage", "{token}", "Number of input and output tokens used.",
        [1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864]);

    public static Histogram<double> TimeToFirstToken { get; } = Histogram<double>(
        "gen_ai.server.time_to_first_token", "s", "Time to generate first token for successful responses.",
        [0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]);

    public static Histogram<double> TimePerOutputToken { get; } = Histogram<double>(
        "gen_ai.server.time_per_output_token", "s", "Time per output token generated after the first token for successful responses.",
        [0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5]);

    static CriaMeter()
    {
        s_meter.CreateObservableGauge("cria.requests.active", () => Observe(counts => counts.Active), "{request}", "Requests that advance together.");
        s_meter.CreateObservableGauge("cria.requests.queued", () => Observe(counts => counts.Queued), "{request}", "Requests that wait in line.");
    }

    /// <summary>Observes the requests of a model, for as long as it exists.</summary>
    public static void Watch(LlamaModel model, string modelId) => s_models.AddOrUpdate(model, modelId);

    private static IEnumerable<Measurement<int>> Observe(Func<RequestCounts, int> count) => s_models
        .GroupBy(pair => pair.Value, pair => count(pair.Key.Requests))
        .Select(model => new Measurement<int>(model.Sum(), new KeyValuePair<string, object?>(GenAi.RequestModel, model.Key)))
        .ToArray();

    private static Histogram<T> Histogram<T>(string name, string unit, string description, T[] bounds) where T : struct =>
        s_meter.CreateHistogram<T>(name, unit, description, tags: null, new InstrumentAdvice<T> { HistogramBucketBoundaries = bounds });
}
