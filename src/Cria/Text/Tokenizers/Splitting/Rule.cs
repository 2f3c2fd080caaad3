namespace Cria.Text;

/// <summary>Matches a piece of text at one place: returns where the piece ends, or <paramref name="at"/> where there is none.</summary>
/// <remarks>
/// A rule stands for one alternative of the regular expressions that models' tokenizers are published with, and matches what that alternative
/// would. It looks ahead without bound only over a run that it or the next rule then takes, so that splitting is linear in the text.
/// </remarks>
internal delegate int Rule(in TextWindow text, int at);

/// <summary>
/// Splits a stretch of text that starts at <paramref name="offset"/>: adds the end of each piece, counted in the whole text.
/// </summary>
internal delegate void Splitter(in TextWindow text, int offset, List<int> ends);

/// <summary>Combines rules, and makes splitters of them.</summary>
internal static class Rules
{
    /// <summary>The first of the rules that matches.</summary>
    public static Rule FirstOf(params Rule[] rules) => (in TextWindow text, int at) =>
    {
        foreach (Rule rule in rules)
        {
            int end = rule(text, at);
            if (end > at) return end;
        }
        return at;
    };

    /// <summary>Makes every match of a rule a piece, and what lies between two matches as well.</summary>
    public static Splitter Isolate(Rule rule) => (in TextWindow text, int offset, List<int> ends) =>
    {
        int pieceStart = 0;
        for (int at = 0; at < text.Length;)
        {
            int end = rule(text, at);
            if (end == at)
            {
                at++;
                continue;
            }
            if (at > pieceStart) ends.Add(offset + at);
            ends.Add(offset + end);
            pieceStart = at = end;
        }
        if (pieceStart < text.Length) ends.Add(offset + text.Length);
    };

    public static Splitter Isolate(params Rule[] rules) => Isolate(FirstOf(rules));

    /// <summary>A single character that satisfies a condition.</summary>
    public static Rule One(Func<int, bool> accepts) => (in TextWindow text, int at) => accepts(text[at]) ? at + 1 : at;

    /// <summary>A single character of the kinds.</summary>
    public static Rule One(CharKind kinds) => (in TextWindow text, int at) => text.Is(at, kinds) ? at + 1 : at;

    /// <summary>A run of characters of the kinds.</summary>
    public static Rule Run(CharKind kinds) => (in TextWindow text, int at) => text.EndOf(kinds, at);

    /// <summary>A run of characters out of a set; white space beyond ASCII is in no set.</summary>
    public static Rule Run(CharSet set) => (in TextWindow text, int at) => EndOf(set, text, at);

    /// <summary>At most <paramref name="most"/> numbers in a row.</summary>
    public static Rule Numbers(int most) => (in TextWindow text, int at) =>
    {
        int end = at;
        while (end < at + most && text.Is(end, CharKind.Number)) end++;
        return end;
    };

    /// <summary>A run of the kinds with one space before it, if there is one: <c> ?[…]+</c>.</summary>
    public static Rule SpacedRun(CharKind kinds) => (in TextWindow text, int at) =>
    {
        int start = text[at] == ' ' ? at + 1 : at;
        return text.Is(start, kinds) ? text.EndOf(kinds, start) : at;
    };

    /// <summary>A run out of a set with one white space before it, if there is one: <c>\s?[…]+</c>.</summary>
    public static Rule WhiteSpacedRun(CharSet set) => (in TextWindow text, int at) =>
    {
        int start = text.Is(at, CharKind.Space) ? at + 1 : at;
        int end = EndOf(set, text, start);
        return end > start ? end : at;
    };

    /// <summary>A run of the kinds with one white space before it, if there is one: <c>\s?[…]+</c>.</summary>
    public static Rule WhiteSpacedRun(CharKind kinds) => (in TextWindow text, int at) =>
    {
        int start = text.Is(at, CharKind.Space) ? at + 1 : at;
        return text.Is(start, kinds) ? text.EndOf(kinds, start) : at;
    };

    private static int EndOf(CharSet set, in TextWindow text, int at)
    {
        while (text[at] is var c && c != TextWindow.Nothing && set.Contains(c) && (c < 128 || !text.Is(at, CharKind.Space))) at++;
        return at;
    }
}
