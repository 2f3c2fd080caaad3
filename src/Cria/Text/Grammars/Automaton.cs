namespace Cria.Text.Grammars;

/// <summary>
/// A grammar as a machine over bytes: positions with edges, a start for each rule that is called, and loops. It does not change.
/// </summary>
/// <remarks>
/// Small rules are part of those that use them. A call as the last thing of a rule is no call but an empty edge, so that texts of any length
/// can be read with a stack that does not grow, and an endless empty loop is nothing but a cycle of empty edges.
/// </remarks>
internal sealed class Automaton
{
    public required Position[] Positions { get; init; }

    /// <summary>The rules and loops that edges call; the first is the grammar's root.</summary>
    public required Callee[] Callees { get; init; }

    /// <summary>The tokens that the grammar names.</summary>
    public required TokenReference[] Tokens { get; init; }

    public required ByteClasses Classes { get; init; }
}

/// <summary>A place in a rule: what may come next there.</summary>
internal sealed class Position
{
    public List<ByteEdge> Bytes { get; } = [];

    /// <summary>The positions that are reached without a byte.</summary>
    public List<int> Empty { get; } = [];

    public List<CallEdge> Calls { get; } = [];

    public List<TokenEdge> Tokens { get; } = [];

    /// <summary>Whether the rule may end here.</summary>
    public bool IsFinal { get; set; }

    /// <summary>Whether anything but empty edges leads on from here.</summary>
    public bool IsLive => Bytes.Count + Calls.Count + Tokens.Count > 0;
}

internal sealed record ByteEdge(ByteRange Range, int Target);

/// <summary>Something called in between: after it, the text goes on at <paramref name="Return"/>.</summary>
internal sealed record CallEdge(int Callee, int Return);

/// <summary>A whole token, by its index among the grammar's tokens, or any other token.</summary>
internal readonly record struct TokenEdge(int Token, bool IsNegated, int Target);

/// <summary>What can be called: a rule, which starts at a position, or a loop.</summary>
/// <param name="Index">Its place among the automaton's callees.</param>
/// <param name="Start">The position where a rule starts.</param>
/// <param name="Order">Callees that begin with a call of another one have a higher order than that one.</param>
/// <param name="Loop">The loop, or null for a rule.</param>
internal sealed record Callee(int Index, int Start, int Order, Loop? Loop);

/// <summary>Sorts bytes into classes: two bytes that no edge tells apart are in the same one.</summary>
internal sealed class ByteClasses
{
    private readonly byte[] _classOf = new byte[256];
    private readonly byte[] _first;

    public ByteClasses(IEnumerable<ByteRange> ranges)
    {
        Span<bool> startsClass = stackalloc bool[257];
        startsClass[0] = true;
        foreach (ByteRange range in ranges) startsClass[range.First] = startsClass[range.Last + 1] = true;
        var first = new List<byte>();
        for (int b = 0; b < 256; b++)
        {
            if (startsClass[b]) first.Add((byte)b);
            _classOf[b] = (byte)(first.Count - 1);
        }
        _first = [.. first];
    }

    public int Count => _first.Length;

    public ReadOnlySpan<byte> ClassOf => _classOf;

    /// <summary>The bytes of a class, which are neighbours.</summary>
    public ByteRange this[int index] => new(_first[index], (byte)(index + 1 < Count ? _first[index + 1] - 1 : 255));
}
