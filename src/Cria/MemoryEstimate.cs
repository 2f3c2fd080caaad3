namespace Cria;

/// <summary>The memory that a model takes with one full context, told from its file's header.</summary>
public sealed record MemoryEstimate
{
    /// <summary>The weights, which are mapped from the file; running without all of them in memory is hundreds of times slower.</summary>
    public long WeightBytes { get; init; }

    /// <summary>What is made while the model is loaded: the vocabulary, small tensors as floats, and adapters.</summary>
    public long TableBytes { get; init; }

    /// <summary>The keys and values of <see cref="ContextLength"/> tokens, which are taken as a text grows.</summary>
    public long CacheBytes { get; init; }

    /// <summary>The buffers that a step computes in, which grow with <see cref="ModelOptions.BatchSize"/>.</summary>
    public long WorkBytes { get; init; }

    /// <summary>The number of tokens that the cache is counted for.</summary>
    public int ContextLength { get; init; }

    /// <summary>All of it.</summary>
    public long TotalBytes => WeightBytes + TableBytes + CacheBytes + WorkBytes;
}
