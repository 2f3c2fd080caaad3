using Cria.Runtime;

namespace Cria;

/// <summary>The root of every failure that Cria reports on purpose; its message says what was wrong and what to do next.</summary>
public abstract class CriaException : Exception
{
    /// <summary>Creates the exception with a message and, where there is one, its cause.</summary>
    protected CriaException(string message, Exception? inner = null) : base(message, inner)
    {
    }
}

/// <summary>A model, or another file that belongs to one, could not be opened or read.</summary>
public class ModelLoadException : CriaException
{
    /// <summary>Creates the exception for the file at <paramref name="path"/>.</summary>
    public ModelLoadException(string path, string message, Exception? inner = null) : base(message, inner) => Path = path;

    /// <summary>The file that could not be loaded.</summary>
    public string Path { get; }
}

/// <summary>A GGUF file is damaged or breaks the rules of its format.</summary>
public sealed class GgufFormatException : ModelLoadException
{
    /// <summary>Creates the exception; the message is made from the file, the field, the offset and the problem.</summary>
    public GgufFormatException(string path, string field, long offset, string problem)
        : base(path, $"{System.IO.Path.GetFileName(path)}: {field} at byte {offset}: {problem}")
    {
        Field = field;
        Offset = offset;
    }

    /// <summary>The part of the file that is wrong, for example a key or a tensor name.</summary>
    public string Field { get; }

    /// <summary>The position of that part in the file, in bytes.</summary>
    public long Offset { get; }
}

/// <summary>A model is well formed but uses something that this version of Cria does not know.</summary>
public sealed class UnsupportedModelException : ModelLoadException
{
    /// <summary>Creates the exception, naming the feature that is not supported.</summary>
    public UnsupportedModelException(string path, string feature, string message) : base(path, message) => Feature = feature;

    /// <summary>The unknown architecture, tokenizer, tensor type or other feature, as the file names it.</summary>
    public string Feature { get; }
}

/// <summary>A model, with the context that was asked for, needs more memory than this process can use.</summary>
public sealed class ModelTooLargeException : ModelLoadException
{
    /// <summary>Creates the exception; the message says what is needed, what there is, and what would fit.</summary>
    public ModelTooLargeException(string path, MemoryEstimate needed, long availableBytes, int largestContext, int largestContextWithQ8Cache)
        : base(path, Words(path, needed, availableBytes, largestContext, largestContextWithQ8Cache))
    {
        Needed = needed;
        AvailableBytes = availableBytes;
        LargestContext = largestContext;
        LargestContextWithQ8Cache = largestContextWithQ8Cache;
    }

    /// <summary>What the model would take.</summary>
    public MemoryEstimate Needed { get; }

    /// <summary>The memory that the process could use.</summary>
    public long AvailableBytes { get; }

    /// <summary>How much is missing.</summary>
    public long MissingBytes => Needed.TotalBytes - AvailableBytes;

    /// <summary>The longest context that would have fitted with the same options; 0 if none.</summary>
    public int LargestContext { get; }

    /// <summary>The longest context that would have fitted with keys and values of 8 bits; 0 if none, or no longer one.</summary>
    public int LargestContextWithQ8Cache { get; }

    private static string Words(string path, MemoryEstimate needed, long available, int largest, int largestWithQ8)
    {
        const string Bytes = $"{nameof(ModelOptions.KeyType)} and {nameof(ModelOptions.ValueType)} Q8_0";
        string advice = (largest, largestWithQ8) switch
        {
            (0, 0) => "No context of a useful length fits. Close other programs, or take a smaller model or a smaller quantization of this one.",
            (0, _) => $"With {Bytes}, {nameof(ModelOptions.ContextLength)} {largestWithQ8} fits; else take a smaller model.",
            (_, 0) => $"{nameof(ModelOptions.ContextLength)} {largest} fits; {nameof(ModelOptions.AllowSmallerContext)} takes it.",
            _ => $"{nameof(ModelOptions.ContextLength)} {largest} fits, and {largestWithQ8} with {Bytes}; "
                + $"{nameof(ModelOptions.AllowSmallerContext)} takes the first.",
        };
        return $"{System.IO.Path.GetFileName(path)} with a context of {Amounts.Tokens(needed.ContextLength)} needs {Amounts.Bytes(needed.TotalBytes)} of memory "
            + $"(weights {Amounts.Bytes(needed.WeightBytes)}, keys and values {Amounts.Bytes(needed.CacheBytes)}, "
            + $"other {Amounts.Bytes(needed.TableBytes + needed.WorkBytes)}), but {Amounts.Bytes(available)} are free: "
            + $"{Amounts.Bytes(needed.TotalBytes - available)} are missing. {advice}";
    }
}

/// <summary>An adapter's file is sound GGUF, but no adapter that can be used, or not one for this model.</summary>
public sealed class AdapterException : ModelLoadException
{
    /// <summary>Creates the exception for the file at <paramref name="path"/> and, where it is about one, a tensor of the model.</summary>
    public AdapterException(string path, string? tensor, string message) : base(path, message) => Tensor = tensor;

    /// <summary>The tensor whose change is wrong; null where the whole file is meant.</summary>
    public string? Tensor { get; }
}

/// <summary>An option has a value outside its range.</summary>
public sealed class InvalidOptionException : CriaException
{
    /// <summary>Creates the exception; the message names the option, its value and what is allowed.</summary>
    public InvalidOptionException(string option, object? value, string allowed)
        : base(FormattableString.Invariant($"{option} is {(value is string text ? $"\"{text}\"" : value ?? "null")}, but must be {allowed}."))
    {
        Option = option;
        Value = value;
        Allowed = allowed;
    }

