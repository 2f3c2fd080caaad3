using Cria.Models;

namespace Cria.Runtime;

/// <summary>
/// What generation needs of a network: texts that grow, and the logits of what may follow. Used by one thread at a time.
/// It keeps the work above apart from weights and caches, and lets tests script the predictions.
/// </summary>
internal interface IPredictor : IDisposable
{
    /// <summary>The number of logits.</summary>
    int VocabularySize { get; }

    /// <summary>The most tokens of one sequence.</summary>
    int ContextLength { get; }

    /// <summary>The most tokens that one call may append.</summary>
    int MaxBatch { get; }

    /// <summary>Begins a text, all of which goes through the adapters.</summary>
    ISequence NewSequence(IReadOnlyList<ScaledAdapter>? adapters = null);
}

/// <summary>A text in the network's memory; the text is gone when it is disposed.</summary>
internal interface ISequence : IDisposable
{
    /// <summary>The number of tokens.</summary>
    int Length { get; }

    /// <summary>Forgets the tokens from a position on.</summary>
    void Truncate(int length);

    /// <summary>Appends tokens; when it throws, also for cancellation, the text is as it was before.</summary>
    void Append(ReadOnlySpan<int> tokens, LogitsOf logits, CancellationToken cancellationToken);

    /// <summary>
    /// The logits that the last call asked for, in order. They may be changed, and are valid until the next call on any
    /// sequence of the network: take them before giving up the turn.
    /// </summary>
    Span<float> Logits(int index);
}

/// <summary>Predicts with a loaded network.</summary>
internal sealed class NetworkPredictor(Network network) : IPredictor
{
    private readonly Batch _batch = new(network.MaxBatch);

    public int VocabularySize => network.Shape.VocabularySize;

    public int ContextLength => network.ContextLength;

    public int MaxBatch => network.MaxBatch;

    public ISequence NewSequence(IReadOnlyList<ScaledAdapter>? adapters = null) =>
        new Sequence(network.NewSequence(adapters), network, _batch);

    public void Dispose()
    {
        network.Dispose();
        _batch.Dispose();
    }

    private sealed class Sequence(KvSequence cached, Network network, Batch batch) : ISequence
    {
        public int Length => cached.Length;

        public void Truncate(int length) => cached.Truncate(length);

        public void Append(ReadOnlySpan<int> tokens, LogitsOf logits, CancellationToken cancellationToken)
        {
            batch.Clear();
            batch.Add(cached, tokens, logits);
            network.Forward(batch, cancellationToken);
        }

        public Span<float> Logits(int index) => batch.Logits(index);

        public void Dispose() => cached.Dispose();
    }
}
