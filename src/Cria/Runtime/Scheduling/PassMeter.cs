namespace Cria.Runtime;

/// <summary>
/// How long passes through the network take by their number of tokens, as the passes so far have shown: what further tokens cost beside those that
/// are there anyway depends on the model, its number format and the machine. Only the scheduler's thread uses it.
/// </summary>
internal sealed class PassMeter
{
    /// <summary>Larger passes are not measured: they are bound by arithmetic, where a token costs what it costs.</summary>
    public const int Most = 64;

    // Until it is measured, a further token is taken to cost this part of a pass with one: a guess that lets it be tried.
    private const double FurtherToken = 1.0 / 8;

    private readonly double[] _seconds = new double[Most + 1];

    /// <summary>The number of texts in the last pass.</summary>
    public int LastTexts { get; private set; }

    /// <summary>The number of tokens in the last pass.</summary>
    public int LastTokens { get; private set; }

    /// <summary>Notes a pass.</summary>
    public void Note(int texts, int tokens, double seconds)
    {
        LastTexts = texts;
        LastTokens = tokens;
        if (tokens > Most) return;
        ref double known = ref _seconds[tokens];
        // Whatever else happens on a machine makes passes slower and none faster.
        known = known == 0 ? seconds : seconds < known ? (known + seconds) / 2 : known + (Math.Min(seconds, 4 * known) - known) / 8;
    }

    /// <summary>What a pass with so many tokens is likely to take; null where nothing like it has been measured.</summary>
    public double? Seconds(int tokens)
    {
        if (tokens > Most) return null;
        int below = tokens;
        while (below > 0 && _seconds[below] == 0) below--;
        if (below == 0) return null;
        if (below == tokens) return _seconds[tokens];
        int above = tokens;
        while (above <= Most && _seconds[above] == 0) above++;
        return above <= Most
            ? _seconds[below] + (_seconds[above] - _seconds[below]) * (tokens - below) / (above - below)
            : _seconds[below] * (1 + FurtherToken * (tokens - below) / (1 + FurtherToken * (below - 1)));
    }
}
