namespace Cria.Text.Grammars;

/// <summary>A set of Unicode code points: ranges in order that neither overlap nor touch.</summary>
internal sealed class CodePointSet
{
    private const uint Last = 0x10FFFF;

    private CodePointSet(CodePointRange[] ranges) => Ranges = ranges;

    public static CodePointSet Any { get; } = new([new CodePointRange(0, Last)]);

    public IReadOnlyList<CodePointRange> Ranges { get; }

    public static CodePointSet Single(uint codePoint) => Of([new CodePointRange(codePoint, codePoint)]);

    /// <summary>The union of ranges, of which those that run backwards are empty and what lies beyond Unicode is dropped.</summary>
    public static CodePointSet Of(IEnumerable<CodePointRange> ranges)
    {
        var merged = new List<CodePointRange>();
        foreach (CodePointRange range in ranges.Where(r => r.First <= r.Last && r.First <= Last).OrderBy(r => r.First))
        {
            uint end = Math.Min(range.Last, Last);
            if (merged.Count > 0 && range.First <= merged[^1].Last + 1)
                merged[^1] = merged[^1] with { Last = Math.Max(merged[^1].Last, end) };
            else
                merged.Add(new CodePointRange(range.First, end));
        }
        return new CodePointSet([.. merged]);
    }

    public CodePointSet Complement()
    {
        var gaps = new List<CodePointRange>();
        uint next = 0;
        foreach (CodePointRange range in Ranges)
        {
            if (range.First > next) gaps.Add(new CodePointRange(next, range.First - 1));
            next = range.Last + 1;
        }
        if (next <= Last) gaps.Add(new CodePointRange(next, Last));
        return new CodePointSet([.. gaps]);
    }
}

/// <summary>The code points from <paramref name="First"/> to <paramref name="Last"/>, both included.</summary>
internal sealed record CodePointRange(uint First, uint Last);
