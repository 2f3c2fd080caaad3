namespace Cria.Runtime;

/// <summary>
/// Decides which requests take part in the next pass through the network, and with how many tokens. Who generates is in every pass; what is left of a
/// pass goes to prompts, in slices, so that nobody waits for a long one.
/// </summary>
internal sealed class PassPlan
{
    /// <summary>
    /// A prompt of this length is read in one go, before longer ones. A 1.1B Q4_K_M model on two cores reads 64 tokens in the time of 13 single
    /// ones, and 512 in that of 90.
    /// </summary>
    public const int ShortPrompt = 64;

    /// <summary>A long prompt's slice while others generate: 32 tokens take as long as seven single ones, at three quarters of the speed of large slices.</summary>
    private const int SliceBesideOthers = 32;

    private readonly List<Share> _shares = [];
    private readonly List<Seat> _seats = [];
    private readonly List<Seat> _readers = [];
    private int _room;
    private int _sliceTokens;
    private readonly int _maxBatch;
    private int _slice;
    private int _turn;
    private bool _hasOldestWaited;

    /// <summary>Plans passes of at most so many tokens.</summary>
    public PassPlan(int maxBatch) => _slice = _maxBatch = maxBatch;

    /// <summary>The pass as the network wants it.</summary>
    public IReadOnlyList<Share> Shares => _shares;

    /// <summary>The requests that take part, in the order of their shares.</summary>
    public IReadOnlyList<Seat> Seats => _seats;

    /// <summary>The number of tokens in the pass.</summary>
    public int Tokens => _maxBatch - _room;

    /// <summary>Whether the pass takes so long that somebody with a short prompt should not have to wait for its end.</summary>
    public bool IsLong => _sliceTokens > ShortPrompt;

    /// <summary>Plans a pass for requests that wait for tokens to be read; they are sorted, who goes first before the others.</summary>
    public void Make(List<Seat> seats)
    {
        _shares.Clear();
        _seats.Clear();
        _readers.Clear();
        _room = _maxBatch;
        _sliceTokens = 0;
        // Should there be more than fit, others begin each time.
        _turn++;
        for (int i = 0; i < seats.Count; i++)
        {
            Seat seat = seats[(i + _turn) % seats.Count];
            if (!seat.IsReady && !seat.IsWaiting && IsStep(seat) && seat.Left <= _room) Add(seat, seat.Left);
        }

        foreach (Seat seat in seats)
        {
            if (seat.IsReady || seat.IsWaiting || IsStep(seat)) continue;
            // Who takes over anything asks again before the next pass, for what the disk knows comes in parts.
            if (seat.Left <= ShortPrompt || seat.Adopt() == 0) _readers.Add(seat);
        }

        if (_readers.Count > 0) AddSlices();
    }

    /// <summary>Notes that the pass went through.</summary>
    public void Complete()
    {
        for (int i = 0; i < _seats.Count; i++) _seats[i].Take(_shares[i].Tokens.Length);
        if (_sliceTokens >= _slice) _slice = Math.Min(2 * _slice, _maxBatch);
    }

    /// <summary>
    /// Notes that the pass was given up for somebody in a hurry. Its slice is lost, so the next ones are too small to be given up, until some have gone
    /// through: however many come, the long prompt comes to its end.
    /// </summary>
    public void Abandon() => _slice = Math.Min(ShortPrompt, _maxBatch);

    private bool IsStep(Seat seat) => !seat.IsReading && seat.Left <= Math.Min(ShortPrompt, _maxBatch);

    private void AddSlices()
    {
        bool others = _seats.Count > 0, isUrgent = false;
        foreach (Seat reader in _readers) isUrgent |= reader.Left <= ShortPrompt;
        int budget = Math.Min(isUrgent ? ShortPrompt : others ? SliceBesideOthers : _slice, _room);

        // The oldest gets half of what there is, or every second pass where somebody is quick to serve: it comes to its end whoever joins.
        Seat oldest = _readers[0];
        bool waits = isUrgent && oldest.Left > ShortPrompt && !_hasOldestWaited;
        _hasOldestWaited = waits;
        if (!waits) budget -= AddSlice(oldest, _readers.Count == 1 ? budget : Math.Max(1, budget / 2));

        _readers.RemoveAt(0);
        _readers.Sort(static (a, b) => a.Left != b.Left ? a.Left.CompareTo(b.Left) : a.Arrival.CompareTo(b.Arrival));
        foreach (Seat reader in _readers) budget -= AddSlice(reader, budget);
    }

    private int AddSlice(Seat seat, int budget)
    {
        int count = Math.Min(seat.Upcoming.Length, budget);
        if (!seat.CanBeCut)
        {
            // Logits of all tokens are wanted of a piece, which whoever asked for it made small enough for a pass.
            count = seat.Left;
            if (count > budget && _seats.Count > 0) return 0;
        }

        if (count <= 0 || Follows(seat)) return 0;
        Add(seat, count);
        _sliceTokens += count;
        return count;
    }

    private void Add(Seat seat, int count)
    {
        _seats.Add(seat);
        _shares.Add(seat.Share(count));
        _room -= count;
    }

    /// <summary>Whether somebody in this pass reads the same text: then it waits and takes over what that one has read.</summary>
    private bool Follows(Seat seat)
    {
        if (seat.Left <= ShortPrompt || seat.Sequence!.Kin is not { } kin) return false;
        foreach (Seat leader in _seats)
            if (kin.Equals(leader.Sequence!.Kin) && IsAhead(leader, seat)) return true;
        return false;
    }

    private static bool IsAhead(Seat leader, Seat follower)
    {
        ReadOnlySpan<int> read = follower.Sequence!.Tokens, next = follower.Upcoming.Span;
        ReadOnlySpan<int> ahead = leader.Sequence!.Tokens;
        if (ahead.Length < read.Length || !ahead.StartsWith(read)) return false;
        next = next[..Math.Min(ShortPrompt, next.Length)];
        ahead = ahead[read.Length..];
        int known = Math.Min(ahead.Length, next.Length);
        return ahead[..known].SequenceEqual(next[..known]) && leader.Upcoming.Span.StartsWith(next[known..]);
    }
}
