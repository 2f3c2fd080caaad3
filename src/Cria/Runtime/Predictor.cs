using Cria.Models;
using Cria.Runtime.Prefixes;

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

    /// <summary>The most tokens that one pass may append.</summary>
    int MaxBatch { get; }

    /// <summary>Begins a text, all of which goes through the adapters.</summary>
    ISequence NewSequence(IReadOnlyList<ScaledAdapter>? adapters = null, Sharing sharing = Sharing.None);

    /// <summary>
    /// Appends tokens to texts, each of which has at most one share, in one pass; when it throws, also for cancellation, all texts are
    /// as they were before.
    /// </summary>
    void Forward(IReadOnlyList<Share> shares, CancellationToken cancellationToken);
}

/// <summary>With whom a text shares what they have in common.</summary>
internal enum Sharing
{
    /// <summary>With nobody.</summary>
    None,

    /// <summary>With others of this process that use the same model; it takes over what the disk has, too.</summary>
    InMemory,

    /// <summary>With those, and through the disk with later processes.</summary>
    OnDisk,
}

/// <summary>One text's part of a pass through the network.</summary>
/// <param name="Sequence">The text.</param>
/// <param name="Tokens">What is appended to it.</param>
/// <param name="Logits">The tokens of those whose logits are wanted.</param>
internal readonly record struct Share(ISequence Sequence, ReadOnlyMemory<int> Tokens, LogitsOf Logits);

/// <summary>A text in the network's memory; the text is gone when it is disposed.</summary>
internal interface ISequence : IDisposable
{
    /// <summary>The tokens of the text.</summary>
    ReadOnlySpan<int> Tokens { get; }

    /// <summary>How many of the tokens came from a cache and were not computed for this text.</summary>
    int Adopted { get; }

    /// <summary>Texts of the same kin can take over each other's tokens; null for a text that shares nothing.</summary>
    object? Kin { get; }

    /// <summary>
    /// Takes over what a cache knows of the tokens that come next, all but the last, whose logits are wanted, or a part of that; returns
    /// the number of tokens that the text has now been continued by.
    /// </summary>
    int Adopt(ReadOnlySpan<int> upcoming);

    /// <summary>Forgets the tokens from a position on.</summary>
    void Truncate(int length);

    /// <summary>
    /// The logits that the last pass was asked for, in order. They may be changed, and are valid until the network's next pass: take
    /// them before giving up the turn.
    /// </summary>
    Span<float> Logits(int index);
}

/// <summary>Predicts with a loaded network, and disposes it and what is remembered of its texts.</summary>
internal sealed class NetworkPredictor(Network network, PrefixCache? prefixes = null) : IPredictor
{
    private readonly Batch _batch = new(network.MaxBatch);

    public int VocabularySize => network.Shape.VocabularySize;

    public int ContextLength => network.ContextLength;

    public int MaxBatch => network.BatchSize;

    public ISequence NewSequence(IReadOnlyList<ScaledAdapter>? adapters = null, Sharing sharing = Sharing.None) =>
        new Sequence(PrefixTrail.Begin(sharing == Sharing.None ? null : prefixes, network.NewSequence(adapters), isKept: sharing == Sharing.OnDisk), _batch);

    public void Forward(IReadOnlyList<Share> shares, CancellationToken cancellationToken)
    {
        _batch.Clear();
        for (int i = 0; i < shares.Count; i++)
        {
            (ISequence sequence, ReadOnlyMemory<int> tokens, LogitsOf logits) = shares[i];
            ((Sequence)sequence).Join(tokens.Span, logits);
        }

        network.Forward(_batch, cancellationToken);
        for (int i = 0; i < shares.Count; i++) ((Sequence)shares[i].Sequence).Note(shares[i].Tokens.Span);
    }

    public void Dispose()
    {
        prefixes?.Dispose();
        network.Dispose();
        _batch.Dispose();
    }

    private sealed class Sequence(PrefixTrail trail, Batch batch) : ISequence
    {
        private int _firstLogits;

        public ReadOnlySpan<int> Tokens => trail.Tokens;

        public int Adopted => trail.Adopted;

        public object? Kin => trail.Kin;

        public int Adopt(ReadOnlySpan<int> upcoming) => trail.Adopt(upcoming);

        public void Truncate(int length) => trail.Truncate(length);

        public Span<float> Logits(int index) => batch.Logits(_firstLogits + index);

        /// <summary>Takes part in the next pass.</summary>
        public void Join(ReadOnlySpan<int> tokens, LogitsOf logits)
        {
            _firstLogits = batch.LogitsCount;
            batch.Add(trail.Sequence, tokens, logits);
        }

        /// <summary>Remembers the tokens that a pass has appended.</summary>
        public void Note(ReadOnlySpan<int> tokens) => trail.Append(tokens);

        public void Dispose() => trail.Sequence.Dispose();
    }
}
