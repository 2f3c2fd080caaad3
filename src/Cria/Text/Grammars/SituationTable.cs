namespace Cria.Text.Grammars;

/// <summary>The ways of a situation that is being made: those with the same caller are joined.</summary>
internal sealed class WayList(Recognizer recognizer)
{
    private const int MostWays = 1000;

    private readonly List<Way> _ways = [];
    private bool _isComplete;

    public bool IsEmpty => _ways.Count == 0 && !_isComplete;

    public bool IsComplete => _isComplete;

    public ReadOnlySpan<Way> Ways => System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_ways);

    public void MarkComplete() => _isComplete = true;

    public void Add(Way way)
    {
        for (int i = 0; i < _ways.Count; i++)
        {
            Way known = _ways[i];
            if (known.Caller != way.Caller) continue;
            if (known.State is RuleState a && way.State is RuleState b)
            {
                if (a != b) _ways[i] = known with { State = recognizer.States.Union(a, b) };
                return;
            }
            if (known == way) return;
        }
        if (_ways.Count == MostWays) throw recognizer.TooAmbiguous($"there are more than {MostWays} ways to read the same text");
        _ways.Add(way);
    }

    /// <summary>Adds all ways of a situation, and that the text may end if it may end there.</summary>
    public void AddAll(Situation situation)
    {
        foreach (Way way in situation.Ways) Add(way);
        _isComplete |= situation.IsComplete;
    }

    public void Sort() => _ways.Sort(static (a, b) =>
    {
        int order = a.Caller.Id.CompareTo(b.Caller.Id);
        if (order == 0) order = a.State.Id.CompareTo(b.State.Id);
        return order == 0 ? a.Rounds.CompareTo(b.Rounds) : order;
    });

    public Way[] ToArray() => [.. _ways];

    public void Clear()
    {
        _ways.Clear();
        _isComplete = false;
    }
}

/// <summary>The situations that are known.</summary>
internal sealed class SituationTable(int epoch)
{
    private readonly Dictionary<int, List<Situation>> _byHash = [];
    private int _count;

    /// <summary>How many numbers all situations hold together, for a bound on memory.</summary>
    public int Weight { get; set; }

    /// <summary>The situation with these ways; the list is empty afterwards.</summary>
    public Situation Intern(WayList ways)
    {
        if (ways.Ways.IsEmpty)
        {
            bool isComplete = ways.IsComplete;
            ways.Clear();
            return isComplete ? Situation.Done : Situation.Dead;
        }
        ways.Sort();
        int hash = Hash(ways);
        if (!_byHash.TryGetValue(hash, out List<Situation>? same)) _byHash.Add(hash, same = []);
        Situation? situation = same.Find(s => s.IsComplete == ways.IsComplete && s.Ways.AsSpan().SequenceEqual(ways.Ways));
        if (situation is null)
        {
            situation = new Situation(++_count, epoch, ways.ToArray(), ways.IsComplete);
            same.Add(situation);
            Weight += 32 + 4 * situation.Ways.Length;
        }
        ways.Clear();
        return situation;
    }

    private static int Hash(WayList ways)
    {
        var hash = new HashCode();
        hash.Add(ways.IsComplete);
        foreach (Way way in ways.Ways)
        {
            hash.Add(way.State.Id);
            hash.Add(way.Rounds);
            hash.Add(way.Caller.Id);
        }
        return hash.ToHashCode();
    }
}
