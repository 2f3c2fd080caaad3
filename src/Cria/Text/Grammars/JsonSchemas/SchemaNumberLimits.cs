namespace Cria.Text.Grammars;

/// <summary>The end of a range of numbers.</summary>
internal sealed record SchemaBound(SchemaNumber Value, bool IsExclusive);

/// <summary>What a number may be.</summary>
internal sealed record SchemaNumberLimits
{
    public static readonly SchemaNumberLimits None = new();

    public bool IsInteger { get; init; }

    public SchemaBound? Min { get; init; }

    public SchemaBound? Max { get; init; }

    /// <summary>The numbers that it must be a multiple of, with the places in the schema that say so.</summary>
    public IReadOnlyList<SchemaNode> MultipleOf { get; init; } = [];

    /// <summary>The place in the schema that forbids integers, which only some limits on other things make possible.</summary>
    public SchemaNode? NoInteger { get; init; }

    public SchemaNumberLimits And(SchemaNumberLimits other)
    {
        if (ReferenceEquals(this, None)) return other;
        if (ReferenceEquals(other, None)) return this;
        return new SchemaNumberLimits
        {
            IsInteger = IsInteger || other.IsInteger,
            Min = Tighter(Min, other.Min, 1),
            Max = Tighter(Max, other.Max, -1),
            MultipleOf = [.. MultipleOf, .. other.MultipleOf],
            NoInteger = NoInteger ?? other.NoInteger,
        };
    }

    public bool Allows(SchemaNumber number)
    {
        if (IsInteger && !number.IsInteger || NoInteger is not null && number.IsInteger) return false;
        if (Min is { } min && (number.CompareTo(min.Value) is var low) && (low < 0 || low == 0 && min.IsExclusive)) return false;
        if (Max is { } max && (number.CompareTo(max.Value) is var high) && (high > 0 || high == 0 && max.IsExclusive)) return false;
        return MultipleOf.All(node => IsMultiple(number, node.Number()));
    }

    private static bool IsMultiple(SchemaNumber number, SchemaNumber divisor)
    {
        int decimals = Math.Max(number.Decimals, divisor.Decimals);
        return number.Units * Scale(decimals - number.Decimals) % (divisor.Units * Scale(decimals - divisor.Decimals)) == 0;
    }

    private static System.Numerics.BigInteger Scale(int decimals) => System.Numerics.BigInteger.Pow(10, decimals);

    private static SchemaBound? Tighter(SchemaBound? left, SchemaBound? right, int direction)
    {
        if (left is not { } a || right is not { } b) return left ?? right;
        int order = a.Value.CompareTo(b.Value) * direction;
        return order > 0 || order == 0 && a.IsExclusive ? a : b;
    }
}
