namespace Cria.Text.Grammars;

/// <summary>Items of which an array must hold so many.</summary>
internal sealed record SchemaContents(SchemaGoal Goal, int Min, int? Max, SchemaNode Place);

/// <summary>What an array may be.</summary>
internal sealed record SchemaArrayLimits
{
    public static readonly SchemaArrayLimits None = new();

    /// <summary>What is asked of the first items, one by one.</summary>
    public IReadOnlyList<SchemaGoal> First { get; init; } = [];

    /// <summary>What is asked of the items after those.</summary>
    public SchemaGoal Rest { get; init; } = SchemaGoal.Any;

    /// <summary>Whether the schema says what the items after the first ones are.</summary>
    public bool IsRestStated { get; init; }

    public int Min { get; init; }

    public int? Max { get; init; }

    public IReadOnlyList<SchemaContents> Contains { get; init; } = [];

    /// <summary>The place that asks for all items to differ.</summary>
    public SchemaNode? Unique { get; init; }

    public SchemaGoal GoalAt(int index) => index < First.Count ? First[index] : Rest;

    public SchemaArrayLimits And(SchemaArrayLimits other)
    {
        if (ReferenceEquals(this, None)) return other;
        if (ReferenceEquals(other, None)) return this;
        return new SchemaArrayLimits
        {
            First = [.. Enumerable.Range(0, Math.Max(First.Count, other.First.Count)).Select(i => GoalAt(i).And(other.GoalAt(i)))],
            Rest = Rest.And(other.Rest),
            IsRestStated = IsRestStated || other.IsRestStated,
            Min = Math.Max(Min, other.Min),
            Max = Max is null ? other.Max : other.Max is null ? Max : Math.Min(Max.Value, other.Max.Value),
            Contains = [.. Contains, .. other.Contains],
            Unique = Unique ?? other.Unique,
        };
    }
}
