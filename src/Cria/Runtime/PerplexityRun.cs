using Cria.Models;
using Cria.Runtime.Sampling;

namespace Cria.Runtime;

/// <summary>
/// Measures perplexity as llama-perplexity does: the text is cut into windows that know nothing of each other; the
/// second half of each is scored, so that every scored token has half a window before it.
/// </summary>
internal sealed class PerplexityRun : Run<PerplexityResult>
{
    // The logits of many tokens at once would take more memory than all else: this bounds them.
    private const int LogitsBudgetBytes = 32 << 20;

    private readonly IPredictor _predictor;
    private readonly int[] _tokens;
    private readonly int _window;
    private readonly int? _bos;
    private readonly IProgress<PerplexityProgress>? _progress;
    private double _sum;
    private double _squares;
    private int _count;

    /// <summary>Prepares a measurement; <paramref name="bos"/> replaces the first token of each window, if the model wants one.</summary>
    public PerplexityRun(
        IPredictor predictor, int[] tokens, int window, int? bos, IProgress<PerplexityProgress>? progress,
        CancellationToken cancellationToken)
        : base(cancellationToken)
    {
        _predictor = predictor;
        _tokens = tokens;
        _window = window;
        _bos = bos;
        _progress = progress;
    }

    protected override IEnumerator<Turn> Work()
    {
        int windows = _tokens.Length / _window;
        int scoredFrom = _window / 2;
        int rows = Math.Clamp(LogitsBudgetBytes / sizeof(float) / _predictor.VocabularySize, 1, _predictor.MaxBatch);
        int[] window = new int[_window];
        using ISequence sequence = _predictor.NewSequence();
        for (int w = 0; w < windows; w++)
        {
            _tokens.AsSpan(w * _window, _window).CopyTo(window);
            if (_bos is { } bos) window[0] = bos;
            sequence.Truncate(0);
            yield return new Turn(sequence, window.AsMemory(0, scoredFrom), LogitsOf.None);

            // The last token predicts nothing that is scored.
            foreach (Range batch in Batches(scoredFrom, _window - 1, rows))
            {
                yield return new Turn(sequence, window.AsMemory(batch), LogitsOf.All);
                for (int i = batch.Start.Value; i < batch.End.Value; i++)
                {
                    Cancellation.ThrowIfCancellationRequested();
                    Score(sequence.Logits(i - batch.Start.Value), window[i + 1]);
                }
            }

            _progress?.Report(new PerplexityProgress(w + 1, windows, Math.Exp(_sum / _count)));
        }

        Result = Summarize(windows);
    }

    private void Score(ReadOnlySpan<float> logits, int next)
    {
        float max = LogitScan.Max(logits);
        double surprise = max + Math.Log(LogitScan.SumOfExponentials(logits, max)) - logits[next];
        if (double.IsNaN(surprise)) throw new NoPredictionException();
        _sum += surprise;
        _squares += surprise * surprise;
        _count++;
    }

    private PerplexityResult Summarize(int windows)
    {
        double mean = _sum / _count;
        double perplexity = Math.Exp(mean);
        double variance = Math.Max(0, _squares / _count - mean * mean);
        double error = _count > 1 ? Math.Sqrt(variance / (_count - 1)) * perplexity : 0;
        return new PerplexityResult(perplexity, error, _count, windows);
    }
}
