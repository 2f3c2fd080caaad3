using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Cria.Tests.Runtime;
using Microsoft.Extensions.AI;

namespace Cria.Extensions.AI.Tests;

public sealed class TelemetryTests : IDisposable
{
    // Other tests are heard too; the name of the model tells them apart.
    private readonly string _model = "model-" + Guid.NewGuid().ToString("N");
    private readonly TinyModelFile _file = new();
    private readonly ConcurrentQueue<Activity> _spans = [];
    private readonly ConcurrentQueue<(string Name, double Value, Dictionary<string, object?> Tags)> _measurements = [];
    private readonly ActivityListener _activities;
    private readonly MeterListener _meter = new();

    public TelemetryTests()
    {
        _activities = new ActivityListener
        {
            ShouldListenTo = source => source.Name == CriaTelemetry.ActivitySourceName,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = activity => { if (activity.GetTagItem("gen_ai.request.model") as string == _model) _spans.Enqueue(activity); },
        };
        ActivitySource.AddActivityListener(_activities);
        _meter.InstrumentPublished = (instrument, listener) => { if (instrument.Meter.Name == CriaTelemetry.MeterName) listener.EnableMeasurementEvents(instrument); };
        _meter.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Note(instrument, value, tags));
        _meter.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Note(instrument, value, tags));
        _meter.Start();
    }

    [Fact]
    public async Task An_answer_is_a_span_and_measurements_under_the_names_of_the_conventions()
    {
        using CriaModelHost host = Host();
        using var client = new CriaChatClient(host);
        ChatResponse response = await client.GetResponseAsync("Hi", new ChatOptions { Temperature = 0, MaxOutputTokens = 5 });

        Activity span = Assert.Single(_spans);
        Assert.Equal("chat " + _model, span.DisplayName);
        Assert.Equal("chat", span.GetTagItem("gen_ai.operation.name"));
        Assert.Equal("cria", span.GetTagItem("gen_ai.provider.name"));
        Assert.Equal(5, span.GetTagItem("gen_ai.request.max_tokens"));
        Assert.Equal((int)response.Usage!.InputTokenCount!, span.GetTagItem("gen_ai.usage.input_tokens"));
        Assert.Equal((int)response.Usage.OutputTokenCount!, span.GetTagItem("gen_ai.usage.output_tokens"));
        Assert.Equal([response.FinishReason!.Value.Value], Assert.IsType<string[]>(span.GetTagItem("gen_ai.response.finish_reasons")));
        Assert.Null(span.GetTagItem("gen_ai.input.messages"));
        Assert.Null(span.GetTagItem("gen_ai.output.messages"));

        Assert.Equal(["gen_ai.client.operation.duration", "gen_ai.client.token.usage", "gen_ai.client.token.usage",
            "gen_ai.server.time_per_output_token", "gen_ai.server.time_to_first_token"], _measurements.Select(m => m.Name).Order());
        Assert.Equal((double)response.Usage.OutputTokenCount!, _measurements.Single(m => m.Tags.GetValueOrDefault("gen_ai.token.type") as string == "output").Value);
    }

    [Fact]
    public async Task What_is_said_is_recorded_only_if_that_is_asked_for()
    {
        using CriaModelHost host = Host(sensitive: true);
        using var client = new CriaChatClient(host);
        await client.GetResponseAsync("A secret", new ChatOptions { Temperature = 0, MaxOutputTokens = 2 });
        Assert.Equal("""[{"role":"user","parts":[{"type":"text","content":"A secret"}]}]""", Assert.Single(_spans).GetTagItem("gen_ai.input.messages"));
        Assert.NotNull(_spans.Single().GetTagItem("gen_ai.output.messages"));
    }

    [Fact]
    public async Task A_failure_is_told_by_its_type()
    {
        using CriaModelHost host = Host();
        using var client = new CriaChatClient(host);
        await Assert.ThrowsAsync<InvalidOptionException>(() => client.GetResponseAsync("Hi", new ChatOptions { TopP = -1 }));

        Assert.Equal(ActivityStatusCode.Error, Assert.Single(_spans).Status);
        Assert.Equal(typeof(InvalidOptionException).FullName, _spans.Single().GetTagItem("error.type"));
        Assert.Equal(typeof(InvalidOptionException).FullName, Assert.Single(_measurements).Tags["error.type"]);
    }

    [Fact]
    public async Task A_stream_that_is_left_early_is_measured_once()
    {
        using CriaModelHost host = Host();
        using var client = new CriaChatClient(host);
        await foreach (ChatResponseUpdate _ in client.GetStreamingResponseAsync("Hi", new ChatOptions { Temperature = 0, MaxOutputTokens = 50 })) break;
        Assert.Single(_spans);
        Assert.Single(_measurements, m => m.Name == "gen_ai.client.operation.duration");
    }

    [Fact]
    public async Task Running_and_waiting_requests_can_be_observed()
    {
        using CriaModelHost host = Host();
        using var client = new CriaChatClient(host);
        await using IAsyncEnumerator<ChatResponseUpdate> running =
            client.GetStreamingResponseAsync("Hi", new ChatOptions { RawRepresentationFactory = _ => new GenerationOptions { IgnoreEos = true } }).GetAsyncEnumerator();
        Assert.True(await running.MoveNextAsync());
        Task<ChatResponse> waiting = client.GetResponseAsync("Ho", new ChatOptions { MaxOutputTokens = 1 });
        _meter.RecordObservableInstruments();

        // The first may have filled its context by now, so that the other has moved up.
        string[] seen = [.. _measurements.Where(m => m.Name.StartsWith("cria.", StringComparison.Ordinal)).Select(m => m.Name).Order()];
        Assert.Equal(["cria.requests.active", "cria.requests.queued"], seen);
        await running.DisposeAsync();
        await waiting;
    }

    public void Dispose()
    {
        _meter.Dispose();
        _activities.Dispose();
        _file.Dispose();
    }

    private CriaModelHost Host(bool sensitive = false)
    {
        var options = new CriaOptions { ModelPath = _file.Path, ModelId = _model, ContextLength = 300, ParallelRequests = 1, EnableSensitiveData = sensitive };
        options.ConfigureModel(model => model with { DiskCache = null });
        return new CriaModelHost(options);
    }

    private void Note(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        Dictionary<string, object?> all = new(tags.ToArray());
        if (all.GetValueOrDefault("gen_ai.request.model") as string == _model) _measurements.Enqueue((instrument.Name, value, all));
    }
}
