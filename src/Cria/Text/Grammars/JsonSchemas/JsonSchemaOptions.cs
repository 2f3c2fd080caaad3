namespace Cria;

/// <summary>The white space that generated JSON may have between its parts.</summary>
public enum JsonWhitespace
{
    /// <summary>None, one space, or one or two line ends and an indentation of at most 20: what models write by themselves.</summary>
    Flexible,

    /// <summary>One space after each comma and colon.</summary>
    Spaced,

    /// <summary>None at all.</summary>
    Compact,

    /// <summary>One space or none after each comma and colon: both forms in which JSON stands on one line, and nothing to lose tokens on.</summary>
    OneLine,
}

/// <summary>How a JSON schema becomes a grammar.</summary>
public sealed record JsonSchemaOptions
{
    /// <summary>Properties that come first in every object that has them, in this order; the others follow in the schema's order.</summary>
    public IReadOnlyList<string> PropertyOrder { get; init; } = [];

    /// <summary>The white space that the JSON may have.</summary>
    public JsonWhitespace Whitespace { get; init; }

    /// <summary>
    /// Whether what a schema leaves open may be generated: further properties beside the listed ones, further items behind the listed
    /// ones, values of other types than those that the keywords speak of. By default only what the schema states is.
    /// </summary>
    public bool AllowUnstated { get; init; }
}
