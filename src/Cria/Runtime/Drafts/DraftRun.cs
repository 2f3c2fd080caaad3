using Cria.Models;
using Cria.Runtime.Sampling;

namespace Cria.Runtime.Drafts;

/// <summary>A draft model's part in a text that another model writes: follows the text, and says when asked how it would go on.</summary>
internal sealed class DraftRun(IPredictor predictor, DraftExchange exchange, int promptLength, int vocabularySize) : Run(CancellationToken.None)
{
    private readonly int[] _draft = new int[Drafting.Most];
    private int[] _text = [];

    public override int PromptLength => promptLength;

    // Where memory is short, texts come before guesses.
    public override void Suspended() => Cancel();

    protected override IEnumerator<Turn> Work()
    {
        using ISequence sequence = predictor.NewSequence(sharing: Sharing.InMemory);
        // Of the text, the sequence holds what begins at this place: all of it, unless the context is too small.
        int start = 0, known = 0;
        while (true)
        {
            int wanted = exchange.Read(ref _text, known, out int length);
            if (length - start + Drafting.Most > predictor.ContextLength)
            {
                start = length - predictor.ContextLength / 2;
                sequence.Truncate(0);
            }

            // What was guessed wrong goes; of what was right the last token stays to be read, as its logits are wanted.
            int same = sequence.Tokens.CommonPrefixLength(_text.AsSpan(start, length - start - 1));
            sequence.Truncate(same);
            known = length;
            int drafted = 0;
            yield return new Turn(sequence, _text.AsMemory(start + same, length - start - same), LogitsOf.Last);
            while (drafted < wanted)
            {
                int token = LogitScan.IndexOfMax(sequence.Logits(0));
                if (token >= vocabularySize) break;
                _draft[drafted++] = token;
                if (drafted < wanted) yield return new Turn(sequence, _draft.AsMemory(drafted - 1, 1), LogitsOf.Last);
            }

            exchange.Reply(_draft.AsSpan(0, drafted));
            yield return new Turn(sequence, default, LogitsOf.None) { Until = exchange.Question };
        }
    }

    protected override void End(Exception? failure) => exchange.Close();
}
