namespace Cria.Runtime.Sampling;

/// <summary>
/// Chooses the next token of one text. The stages run in a fixed order: first those that change the logits of single
/// tokens, in place (bias, repetition penalties, DRY, top-n-sigma), then those that narrow the candidates (top-k,
/// typical, top-p, min-p, XTC, temperature), then the draw. Mirostat replaces everything between bias and draw.
/// </summary>
internal sealed class Sampler
{
    private readonly GenerationOptions _options;
    private readonly RandomNumbers _random;
    private readonly Candidates _candidates;
    private readonly KeyValuePair<int, float>[] _biases;
    private readonly RepetitionPenalties? _penalties;
    private readonly DryPenalty? _dry;
    private readonly Mirostat? _mirostat;
    private readonly bool _greedy;

    /// <summary>Prepares for one text.</summary>
    /// <param name="options">The validated options.</param>
    /// <param name="seed">Starts the random numbers.</param>
    /// <param name="vocabularySize">The number of logits.</param>
    /// <param name="contextLength">The window of penalties that look at the whole context.</param>
    /// <param name="forbidden">Tokens that may never be chosen.</param>
    /// <param name="breakers">The sequence breakers of the DRY penalty.</param>
    public Sampler(
        GenerationOptions options, uint seed, int vocabularySize, int contextLength, ReadOnlySpan<int> forbidden, SequenceBreakers breakers)
    {
        _options = options;
        _random = new RandomNumbers(seed);
        _greedy = IsGreedy(options);
        bool isNarrow = options is { TopK: > 0, Mirostat: 0 };
        _candidates = new Candidates(_greedy ? 1 : isNarrow ? Math.Min(options.TopK, vocabularySize) : vocabularySize);

        var biases = new Dictionary<int, float>(options.LogitBias);
        foreach (int token in forbidden) biases[token] = float.NegativeInfinity;
        _biases = [.. biases];

        if (options.Mirostat != 0)
        {
            _mirostat = new Mirostat(options.Mirostat, options.MirostatTau, options.MirostatEta, vocabularySize);
            return;
        }

        int penaltyWindow = options.RepeatLastN < 0 ? contextLength : options.RepeatLastN;
        if (penaltyWindow > 0 && (options.RepeatPenalty != 1 || options.FrequencyPenalty != 0 || options.PresencePenalty != 0))
            _penalties = new RepetitionPenalties(penaltyWindow, options.RepeatPenalty, options.FrequencyPenalty, options.PresencePenalty);

        int dryWindow = options.DryLastN < 0 ? contextLength : options.DryLastN;
        if (UsesDry(options) && dryWindow > 0)
            _dry = new DryPenalty(dryWindow, options.DryMultiplier, options.DryBase, options.DryAllowedLength, breakers);
    }

    /// <summary>The candidates of the last choice, with their probabilities.</summary>
    public Candidates Candidates => _candidates;

    /// <summary>Tells whether the options switch the DRY penalty on, and sequence breakers matter.</summary>
    public static bool UsesDry(GenerationOptions options) =>
        options is { DryMultiplier: not 0, DryBase: >= 1, DryLastN: not 0, Mirostat: 0 };

    /// <summary>Tells the sampler of a token that joined the text, of the prompt or chosen.</summary>
    public void Accept(int token)
    {
        _penalties?.Accept(token);
        _dry?.Accept(token);
    }

    /// <summary>Chooses a token; the logits are changed on the way.</summary>
    public int Choose(Span<float> logits)
    {
        foreach ((int token, float bias) in _biases) logits[token] += bias;
        _penalties?.Apply(logits);
        _dry?.Apply(logits);

        if (_greedy)
        {
            int best = LogitScan.IndexOfMax(logits);
            _candidates.FillSingle(best, logits[best]);
            return best;
        }

        if (_mirostat is not null) return ChooseByMirostat(logits, _mirostat);

        Narrow(logits);
        _candidates.Normalize();
        return Draw().Token;
    }

    // Typical sampling and XTC may drop the best token, so that even a temperature of 0 has to wait for them.
    private static bool IsGreedy(GenerationOptions options) =>
        options.Temperature <= 0
        && (options.Mirostat != 0 || options is { DynamicTemperatureRange: <= 0, TypicalP: >= 1, XtcProbability: <= 0 });

    private void Narrow(Span<float> logits)
    {
        if (_options.TopNSigma > 0) Truncation.TopNSigma(logits, _options.TopNSigma);
        if (_options.TopK > 0) _candidates.FillTop(logits, _options.TopK);
        else _candidates.Fill(logits);
        if (_options.TypicalP < 1) Truncation.Typical(_candidates, _options.TypicalP, _options.MinKeep);
        if (_options.TopP < 1) Truncation.TopP(_candidates, _options.TopP, _options.MinKeep);
        if (_options.MinP > 0) Truncation.MinP(_candidates, _options.MinP, _options.MinKeep);
        if (_options.XtcProbability > 0 && _options.XtcThreshold <= 0.5f && _candidates.Count >= 2
            && _random.NextDouble() <= _options.XtcProbability)
        {
            Truncation.Xtc(_candidates, _options.XtcThreshold, _options.MinKeep);
        }

        if (_options.DynamicTemperatureRange > 0)
        {
            Temperature.ApplyDynamic(
                _candidates, _options.Temperature, _options.DynamicTemperatureRange, _options.DynamicTemperatureExponent);
        }
        else
        {
            Temperature.Apply(_candidates, _options.Temperature);
        }
    }

    private int ChooseByMirostat(Span<float> logits, Mirostat mirostat)
    {
        _candidates.Fill(logits);
        Temperature.Apply(_candidates, _options.Temperature);
        mirostat.Truncate(_candidates);
        _candidates.Normalize();
        Candidate chosen = Draw();
        mirostat.Observe(chosen.Probability);
        return chosen.Token;
    }

    private Candidate Draw()
    {
        Span<Candidate> items = _candidates.Items;
        double total = 0;
        foreach (ref readonly Candidate candidate in items) total += candidate.Probability;
        double target = _random.NextDouble() * total, sum = 0;
        foreach (ref readonly Candidate candidate in items)
        {
            sum += candidate.Probability;
            // Strictly above, so that a candidate of probability 0 is never drawn.
            if (sum > target) return candidate;
        }

        return items[0];
    }
}
