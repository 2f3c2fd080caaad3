namespace Cria.Text.Grammars;

/// <summary>Puts into words what may come next in a situation.</summary>
internal sealed class Expectation(Recognizer recognizer)
{
    private const int MostNamed = 8;
    private const string BeyondAscii = "a character beyond ASCII";

    public string Describe(Situation situation)
    {
        var names = new List<string>();
        foreach (ByteRange range in AllowedRanges(situation)) Name(range, names);
        names.AddRange(recognizer.TokenNames(situation));
        if (situation.IsComplete) names.Add("the end of the text");
        if (names.Count > MostNamed) names = [.. names.Take(MostNamed), "…"];
        return names switch
        {
            [] => "nothing",
            [string only] => only,
            [.. var first, string last] => $"{string.Join(", ", first)} or {last}",
        };
    }

    private List<ByteRange> AllowedRanges(Situation situation)
    {
        var ranges = new List<ByteRange>();
        for (int i = 0; i < recognizer.Classes.Count; i++)
        {
            if (recognizer.AfterClass(situation, i).IsDead) continue;
            ByteRange range = recognizer.Classes[i];
            if (ranges.Count > 0 && ranges[^1].Last + 1 == range.First) ranges[^1] = ranges[^1] with { Last = range.Last };
            else ranges.Add(range);
        }
        return ranges;
    }

    private static void Name(ByteRange range, List<string> names)
    {
        const byte lastAscii = 0x7F;
        if (range.First <= lastAscii)
        {
            byte last = Math.Min(range.Last, lastAscii);
            names.Add(range.First == last ? Quoted(last) : $"{Quoted(range.First)} to {Quoted(last)}");
        }
        if (range.Last > lastAscii && !names.Contains(BeyondAscii)) names.Add(BeyondAscii);
    }

    private static string Quoted(byte value) => value switch
    {
        (byte)'\n' => "a line break",
        (byte)'\r' => "a carriage return",
        (byte)'\t' => "a tab",
        (byte)' ' => "a space",
        < 0x20 or 0x7F => $"U+{value:X4}",
        _ => $"'{(char)value}'",
    };
}
