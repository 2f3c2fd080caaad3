namespace Cria.Text.Grammars;

/// <summary>
/// Puts rules in order by which calls which before any text is read, and refuses grammars where that goes in a circle: a stack of calls would grow without end.
/// </summary>
/// <remarks>Tarjan's strongly connected components over positions, with empty edges and calls as edges, without recursion.</remarks>
internal sealed class LeftCalls
{
    private const int Unseen = 0;

    private readonly List<Position> _positions;
    private readonly int[] _starts;
    private readonly int[] _seenAt;
    private readonly int[] _lowest;
    private readonly int[] _component;
    private readonly Stack<int> _open = [];
    private int _seen, _components;

    public LeftCalls(List<Position> positions, int[] starts)
    {
        _positions = positions;
        _starts = starts;
        _seenAt = new int[positions.Count];
        _lowest = new int[positions.Count];
        _component = new int[positions.Count];
        Array.Fill(_component, -1);
        for (int i = 0; i < positions.Count; i++)
        {
            if (_seenAt[i] == Unseen) Visit(i);
        }
    }

    /// <summary>For each called rule a number that is higher than those of the rules it begins with.</summary>
    /// <exception cref="GrammarException">A rule begins with itself.</exception>
    public int[] Order(Func<int, Rule> ruleOf)
    {
        for (int i = 0; i < _positions.Count; i++)
        {
            foreach (CallEdge call in _positions[i].Calls)
            {
                if (!IsRule(call.Callee) || _component[_starts[call.Callee]] != _component[i]) continue;
                Rule rule = ruleOf(call.Callee);
                throw rule.Place.Error(
                    $"the rule {rule.Name} begins with itself (left recursion). Write a repetition instead, such as first (\",\" next)*.");
            }
        }
        return [.. _starts.Select(start => _component[start])];
    }

    private bool IsRule(int callee) => callee < _starts.Length;

    private void Visit(int root)
    {
        var path = new Stack<Visited>();
        path.Push(Enter(root));
        while (path.TryPeek(out Visited? top))
        {
            int position = top.Position;
            if (Target(position, top.NextEdge++) is { } target)
            {
                if (_seenAt[target] == Unseen)
                {
                    path.Push(Enter(target));
                }
                else if (_component[target] < 0)
                {
                    _lowest[position] = Math.Min(_lowest[position], _seenAt[target]);
                }
                continue;
            }
            path.Pop();
            if (_lowest[position] == _seenAt[position]) Close(position);
            if (path.TryPeek(out Visited? parent))
                _lowest[parent.Position] = Math.Min(_lowest[parent.Position], _lowest[position]);
        }
    }

    private Visited Enter(int position)
    {
        _seenAt[position] = _lowest[position] = ++_seen;
        _open.Push(position);
        return new Visited(position);
    }

    private void Close(int position)
    {
        int last;
        do
        {
            last = _open.Pop();
            _component[last] = _components;
        }
        while (last != position);
        _components++;
    }

    // The edge of this number, counted over empty edges and then calls of rules; null beyond the last.
    private int? Target(int position, int edge)
    {
        Position from = _positions[position];
        if (edge < from.Empty.Count) return from.Empty[edge];
        edge -= from.Empty.Count;
        if (edge >= from.Calls.Count) return null;
        int callee = from.Calls[edge].Callee;
        // A loop calls nothing; the position itself stands for it.
        return IsRule(callee) ? _starts[callee] : position;
    }

    /// <summary>A position on the way from the root, and how many of its edges were taken.</summary>
    private sealed class Visited(int position)
    {
        public int Position { get; } = position;

        public int NextEdge { get; set; }
    }
}