    /// <summary>The name of the option.</summary>
    public string Option { get; }

    /// <summary>The value that was refused.</summary>
    public object? Value { get; }

    /// <summary>The values that are accepted, in words.</summary>
    public string Allowed { get; }
}

/// <summary>The tokens of a request do not fit the context.</summary>
public sealed class ContextFullException : CriaException
{
    /// <summary>Creates the exception for a request of <paramref name="needed"/> tokens.</summary>
    public ContextFullException(int needed, int available)
        : base($"The context holds {available} tokens, but {needed} are needed. Shorten the text, or load the model with a larger context.")
    {
        Needed = needed;
        Available = available;
    }

    /// <summary>How many tokens the request needs.</summary>
    public int Needed { get; }

    /// <summary>How many tokens the context can hold.</summary>
    public int Available { get; }
}

/// <summary>The model is of a kind that cannot do what was asked: not every model generates text, and few rank documents.</summary>
public sealed class UnsupportedTaskException : CriaException
{
    /// <summary>Creates the exception for a task, with a message that names a kind of model that can do it.</summary>
    public UnsupportedTaskException(string task, string message) : base(message) => Task = task;

    /// <summary>What was asked for, for example <c>generation</c>.</summary>
    public string Task { get; }

    internal static UnsupportedTaskException Generation(string architecture) => new("generation",
        $"This model ({architecture}) turns texts into vectors and cannot continue them. Embed with it, or load a generative model.");

    internal static UnsupportedTaskException Reranking(string architecture) => new("reranking",
        $"This model ({architecture}) has no head that ranks documents. Load a reranker, such as bge-reranker or Qwen3-Reranker.");
}

/// <summary>The model leaves no token that could follow: it computed no numbers, or the options forbid all it could say.</summary>
public sealed class NoPredictionException : CriaException
{
    /// <summary>Creates the exception.</summary>
    public NoPredictionException()
        : base("There is no token that could follow. Either the options forbid every token, or the model computes no numbers, "
            + "which means that its file is damaged.")
    {
    }
}

/// <summary>An answer that was to be read as a value was cut off before its end.</summary>
public sealed class UnfinishedAnswerException : CriaException
{
    /// <summary>Creates the exception for an answer that ended early.</summary>
    public UnfinishedAnswerException(FinishReason reason, string text)
        : base($"The answer was cut off after {text.Length} characters ({Words(reason)}), so that it is no complete value. "
            + "Allow more tokens or a larger context, or ask for less.")
    {
        Reason = reason;
        Text = text;
    }

    /// <summary>What ended the answer.</summary>
    public FinishReason Reason { get; }

    /// <summary>The answer as far as it came.</summary>
    public string Text { get; }

    private static string Words(FinishReason reason) => reason switch
    {
        FinishReason.Length => "the number of tokens was reached",
        FinishReason.ContextFull => "the context is full",
        FinishReason.StopSequence => "a stop sequence appeared",
        _ => reason.ToString(),
    };
}

/// <summary>More requests wait for the model than it lets wait.</summary>
public sealed class QueueFullException : CriaException
{
    /// <summary>Creates the exception for a queue of <paramref name="limit"/> requests.</summary>
    public QueueFullException(int limit)
        : base($"{limit} requests wait for the model already. Try again later, or load the model with a larger queue limit.") => Limit = limit;

    /// <summary>How many requests may wait.</summary>
    public int Limit { get; }
}

/// <summary>A request took longer than it was allowed to.</summary>
public sealed class RequestTimeoutException : CriaException
{
    /// <summary>Creates the exception for a limit.</summary>
    public RequestTimeoutException(TimeSpan limit)
        : base(FormattableString.Invariant($"The request was not done after {limit.TotalSeconds:0.###} seconds. Allow more time, or fewer tokens.")) => Limit = limit;

    /// <summary>How long the request might take.</summary>
    public TimeSpan Limit { get; }
}

/// <summary>The memory for keys and values does not hold a single text as long as this one.</summary>
public sealed class CacheMemoryException : CriaException
{
    /// <summary>Creates the exception for a text that needs more memory than there may be.</summary>
    public CacheMemoryException(long neededBytes, long limitBytes)
        : base(FormattableString.Invariant($"The text's keys and values need {neededBytes / 1e6:0} MB, but may take {limitBytes / 1e6:0} MB. ")
            + "Shorten the text, load the model with a Q8_0 cache, or allow the cache more memory.")
    {
        NeededBytes = neededBytes;
        LimitBytes = limitBytes;
    }

    /// <summary>The memory that the text needs.</summary>
    public long NeededBytes { get; }

    /// <summary>The memory that all texts may take.</summary>
    public long LimitBytes { get; }
}

/// <summary>A model cannot guess the text of another, as their vocabularies differ.</summary>
public sealed class VocabularyMismatchException : CriaException
{
    /// <summary>Creates the exception for the first token that differs; a text is null where the vocabulary has no such token.</summary>
    public VocabularyMismatchException(string draft, int token, string? expected, string? found)
        : base($"{draft} cannot draft for this model: token {token} is {Quoted(found)} there and {Quoted(expected)} here. "
            + "Take a draft model of the same family, with the same vocabulary.")
    {
        Token = token;
        Expected = expected;
        Found = found;
    }

    /// <summary>The first token that differs.</summary>
    public int Token { get; }

    /// <summary>The token's text in the vocabulary of the model that is to generate.</summary>
    public string? Expected { get; }

    /// <summary>The token's text in the vocabulary of the draft model.</summary>
    public string? Found { get; }

    private static string Quoted(string? text) => text is null ? "missing" : $"\"{text}\"";
}
