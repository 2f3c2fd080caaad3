namespace Cria.Text.Grammars;

/// <summary>
/// All that matters of a text for what may follow: the ways in which the grammar has read it so far, each a state and what called it.
/// Equal situations are the same object, so that what is found out about one is found out once.
/// </summary>
/// <remarks>
/// Callers are situations themselves, shared by all that they called: an ambiguous grammar's readings multiply, but the situations that
/// stand for them do not. Where a rule may end, the ways of its caller are part of the situation already.
/// </remarks>
internal sealed class Situation(int id, int epoch, Way[] ways, bool isComplete)
{
    /// <summary>The situation of a text that the grammar does not accept.</summary>
    public static Situation Dead { get; } = new(-1, -1, [], isComplete: false);

    /// <summary>The situation after the last rule: the text can only end.</summary>
    public static Situation Done { get; } = new(0, -1, [], isComplete: true);

    public int Id { get; } = id;

    /// <summary>The generation of the table that it belongs to.</summary>
    public int Epoch { get; } = epoch;

    public Way[] Ways { get; } = ways;

    /// <summary>Whether the text may end here.</summary>
    public bool IsComplete { get; } = isComplete;

    /// <summary>How many callers lie below.</summary>
    public int Depth { get; } = ways.Length == 0 ? 0 : 1 + ways.Max(way => way.Caller.Depth);

    public bool IsDead => this == Dead;

    /// <summary>The ways with those into the rules that are called here, made when first needed.</summary>
    public Way[]? Expanded { get; set; }

    /// <summary>The tokens that must come next, found when first asked for.</summary>
    public int[]? Forced { get; set; }

    /// <summary>The situations after a byte of each class, filled as they are needed.</summary>
    public Situation?[]? Next { get; set; }
}

/// <summary>One way to read a text: the state inside a rule or a loop, a loop's finished rounds, and the situation to return to.</summary>
internal readonly record struct Way(State State, int Rounds, Situation Caller);
