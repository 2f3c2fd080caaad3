using System.Text.Json;

namespace Cria.Text.Grammars;

/// <summary>The kinds of JSON values.</summary>
[Flags]
internal enum SchemaTypes
{
    None = 0,
    Null = 1,
    Boolean = 2,
    Number = 4,
    String = 8,
    Array = 16,
    Object = 32,
    All = 63,
}

/// <summary>
/// Limits on a value that all hold together. What a schema allows is a list of cases: a value need only satisfy one. Limits of a type
/// say nothing about values of other types.
/// </summary>
internal sealed record SchemaCase
{
    /// <summary>No limits.</summary>
    public static readonly SchemaCase Any = new();

    public SchemaTypes Types { get; init; } = SchemaTypes.All;

    /// <summary>Whether the schema itself says which types it allows.</summary>
    public bool IsTyped { get; init; }

    /// <summary>The types that the keywords speak of.</summary>
    public SchemaTypes Implied { get; init; }

    /// <summary>The only values that are no arrays or objects, where they are listed.</summary>
    public IReadOnlyList<SchemaNode>? Listed { get; init; }

    /// <summary>Values, no arrays or objects, that are not allowed.</summary>
    public IReadOnlyList<SchemaNode> Excluded { get; init; } = [];

    public SchemaNumberLimits Number { get; init; } = SchemaNumberLimits.None;

    public SchemaStringLimits String { get; init; } = SchemaStringLimits.None;

    public SchemaArrayLimits Array { get; init; } = SchemaArrayLimits.None;

    public SchemaObjectLimits Object { get; init; } = SchemaObjectLimits.None;

    public static SchemaCase OfType(SchemaTypes types) => new() { Types = types, IsTyped = true };

    public static SchemaTypes TypeOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null => SchemaTypes.Null,
        JsonValueKind.True or JsonValueKind.False => SchemaTypes.Boolean,
        JsonValueKind.Number => SchemaTypes.Number,
        JsonValueKind.String => SchemaTypes.String,
        JsonValueKind.Array => SchemaTypes.Array,
        _ => SchemaTypes.Object,
    };

    /// <summary>Whether two values that are no arrays or objects are equal.</summary>
    public static bool AreEqual(SchemaNode left, SchemaNode right)
    {
        if (left.Element.ValueKind != right.Element.ValueKind) return false;
        return left.Element.ValueKind switch
        {
            JsonValueKind.Number => left.Number() == right.Number(),
            JsonValueKind.String => left.Text() == right.Text(),
            _ => true,
        };
    }

    /// <summary>The limits of both; null where they plainly leave nothing.</summary>
    public SchemaCase? And(SchemaCase other)
    {
        if (ReferenceEquals(this, Any)) return other;
        if (ReferenceEquals(other, Any)) return this;
        SchemaTypes types = Types & other.Types;
        if (types == SchemaTypes.None) return null;
        IReadOnlyList<SchemaNode>? listed = Listed is null ? other.Listed : other.Listed is null
            ? Listed
            : [.. Listed.Where(value => other.Listed.Any(allowed => AreEqual(value, allowed)))];
        return new SchemaCase
        {
            Types = types,
            IsTyped = IsTyped || other.IsTyped,
            Implied = Implied | other.Implied,
            Listed = listed,
            Excluded = [.. Excluded, .. other.Excluded],
            Number = types.HasFlag(SchemaTypes.Number) ? Number.And(other.Number) : SchemaNumberLimits.None,
            String = types.HasFlag(SchemaTypes.String) ? String.And(other.String) : SchemaStringLimits.None,
            Array = types.HasFlag(SchemaTypes.Array) ? Array.And(other.Array) : SchemaArrayLimits.None,
            Object = types.HasFlag(SchemaTypes.Object) ? Object.And(other.Object) : SchemaObjectLimits.None,
        };
    }

    /// <summary>Whether a value that is no array or object satisfies the limits.</summary>
    public bool Allows(SchemaNode value)
    {
        if (!Types.HasFlag(TypeOf(value.Element)) || Excluded.Any(excluded => AreEqual(value, excluded))) return false;
        return value.Element.ValueKind switch
        {
            JsonValueKind.Number => Number.Allows(value.Number()),
            JsonValueKind.String => String.Allows(value.Text()),
            _ => true,
        };
    }
}
