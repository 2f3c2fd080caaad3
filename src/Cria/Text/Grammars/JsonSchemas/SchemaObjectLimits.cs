namespace Cria.Text.Grammars;

/// <summary>What is asked of a property with a name; one is stated if the schema speaks of it otherwise than by forbidding something.</summary>
internal sealed record SchemaProperty(string Name, SchemaGoal Goal, bool IsRequired, bool IsStated);

/// <summary>What is asked of all properties whose names belong to a language.</summary>
internal sealed record SchemaKeys(RegexNode Names, SchemaGoal Goal, bool IsStated);

/// <summary>A demand that some property has a name of a language.</summary>
internal sealed record SchemaPresence(RegexNode Names, SchemaNode Place);

/// <summary>What an object may be.</summary>
internal sealed record SchemaObjectLimits
{
    private const int MostKeys = 64;

    public static readonly SchemaObjectLimits None = new();

    /// <summary>The properties with names, in the order of the schema.</summary>
    public IReadOnlyList<SchemaProperty> Properties { get; init; } = [];

    /// <summary>All other properties: every name belongs to just one of these.</summary>
    public IReadOnlyList<SchemaKeys> Others { get; init; } = [new SchemaKeys(RegexNode.AnyText, SchemaGoal.Any, IsStated: false)];

    /// <summary>Whether the schema lists properties, so that without AllowUnstated there are no others.</summary>
    public bool ListsProperties { get; init; }

    /// <summary>What names must be like.</summary>
    public RegexNode Names { get; init; } = RegexNode.AnyText;

    public IReadOnlyList<SchemaPresence> Presences { get; init; } = [];

    public int Min { get; init; }

    public int? Max { get; init; }

    /// <summary>The place that asks for a least number of properties.</summary>
    public SchemaNode? MinPlace { get; init; }

    public SchemaGoal GoalOf(string name) => Properties.FirstOrDefault(property => property.Name == name)?.Goal ?? KeysOf(name).Goal;

    public SchemaKeys KeysOf(string name) => Others.First(keys => RegexAutomaton.Matches(keys.Names, name));

    public SchemaObjectLimits And(SchemaObjectLimits other)
    {
        if (ReferenceEquals(this, None)) return other;
        if (ReferenceEquals(other, None)) return this;
        return new SchemaObjectLimits
        {
            Properties = [.. Properties.Select(property => With(property, other)),
                .. other.Properties.Where(property => Properties.All(known => known.Name != property.Name)).Select(property => With(property, this))],
            Others = Cross(Others, other.Others),
            ListsProperties = ListsProperties || other.ListsProperties,
            Names = RegexNode.All(Names, other.Names),
            Presences = [.. Presences, .. other.Presences],
            Min = Math.Max(Min, other.Min),
            Max = Max is null ? other.Max : other.Max is null ? Max : Math.Min(Max.Value, other.Max.Value),
            MinPlace = other.Min > Min ? other.MinPlace : MinPlace ?? other.MinPlace,
        };
    }

    private static SchemaProperty With(SchemaProperty property, SchemaObjectLimits other)
    {
        SchemaProperty? same = other.Properties.FirstOrDefault(candidate => candidate.Name == property.Name);
        if (same is not null)
        {
            return new SchemaProperty(property.Name, property.Goal.And(same.Goal), property.IsRequired || same.IsRequired, property.IsStated || same.IsStated);
        }
        SchemaKeys keys = other.KeysOf(property.Name);
        return property with { Goal = property.Goal.And(keys.Goal), IsStated = property.IsStated || keys.IsStated };
    }

    // Both sides divide all names up; each pair that has names in common is a part of the finer division.
    private static IReadOnlyList<SchemaKeys> Cross(IReadOnlyList<SchemaKeys> left, IReadOnlyList<SchemaKeys> right)
    {
        if (left is [{ Names: var whole, Goal: var goal, IsStated: false }] && whole.IsAnyText && ReferenceEquals(goal, SchemaGoal.Any)) return right;
        var parts = new List<SchemaKeys>();
        foreach (SchemaKeys a in left)
        {
            foreach (SchemaKeys b in right)
            {
                RegexNode names = RegexNode.All(a.Names, b.Names);
                if (left.Count > 1 && right.Count > 1 && new RegexAutomaton(names).IsNothing) continue;
                if (parts.Count == MostKeys) throw new GrammarTooLargeException();
                parts.Add(new SchemaKeys(names, a.Goal.And(b.Goal), a.IsStated || b.IsStated));
            }
        }
        return parts;
    }
}
