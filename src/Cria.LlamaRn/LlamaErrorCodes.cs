namespace Cria.LlamaRn;

/// <summary>The values of <see cref="LlamaException.Code"/>.</summary>
public static class LlamaErrorCodes
{
    /// <summary>The model's file is missing, damaged or of an unknown kind.</summary>
    public const string ModelLoad = "model_load_error";

    /// <summary>The context could not be made ready, though the model's file may be sound.</summary>
    public const string Initialization = "initialization_error";

    /// <summary>The work failed while it ran, or the model cannot do it.</summary>
    public const string Generation = "generation_error";

    /// <summary>The model or the text needs more memory than there may be.</summary>
    public const string OutOfMemory = "out_of_memory";

    /// <summary>The text does not fit the context.</summary>
    public const string ContextFull = "context_full";

    /// <summary>A parameter is missing, of the wrong type or outside its range.</summary>
    public const string InvalidInput = "invalid_input";

    /// <summary>A handle was released, or belongs to another registry.</summary>
    public const string InvalidHandle = "invalid_handle";

    /// <summary>A session could not be saved or loaded.</summary>
    public const string Session = "session_error";

    /// <summary>An adapter could not be loaded, or is not one for this model.</summary>
    public const string Adapter = "lora_error";

    /// <summary>Something else failed; the inner exception tells.</summary>
    public const string Unknown = "unknown_error";
}
