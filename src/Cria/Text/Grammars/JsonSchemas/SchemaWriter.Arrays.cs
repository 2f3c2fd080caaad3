using System.Numerics;

namespace Cria.Text.Grammars;

/// <summary>Arrays: the first items one by one, and then all others.</summary>
internal sealed partial class SchemaWriter
{
    // Every subset of the items already there is a state.
    private const int MostUniqueItems = 7;

    // Counting items together with those of a kind takes a state for each pair of numbers.
    private const int MostCountedItems = 100;

    private GbnfElement WriteArray(SchemaArrayShape shape, string hint)
    {
        if (shape.Unique is { } unique) return WriteUnique(shape, unique, hint);
        if (shape.Contains is { } contains) return WriteContaining(shape, contains, hint);
        if (shape.Max == 0) return Enclose("[", GbnfElement.Empty, mayBeEmpty: false, "]");
        bool hasRest = !(shape.Max <= shape.First.Count);
        GbnfElement rest = hasRest ? Write(shape.Rest, Join(hint, "item")) : GbnfElement.Empty;
        if (shape.First.Count == 0) return Enclose("[", List(rest, shape.Min, shape.Max, hint), shape.Min == 0, "]");
        GbnfElement following = hasRest
            ? Following(rest, Math.Max(shape.Min - shape.First.Count, 0), shape.Max - shape.First.Count, hint)
            : GbnfElement.Empty;
        for (int i = shape.First.Count - 1; i > 0; i--)
        {
            following = GbnfElement.Sequence(Comma, Write(shape.First[i], Join(hint, $"item-{i + 1}")), following);
            if (i >= shape.Min) following = GbnfElement.Rule(_rules.Add(hint + "-rest", following.Text)).Optional();
        }
        return Enclose("[", GbnfElement.Sequence(Write(shape.First[0], Join(hint, "item-1")), following), shape.Min == 0, "]");
    }

    private GbnfElement WriteUnique(SchemaArrayShape shape, SchemaNode place, string hint)
    {
        if (shape.Contains is { } contains) throw contains.Place.Refuse("contains cannot be enforced together with uniqueItems");
        GbnfElement[] values = [.. FewValues(shape.Rest) ?? throw place.Refuse($"that items differ can only be enforced where there are at most {MostUniqueItems} different ones")];
        int max = Math.Min(shape.Max ?? values.Length, values.Length);
        if (shape.Min > max) throw place.Refuse("there are not so many different items");
        return EncloseStates(hint, start: 0, taken =>
        {
            int count = BitOperations.PopCount((uint)taken);
            IEnumerable<(GbnfElement, int)> steps = count == max ? [] : values.Select((value, i) => (value, taken | 1 << i)).Where(step => step.Item2 != taken);
            return (steps, count >= shape.Min);
        });
    }

    // The values of a goal, where they are few and none is an array or object.
    private GbnfElement[]? FewValues(SchemaGoal goal)
    {
        var nodes = new List<SchemaNode>();
        var others = new List<string>();
        foreach (SchemaCase one in _reader.Read(goal))
        {
            if (one.Listed is { } listed)
            {
                nodes.AddRange(listed.Where(value => one.Allows(value) && !nodes.Any(known => SchemaCase.AreEqual(known, value))));
                continue;
            }
            SchemaTypes types = SchemaShapes.TypesOf(one, _options.AllowUnstated);
            if ((types & ~(SchemaTypes.Boolean | SchemaTypes.Null)) != 0) return null;
            others.AddRange(SchemaShapes.Constants(one, types));
        }
        GbnfElement[] values = [.. nodes.Select(WriteScalar).Concat(others.Select(GbnfElement.Literal)).Distinct()];
        return values.Length <= MostUniqueItems ? values : null;
    }

    private GbnfElement WriteContaining(SchemaArrayShape shape, SchemaContents contains, string hint)
    {
        if (shape.Max > MostCountedItems || shape.Min > MostCountedItems || contains.Min > MostCountedItems || contains.Max > MostCountedItems)
        {
            throw contains.Place.Refuse($"contains can only be enforced for up to {MostCountedItems} items");
        }
        GbnfElement wanted = Write(shape.Rest.And(contains.Goal), Join(hint, "item"));
        // Without an upper limit nobody needs to know which of the others are wanted too.
        SchemaGoal otherGoal = contains.Max is null ? shape.Rest : shape.Rest.And(Opposite(contains));
        GbnfElement? other = IsSatisfiable(otherGoal) ? Write(otherGoal, Join(hint, "other-item")) : null;
        int mostWanted = contains.Max ?? contains.Min, mostItems = shape.Max ?? shape.Min;
        return EncloseStates(hint, start: (0, 0), state =>
        {
            (int found, int count) = state;
            var steps = new List<(GbnfElement, (int, int))>();
            int next = Math.Min(count + 1, mostItems);
            // What is still missing must find room.
            int room = shape.Max is { } max ? max - count - Math.Max(contains.Min - found, 0) : int.MaxValue;
            bool mayGoOn = !(count >= shape.Max);
            if (mayGoOn && found < mostWanted) steps.Add((wanted, (found + 1, next)));
            if (mayGoOn && room > 0 && other is { } one) steps.Add((one, (found, next)));
            return (steps, found >= contains.Min && count >= shape.Min);
        });
    }

    private static SchemaGoal Opposite(SchemaContents contains) => contains.Goal.Demands switch
    {
        [] => SchemaGoal.Never,
        [{ IsNegated: false } demand] => SchemaGoal.NotSchema(demand.Node),
        [var demand] => SchemaGoal.Schema(demand.Node),
        _ => throw contains.Place.Refuse("maxContains cannot be enforced here"),
    };

    // An array whose items depend on a state: each state is a rule for what may follow an item.
    private GbnfElement EncloseStates<TState>(string hint, TState start, Func<TState, (IEnumerable<(GbnfElement Item, TState Next)> Steps, bool MayEnd)> stateOf)
        where TState : notnull
    {
        var names = new Dictionary<TState, string>();
        var pending = new Queue<TState>();
        (IEnumerable<(GbnfElement Item, TState Next)> first, bool mayBeEmpty) = stateOf(start);
        GbnfElement content = GbnfElement.Choice(first.Select(step => GbnfElement.Sequence(step.Item, Refer(step.Next))));
        while (pending.TryDequeue(out TState? state))
        {
            (IEnumerable<(GbnfElement Item, TState Next)> steps, bool mayEnd) = stateOf(state);
            GbnfElement[] options = [.. steps.Select(step => GbnfElement.Sequence(Comma, step.Item, Refer(step.Next)))];
            GbnfElement onward = options.Length == 0 ? GbnfElement.Empty : GbnfElement.Choice(options);
            _rules.Define(names[state], (mayEnd ? onward.Optional() : onward).Text);
        }
        return Enclose("[", content, mayBeEmpty, "]");

        GbnfElement Refer(TState state)
        {
            if (!names.TryGetValue(state, out string? name))
            {
                names.Add(state, name = _rules.Reserve(hint + "-rest"));
                pending.Enqueue(state);
            }
            return GbnfElement.Rule(name);
        }
    }
}
