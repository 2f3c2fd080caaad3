using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Cria.Text.Grammars;

/// <summary>Leads texts through a grammar, byte by byte, and remembers each step: the second time it is a look into a table.</summary>
/// <remarks>Not thread-safe. Its tables are bounded: when they are full they are dropped, and situations in use are taken over.</remarks>
internal sealed class Recognizer
{
    private const int DeepestNesting = 100_000;
    private const int FullWeight = 12_000_000;
    private const int OverfullWeight = 4 * FullWeight;

    private readonly Automaton _automaton;
    private readonly Dictionary<Loop, LoopState[]> _loops = [];
    private SituationTable _table;
    private RuleState?[] _starts;
    private int _epoch;
    // What is being made, kept so that it need not be allocated each time.
    private WayList _ways;
    private Pending?[] _pending;
    private PriorityQueue<Pending, int> _queue;
    private Stack<Pending> _spare;

    public Recognizer(Automaton automaton)
    {
        _automaton = automaton;
        // Numbers below zero: those above belong to the states of rules.
        int id = 0;
        foreach (Callee callee in automaton.Callees)
        {
            if (callee.Loop is not { } loop) continue;
            var states = new LoopState[loop.Body.StateCount];
            for (int i = 0; i < states.Length; i++) states[i] = new LoopState(--id, loop, i);
            _loops.Add(loop, states);
        }
        Clear();
    }

    public ByteClasses Classes => _automaton.Classes;

    public RuleStates States { get; private set; }

    /// <summary>The situation before the first byte.</summary>
    public Situation Start()
    {
        Callee root = _automaton.Callees[0];
        AddFrame(_ways, StartOf(root), Situation.Done);
        return Intern(_ways);
    }

    /// <summary>The situation after a byte; <see cref="Situation.Dead"/> where it cannot stand there.</summary>
    public Situation After(Situation situation, byte value) => AfterClass(situation, Classes.ClassOf[value]);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Situation AfterClass(Situation situation, int byteClass) =>
        situation.Next is { } next && next[byteClass] is { } known ? known : MakeAfter(situation, byteClass);

    /// <summary>The ways on which a byte can be read next, with those into what is called here.</summary>
    public Way[] Expand(Situation situation) => situation.Expanded ??= FindWays(situation);

    /// <summary>The situation after a byte of a class on some ways of a situation.</summary>
    public Situation AfterClass(ReadOnlySpan<Way> expanded, int byteClass)
    {
        byte value = Classes[byteClass].First;
        foreach (Way way in expanded)
        {
            if (way.State is LoopState state) AddAfter(state, way, value);
            else AddFrame(_ways, States.After((RuleState)way.State, byteClass), way.Caller);
        }
        return Intern(_ways);
    }

    /// <summary>The situation after a whole token: on the ways that name tokens, and on those that read its bytes, which are already done.</summary>
    public Situation AfterToken(Situation before, Situation afterBytes, Func<TokenEdge, bool> accepts)
    {
        foreach ((TokenEdge edge, Situation caller) in TokenEdges(before))
        {
            if (accepts(edge)) AddFrame(_ways, States.AfterToken(edge), caller);
        }
        if (_ways.IsEmpty) return afterBytes;
        _ways.AddAll(afterBytes);
        return Intern(_ways);
    }

    /// <summary>The whole tokens that the grammar names as what may come next.</summary>
    public IEnumerable<(TokenEdge Edge, Situation Caller)> TokenEdges(Situation situation)
    {
        if (_automaton.Tokens.Length == 0) yield break;
        foreach (Way way in Expand(situation))
        {
            if (way.State is not RuleState state) continue;
            foreach (TokenEdge edge in state.Positions.SelectMany(p => _automaton.Positions[p].Tokens)) yield return (edge, way.Caller);
        }
    }

    /// <summary>The names of those tokens, as the grammar spells them.</summary>
    public IEnumerable<string> TokenNames(Situation situation) => TokenEdges(situation)
        .Select(t => (t.Edge.IsNegated ? "any token but " : "the token ") + _automaton.Tokens[t.Edge.Token].Text).Distinct();

    /// <summary>The same situation with other counts of rounds.</summary>
    public Situation WithWays(Situation situation, ReadOnlySpan<Way> ways)
    {
        foreach (Way way in ways) _ways.Add(way);
        if (situation.IsComplete) _ways.MarkComplete();
        return Intern(_ways);
    }

    /// <summary>The situation as the tables know it now; to be called before others with one that was kept since an earlier call.</summary>
    public Situation Current(Situation situation)
    {
        if (_table.Weight + States.Weight > FullWeight) Clear();
        return situation.Epoch == _epoch || situation.Epoch < 0 ? situation : TakeOver(situation);
    }

    /// <summary>Gives up on what is being made, and drops the tables.</summary>
    public GrammarException TooAmbiguous(string problem)
    {
        Clear();
        return new GrammarException($"The grammar is too ambiguous or too deep: {problem}. Make its rules clearer.");
    }

