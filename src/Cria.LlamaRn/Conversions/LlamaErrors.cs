using System.Text.Json;

namespace Cria.LlamaRn;

/// <summary>Tells failures of the engine in llama.rn's codes.</summary>
public static class LlamaErrors
{
    // Where llama.rn's name is not the engine's in other letters.
    private static readonly Dictionary<string, string> s_names = new()
    {
        [nameof(GenerationOptions.MaxTokens)] = "n_predict",
        [nameof(GenerationOptions.ProbabilityCount)] = "n_probs",
        [nameof(GenerationOptions.StopSequences)] = "stop",
        [nameof(GenerationOptions.RepeatLastN)] = "penalty_last_n",
        [nameof(GenerationOptions.RepeatPenalty)] = "penalty_repeat",
        [nameof(GenerationOptions.FrequencyPenalty)] = "penalty_freq",
        [nameof(GenerationOptions.PresencePenalty)] = "penalty_present",
        [nameof(GenerationOptions.DryLastN)] = "dry_penalty_last_n",
        [nameof(ModelOptions.ContextLength)] = "n_ctx",
        [nameof(ModelOptions.BatchSize)] = "n_batch",
        [nameof(ModelOptions.Threads)] = "n_threads",
        [nameof(ModelOptions.GpuLayers)] = "n_gpu_layers",
        [nameof(EmbeddingOptions.Normalization)] = "embd_normalize",
        [nameof(EmbeddingOptions.Pooling)] = "pooling_type",
    };

    /// <summary>Makes of any failure one with a code; what it was stays as the inner exception.</summary>
    public static LlamaException ConvertError(Exception error)
    {
        ArgumentNullException.ThrowIfNull(error);
        return error switch
        {
            LlamaException known => known,
            ModelTooLargeException or CacheMemoryException or OutOfMemoryException => Coded(LlamaErrorCodes.OutOfMemory, error),
            AdapterException => Coded(LlamaErrorCodes.Adapter, error),
            ModelLoadException => Coded(LlamaErrorCodes.ModelLoad, error),
            // Callers of llama.rn look for these words.
            ContextFullException => new LlamaException(LlamaErrorCodes.ContextFull, $"Context is full: {error.Message}", error),
            InvalidOptionException option => Refused(option),
            ChatException chat => LlamaException.Invalid(chat.Place, chat.Message, chat),
            TemplateException => LlamaException.Invalid("chat_template", error.Message, error),
            GrammarException => LlamaException.Invalid("grammar", error.Message, error),
            JsonSchemaException => LlamaException.Invalid("json_schema", error.Message, error),
            ArgumentException argument => LlamaException.Invalid(argument.ParamName ?? "", argument.Message, argument),
            CriaException => Coded(LlamaErrorCodes.Generation, error),
            _ => Coded(LlamaErrorCodes.Unknown, error),
        };
    }

    /// <summary>Tells a failure of saving or loading a session, which has a code of its own whatever is behind it.</summary>
    internal static LlamaException ConvertSessionError(Exception error) =>
        ConvertError(error) is { Code: LlamaErrorCodes.OutOfMemory or LlamaErrorCodes.InvalidInput or LlamaErrorCodes.Session } other ? other : Coded(LlamaErrorCodes.Session, error);

    private static LlamaException Coded(string code, Exception error) => new(code, error.Message, error);

    private static LlamaException Refused(InvalidOptionException error)
    {
        string field = s_names.GetValueOrDefault(error.Option) ?? JsonNamingPolicy.SnakeCaseLower.ConvertName(error.Option);
        return LlamaException.Invalid(field, $"{field}: {error.Message}", error);
    }
}
