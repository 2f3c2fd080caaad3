namespace Cria.Text.Grammars;

/// <summary>Bounds on the length of the texts of a regular language, in characters.</summary>
internal static class RegexLength
{
    /// <summary>No text is shorter than the first number or, where there is a second, longer than it.</summary>
    public static (long Shortest, long? Longest) Of(RegexNode node)
    {
        switch (node)
        {
            case RegexSet:
                return (1, 1);
            case RegexSequence sequence:
                (long, long?)[] items = [.. sequence.Items.Select(Of)];
                return (items.Sum(item => item.Item1), Total(items.Select(item => item.Item2)));
            case RegexChoice choice:
                (long, long?)[] options = [.. choice.Options.Select(Of)];
                return (options.Min(option => option.Item1), options.Any(option => option.Item2 is null) ? null : options.Max(option => option.Item2));
            case RegexRepeat repeat:
                (long shortest, long? longest) = Of(repeat.Body);
                return (Math.Min(shortest * repeat.Min, int.MaxValue), longest * repeat.Max is long length ? Math.Min(length, int.MaxValue) : null);
            case RegexAll all:
                (long, long?)[] parts = [.. all.Parts.Select(Of)];
                return (parts.Max(part => part.Item1), parts.Min(part => part.Item2));
            default:
                return (0, null);
        }
    }

    private static long? Total(IEnumerable<long?> lengths) => lengths.Aggregate((long?)0, (sum, length) => sum + length);
}
