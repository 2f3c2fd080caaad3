namespace Cria.Text.Templates.Tree;

/// <summary><c>{% for target in items %}</c>.</summary>
/// <param name="position">Where it is.</param>
/// <param name="target">What each item is assigned to.</param>
/// <param name="takesApart">Whether an item goes into several variables; of a map it is a pair then, and else a key.</param>
/// <param name="items">What it goes through.</param>
/// <param name="condition">Which items it takes, or null for all.</param>
/// <param name="body">What it does for each.</param>
/// <param name="otherwise">What it does where no round was finished.</param>
/// <param name="isRecursive">Whether <c>loop</c> can be called in it.</param>
internal sealed class For(
    int position, Target target, bool takesApart, Expression items, Expression? condition, Block body, Block otherwise, bool isRecursive)
    : Statement(position)
{
    protected override Flow Execute(Evaluation evaluation)
    {
        Scope outer = evaluation.Scope;
        evaluation.Scope = new Scope(outer);
        TemplateValue values = items.Evaluate(evaluation);
        Flow flow = Go(evaluation, outer, values, 0);
        evaluation.Scope = outer;
        return flow;
    }

    /// <summary>Goes through other items in the same way, one level deeper, and returns what that prints.</summary>
    public TemplateValue Recurse(Arguments args, int depth)
    {
        Evaluation evaluation = args.Evaluation;
        evaluation.Enter(this);
        Scope outer = evaluation.Scope;
        evaluation.Scope = new Scope(outer);
        StringValue text = evaluation.Capture(() => Go(evaluation, outer, args.Require(0), depth), out _);
        evaluation.Scope = outer;
        evaluation.Leave();
        return text;
    }

    private Flow Go(Evaluation evaluation, Scope outer, TemplateValue values, int depth)
    {
        evaluation.At(this);
        evaluation.Reads?.Use(values, ReadLog.ElementAccess);
        if (values is MapValue) evaluation.Reads?.Use(values, ReadLog.MemberAccess);
        Scope scope = evaluation.Scope;
        List<TemplateValue> taken = Taken(evaluation, values);
        evaluation.Scope = scope;

        bool finishedOne = false;
        var loop = new LoopValue(taken, depth, isRecursive ? args => Recurse(args, depth + 1) : null);
        for (int i = 0; i < taken.Count; i++)
        {
            evaluation.At(this);
            evaluation.Charge(1);
            loop.Index = i;
            scope.Set("loop", loop);
            target.Assign(evaluation, scope, taken[i]);
            Flow flow = body.Run(evaluation);
            if (flow == Flow.Break) break;
            finishedOne |= flow == Flow.Next;
        }
        if (finishedOne) return Flow.Next;

        // As in llama.cpp, also where there were items but every round was left early.
        evaluation.Scope = outer;
        return otherwise.Run(evaluation);
    }

    // The items are copied, because the body may change the list.
    private List<TemplateValue> Taken(Evaluation evaluation, TemplateValue values)
    {
        List<TemplateValue> all = values switch
        {
            UndefinedValue => [],
            ListValue list => list.Items,
            MapValue map => [.. map.Entries.Select(entry => takesApart ? ListValue.Tuple(entry.Key, entry.Value) : entry.Key)],
            _ => throw evaluation.Fail($"A loop goes through a list or a map, not through {values.Kind}."),
        };
        evaluation.ChargeItems(all.Count);
        if (condition is null) return [.. all];

        var taken = new List<TemplateValue>();
        Scope scope = evaluation.Scope;
        foreach (TemplateValue item in all.ToArray())
        {
            evaluation.At(this);
            evaluation.Scope = new Scope(scope);
            target.Assign(evaluation, evaluation.Scope, item);
            if (condition.Evaluate(evaluation).IsTrue) taken.Add(item);
        }
        return taken;
    }
}
