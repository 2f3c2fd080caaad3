using Cria.Models;

namespace Cria.Runtime;

/// <summary>Finds the logits of what follows a text.</summary>
internal sealed class LogitsRun(IPredictor predictor, ReadOnlyMemory<int> tokens, CancellationToken cancellationToken)
    : Run<float[]>(cancellationToken)
{
    protected override IEnumerator<Turn> Work()
    {
        using ISequence sequence = predictor.NewSequence();
        foreach (Range batch in Batches(0, tokens.Length, predictor.MaxBatch))
        {
            yield return Turn.Over;
            bool isLast = batch.End.Value == tokens.Length;
            sequence.Append(tokens.Span[batch], isLast ? LogitsOf.Last : LogitsOf.None, Cancellation);
        }

        Result = sequence.Logits(0).ToArray();
    }
}
