namespace Cria.Text.Grammars;

/// <summary>A set of code points, as ascending ranges that neither overlap nor touch, with the set operations.</summary>
internal sealed class RegexCharSet : IEquatable<RegexCharSet>
{
    public const int LastCodePoint = 0x10FFFF;

    public static readonly RegexCharSet None = new([]);
    public static readonly RegexCharSet All = new([new(0, LastCodePoint)]);

    private readonly RegexRange[] _ranges;

    private RegexCharSet(RegexRange[] ranges) => _ranges = ranges;

    public IReadOnlyList<RegexRange> Ranges => _ranges;

    public bool IsEmpty => _ranges.Length == 0;

    public bool IsAll => _ranges is [(0, LastCodePoint)];

    /// <summary>The only member, where there is just one.</summary>
    public int? Single => _ranges is [var (first, last)] && first == last ? first : null;

    public static RegexCharSet Of(params RegexRange[] ranges)
    {
        var merged = new List<RegexRange>();
        foreach ((int first, int last) in ranges.OrderBy(range => range.First))
        {
            if (merged.Count > 0 && first <= merged[^1].Last + 1) merged[^1] = new(merged[^1].First, Math.Max(merged[^1].Last, last));
            else merged.Add(new(first, last));
        }
        return new RegexCharSet([.. merged]);
    }

    public static RegexCharSet Of(int codePoint) => new([new(codePoint, codePoint)]);

    public static RegexCharSet Of(string characters) => Of([.. characters.EnumerateRunes().Select(rune => new RegexRange(rune.Value, rune.Value))]);

    public bool Contains(int codePoint)
    {
        int low = 0, high = _ranges.Length - 1;
        while (low <= high)
        {
            int middle = (low + high) / 2;
            if (codePoint < _ranges[middle].First) high = middle - 1;
            else if (codePoint > _ranges[middle].Last) low = middle + 1;
            else return true;
        }
        return false;
    }

    public RegexCharSet Union(RegexCharSet other) =>
        IsEmpty ? other : other.IsEmpty ? this : Of([.. _ranges, .. other._ranges]);

    public RegexCharSet Complement()
    {
        var gaps = new List<RegexRange>();
        int next = 0;
        foreach ((int first, int last) in _ranges)
        {
            if (first > next) gaps.Add(new(next, first - 1));
            next = last + 1;
        }
        if (next <= LastCodePoint) gaps.Add(new(next, LastCodePoint));
        return new RegexCharSet([.. gaps]);
    }

    public RegexCharSet Intersect(RegexCharSet other)
    {
        var common = new List<RegexRange>();
        for (int i = 0, j = 0; i < _ranges.Length && j < other._ranges.Length;)
        {
            int first = Math.Max(_ranges[i].First, other._ranges[j].First), last = Math.Min(_ranges[i].Last, other._ranges[j].Last);
            if (first <= last) common.Add(new(first, last));
            if (_ranges[i].Last < other._ranges[j].Last) i++;
            else j++;
        }
        return new RegexCharSet([.. common]);
    }

    public RegexCharSet Except(RegexCharSet other) => Intersect(other.Complement());

    public bool Equals(RegexCharSet? other) => other is not null && _ranges.AsSpan().SequenceEqual(other._ranges);

    public override bool Equals(object? obj) => Equals(obj as RegexCharSet);

    public override int GetHashCode()
    {
        uint hash = 17;
        foreach ((int first, int last) in _ranges) hash = (hash * 31 + (uint)first) * 31 + (uint)last;
        return (int)hash;
    }
}

/// <summary>The code points from <paramref name="First"/> to <paramref name="Last"/>, both included.</summary>
internal sealed record RegexRange(int First, int Last);
