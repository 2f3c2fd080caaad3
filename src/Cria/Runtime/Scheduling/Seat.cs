namespace Cria.Runtime;

/// <summary>A run's place in the scheduler: what it waits for, and how much of that is done.</summary>
internal sealed class Seat(Run run, long arrival)
{
    private Turn _turn;
    private ReadOnlyMemory<int> _left;
    private int[]? _lost;
    private bool _hasBegun;

    public Run Run => run;

    /// <summary>The order in which requests came.</summary>
    public long Arrival => arrival;

    /// <summary>Whether it has to read a prompt, or again a text whose memory it gave up, before it can generate.</summary>
    public bool IsReading { get; private set; } = true;

    /// <summary>Whether the run can advance: all that it waited for is done, or it is to end.</summary>
    public bool IsReady => _left.IsEmpty && _lost is null && _turn.Until is not { IsSet: false } || run.Cancellation.IsCancellationRequested;

    /// <summary>Whether nothing is left to read, but the run waits for something else.</summary>
    public bool IsWaiting => Left == 0 && !IsReady;

    public ISequence? Sequence => _turn.Sequence;

    /// <summary>The number of tokens to read before the run can go on.</summary>
    public int Left => _lost is null ? _left.Length : _lost.Length + _left.Length;

    /// <summary>Whether the tokens that come next may be cut.</summary>
    public bool CanBeCut => _lost is not null || _turn.CanBeCut;

    /// <summary>The tokens that the sequence is to be continued by, as far as they are read in one go.</summary>
    public ReadOnlyMemory<int> Upcoming => _lost ?? _left;

    /// <summary>Lets the run advance to its next turn; tells whether there is one. If that waits for a signal, <paramref name="wake"/> is called with it.</summary>
    public bool Advance(Action wake)
    {
        IsReading = !_hasBegun;
        _hasBegun = true;
        if (!run.Advance()) return false;
        _turn = run.Turn;
        _left = _turn.Tokens;
        _turn.Until?.Wakes(wake);
        return true;
    }

    /// <summary>Takes over what a cache knows of the coming tokens, or a part of that; returns the number of tokens.</summary>
    public int Adopt()
    {
        int count = Sequence!.Adopt(Upcoming.Span);
        Take(count);
        return count;
    }

    /// <summary>The next tokens as a share of a pass.</summary>
    public Share Share(int count) => new(
        Sequence!, Upcoming[..count], _lost is null && (count == _left.Length || !_turn.CanBeCut) ? _turn.Logits : Models.LogitsOf.None);

    /// <summary>Notes that tokens are in the sequence.</summary>
    public void Take(int count)
    {
        if (_lost is null) _left = _left[count..];
        else _lost = count < _lost.Length ? _lost[count..] : null;
    }

    /// <summary>Gives up the memory; the tokens will be read again.</summary>
    public void Suspend()
    {
        ReadOnlySpan<int> tokens = Sequence!.Tokens;
        _lost = tokens.IsEmpty ? _lost : [.. tokens, .. _lost ?? []];
        Sequence.Truncate(0);
        IsReading = true;
        run.Suspended();
    }
}
