using System.Numerics;

namespace Cria.Runtime.Drafts;

/// <summary>
/// Decides how many guessed tokens are worth checking: as many as let the tokens of all texts in a pass, certain and likely ones, come the
/// fastest by what passes have been taking. It learns from each token how far guesses can be trusted, also from those that were not checked.
/// </summary>
internal sealed class DraftGauge
{
    private const int Classes = 8;

    // What a guess must promise, as measurements are never exact.
    private const double Margin = 1.03;

    private const float LearningRate = 1f / 16;

    // How often guesses may be declined before some are checked all the same, to see whether times have changed; each time in vain doubles it.
    private const int FirstPatience = 64, LongestPatience = 1024;

    private readonly PassMeter _passes;
    private readonly float[] _trust;
    private int _otherTexts;
    private int _otherTokens;
    private int _declined;
    private int _patience = FirstPatience;

    /// <summary>Creates a gauge for one text.</summary>
    /// <param name="passes">What passes take.</param>
    /// <param name="trust">How far guesses are trusted at first, for each class of evidence, which are 0 to 3 and then powers of two.</param>
    public DraftGauge(PassMeter passes, ReadOnlySpan<float> trust)
    {
        _passes = passes;
        _trust = trust[..Classes].ToArray();
    }

    /// <summary>Learns from a token whether the guess of it was right.</summary>
    public void Observe(int evidence, bool isRight)
    {
        ref float trust = ref _trust[Class(evidence)];
        trust += ((isRight ? 1 : 0) - trust) * LearningRate;
    }

    /// <summary>Looks at the pass that has just been made, in which the text had so many tokens: others in it are likely to be there again.</summary>
    public void Look(int ownTokens)
    {
        _otherTexts = Math.Max(0, _passes.LastTexts - 1);
        _otherTokens = Math.Max(0, _passes.LastTokens - ownTokens);
    }

    /// <summary>How many of <paramref name="most"/> guessed tokens to check, besides <paramref name="certain"/> ones that are to be read anyway.</summary>
    public int Choose(int certain, int most, int evidence, double secondsPerToken)
    {
        int tokens = _otherTokens + certain;
        if (most == 0 || _passes.Seconds(tokens) is not { } plain) return 0;
        double best = 0, likely = 1, gained = _otherTexts + 1;
        int count = 0;
        for (int i = 1; i <= most && _passes.Seconds(tokens + i) is { } seconds; i++)
        {
            likely *= _trust[Class(evidence + i - 1)];
            gained += likely;
            double speed = gained / (seconds + i * secondsPerToken);
            if (speed <= best) continue;
            best = speed;
            count = i;
        }

        if (best > Margin * (_otherTexts + 1) / plain)
        {
            _patience = FirstPatience;
            return count;
        }

        if (++_declined < _patience) return 0;
        _declined = 0;
        _patience = Math.Min(2 * _patience, LongestPatience);
        return count;
    }

    private static int Class(int evidence) => evidence < 4 ? evidence : Math.Min(2 + BitOperations.Log2((uint)evidence), Classes - 1);
}
