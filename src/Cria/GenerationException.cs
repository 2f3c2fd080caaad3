namespace Cria;

/// <summary>What went wrong in <see cref="LlamaChat"/>.</summary>
public enum GenerationError
{
    /// <summary>The answer was cancelled; what was said is kept in the conversation.</summary>
    AbortedByUser,
    /// <summary>The model's file is missing, damaged or of an unknown kind.</summary>
    ModelNotLoaded,
    /// <summary>There is no memory for the model and its context, or the context asked for is none.</summary>
    ContextNotInitialized,
    /// <summary>There is no conversation of that name.</summary>
    ConversationNotFound,
    /// <summary>The conversation does not fit the context, or the model's template cannot express it.</summary>
    ContextPreparationFailed,
    /// <summary>The conversation comes to no tokens that the model knows.</summary>
    TokenizationFailed,
    /// <summary>The model began to answer and failed, or could not begin in time.</summary>
    GenerationFailed,
    /// <summary>The request does not fit the state that things are in, or its parameters cannot be.</summary>
    InvalidState,
}

/// <summary>A request to <see cref="LlamaChat"/> failed; <see cref="Error"/> tells the kind and the inner exception the cause.</summary>
public sealed class GenerationException : CriaException
{
    /// <summary>Creates the exception for a kind of failure.</summary>
    public GenerationException(GenerationError error, string message, Exception? inner = null) : base(message, inner) => Error = error;

    /// <summary>The kind of failure.</summary>
    public GenerationError Error { get; }

    /// <summary>Puts a failure of the engine into the terms of the conversation face.</summary>
    internal static GenerationException From(Exception cause) => cause switch
    {
        GenerationException known => known,
        OperationCanceledException => new(GenerationError.AbortedByUser, "The answer was cancelled. What was said is kept in the conversation.", cause),
        _ => new(KindOf(cause), cause.Message, cause),
    };

    /// <summary>Whether a failure belongs into those terms; others, such as wrong arguments, are .NET's own.</summary>
    internal static bool Covers(Exception cause) => cause is CriaException or ObjectDisposedException or OperationCanceledException;

    private static GenerationError KindOf(Exception cause) => cause switch
    {
        ModelTooLargeException or CacheMemoryException => GenerationError.ContextNotInitialized,
        ModelLoadException => GenerationError.ModelNotLoaded,
        ConversationException { Problem: ConversationProblem.NotFound } => GenerationError.ConversationNotFound,
        ContextFullException or TemplateException or ChatException => GenerationError.ContextPreparationFailed,
        InvalidOptionException { Option: "prompt" } => GenerationError.TokenizationFailed,
        ConversationException or InvalidOptionException or UnsupportedTaskException or ObjectDisposedException => GenerationError.InvalidState,
        _ => GenerationError.GenerationFailed,
    };
}
