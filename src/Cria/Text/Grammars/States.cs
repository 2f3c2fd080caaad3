namespace Cria.Text.Grammars;

/// <summary>Where a text stands inside a rule or a loop, whatever called it. Equal states are the same object.</summary>
internal abstract class State(int id)
{
    public int Id { get; } = id;
}

/// <summary>A state of a loop: between two rounds or within one.</summary>
internal sealed class LoopState(int id, Loop loop, int bodyState) : State(id)
{
    public Loop Loop { get; } = loop;

    public int BodyState { get; } = bodyState;

    public bool IsBoundary => BodyState == LoopBody.Boundary;
}

/// <summary>A state of rules: the positions where the text may stand, with their edges gathered.</summary>
internal sealed class RuleState : State
{
    public RuleState(int id, int[] positions, Automaton automaton) : base(id)
    {
        Positions = positions;
        foreach (int index in positions)
        {
            Position position = automaton.Positions[index];
            IsLive |= position.IsLive;
            IsFinal |= position.IsFinal;
        }
    }

    /// <summary>The positions, in order; those with nothing but empty edges are left out.</summary>
    public int[] Positions { get; }

    /// <summary>Whether the rule may go on.</summary>
    public bool IsLive { get; }

    /// <summary>Whether the rule may end here.</summary>
    public bool IsFinal { get; }

    /// <summary>The calls from here, made when they are first needed.</summary>
    public Call[]? Calls { get; set; }

    /// <summary>The states after a byte of each class, filled as they are needed; <see cref="RuleStates.Nowhere"/> where there is none.</summary>
    public RuleState?[]? Next { get; set; }
}

/// <summary>A call of a rule or a loop, and the state in which the caller goes on after it.</summary>
internal sealed record Call(Callee Callee, RuleState Return);

/// <summary>The states of a grammar's rules, made as texts reach them.</summary>
internal sealed class RuleStates(Automaton automaton)
{
    private readonly Dictionary<int[], RuleState> _states = new(ContentComparer.Instance);
    private readonly List<int> _open = [];
    private readonly HashSet<int> _seen = [];
    private readonly List<int> _positions = [];

    /// <summary>The state that no text reaches.</summary>
    public RuleState Nowhere { get; } = new(0, [], automaton);

    /// <summary>How many numbers all states hold together, for a bound on memory.</summary>
    public int Weight { get; private set; }

    public RuleState Start(Callee rule)
    {
        Reach(rule.Start);
        return Reached();
    }

    public RuleState After(RuleState state, int byteClass)
    {
        if (state.Next is null)
        {
            state.Next = new RuleState?[automaton.Classes.Count];
            Weight += automaton.Classes.Count * 2;
        }
        return state.Next[byteClass] ??= Step(state, automaton.Classes[byteClass].First);
    }

    public RuleState Union(RuleState a, RuleState b)
    {
        if (a == b) return a;
        foreach (int position in a.Positions) Reach(position);
        foreach (int position in b.Positions) Reach(position);
        return Reached();
    }

    /// <summary>The state with the same positions as one of an earlier table.</summary>
    public RuleState Adopt(RuleState state) => Intern(state.Positions);

    public RuleState AfterToken(TokenEdge edge)
    {
        Reach(edge.Target);
        return Reached();
    }

    public ReadOnlySpan<Call> Calls(RuleState state) => state.Calls ??= FindCalls(state);

    private Call[] FindCalls(RuleState state)
    {
        var calls = new List<Call>();
        foreach (IGrouping<int, CallEdge> group in state.Positions.SelectMany(p => automaton.Positions[p].Calls).GroupBy(call => call.Callee))
        {
            foreach (CallEdge call in group) Reach(call.Return);
            calls.Add(new Call(automaton.Callees[group.Key], Reached()));
        }
        return [.. calls];
    }

    private RuleState Step(RuleState state, byte value)
    {
        foreach (int position in state.Positions)
        {
            foreach (ByteEdge edge in automaton.Positions[position].Bytes)
            {
                if (edge.Range.First <= value && value <= edge.Range.Last) Reach(edge.Target);
            }
        }
        return Reached();
    }

    private void Reach(int position)
    {
        if (_seen.Add(position)) _open.Add(position);
    }

    // Makes the state of all that was reached, and of what empty edges lead to from there.
    private RuleState Reached()
    {
        for (int i = 0; i < _open.Count; i++)
        {
            Position position = automaton.Positions[_open[i]];
            if (position.IsLive || position.IsFinal) _positions.Add(_open[i]);
            foreach (int next in position.Empty) Reach(next);
        }
        _positions.Sort();
        int[] positions = [.. _positions];
        _open.Clear();
        _seen.Clear();
        _positions.Clear();
        return positions.Length == 0 ? Nowhere : Intern(positions);
    }

    private RuleState Intern(int[] positions)
    {
        if (_states.TryGetValue(positions, out RuleState? state)) return state;
        state = new RuleState(_states.Count + 1, positions, automaton);
        _states.Add(positions, state);
        Weight += positions.Length + 32;
        return state;
    }

    private sealed class ContentComparer : IEqualityComparer<int[]>
    {
        public static ContentComparer Instance { get; } = new();

        public bool Equals(int[]? a, int[]? b) => a.AsSpan().SequenceEqual(b);

        public int GetHashCode(int[] content)
        {
            var hash = new HashCode();
            hash.AddBytes(System.Runtime.InteropServices.MemoryMarshal.AsBytes(content.AsSpan()));
            return hash.ToHashCode();
        }
    }
}
