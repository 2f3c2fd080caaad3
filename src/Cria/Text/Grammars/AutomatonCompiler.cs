namespace Cria.Text.Grammars;

/// <summary>Makes the automaton of a grammar.</summary>
internal sealed class AutomatonCompiler
{
    private const int MostPositions = 300_000;
    // Repetitions beyond this many rounds are counted rather than written out; those of wide bodies always.
    private const int MostWrittenOut = 16;

    private readonly RuleSet _grammar;
    private readonly RuleShapes _shapes;
    private readonly List<Position> _positions = [];
    private readonly List<TokenReference> _tokens = [];
    private readonly List<CalledRule> _calledRules = [];
    private readonly Dictionary<int, int> _calleeOfRule = [];
    private readonly List<Loop> _loops = [];
    private readonly Dictionary<Loop, int> _indexOfLoop = [];
    private readonly Dictionary<Expression, Loop?> _loopOf = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<string, LoopBody> _bodies = [];

    private AutomatonCompiler(RuleSet grammar, RuleShapes shapes)
    {
        _grammar = grammar;
        _shapes = shapes;
    }

    /// <exception cref="GrammarException">The grammar is left-recursive or too large.</exception>
    public static Automaton Compile(RuleSet grammar) => new AutomatonCompiler(grammar, new RuleShapes(grammar)).Compile();

    private Automaton Compile()
    {
        CalleeOf(_grammar.Root);
        for (int i = 0; i < _calledRules.Count; i++)
        {
            (int rule, int start) = _calledRules[i];
            int end = NewPosition();
            _positions[end].IsFinal = true;
            Build(_grammar.Rules[rule].Body, start, end);
        }
        SettleCalls();
        int[] order = new LeftCalls(_positions, [.. _calledRules.Select(c => c.Start)]).Order(i => _grammar.Rules[_calledRules[i].Rule]);
        return new Automaton
        {
            Positions = [.. _positions],
            Callees =
            [
                .. _calledRules.Select((called, i) => new Callee(i, called.Start, order[i], null)),
                .. _loops.Select((loop, i) => new Callee(_calledRules.Count + i, -1, -1, loop)),
            ],
            Tokens = [.. _tokens],
            Classes = new ByteClasses(
                _positions.SelectMany(p => p.Bytes).Select(e => e.Range).Concat(_bodies.Values.SelectMany(body => body.Ranges))),
        };
    }

    // While positions are made, loops have negative numbers: how many rules are called is not known yet. Calls of what may be empty can be
    // skipped, and those that end a rule become empty edges.
    private void SettleCalls()
    {
        foreach (Position position in _positions)
        {
            for (int i = position.Calls.Count - 1; i >= 0; i--)
            {
                (int callee, int after) = position.Calls[i];
                if (callee < 0)
                {
                    position.Calls[i] = new CallEdge(_calledRules.Count + ~callee, after);
                    if (_loops[~callee].Least == 0) position.Empty.Add(after);
                    continue;
                }
                if (_shapes.MayBeEmpty(_calledRules[callee].Rule)) position.Empty.Add(after);
                if (!_positions[after].IsFinal) continue;
                position.Calls.RemoveAt(i);
                position.Empty.Add(_calledRules[callee].Start);
            }
        }
    }

    private int CalleeOf(int rule)
    {
        if (_calleeOfRule.TryGetValue(rule, out int callee)) return callee;
        callee = _calledRules.Count;
        _calleeOfRule.Add(rule, callee);
        _calledRules.Add(new CalledRule(rule, NewPosition()));
        return callee;
    }

    private int NewPosition()
    {
        if (_positions.Count == MostPositions)
            throw new GrammarException($"The grammar is too large: it has more than {MostPositions} positions. Repeat less in it.");
        _positions.Add(new Position());
        return _positions.Count - 1;
    }

    private void Build(Expression expression, int from, int to)
    {
        switch (expression)
        {
            case CharacterExpression character:
                new CharacterEdges(_positions, NewPosition).Build(character.Set, from, to);
                break;
            case SequenceExpression sequence:
                BuildSequence(sequence.Parts, from, to);
                break;
            case ChoiceExpression choice:
                foreach (Expression option in choice.Options) Build(option, from, to);
                break;
            case RepeatExpression repeat:
                BuildRepeat(repeat, from, to);
                break;
            case TokenExpression token:
                _positions[from].Tokens.Add(new TokenEdge(_tokens.Count, token.IsNegated, to));
                _tokens.Add(token.Token);
                break;
            case RuleExpression reference when _shapes.IsInlined(reference.Rule):
                Build(_grammar.Rules[reference.Rule].Body, from, to);
                break;
            case RuleExpression reference:
                _positions[from].Calls.Add(new CallEdge(CalleeOf(reference.Rule), to));
                break;
        }
    }

    private void BuildSequence(IReadOnlyList<Expression> parts, int from, int to)
    {
        if (parts.Count == 0) _positions[from].Empty.Add(to);
        for (int i = 0; i < parts.Count; i++)
        {
            int next = i == parts.Count - 1 ? to : NewPosition();
            Build(parts[i], from, next);
            from = next;
        }
    }

    private void BuildRepeat(RepeatExpression repeat, int from, int to)
    {
        if (LoopFor(repeat) is { } loop)
        {
            _positions[from].Calls.Add(new CallEdge(~IndexOf(loop), to));
            return;
        }
        int written = repeat.Most ?? repeat.Least;
        for (int i = 0; i < written; i++)
        {
            if (i >= repeat.Least) _positions[from].Empty.Add(to);
            int next = i == written - 1 && repeat.Most is not null ? to : NewPosition();
            Build(repeat.Body, from, next);
            from = next;
        }
        if (repeat.Most is not null) return;
        // A position of its own: others may start where the repetition starts.
        int hub = NewPosition();
        _positions[from].Empty.Add(hub);
        Build(repeat.Body, hub, hub);
        _positions[hub].Empty.Add(to);
    }

    private int IndexOf(Loop loop)
    {
        if (_indexOfLoop.TryGetValue(loop, out int index)) return index;
        _indexOfLoop.Add(loop, _loops.Count);
        _loops.Add(loop);
        return _loops.Count - 1;
    }

    private Loop? LoopFor(RepeatExpression repeat)
    {
        if (repeat.Most == 1 || !_shapes.IsFiniteAndSmall(repeat.Body)) return null;
        if (_loopOf.TryGetValue(repeat, out Loop? loop)) return loop;
        loop = MakeBody(repeat.Body) is { } body && (body.IsWide || Math.Max(repeat.Least, repeat.Most ?? 0) > MostWrittenOut)
            ? new Loop(body, repeat.Least, repeat.Most)
            : null;
        _loopOf.Add(repeat, loop);
        return loop;
    }

    private LoopBody? MakeBody(Expression expression)
    {
        var parts = new AutomatonCompiler(_grammar, _shapes);
        (int start, int end) = (parts.NewPosition(), parts.NewPosition());
        parts._positions[end].IsFinal = true;
        parts.Build(expression, start, end);
        if (parts._loops.Count > 0 || LoopBody.From(parts._positions, start) is not { } body) return null;
        if (_bodies.TryGetValue(body.Key, out LoopBody? known)) return known;
        _bodies.Add(body.Key, body);
        return body;
    }

    private sealed record CalledRule(int Rule, int Start);
}
