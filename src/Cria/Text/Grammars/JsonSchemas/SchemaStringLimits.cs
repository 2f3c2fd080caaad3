namespace Cria.Text.Grammars;

/// <summary>What a string may be: a regular language and a length in characters.</summary>
internal sealed record SchemaStringLimits(RegexNode Language, int MinLength, int? MaxLength)
{
    private const int MostCountedStates = 2000;
    private const int ShortestShare = 30;

    public static readonly SchemaStringLimits None = new(RegexNode.AnyText, 0, null);

    public SchemaStringLimits And(SchemaStringLimits other)
    {
        if (ReferenceEquals(this, None)) return other;
        if (ReferenceEquals(other, None)) return this;
        int? max = MaxLength is null ? other.MaxLength : other.MaxLength is null ? MaxLength : Math.Min(MaxLength.Value, other.MaxLength.Value);
        return new SchemaStringLimits(RegexNode.All(Language, other.Language), Math.Max(MinLength, other.MinLength), max);
    }

    public bool Allows(string text)
    {
        int length = text.EnumerateRunes().Count();
        return length >= MinLength && !(length > MaxLength) && RegexAutomaton.Matches(Language, text);
    }

    /// <summary>The strings within the limits, without the excluded ones, as one language.</summary>
    public RegexNode ToLanguage(IReadOnlyList<string> excluded)
    {
        RegexNode language = WithLength();
        RegexNode[] texts = [.. excluded.Where(text => RegexAutomaton.Matches(language, text)).Select(RegexNode.Literal)];
        return texts.Length == 0 ? language : RegexNode.All(language, RegexNode.Not(RegexNode.Choice(texts)));
    }

    // Lengths need the states of a language one by one, so they are left out where they change nothing.
    private RegexNode WithLength()
    {
        if (MaxLength < MinLength) return RegexNode.Nothing;
        (long shortest, long? longest) = RegexLength.Of(Language);
        bool minHolds = shortest >= MinLength, maxHolds = MaxLength is null || longest <= MaxLength;
        if (minHolds && maxHolds) return Language;
        if (Language is RegexRepeat { Body: RegexSet set } repeat)
        {
            int min = Math.Max(repeat.Min, MinLength);
            int? max = repeat.Max is null ? MaxLength : MaxLength is null ? repeat.Max : Math.Min(repeat.Max.Value, MaxLength.Value);
            return max < min ? RegexNode.Nothing : RegexNode.Repeat(set, min, max);
        }
        RegexNode language = maxHolds || CanCount(MaxLength!.Value) ? Language : Shortened(MaxLength!.Value);
        return RegexNode.All(language, RegexNode.Repeat(RegexNode.AnyChar, minHolds ? 0 : MinLength, maxHolds || language != Language ? null : MaxLength));
    }

    private bool CanCount(int maxLength)
    {
        try
        {
            return new RegexAutomaton(Language).Count * (long)maxLength <= MostCountedStates;
        }
        catch (RegexTooLargeException)
        {
            return false;
        }
    }

    // Counting all characters of a long text takes too many states, so each unlimited part gets a share of the length instead. Some texts
    // that would fit are lost by that, but none is too long.
    private RegexNode Shortened(int maxLength)
    {
        int share = 0;
        for (int step = maxLength; step > 0; step /= 2)
        {
            if (RegexLength.Of(Language.WithLimit(share + step)).Longest <= maxLength) share += step;
        }
        return share >= ShortestShare ? Language.WithLimit(share) : throw new RegexTooLargeException();
    }
}
