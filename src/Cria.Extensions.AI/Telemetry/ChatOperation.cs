using System.Diagnostics;
using Microsoft.Extensions.AI;

namespace Cria.Extensions.AI.Telemetry;

/// <summary>A request for an answer, as it is traced and measured.</summary>
internal sealed class ChatOperation : Operation
{
    private readonly bool _recordsContent;

    private ChatOperation(CriaModelHost host) : base("chat", host.ModelId) => _recordsContent = host.RecordsContent;

    public static ChatOperation Start(CriaModelHost host, ChatOptions? options)
    {
        var operation = new ChatOperation(host);
        if (operation.Activity is { IsAllDataRequested: true } activity && options is not null) Describe(activity, options);
        return operation;
    }

    /// <summary>Notes what is asked, if what is said may be recorded.</summary>
    public void Asked(ChatRequest request)
    {
        if (_recordsContent && Activity is { IsAllDataRequested: true }) Activity.SetTag(GenAi.InputMessages, MessageJson.Write(request.Messages));
    }

    /// <summary>Notes the answer, the first time that it is told.</summary>
    public void Answered(ChatResult result)
    {
        TokenUsage usage = result.Generation.Usage;
        GenerationTimings timings = result.Generation.Timings;
        string reason = Reason(result);
        if (!Answered(usage.PromptTokens, usage.CompletionTokens)) return;
        if (Activity is { IsAllDataRequested: true })
        {
            Activity.SetTag(GenAi.CachedTokens, usage.CachedTokens);
            Activity.SetTag(GenAi.FinishReasons, new[] { reason });
            if (_recordsContent) Activity.SetTag(GenAi.OutputMessages, MessageJson.Write([result.Message], reason));
        }

        if (usage.CompletionTokens > 0) CriaMeter.TimeToFirstToken.Record(timings.TimeToFirstToken.TotalSeconds, Answer());
        // The first token comes with the end of the prompt, and that is where this time begins.
        if (timings.PredictedTokens > 1)
            CriaMeter.TimePerOutputToken.Record(timings.PredictedTime.TotalSeconds / (timings.PredictedTokens - 1), Answer());
    }

    private static string Reason(ChatResult result) =>
        result.FinishReason == FinishReason.Cancelled ? "cancelled" : ChatAnswers.Reason(result).Value;

    private static void Describe(Activity activity, ChatOptions options)
    {
        Set(GenAi.RequestMaxTokens, options.MaxOutputTokens);
        Set(GenAi.RequestTemperature, options.Temperature);
        Set(GenAi.RequestTopP, options.TopP);
        Set(GenAi.RequestTopK, options.TopK);
        Set(GenAi.RequestSeed, options.Seed);
        Set(GenAi.RequestFrequencyPenalty, options.FrequencyPenalty);
        Set(GenAi.RequestPresencePenalty, options.PresencePenalty);
        Set(GenAi.RequestStopSequences, options.StopSequences?.ToArray());
        Set(GenAi.OutputType, options.ResponseFormat switch { ChatResponseFormatJson => "json", ChatResponseFormatText => "text", _ => null });

        void Set(string name, object? value)
        {
            if (value is not null) activity.SetTag(name, value);
        }
    }
}
