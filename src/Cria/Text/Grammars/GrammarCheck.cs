namespace Cria;

/// <summary>What checking a text against a grammar found.</summary>
public sealed record GrammarCheck
{
    /// <summary>Whether the grammar accepts the whole text.</summary>
    public required bool IsAccepted { get; init; }

    /// <summary>Whether the grammar accepts the text as a beginning: with more text after it, or as it is.</summary>
    public required bool IsBeginning { get; init; }

    /// <summary>How many UTF-16 characters of the text are fine; the character at this position fails, unless it is the text's end.</summary>
    public required int Position { get; init; }

    /// <summary>What could stand at <see cref="Position"/>, in words; null where the text is accepted.</summary>
    public string? Expected { get; init; }
}
