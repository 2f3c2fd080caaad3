namespace Cria.Text.Grammars;

/// <summary>A repetition that is counted instead of written out: <paramref name="Body"/> at least and at most so many times.</summary>
/// <remarks>A text of 500 characters would need 500 positions otherwise, each with a mask of its own; so they share what the body accepts.</remarks>
internal sealed record Loop(LoopBody Body, int Least, int? Most)
{
    /// <summary>The count after one more round; beyond the least it does not matter where there is no limit.</summary>
    public int CountAfter(int count) => Most is null && count >= Least ? count : count + 1;

    public bool MayEnd(int count) => count >= Least;

    public bool MayGoOn(int count) => Most is null || count < Most;
}

/// <summary>
/// What a loop repeats: a few strings of bytes, none of which begins another, so that one always knows where a round ends. State 0 is between rounds.
/// </summary>
internal sealed class LoopBody
{
    public const int Boundary = 0;
    public const int None = -1;
    private const int MostStates = 256;

    private readonly int[] _next;

    private LoopBody(int[] next) => _next = next;

    public int StateCount => _next.Length / 256;

    /// <summary>What tells equal bodies.</summary>
    public string Key => string.Create(_next.Length, _next, (key, next) =>
    {
        for (int i = 0; i < key.Length; i++) key[i] = (char)next[i];
    });

    /// <summary>Whether many characters can come next between rounds, as in a text between quotes.</summary>
    public bool IsWide => _next.AsSpan(0, 256).Count(None) < 256 - 48 || _next.AsSpan(128, 128).ContainsAnyExcept(None);

    /// <summary>The runs of bytes that no state tells apart.</summary>
    public IEnumerable<ByteRange> Ranges
    {
        get
        {
            int first = 0;
            for (int b = 1; b <= 256; b++)
            {
                if (b < 256 && IsLikeTheByteBefore(b)) continue;
                yield return new ByteRange((byte)first, (byte)(b - 1));
                first = b;
            }
        }
    }

    public int Next(int state, byte value) => _next[(state << 8) + value];

    /// <summary>Makes a body from positions without calls, or null where it would be large, empty or ambiguous about where a round ends.</summary>
    public static LoopBody? From(IReadOnlyList<Position> positions, int start)
    {
        var classes = new ByteClasses(positions.SelectMany(p => p.Bytes).Select(edge => edge.Range));
        var states = new List<int[]> { Closure(positions, [start]) };
        var table = new List<int[]>();
        for (int i = 0; i < states.Count; i++)
        {
            if (states.Count > MostStates) return null;
            bool isFinal = states[i].Any(p => positions[p].IsFinal);
            if (isFinal && (i == 0 || states[i].Any(p => positions[p].IsLive))) return null;
            table.Add(isFinal ? [] : Row(positions, classes, states, i));
        }
        return Joined(table);
    }

    private static int[] Row(IReadOnlyList<Position> positions, ByteClasses classes, List<int[]> states, int state)
    {
        var row = new int[256];
        for (int i = 0; i < classes.Count; i++)
        {
            ByteRange bytes = classes[i];
            var targets = new List<int>();
            foreach (int position in states[state])
            {
                foreach (ByteEdge edge in positions[position].Bytes)
                {
                    if (edge.Range.First <= bytes.First && bytes.First <= edge.Range.Last) targets.Add(edge.Target);
                }
            }
            int next = targets.Count == 0 ? None : IndexOf(states, Closure(positions, targets));
            row.AsSpan(bytes.First, bytes.Last - bytes.First + 1).Fill(next);
        }
        return row;
    }

    private static int IndexOf(List<int[]> states, int[] state)
    {
        int index = states.FindIndex(known => known.AsSpan().SequenceEqual(state));
        if (index < 0)
        {
            index = states.Count;
            states.Add(state);
        }
        return index;
    }

    private static int[] Closure(IReadOnlyList<Position> positions, IReadOnlyList<int> from)
    {
        var seen = new HashSet<int>(from);
        var open = new List<int>(seen);
        var closed = new List<int>();
        for (int i = 0; i < open.Count; i++)
        {
            Position position = positions[open[i]];
            if (position.IsLive || position.IsFinal) closed.Add(open[i]);
            foreach (int next in position.Empty)
            {
                if (seen.Add(next)) open.Add(next);
            }
        }
        closed.Sort();
        return [.. closed];
    }

    // Where a round has ended the next one begins: those states become the boundary, and the rest move together.
    private static LoopBody Joined(List<int[]> table)
    {
        var moved = new int[table.Count];
        int count = 0;
        for (int i = 0; i < table.Count; i++) moved[i] = table[i].Length == 0 ? Boundary : count++;
        var next = new List<int>();
        foreach (int[] row in table)
        {
            foreach (int state in row) next.Add(state == None ? None : moved[state]);
        }
        return new LoopBody([.. next]);
    }

    private bool IsLikeTheByteBefore(int value)
    {
        for (int i = value; i < _next.Length; i += 256)
        {
            if (_next[i] != _next[i - 1]) return false;
        }
        return true;
    }
}
