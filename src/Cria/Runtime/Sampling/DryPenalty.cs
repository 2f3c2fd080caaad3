using System.Runtime.InteropServices;

namespace Cria.Runtime.Sampling;

/// <summary>
/// The DRY ("don't repeat yourself") penalty: a token that would prolong a repetition of earlier text gets less likely,
/// exponentially with the repetition's length. Sequence breakers end a repetition.
/// </summary>
internal sealed class DryPenalty
{
    // The natural logarithm of the largest float: beyond it the penalty would overflow.
    private const float LargestFloatLog = 88.7228391f;

    private readonly float _multiplier;
    private readonly float _base;
    private readonly int _allowedLength;
    private readonly int _maxExponent;
    private readonly SequenceBreakers _breakers;
    private readonly TokenWindow _window;
    private readonly int[] _matchLengths;
    private readonly Dictionary<int, int> _longestByToken;

    public DryPenalty(int window, float multiplier, float growth, int allowedLength, SequenceBreakers breakers)
    {
        _multiplier = multiplier;
        _base = growth;
        _allowedLength = allowedLength;
        _maxExponent = growth > 1.000001f ? (int)(LargestFloatLog / MathF.Log(growth)) : 0;
        _breakers = breakers;
        _window = new TokenWindow(window);
        _matchLengths = new int[window];
        _longestByToken = new Dictionary<int, int>(window);
    }

    public void Accept(int token) => _window.Add(token);

    public void Apply(Span<float> logits)
    {
        if (_window.Count <= _allowedLength) return;
        int limit = _breakers.TokensSinceLast(_window);
        if (limit < _allowedLength) return;

        MeasureMatches();
        _longestByToken.Clear();
        for (int age = 1; age < _window.Count; age++)
        {
            int length = Math.Min(_matchLengths[age], limit);
            if (length < _allowedLength) continue;
            // The text ending at `age` equals the end of the window, so the token after it would prolong the repetition.
            ref int longest = ref CollectionsMarshal.GetValueRefOrAddDefault(_longestByToken, _window[age - 1], out _);
            longest = Math.Max(longest, length);
        }

        foreach ((int token, int length) in _longestByToken)
        {
            if (_breakers.IsBreaker(token)) continue;
            int exponent = length - _allowedLength;
            if (_maxExponent > 0) exponent = Math.Min(exponent, _maxExponent);
            logits[token] -= (float)Math.Min(_multiplier * Math.Pow(_base, exponent), float.MaxValue);
        }
    }

    /// <summary>For each age, how many tokens up to there equal the end of the window: the Z-algorithm, walking backwards.</summary>
    private void MeasureMatches()
    {
        int count = _window.Count;
        // The known match that reaches furthest: [left, right] equals [0, right - left].
        int left = 0, right = 0;
        for (int age = 1; age < count; age++)
        {
            int length = age <= right ? Math.Min(_matchLengths[age - left], right - age + 1) : 0;
            if (age + length > right)
            {
                while (age + length < count && _window[length] == _window[age + length]) length++;
                if (length > 0) (left, right) = (age, age + length - 1);
            }

            _matchLengths[age] = length;
        }
    }
}
