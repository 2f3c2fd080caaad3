namespace Cria.LlamaRn;

/// <summary>A failure with a code, as callers of llama.rn's interface expect it; the exception behind it is the inner one.</summary>
public sealed class LlamaException : CriaException
{
    /// <summary>Creates the exception for a code of <see cref="LlamaErrorCodes"/>.</summary>
    public LlamaException(string code, string message, Exception? inner = null) : base(message, inner) => Code = code;

    /// <summary>What kind of failure it is: one of <see cref="LlamaErrorCodes"/>.</summary>
    public string Code { get; }

    /// <summary>The parameter that is wrong, as the caller's JSON names it, if one is.</summary>
    public string? Field { get; init; }

    /// <summary>The failure as JSON: <c>code</c>, <c>message</c> and, where there is one, <c>field</c>.</summary>
    public string ToJson() => LlamaJson.Write(new LlamaError(Code, Message, Field), LlamaJson.Snake.LlamaError);

    internal static LlamaException Invalid(string field, string message, Exception? inner = null) =>
        new(LlamaErrorCodes.InvalidInput, message, inner) { Field = field };
}

internal sealed record LlamaError(string Code, string Message, string? Field);
