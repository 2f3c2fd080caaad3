using System.Runtime.InteropServices;

namespace Cria.Runtime.Sampling;

/// <summary>Makes tokens less likely that occurred lately: by a factor, per occurrence, and for having occurred at all.</summary>
internal sealed class RepetitionPenalties
{
    private readonly float _repeat;
    private readonly float _frequency;
    private readonly float _presence;
    private readonly TokenWindow _window;
    private readonly Dictionary<int, int> _counts;

    public RepetitionPenalties(int window, float repeat, float frequency, float presence)
    {
        _repeat = repeat;
        _frequency = frequency;
        _presence = presence;
        _window = new TokenWindow(window);
        // One more than the window: the new token is counted before the oldest one goes.
        _counts = new Dictionary<int, int>(window + 1);
    }

    public void Accept(int token)
    {
        CollectionsMarshal.GetValueRefOrAddDefault(_counts, token, out _)++;
        int dropped = _window.Add(token);
        if (dropped < 0) return;
        ref int count = ref CollectionsMarshal.GetValueRefOrNullRef(_counts, dropped);
        if (--count == 0) _counts.Remove(dropped);
    }

    public void Apply(Span<float> logits)
    {
        foreach ((int token, int count) in _counts)
        {
            ref float logit = ref logits[token];
            // Dividing a negative logit would make the token likelier.
            logit = logit <= 0 ? logit * _repeat : logit / _repeat;
            logit -= count * _frequency + _presence;
        }
    }
}
