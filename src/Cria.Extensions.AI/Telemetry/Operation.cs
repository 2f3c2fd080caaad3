using System.Diagnostics;

namespace Cria.Extensions.AI.Telemetry;

/// <summary>What all requests have in common: a span, a duration, tokens and perhaps a failure.</summary>
internal abstract class Operation : IDisposable
{
    private readonly long _start = Stopwatch.GetTimestamp();
    private readonly string _name;
    private readonly string _model;
    private bool _isRecorded;

    protected Operation(string name, string model)
    {
        _name = name;
        _model = model;
        // The model runs in this very process, so the span is an internal one.
        Activity = CriaMeter.Activities.StartActivity($"{name} {model}", ActivityKind.Internal, default(ActivityContext), Tags());
    }

    protected Activity? Activity { get; }

    /// <summary>Notes why there is no answer.</summary>
    public void Failed(Exception failure)
    {
        if (_isRecorded) return;
        Activity?.SetTag(GenAi.ErrorType, failure.GetType().FullName);
        Activity?.SetStatus(ActivityStatusCode.Error, failure.Message);
        End(failure.GetType().FullName);
    }

    public void Dispose()
    {
        End(error: null);
        Activity?.Dispose();
    }

    /// <summary>Notes an answer; tells false if that was done before.</summary>
    protected bool Answered(int input, int? output)
    {
        if (_isRecorded) return false;
        TagList tags = Answer();
        Activity?.SetTag(GenAi.ResponseModel, _model);
        Record(GenAi.InputTokens, "input", input);
        if (output is { } generated) Record(GenAi.OutputTokens, "output", generated);
        End(error: null);
        return true;

        void Record(string name, string type, int count)
        {
            Activity?.SetTag(name, count);
            TagList typed = tags;
            typed.Add(GenAi.TokenType, type);
            CriaMeter.TokenUsage.Record(count, typed);
        }
    }

    protected TagList Answer()
    {
        TagList tags = Tags();
        tags.Add(GenAi.ResponseModel, _model);
        return tags;
    }

    private TagList Tags() => new()
    {
        { GenAi.OperationName, _name },
        { GenAi.ProviderName, CriaChatClient.Provider },
        { GenAi.RequestModel, _model },
    };

    private void End(string? error)
    {
        if (_isRecorded) return;
        _isRecorded = true;
        TagList tags = error is null ? Answer() : Tags();
        if (error is not null) tags.Add(GenAi.ErrorType, error);
        CriaMeter.OperationDuration.Record(Stopwatch.GetElapsedTime(_start).TotalSeconds, tags);
    }
}
