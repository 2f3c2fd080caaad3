using Cria.Gguf;

namespace Cria;

/// <summary>The number format in which the context's keys and values are kept.</summary>
public enum CacheType
{
    /// <summary>16-bit floats: the default.</summary>
    F16,
    /// <summary>32-bit floats: exact, at twice the memory.</summary>
    F32,
    /// <summary>8-bit blocks of 32 values with a scale: about half the memory of <see cref="F16"/>.</summary>
    Q8_0,
}

/// <summary>How a model is loaded.</summary>
public sealed record ModelOptions
{
    /// <summary>The most tokens that one text and its continuation may have together; 0 takes the trained length, or as much of it as fits the memory.</summary>
    public int ContextLength { get; init; }

    /// <summary>Permits a <see cref="ContextLength"/> beyond the length that the model was trained for.</summary>
    public bool AllowLongerContext { get; init; }

    /// <summary>How many threads compute; 0 takes the physical cores that this process may use.</summary>
    public int Threads { get; init; }

    /// <summary>How many tokens of a prompt are computed in one step.</summary>
    public int BatchSize { get; init; } = 512;

    /// <summary>The number format of cached keys.</summary>
    public CacheType KeyType { get; init; } = CacheType.F16;

    /// <summary>The number format of cached values.</summary>
    public CacheType ValueType { get; init; } = CacheType.F16;

    /// <summary>A chat template, in Jinja, to use in place of the file's own; <c>chatml</c> names a common one.</summary>
    public string? ChatTemplate { get; init; }

    /// <summary>LoRA adapters that are loaded with the model and act on all that it computes.</summary>
    public IReadOnlyList<AdapterFile> Adapters { get; init; } = [];

    /// <summary>How many requests advance together; more wait in line.</summary>
    public int ParallelRequests { get; init; } = 32;

    /// <summary>How many requests may wait in line; one more is refused with a <see cref="QueueFullException"/>.</summary>
    public int QueueLimit { get; init; } = 1000;

    /// <summary>Takes the longest context that fits the memory where <see cref="ContextLength"/> does not, instead of failing; a warning tells.</summary>
    /// <remarks>A context that is not given (0) is lowered in any case.</remarks>
    public bool AllowSmallerContext { get; init; }

    /// <summary>Loads the model even if it seems not to fit the memory; then the system may become very slow or end the process.</summary>
    public bool IgnoreMemoryLimits { get; init; }

    /// <summary>How many layers a graphics processor should compute, -1 for as many as it takes; this version computes all on the CPU and says so.</summary>
    public int GpuLayers { get; init; }

    /// <summary>Hears of what should be known though it is no failure, each matter once, while the model is loaded and while it runs, on any thread; what it throws is ignored.</summary>
    public Action<string>? OnWarning { get; init; }

    /// <summary>The most bytes for the keys and values of running requests and of remembered beginnings together; 0 takes a part of what the machine has to spare.</summary>
    public long CacheMemory { get; init; }

    /// <summary>Where conversations are kept for later processes; null keeps none.</summary>
    public DiskCacheOptions? DiskCache { get; init; } = DiskCacheOptions.Default;
}

/// <summary>How far the loading of a model has come.</summary>
/// <param name="Fraction">The part that is done, from 0 to 1.</param>
public readonly record struct LoadProgress(double Fraction);

internal static class CacheTypes
{
    public static TensorType ToTensorType(this CacheType type) => type switch
    {
        CacheType.F32 => TensorType.F32,
        CacheType.Q8_0 => TensorType.Q8_0,
        _ => TensorType.F16,
    };
}
