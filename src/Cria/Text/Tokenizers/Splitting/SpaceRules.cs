using static Cria.Text.CharKind;

namespace Cria.Text;

/// <summary>Rules for white space, line breaks and whatever is neither word, number nor white space.</summary>
internal static class SpaceRules
{
    private const CharKind Word = Letter | Number;

    /// <summary>Punctuation and symbols with a space before them: <c> ?[\p{P}\p{S}]+</c>.</summary>
    public static readonly Rule SpacedPunctuation = Rules.SpacedRun(Punctuation | Symbol);

    /// <summary>White space: <c>\s+</c>.</summary>
    public static readonly Rule Spaces = Rules.Run(Space);

    /// <summary>White space, leaving the last to the word that follows: <c>\s+(?!\S)</c>.</summary>
    public static readonly Rule SpacesBeforeWord = (in TextWindow text, int at) =>
    {
        int end = text.EndOf(Space, at);
        return end == text.Length || end == at ? end : end - 1;
    };

    /// <summary>White space up to its last line break: <c>\s*[\r\n]+</c>.</summary>
    public static readonly Rule LineBreaks = (in TextWindow text, int at) =>
    {
        int end = at;
        for (int i = at; text.Is(i, Space); i++)
        {
            if (IsLineBreak(text[i])) end = i + 1;
        }
        return end;
    };

    /// <summary>A single line break.</summary>
    public static readonly Rule LineBreak = (in TextWindow text, int at) => IsLineBreak(text[at]) ? at + 1 : at;

    /// <summary>Either a run of line feeds or a run of anything else.</summary>
    public static readonly Rule Lines = (in TextWindow text, int at) =>
    {
        bool isLineFeed = text[at] == '\n';
        while (at < text.Length && text[at] == '\n' == isLineFeed) at++;
        return at;
    };

    /// <summary>White space in powers of two: the largest that leaves at least one to the word that follows.</summary>
    public static readonly Rule SpacesByPowersOfTwo = (in TextWindow text, int at) =>
    {
        if (!text.Is(at, Space)) return at;
        int end = at;
        while (end < at + 513 && text.Is(end, Space)) end++;
        int most = end == text.Length ? end - at : end - at - 1;
        foreach (int size in (ReadOnlySpan<int>)[512, 256, 128, 64, 32, 16, 8, 4, 2])
        {
            if (size <= most) return at + size;
        }
        return at + 1;
    };

    /// <summary>What is no word, number or white space, with a space before it: <c> ?[^\s\p{L}\p{N}]+</c>.</summary>
    public static readonly Rule Others = SpacedOthers(Word, _ => false);

    /// <summary>As <see cref="Others"/>, with the line breaks after it.</summary>
    public static readonly Rule OthersAndLineBreaks = SpacedOthers(Word, IsLineBreak);

    /// <summary>As <see cref="OthersAndLineBreaks"/>, with slashes between the line breaks.</summary>
    public static readonly Rule OthersAndLineBreaksOrSlashes = SpacedOthers(Word, c => IsLineBreak(c) || c == '/');

    /// <summary>As <see cref="OthersAndLineBreaks"/>, where combining marks count as letters.</summary>
    public static readonly Rule OthersButMarksAndLineBreaks = SpacedOthers(Word | Mark, IsLineBreak);

    /// <summary>As <see cref="Others"/>, with one line break or slash after it.</summary>
    public static readonly Rule OthersAndLineBreakOrSlash = (in TextWindow text, int at) =>
        Others(text, at) is var end && end > at && (IsLineBreak(text[end]) || text[end] == '/') ? end + 1 : end;

    /// <summary>Punctuation and symbols with a space before them and the line breaks after them: <c> ?[\p{P}\p{S}]+[\r\n]*</c>.</summary>
    public static readonly Rule PunctuationAndLineBreaks = (in TextWindow text, int at) =>
    {
        int end = SpacedPunctuation(text, at);
        if (end == at) return at;
        while (IsLineBreak(text[end])) end++;
        return end;
    };

    /// <summary>Makes the white space at the end a piece of its own: <c>\s+$</c>.</summary>
    public static readonly Splitter IsolateTrailingSpaces = (in TextWindow text, int offset, List<int> ends) =>
    {
        int end = text.Length;
        while (text.Is(end - 1, Space)) end--;
        if (end > 0 && end < text.Length) ends.Add(offset + end);
        ends.Add(offset + text.Length);
    };

    private static Rule SpacedOthers(CharKind word, Func<int, bool> tail) => (in TextWindow text, int at) =>
    {
        int start = text[at] == ' ' ? at + 1 : at;
        int end = text.EndOfOther(word | Space, start);
        if (end == start) return at;
        while (tail(text[end])) end++;
        return end;
    };

    private static bool IsLineBreak(int c) => c is '\r' or '\n';
}
