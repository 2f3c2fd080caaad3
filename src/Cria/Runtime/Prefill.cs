namespace Cria.Runtime;

/// <summary>Reads a long run of tokens into a sequence, one batch a step.</summary>
internal sealed class Prefill(ISequence sequence, ReadOnlyMemory<int> tokens, int maxBatch)
{
    private int _done;

    /// <summary>Reads the next batch; after the last one, <paramref name="logits"/> are those of what follows the tokens.</summary>
    /// <returns>True if that was the last batch.</returns>
    public bool Step(CancellationToken cancellationToken, out Span<float> logits)
    {
        ReadOnlySpan<int> rest = tokens.Span[_done..];
        if (rest.Length > maxBatch)
        {
            sequence.Append(rest[..maxBatch], cancellationToken);
            _done += maxBatch;
            logits = default;
            return false;
        }

        logits = sequence.Predict(rest, cancellationToken);
        _done += rest.Length;
        return true;
    }
}
