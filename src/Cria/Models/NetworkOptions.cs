using Cria.Gguf;

namespace Cria.Models;

/// <summary>How a network is to be run; the defaults suit any model.</summary>
internal sealed record NetworkOptions
{
    /// <summary>The number of threads that share the arithmetic.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>The most tokens of one batch; the working memory is sized to it.</summary>
    public int MaxBatch { get; init; } = 512;

    /// <summary>The number format of cached keys: F32, F16 or Q8_0.</summary>
    public TensorType KeyType { get; init; } = TensorType.F16;

    /// <summary>The number format of cached values: F32, F16 or Q8_0.</summary>
    public TensorType ValueType { get; init; } = TensorType.F16;

    /// <summary>The most tokens of one sequence; 0 takes the length the model was trained for.</summary>
    public int ContextLength { get; init; }

    /// <summary>Permits a context longer than the model was trained for.</summary>
    public bool AllowLongerContext { get; init; }

    internal void Validate()
    {
        Require(Threads is >= 1 and <= 1024, nameof(Threads), Threads, "between 1 and 1024");
        Require(MaxBatch is >= 1 and <= 65536, nameof(MaxBatch), MaxBatch, "between 1 and 65536");
        Require(ContextLength >= 0, nameof(ContextLength), ContextLength, "a number of tokens, or 0 for the trained length");
        Require(IsCacheType(KeyType), nameof(KeyType), KeyType, "F32, F16 or Q8_0");
        Require(IsCacheType(ValueType), nameof(ValueType), ValueType, "F32, F16 or Q8_0");
    }

    /// <summary>The context that a sequence gets on a network of that shape; throws if the options do not suit it.</summary>
    internal int ContextFor(NetworkShape shape)
    {
        const string WholeBlocks = "F32 or F16, because this model's heads are not whole blocks of it";
        Require(shape.KeyLength % KeyType.BlockLength() == 0, nameof(KeyType), KeyType, WholeBlocks);
        Require(shape.ValueLength % ValueType.BlockLength() == 0, nameof(ValueType), ValueType, WholeBlocks);
        if (ContextLength == 0) return shape.TrainedContext;
        Require(ContextLength <= shape.TrainedContext || AllowLongerContext, nameof(ContextLength), ContextLength,
            $"at most {shape.TrainedContext}, the length the model was trained for, unless {nameof(AllowLongerContext)} is set");
        return ContextLength;
    }

    /// <summary>The most tokens of one pass. Where tokens see what comes after them, a text goes through all layers in one piece.</summary>
    internal int BatchFor(NetworkShape shape, int context) => shape.IsCausal ? MaxBatch : Math.Max(MaxBatch, context);

    private static void Require(bool holds, string option, object value, string allowed)
    {
        if (!holds) throw new InvalidOptionException(option, value, allowed);
    }

    private static bool IsCacheType(TensorType type) => type is TensorType.F32 or TensorType.F16 or TensorType.Q8_0;
}
