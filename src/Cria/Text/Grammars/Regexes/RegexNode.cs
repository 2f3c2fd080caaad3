namespace Cria.Text.Grammars;

/// <summary>
/// A regular language over code points. Nodes are made by the functions here, which keep them small; equal nodes stand for equal
/// languages, though not always the other way round.
/// </summary>
internal abstract class RegexNode : IEquatable<RegexNode>
{
    public static readonly RegexNode Nothing = new RegexSet(RegexCharSet.None);
    public static readonly RegexNode Empty = new RegexSequence([]);
    public static readonly RegexNode AnyChar = new RegexSet(RegexCharSet.All);
    public static readonly RegexNode AnyText = new RegexRepeat(AnyChar, 0, null);

    private readonly int _hash;

    private protected RegexNode(bool isNullable, int hash)
    {
        IsNullable = isNullable;
        _hash = hash;
    }

    /// <summary>Whether the empty text belongs to the language.</summary>
    public bool IsNullable { get; }

    /// <summary>Whether this node is plainly the language without any text; others may have none without showing it.</summary>
    public bool IsNothing => this is RegexSet { Chars.IsEmpty: true };

    public bool IsAnyText => Equals(AnyText);

    public static RegexNode Set(RegexCharSet chars)
    {
        // Halves of surrogate pairs do not occur in UTF-8.
        bool onlySurrogates = chars.Ranges is [( >= 0xD800, _), ..] && chars.Ranges[^1].Last <= 0xDFFF;
        return onlySurrogates ? Nothing : new RegexSet(chars);
    }

    public static RegexNode Literal(string text) => Sequence([.. text.EnumerateRunes().Select(rune => Set(RegexCharSet.Of(rune.Value)))]);

    public static RegexNode Sequence(params IEnumerable<RegexNode> items)
    {
        var flat = new List<RegexNode>();
        foreach (RegexNode item in items)
        {
            if (item.IsNothing) return Nothing;
            if (item is RegexSequence inner) flat.AddRange(inner.Items);
            else if (!(item.IsAnyText && flat.Count > 0 && flat[^1].IsAnyText)) flat.Add(item);
        }
        return flat.Count == 1 ? flat[0] : new RegexSequence([.. flat]);
    }

    public static RegexNode Choice(params IEnumerable<RegexNode> options)
    {
        var flat = new List<RegexNode>();
        RegexCharSet chars = RegexCharSet.None;
        int charsAt = -1;
        foreach (RegexNode option in options.SelectMany(option => option is RegexChoice inner ? inner.Options : [option]))
        {
            if (option.IsAnyText) return AnyText;
            if (option is RegexSet set)
            {
                if (set.Chars.IsEmpty) continue;
                chars = chars.Union(set.Chars);
                if (charsAt >= 0) continue;
                charsAt = flat.Count;
            }
            else if (flat.Contains(option))
            {
                continue;
            }
            flat.Add(option);
        }
        if (charsAt >= 0) flat[charsAt] = Set(chars);
        if (flat.Count > 1 && flat.Any(option => option.IsNullable && option is not RegexSequence { Items.Length: 0 })) flat.Remove(Empty);
        return flat.Count switch
        {
            0 => Nothing,
            1 => flat[0],
            2 when flat.Contains(Empty) => Repeat(flat.Single(option => !option.Equals(Empty)), 0, 1),
            _ => new RegexChoice([.. flat]),
        };
    }

    public static RegexNode Repeat(RegexNode body, int min, int? max)
    {
        if (max == 0 || body is RegexSequence { Items.Length: 0 }) return Empty;
        if (body.IsNothing) return min == 0 ? Empty : Nothing;
        if (min == 1 && max == 1) return body;
        // A grammar that repeats what may be empty recurses without progress.
        if (body.IsNullable) (body, min) = (body.WithoutEmpty(), 0);
        if (body is RegexRepeat { Min: 1, Max: null } inner && (max is null || min <= 1)) return Repeat(inner.Body, min, null);
        return new RegexRepeat(body, min, max);
    }

    /// <summary>The same without the empty text.</summary>
    public RegexNode WithoutEmpty()
    {
        if (!IsNullable) return this;
        return this switch
        {
            RegexSequence sequence => Choice(sequence.Items.Select((item, i) => Sequence([item.WithoutEmpty(), .. sequence.Items[(i + 1)..]]))),
            RegexChoice choice => Choice(choice.Options.Select(option => option.WithoutEmpty())),
            RegexRepeat repeat => Repeat(repeat.Body, 1, repeat.Max),
            _ => All(this, Repeat(AnyChar, 1, null)),
        };
    }

    public static RegexNode All(params IEnumerable<RegexNode> parts)
    {
        var flat = new List<RegexNode>();
        foreach (RegexNode part in parts.SelectMany(part => part is RegexAll inner ? inner.Parts : [part]))
        {
            if (part.IsNothing) return Nothing;
            if (!part.IsAnyText && !flat.Contains(part)) flat.Add(part);
        }
        return flat.Count switch { 0 => AnyText, 1 => flat[0], _ => new RegexAll([.. flat]) };
    }

