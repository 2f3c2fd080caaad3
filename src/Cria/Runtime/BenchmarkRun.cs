using System.Diagnostics;
using Cria.Models;

namespace Cria.Runtime;

/// <summary>Measures reading and generating, one after the other, each from the same number of tokens in the context.</summary>
internal sealed class BenchmarkRun : Run<BenchmarkResult>
{
    private readonly IPredictor _predictor;
    private readonly int[] _tokens;
    private readonly int _promptTokens;
    private readonly int _generatedTokens;
    private readonly int _repetitions;
    private readonly int _depth;

    public BenchmarkRun(
        IPredictor predictor, int promptTokens, int generatedTokens, int repetitions, int depth, CancellationToken cancellationToken)
        : base(cancellationToken)
    {
        _predictor = predictor;
        _promptTokens = promptTokens;
        _generatedTokens = generatedTokens;
        _repetitions = repetitions;
        _depth = depth;

        // Which tokens they are does not matter to a dense network; to experts it does, so they are mixed, but always the same.
        var random = new Random(1);
        _tokens = new int[depth + Math.Max(promptTokens, generatedTokens)];
        for (int i = 0; i < _tokens.Length; i++) _tokens[i] = random.Next(predictor.VocabularySize);
    }

    protected override IEnumerator<Turn> Work()
    {
        var prefill = new List<double>();
        var decode = new List<double>();
        using ISequence sequence = _predictor.NewSequence();
        if (_depth > 0) yield return new Turn(sequence, _tokens.AsMemory(0, _depth), LogitsOf.None);

        // The first round warms up: caches fill, code gets compiled.
        for (int round = 0; round <= _repetitions; round++)
        {
            long start = Stopwatch.GetTimestamp();
            if (_promptTokens > 0) yield return new Turn(sequence, _tokens.AsMemory(_depth, _promptTokens), LogitsOf.Last);
            if (round > 0 && _promptTokens > 0) prefill.Add(_promptTokens / Stopwatch.GetElapsedTime(start).TotalSeconds);
            sequence.Truncate(_depth);

            start = Stopwatch.GetTimestamp();
            foreach (Range one in Batches(_depth, _depth + _generatedTokens, 1))
            {
                yield return new Turn(sequence, _tokens.AsMemory(one), LogitsOf.Last);
            }

            if (round > 0 && _generatedTokens > 0) decode.Add(_generatedTokens / Stopwatch.GetElapsedTime(start).TotalSeconds);
            sequence.Truncate(_depth);
        }

        Result = new BenchmarkResult(_promptTokens, _generatedTokens, _depth, prefill, decode);
    }
}
