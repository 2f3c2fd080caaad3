using Cria.Gguf;
using Cria.Models;

namespace Cria.Runtime;

/// <summary>How much memory a model will take, and how long a context may be so that it fits.</summary>
internal sealed class MemoryPlan
{
    /// <summary>No context is lowered below this: less would surprise more than an error.</summary>
    public const int ShortestContext = 512;

    private const int Step = 64;

    private readonly GgufFile _file;
    private readonly ModelOptions _options;
    private readonly NetworkMemory _memory;

    /// <summary>Reads a model's header, and those of the adapters that are to be loaded with it.</summary>
    public MemoryPlan(GgufFile file, ModelOptions options)
    {
        _file = file;
        _options = options;
        Network = NetworkOptionsOf(options);
        _memory = new NetworkMemory(file, Network, options.Adapters.Select(adapter => adapter.Path));
    }

    /// <summary>How the network is to be run, with the context that was asked for.</summary>
    public NetworkOptions Network { get; }

    /// <summary>The context that was asked for; the trained length if none was.</summary>
    public int AskedContext => _memory.TrainedOrAskedContext;

    /// <summary>The memory with a context of that many tokens.</summary>
    public MemoryEstimate Estimate(int context) => new()
    {
        WeightBytes = _memory.WeightBytes,
        TableBytes = _memory.TableBytes + _memory.AdapterBytes,
        CacheBytes = _memory.CacheBytes(context),
        WorkBytes = _memory.WorkBytes(context),
        ContextLength = context,
    };

    /// <summary>The context that fits into the memory that is there: the one asked for or, where that is permitted, a shorter one.</summary>
    /// <exception cref="ModelTooLargeException">None fits that the options permit.</exception>
    public int FittingContext(long availableBytes, Warnings warnings)
    {
        MemoryEstimate asked = Estimate(AskedContext);
        if (_options.IgnoreMemoryLimits || asked.TotalBytes <= availableBytes) return AskedContext;
        int largest = LargestContext(availableBytes), largestWithBytes = LargestContextWithBytes(availableBytes, largest);
        // Who names no length has no need of the longest; memory is only taken as texts grow, so that any that fits is as good.
        bool mayShrink = _options.ContextLength == 0 || _options.AllowSmallerContext;
        if (!mayShrink || largest == 0) throw new ModelTooLargeException(_file.Path, asked, availableBytes, largest, largestWithBytes);
        string more = largestWithBytes > largest
            ? $" With {nameof(ModelOptions.KeyType)} and {nameof(ModelOptions.ValueType)} Q8_0 it would be {Amounts.Tokens(largestWithBytes)}."
            : "";
        warnings.Add($"The context has {Amounts.Tokens(largest)} instead of {AskedContext:N0}, because no more fit into the "
            + $"{Amounts.Bytes(availableBytes)} of memory that are free.{more}");
        return largest;
    }

    /// <summary>The longest context, up to the one asked for, that fits; 0 if even the shortest sensible one does not.</summary>
    public int LargestContext(long availableBytes)
    {
        if (Fits(AskedContext)) return AskedContext;
        int low = ShortestContext / Step, high = AskedContext / Step;
        if (low > high || !Fits(low * Step)) return 0;
        while (low < high)
        {
            int middle = low + (high - low + 1) / 2;
            if (Fits(middle * Step)) low = middle;
            else high = middle - 1;
        }

        return low * Step;

        bool Fits(int context) => Estimate(context).TotalBytes <= availableBytes;
    }

    /// <summary>The same with keys and values of 8 bits; 0 too where that is no gain or the model's heads do not allow it.</summary>
    private int LargestContextWithBytes(long availableBytes, int largest)
    {
        ModelOptions bytes = _options with { KeyType = CacheType.Q8_0, ValueType = CacheType.Q8_0 };
        try
        {
            int context = new MemoryPlan(_file, bytes).LargestContext(availableBytes);
            return context > largest ? context : 0;
        }
        catch (InvalidOptionException)
        {
            return 0;
        }
    }

    private static NetworkOptions NetworkOptionsOf(ModelOptions options) => new()
    {
        Threads = options.Threads > 0 ? options.Threads : ProcessorCores.Count(),
        MaxBatch = options.BatchSize,
        KeyType = options.KeyType.ToTensorType(),
        ValueType = options.ValueType.ToTensorType(),
        ContextLength = options.ContextLength,
        AllowLongerContext = options.AllowLongerContext,
    };
}