    public static RegexNode Not(RegexNode body) =>
        body is RegexNot { Body: var inner } ? inner : body.IsNothing ? AnyText : body.IsAnyText ? Nothing : new RegexNot(body);

    /// <summary>The characters that occur in texts of the language, and maybe some more.</summary>
    public RegexCharSet Alphabet() => this switch
    {
        RegexSet set => set.Chars,
        RegexSequence sequence => sequence.Items.Aggregate(RegexCharSet.None, (sum, item) => sum.Union(item.Alphabet())),
        RegexChoice choice => choice.Options.Aggregate(RegexCharSet.None, (sum, option) => sum.Union(option.Alphabet())),
        RegexRepeat repeat => repeat.Body.Alphabet(),
        RegexAll all => all.Parts.Aggregate(RegexCharSet.All, (sum, part) => sum.Intersect(part.Alphabet())),
        _ => RegexCharSet.All,
    };

    /// <summary>The texts in which nothing is repeated more than so many times that could be repeated forever.</summary>
    public RegexNode WithLimit(int times) => this switch
    {
        RegexSequence sequence => Sequence(sequence.Items.Select(item => item.WithLimit(times))),
        RegexChoice choice => Choice(choice.Options.Select(option => option.WithLimit(times))),
        RegexRepeat repeat => Repeat(repeat.Body.WithLimit(times), repeat.Min, repeat.Max ?? Math.Max(repeat.Min, times)),
        _ => this,
    };

    public bool Equals(RegexNode? other) =>
        ReferenceEquals(this, other) || other is not null && _hash == other._hash && GetType() == other.GetType() && SameAs(other);

    public override bool Equals(object? obj) => Equals(obj as RegexNode);

    public override int GetHashCode() => _hash;

    private protected abstract bool SameAs(RegexNode other);

    private protected static bool SameMembers(RegexNode[] left, RegexNode[] right) =>
        left.Length == right.Length && left.All(right.Contains);

    // Not HashCode: its seed differs from run to run, and the order of rules would with it.
    private protected static int Mix(int seed, IEnumerable<RegexNode> nodes) =>
        nodes.Aggregate(seed, (hash, node) => unchecked(hash * 16777619 ^ node._hash));

    private protected static int Sum(int seed, IEnumerable<RegexNode> nodes) =>
        nodes.Aggregate(seed, (hash, node) => unchecked(hash + node._hash * 31));
}

/// <summary>One character of a set.</summary>
internal sealed class RegexSet(RegexCharSet chars) : RegexNode(false, chars.GetHashCode())
{
    public RegexCharSet Chars => chars;

    private protected override bool SameAs(RegexNode other) => chars.Equals(((RegexSet)other).Chars);
}

/// <summary>One after the other.</summary>
internal sealed class RegexSequence(RegexNode[] items) : RegexNode(items.All(item => item.IsNullable), Mix(101, items))
{
    public RegexNode[] Items => items;

    private protected override bool SameAs(RegexNode other) => items.AsSpan().SequenceEqual(((RegexSequence)other).Items);
}

/// <summary>One of several.</summary>
internal sealed class RegexChoice(RegexNode[] options) : RegexNode(options.Any(option => option.IsNullable), Sum(103, options))
{
    public RegexNode[] Options => options;

    private protected override bool SameAs(RegexNode other) => SameMembers(options, ((RegexChoice)other).Options);
}

/// <summary>The same several times; without <c>Max</c> any number of times.</summary>
internal sealed class RegexRepeat(RegexNode body, int min, int? max)
    : RegexNode(min == 0, Mix(unchecked((107 + min) * 31 + (max ?? -1)), [body]))
{
    public RegexNode Body { get; } = body;

    public int Min { get; } = min;

    public int? Max { get; } = max;

    private protected override bool SameAs(RegexNode other) =>
        other is RegexRepeat repeat && Min == repeat.Min && Max == repeat.Max && Body.Equals(repeat.Body);
}

/// <summary>What all of several languages have in common.</summary>
internal sealed class RegexAll(RegexNode[] parts) : RegexNode(parts.All(part => part.IsNullable), Sum(109, parts))
{
    public RegexNode[] Parts => parts;

    private protected override bool SameAs(RegexNode other) => SameMembers(parts, ((RegexAll)other).Parts);
}

/// <summary>Every text that a language lacks.</summary>
internal sealed class RegexNot(RegexNode body) : RegexNode(!body.IsNullable, Mix(113, [body]))
{
    public RegexNode Body => body;

    private protected override bool SameAs(RegexNode other) => body.Equals(((RegexNot)other).Body);
}

/// <summary>The decimal numbers, without sign, that leave the rest 0 when they follow digits that left <c>remainder</c>.</summary>
internal sealed class RegexMultiple(int divisor, int remainder) : RegexNode(remainder == 0, unchecked(divisor * 7919 + remainder))
{
    public const int LargestDivisor = 1000;

    public int Divisor { get; } = divisor;

    public int Remainder { get; } = remainder;

    public RegexMultiple After(int digit) => new(Divisor, (Remainder * 10 + digit) % Divisor);

    private protected override bool SameAs(RegexNode other) => other is RegexMultiple same && Divisor == same.Divisor && Remainder == same.Remainder;
}
