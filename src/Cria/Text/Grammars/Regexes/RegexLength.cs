namespace Cria.Text.Grammars;

/// <summary>Bounds on the length of the texts of a regular language, in characters.</summary>
/// <param name="Shortest">No text is shorter.</param>
/// <param name="Longest">No text is longer; null where there is no bound.</param>
internal sealed record RegexLength(long Shortest, long? Longest)
{
    private static readonly RegexLength One = new(1, 1), Unknown = new(0, null);

    public static RegexLength Of(RegexNode node)
    {
        switch (node)
        {
            case RegexSet:
                return One;
            case RegexSequence sequence:
                return sequence.Items.Aggregate(new RegexLength(0, 0), (sum, item) => sum.Then(Of(item)));
            case RegexChoice choice:
                return choice.Options.Select(Of).Aggregate((one, other) => one.Or(other));
            case RegexRepeat repeat:
                RegexLength body = Of(repeat.Body);
                return new(Math.Min(body.Shortest * repeat.Min, int.MaxValue), body.Longest * repeat.Max is long length ? Math.Min(length, int.MaxValue) : null);
            case RegexAll all:
                return all.Parts.Aggregate(Unknown, (sum, part) => sum.And(Of(part)));
            default:
                return Unknown;
        }
    }

    private RegexLength Then(RegexLength next) => new(Shortest + next.Shortest, Longest + next.Longest);

    private RegexLength Or(RegexLength other) => new(
        Math.Min(Shortest, other.Shortest), Longest is { } a && other.Longest is { } b ? Math.Max(a, b) : null);

    private RegexLength And(RegexLength other) => new(
        Math.Max(Shortest, other.Shortest), Longest is { } a && other.Longest is { } b ? Math.Min(a, b) : Longest ?? other.Longest);
}