    [MemberNotNull(nameof(States), nameof(_table), nameof(_starts), nameof(_ways), nameof(_pending), nameof(_queue), nameof(_spare))]
    private void Clear()
    {
        _epoch++;
        States = new RuleStates(_automaton);
        _table = new SituationTable(_epoch);
        _starts = new RuleState?[_automaton.Callees.Length];
        _ways = new WayList(this);
        _pending = new Pending?[_automaton.Callees.Length];
        _queue = new PriorityQueue<Pending, int>();
        _spare = [];
    }

    // Callers first, so that no call goes as deep as they are nested.
    private Situation TakeOver(Situation situation)
    {
        var found = new HashSet<Situation> { situation };
        var open = new Stack<Situation>(found);
        while (open.TryPop(out Situation? next))
        {
            foreach (Way way in next.Ways)
            {
                if (way.Caller.Epoch >= 0 && way.Caller.Epoch != _epoch && found.Add(way.Caller)) open.Push(way.Caller);
            }
        }
        var taken = new Dictionary<Situation, Situation>();
        foreach (Situation old in found.OrderBy(s => s.Depth))
        {
            foreach (Way way in old.Ways)
            {
                State state = way.State is RuleState rule ? States.Adopt(rule) : way.State;
                _ways.Add(way with { State = state, Caller = taken.GetValueOrDefault(way.Caller, way.Caller) });
            }
            if (old.IsComplete) _ways.MarkComplete();
            taken.Add(old, Intern(_ways));
        }
        return taken[situation];
    }

    private Situation MakeAfter(Situation situation, int byteClass)
    {
        Situation after = AfterClass(Expand(situation), byteClass);
        if (situation.Epoch != _epoch) return after;
        if (situation.Next is null)
        {
            situation.Next = new Situation?[Classes.Count];
            _table.Weight += Classes.Count * 2;
        }
        situation.Next[byteClass] = after;
        return after;
    }

    private void AddAfter(LoopState state, Way way, byte value)
    {
        Loop loop = state.Loop;
        int next = loop.Body.Next(state.BodyState, value);
        if (next == LoopBody.None) return;
        if (next != LoopBody.Boundary)
        {
            _ways.Add(way with { State = _loops[loop][next] });
            return;
        }
        int rounds = loop.CountAfter(way.Rounds);
        if (loop.MayGoOn(rounds)) _ways.Add(new Way(_loops[loop][next], rounds, way.Caller));
        if (loop.MayEnd(rounds)) _ways.AddAll(way.Caller);
    }

    // A rule that may end here lets its caller go on.
    private static void AddFrame(WayList ways, RuleState state, Situation caller)
    {
        if (state.IsLive) ways.Add(new Way(state, 0, caller));
        if (state.IsFinal) ways.AddAll(caller);
    }

    // Everything that is called at one place in a text returns to one situation, whoever called it: that keeps ambiguity small.
    // Callers come before what they call, so that all calls of a rule are known when its turn comes.
    private Way[] FindWays(Situation situation)
    {
        foreach (Way way in situation.Ways)
        {
            _ways.Add(way);
            if (way.State is RuleState state) Call(state, way.Caller);
        }
        while (_queue.TryDequeue(out Pending? next, out _))
        {
            Callee callee = next.Callee;
            _pending[callee.Index] = null;
            _spare.Push(next);
            Situation caller = Intern(next.Returns);
            if (callee.Loop is { } loop)
            {
                _ways.Add(new Way(_loops[loop][LoopBody.Boundary], 0, caller));
                continue;
            }
            _ways.Add(new Way(StartOf(callee), 0, caller));
            Call(StartOf(callee), caller);
        }
        Way[] expanded = _ways.ToArray();
        _ways.Clear();
        _table.Weight += expanded.Length * 4;
        return expanded;
    }

    private void Call(RuleState state, Situation caller)
    {
        foreach (Call call in States.Calls(state))
        {
            Callee callee = call.Callee;
            if (_pending[callee.Index] is not { } pending)
            {
                pending = _spare.TryPop(out Pending? spare) ? spare : new Pending(new WayList(this));
                pending.Callee = callee;
                _pending[callee.Index] = pending;
                _queue.Enqueue(pending, -callee.Order);
            }
            AddFrame(pending.Returns, call.Return, caller);
        }
    }

    private RuleState StartOf(Callee rule) => _starts[rule.Index] ??= States.Start(rule);

    private Situation Intern(WayList ways)
    {
        Situation situation = _table.Intern(ways);
        if (situation.Depth > DeepestNesting) throw TooAmbiguous($"a text is nested deeper than {DeepestNesting} rules");
        if (_table.Weight + States.Weight > OverfullWeight) throw TooAmbiguous("telling what may come next takes too much memory");
        return situation;
    }

    /// <summary>A rule or a loop that is called, and what its callers do afterwards.</summary>
    private sealed class Pending(WayList returns)
    {
        public WayList Returns { get; } = returns;

        public Callee Callee { get; set; } = null!;
    }
}
