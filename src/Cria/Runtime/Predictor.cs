namespace Cria.Runtime;

/// <summary>
/// What generation needs of a network: sequences of tokens that grow, and the logits of what may follow. Used by one
/// thread at a time. It keeps the loop below apart from weights and caches, and lets tests script the predictions.
/// </summary>
internal interface IPredictor : IDisposable
{
    /// <summary>The number of logits.</summary>
    int VocabularySize { get; }

    /// <summary>The most tokens of one sequence.</summary>
    int ContextLength { get; }

    /// <summary>The most tokens that one call may append.</summary>
    int MaxBatch { get; }

    ISequence NewSequence();
}

/// <summary>A text in the network's memory. A call that throws leaves it as it was.</summary>
internal interface ISequence : IDisposable
{
    /// <summary>The number of tokens.</summary>
    int Length { get; }

    /// <summary>Forgets the tokens from a position on.</summary>
    void Truncate(int length);

    /// <summary>Appends tokens.</summary>
    void Append(ReadOnlySpan<int> tokens, CancellationToken cancellationToken);

    /// <summary>Appends tokens and returns the logits of what follows them, to be used and changed until the next call.</summary>
    Span<float> Predict(ReadOnlySpan<int> tokens, CancellationToken cancellationToken);

    /// <summary>Appends tokens and keeps the logits of what follows each; see <see cref="Prediction"/>.</summary>
    void PredictEach(ReadOnlySpan<int> tokens, CancellationToken cancellationToken);

    /// <summary>The logits of what follows one of the tokens that were last given to <see cref="PredictEach"/>.</summary>
    Span<float> Prediction(int index);
}
