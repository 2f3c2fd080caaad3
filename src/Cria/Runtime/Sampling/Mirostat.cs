namespace Cria.Runtime.Sampling;

/// <summary>
/// Mirostat: holds the surprise of the text at a target by cutting the candidates, and learns from each token how hard
/// to cut. Version 1 estimates the cut from the slope of the best probabilities, version 2 cuts by surprise itself.
/// </summary>
internal sealed class Mirostat
{
    // How many of the best candidates version 1 looks at to estimate the slope.
    private const int SlopeCandidates = 100;

    private readonly int _version;
    private readonly float _target;
    private readonly float _learningRate;
    private readonly int _vocabularySize;
    private float _maxSurprise;

    public Mirostat(int version, float target, float learningRate, int vocabularySize)
    {
        _version = version;
        _target = target;
        _learningRate = learningRate;
        _vocabularySize = vocabularySize;
        _maxSurprise = 2 * target;
    }

    /// <summary>Cuts the candidates.</summary>
    public void Truncate(Candidates candidates)
    {
        candidates.Normalize();
        int count = _version == 1 ? CountBySlope(candidates) : CountBySurprise(candidates);
        candidates.SortHead(count);
        candidates.KeepFirst(count);
    }

    /// <summary>Learns from the token that was chosen.</summary>
    public void Observe(float probability) => _maxSurprise -= _learningRate * (-MathF.Log2(probability) - _target);

    private int CountBySlope(Candidates candidates)
    {
        candidates.SortHead(SlopeCandidates);
        Span<Candidate> items = candidates.Items;
        float products = 0, squares = 0;
        for (int i = 0; i < SlopeCandidates - 1 && i < items.Length - 1; i++)
        {
            float rank = MathF.Log((i + 2f) / (i + 1f));
            products += rank * MathF.Log(items[i].Probability / items[i + 1].Probability);
            squares += rank * rank;
        }

        float slope = products / squares;
        float excess = slope - 1;
        float count = MathF.Pow(
            excess * MathF.Pow(2, _maxSurprise) / (1 - MathF.Pow(_vocabularySize, -excess)), 1 / slope);
        return count >= items.Length ? items.Length : count >= 1 ? (int)count : 1;
    }

    private int CountBySurprise(Candidates candidates)
    {
        int count = 0;
        foreach (ref readonly Candidate candidate in candidates.Items)
        {
            if (!(-MathF.Log2(candidate.Probability) > _maxSurprise)) count++;
        }

        return Math.Max(1, count);
    }
}
