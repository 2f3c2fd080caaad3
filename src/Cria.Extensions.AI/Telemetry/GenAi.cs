namespace Cria.Extensions.AI.Telemetry;

/// <summary>The names that OpenTelemetry's conventions for generative AI give to what is measured.</summary>
internal static class GenAi
{
    public const string
        OperationName = "gen_ai.operation.name",
        ProviderName = "gen_ai.provider.name",
        RequestModel = "gen_ai.request.model",
        RequestMaxTokens = "gen_ai.request.max_tokens",
        RequestTemperature = "gen_ai.request.temperature",
        RequestTopP = "gen_ai.request.top_p",
        RequestTopK = "gen_ai.request.top_k",
        RequestSeed = "gen_ai.request.seed",
        RequestFrequencyPenalty = "gen_ai.request.frequency_penalty",
        RequestPresencePenalty = "gen_ai.request.presence_penalty",
        RequestStopSequences = "gen_ai.request.stop_sequences",
        OutputType = "gen_ai.output.type",
        ResponseModel = "gen_ai.response.model",
        FinishReasons = "gen_ai.response.finish_reasons",
        InputTokens = "gen_ai.usage.input_tokens",
        OutputTokens = "gen_ai.usage.output_tokens",
        CachedTokens = "gen_ai.usage.cache_read.input_tokens",
        InputMessages = "gen_ai.input.messages",
        OutputMessages = "gen_ai.output.messages",
        EmbeddingDimensions = "gen_ai.embeddings.dimension.count",
        TokenType = "gen_ai.token.type",
        ErrorType = "error.type";

    /// <summary>Whether the environment asks for what is said to be recorded too.</summary>
    public static bool RecordsContentByDefault { get; } =
        string.Equals(Environment.GetEnvironmentVariable("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"), "true", StringComparison.OrdinalIgnoreCase);
}
