namespace Cria.Text.Grammars;

/// <summary>An array as it is written: only with items that can be satisfied.</summary>
internal sealed record SchemaArrayShape(IReadOnlyList<SchemaGoal> First, SchemaGoal Rest, int Min, int? Max, SchemaContents? Contains, SchemaNode? Unique);

/// <summary>An object as it is written: only with properties that can be satisfied.</summary>
internal sealed record SchemaObjectShape(IReadOnlyList<SchemaProperty> Properties, IReadOnlyList<SchemaKeys> Others, int Min, int? Max, SchemaNode? MinPlace);

/// <summary>
/// What is left of the limits of a case when everything impossible is taken away and, unless <c>isOpen</c>, everything that the schema
/// does not state.
/// </summary>
internal static class SchemaShapes
{
    private static readonly (SchemaTypes Type, string Json)[] AllConstants =
        [(SchemaTypes.Boolean, "true"), (SchemaTypes.Boolean, "false"), (SchemaTypes.Null, "null")];

    /// <summary>The types that a value may have.</summary>
    public static SchemaTypes TypesOf(SchemaCase one, bool isOpen) =>
        isOpen || one.IsTyped || one.Implied == SchemaTypes.None ? one.Types : one.Types & one.Implied;

    /// <summary>Which of true, false and null are allowed.</summary>
    public static IEnumerable<string> Constants(SchemaCase one, SchemaTypes types) => AllConstants
        .Where(constant => types.HasFlag(constant.Type) && one.Excluded.All(value => value.Element.GetRawText() != constant.Json))
        .Select(constant => constant.Json);

    /// <summary>The arrays of a case; null where there are none.</summary>
    public static SchemaArrayShape? ArrayOf(SchemaCase one, bool isOpen, Func<SchemaGoal, bool> isSatisfiable)
    {
        SchemaArrayLimits limits = one.Array;
        bool isClosed = !isOpen && limits.First.Count > 0 && !limits.IsRestStated && limits.Min <= limits.First.Count;
        SchemaGoal rest = isClosed || !isSatisfiable(limits.Rest) ? SchemaGoal.Never : limits.Rest;
        int possible = limits.First.TakeWhile(isSatisfiable).Count();
        int? max = possible < limits.First.Count || ReferenceEquals(rest, SchemaGoal.Never) ? Math.Min(possible, limits.Max ?? possible) : limits.Max;
        if (max < limits.Min) return null;
        SchemaContents[] contains = [.. limits.Contains.Where(contents => contents.Min > 0 || contents.Max is not null)];
        if (contains.Length > 1) throw contains[1].Place.Refuse("more than one contains for the same array cannot be enforced");
        SchemaContents? only = contains.FirstOrDefault();
        if (only is not null)
        {
            if (limits.First.Count > 0) throw only.Place.Refuse("contains cannot be enforced together with prefixItems");
            if (only.Max < only.Min || max < only.Min || only.Min > 0 && !isSatisfiable(rest.And(only.Goal))) return null;
        }
        if (limits.Unique is { } unique && limits.First.Count > 0 && max > 1) throw unique.Refuse("uniqueItems cannot be enforced together with prefixItems");
        return new SchemaArrayShape([.. limits.First.Take(max ?? int.MaxValue)], rest, limits.Min, max, only, max <= 1 ? null : limits.Unique);
    }

    /// <summary>The objects of a case; none where there are none, several where one of several properties must be there.</summary>
    public static IEnumerable<SchemaObjectShape> ObjectsOf(SchemaCase one, bool isOpen, Func<SchemaGoal, bool> isSatisfiable)
    {
        SchemaObjectLimits limits = one.Object;
        bool isClosed = !isOpen && limits.ListsProperties;
        var properties = new List<SchemaProperty>();
        foreach (SchemaProperty property in limits.Properties)
        {
            bool isPossible = !(isClosed && !property.IsStated)
                && (limits.Names.IsAnyText || RegexAutomaton.Matches(limits.Names, property.Name)) && isSatisfiable(property.Goal);
            if (isPossible) properties.Add(property);
            else if (property.IsRequired) return [];
        }
        RegexNode named = RegexNode.Choice(limits.Properties.Select(property => RegexNode.Literal(property.Name)));
        SchemaKeys[] others = [.. limits.Others
            .Where(keys => (keys.IsStated || !isClosed) && isSatisfiable(keys.Goal))
            .Select(keys => keys with { Names = RegexNode.All(keys.Names, limits.Names, RegexNode.Not(named)) })
            .Where(keys => !HasNone(keys.Names))];
        var shape = new SchemaObjectShape(properties, others, limits.Min, limits.Max, limits.MinPlace);
        return limits.Presences.Aggregate((IEnumerable<SchemaObjectShape>)[shape], (shapes, presence) => shapes.SelectMany(each => Having(each, presence)))
            .Where(each => each.Properties.Count(property => property.IsRequired) <= (each.Max ?? int.MaxValue)
                && (each.Others.Count > 0 || each.Properties.Count >= each.Min));
    }

    private static bool HasNone(RegexNode names) => names is RegexAll or RegexNot ? new RegexAutomaton(names).IsNothing : names.IsNothing;

    // The first of the demanded properties that is there tells the shapes apart.
    private static IEnumerable<SchemaObjectShape> Having(SchemaObjectShape shape, SchemaPresence presence)
    {
        SchemaProperty[] candidates = [.. shape.Properties.Where(property => RegexAutomaton.Matches(presence.Names, property.Name))];
        if (candidates.Any(property => property.IsRequired)) return [shape];
        if (shape.Others.Any(keys => !HasNone(RegexNode.All(keys.Names, presence.Names))))
        {
            throw presence.Place.Refuse("that some other property must be there cannot be enforced; say additionalProperties: false");
        }
        return candidates.Select((needed, i) => shape with
        {
            Properties = [.. shape.Properties.Except(candidates.Take(i)).Select(property => property == needed ? property with { IsRequired = true } : property)],
        });
    }
}
