namespace Cria.Text.Grammars;

/// <summary>One thing asked of a value: to be as a schema says, or to equal a value; or, negated, just not that.</summary>
internal sealed record SchemaDemand(SchemaNode Node, bool IsValue, bool IsNegated)
{
    public SchemaDemand Negated => this with { IsNegated = !IsNegated };

    public string Key => $"{(IsNegated ? "!" : "")}{(IsValue ? "=" : "#")}{Node.Pointer}";
}

/// <summary>All that is asked of one value. Goals with equal keys ask for the same.</summary>
internal sealed class SchemaGoal
{
    /// <summary>Any value will do.</summary>
    public static readonly SchemaGoal Any = new([], "");

    /// <summary>No value will do.</summary>
    public static readonly SchemaGoal Never = new([], "never");

    private SchemaGoal(IReadOnlyList<SchemaDemand> demands, string key)
    {
        Demands = demands;
        Key = key;
    }

    public IReadOnlyList<SchemaDemand> Demands { get; }

    public string Key { get; }

    public static SchemaGoal Schema(SchemaNode node) => Of([new SchemaDemand(node, IsValue: false, IsNegated: false)]);

    public static SchemaGoal NotSchema(SchemaNode node) => Of([new SchemaDemand(node, IsValue: false, IsNegated: true)]);

    public static SchemaGoal Value(SchemaNode node) => Of([new SchemaDemand(node, IsValue: true, IsNegated: false)]);

    public static SchemaGoal NotValue(SchemaNode node) => Of([new SchemaDemand(node, IsValue: true, IsNegated: true)]);

    public SchemaGoal And(SchemaGoal other)
    {
        if (ReferenceEquals(this, Never) || ReferenceEquals(other, Never)) return Never;
        return ReferenceEquals(other, Any) || Key == other.Key ? this : ReferenceEquals(this, Any) ? other : Of([.. Demands, .. other.Demands]);
    }

    private static SchemaGoal Of(IEnumerable<SchemaDemand> demands)
    {
        SchemaDemand[] distinct = [.. demands.Where(demand => !IsTrivial(demand)).DistinctBy(demand => demand.Key)];
        if (distinct.Any(IsHopeless)) return Never;
        return distinct.Length == 0 ? Any : new SchemaGoal(distinct, string.Join('\n', distinct.Select(demand => demand.Key).Order(StringComparer.Ordinal)));
    }

    private static bool IsTrivial(SchemaDemand demand) => !demand.IsValue
        && (demand.IsNegated ? demand.Node.Element.ValueKind == System.Text.Json.JsonValueKind.False : IsOpen(demand.Node));

    private static bool IsHopeless(SchemaDemand demand) => !demand.IsValue
        && (demand.IsNegated ? IsOpen(demand.Node) : demand.Node.Element.ValueKind == System.Text.Json.JsonValueKind.False);

    private static bool IsOpen(SchemaNode node) => node.Element.ValueKind == System.Text.Json.JsonValueKind.True
        || node.IsObject && !node.Element.EnumerateObject().Any();
}
