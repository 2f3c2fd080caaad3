using Cria.Models;

namespace Cria.Runtime;

/// <summary>Finds the logits of what follows a text.</summary>
internal sealed class LogitsRun(IPredictor predictor, ReadOnlyMemory<int> tokens, CancellationToken cancellationToken)
    : Run<float[]>(cancellationToken)
{
    protected override IEnumerator<Turn> Work()
    {
        using ISequence sequence = predictor.NewSequence();
        yield return new Turn(sequence, tokens, LogitsOf.Last);
        Result = sequence.Logits(0).ToArray();
    }
}
