namespace Cria.Text.Grammars;

/// <summary>What is known of rules before automata are made of them: which may be empty, and which are small enough to be part of others.</summary>
internal sealed class RuleShapes
{
    private const int LargestInlined = 128;
    private const int TooLarge = 1_000_000;

    private readonly IReadOnlyList<Rule> _rules;
    private readonly Shape[] _shapes;
    private readonly bool[] _mayBeEmpty;

    public RuleShapes(RuleSet grammar)
    {
        _rules = grammar.Rules;
        _shapes = new Shape[_rules.Count];
        _mayBeEmpty = new bool[_rules.Count];
        List<int> order = Measure(grammar.Root);
        // Rules come after those they use, but for cycles: one or two rounds will do as a rule.
        for (bool hasChanged = true; hasChanged;)
        {
            hasChanged = false;
            foreach (int rule in order)
            {
                if (_mayBeEmpty[rule] || !MayBeEmpty(_rules[rule].Body)) continue;
                hasChanged = _mayBeEmpty[rule] = true;
            }
        }
    }

    /// <summary>Whether a rule is small and does not use itself, so that it is written out where it is used.</summary>
    public bool IsInlined(int rule) => _shapes[rule].Size <= LargestInlined;

    public bool MayBeEmpty(int rule) => _mayBeEmpty[rule];

    public bool MayBeEmpty(Expression expression) => expression switch
    {
        SequenceExpression sequence => sequence.Parts.All(MayBeEmpty),
        ChoiceExpression choice => choice.Options.Any(MayBeEmpty),
        RepeatExpression repeat => repeat.Least == 0 || MayBeEmpty(repeat.Body),
        RuleExpression reference => _mayBeEmpty[reference.Rule],
        _ => false,
    };

    /// <summary>Whether an expression could be the body of a loop: small, without calls, and without loops inside.</summary>
    public bool IsFiniteAndSmall(Expression expression) => Of(expression) is { IsFinite: true, Size: <= LargestInlined };

    // Goes through the rules in use, those that a rule uses before it; a rule that is met while it is still open uses itself.
    private List<int> Measure(int root)
    {
        var order = new List<int>();
        var isRecursive = new bool[_rules.Count];
        var state = new byte[_rules.Count];
        const byte open = 1, done = 2;
        var path = new Stack<OpenRule>();
        Enter(root);
        while (path.TryPeek(out OpenRule? top))
        {
            if (top.Uses.TryDequeue(out int used))
            {
                if (state[used] == open) isRecursive[used] = true;
                else if (state[used] != done) Enter(used);
                continue;
            }
            path.Pop();
            state[top.Rule] = done;
            order.Add(top.Rule);
            Shape shape = Of(_rules[top.Rule].Body);
            _shapes[top.Rule] = isRecursive[top.Rule] ? new Shape(TooLarge, false) : shape with { Size = shape.Size + 1 };
        }
        return order;

        void Enter(int rule)
        {
            state[rule] = open;
            _shapes[rule] = new Shape(TooLarge, false);
            var uses = new Queue<int>();
            AddUses(_rules[rule].Body, uses);
            path.Push(new OpenRule(rule, uses));
        }
    }

    private static void AddUses(Expression expression, Queue<int> uses)
    {
        switch (expression)
        {
            case RuleExpression reference: uses.Enqueue(reference.Rule); break;
            case RepeatExpression repeat: AddUses(repeat.Body, uses); break;
            case SequenceExpression sequence: foreach (Expression part in sequence.Parts) AddUses(part, uses); break;
            case ChoiceExpression choice: foreach (Expression option in choice.Options) AddUses(option, uses); break;
        }
    }

    private Shape Of(Expression expression) => expression switch
    {
        CharacterExpression character => new Shape(1 + Math.Min(character.Set.Ranges.Count, 16), true),
        TokenExpression => new Shape(2, false),
        SequenceExpression sequence => Sum(sequence.Parts),
        ChoiceExpression choice => Sum(choice.Options),
        RepeatExpression repeat => Times(Of(repeat.Body), repeat),
        RuleExpression reference => IsInlined(reference.Rule) ? _shapes[reference.Rule] : new Shape(2, false),
        _ => throw new ArgumentOutOfRangeException(nameof(expression)),
    };

    private Shape Sum(IReadOnlyList<Expression> expressions)
    {
        var sum = new Shape(0, true);
        foreach (Expression expression in expressions)
        {
            Shape shape = Of(expression);
            sum = new Shape(Math.Min(sum.Size + shape.Size, TooLarge), sum.IsFinite && shape.IsFinite);
        }
        return sum;
    }

    private static Shape Times(Shape body, RepeatExpression repeat)
    {
        long times = repeat.Most ?? repeat.Least + 1;
        return new Shape((int)Math.Min(body.Size * times, TooLarge), body.IsFinite && repeat.Most is not null);
    }

    private sealed record OpenRule(int Rule, Queue<int> Uses);

    private readonly record struct Shape(int Size, bool IsFinite);
}
