using static Cria.Text.CharKind;

namespace Cria.Text;

/// <summary>Rules for words and the English endings that stick to them.</summary>
internal static class WordRules
{
    /// <summary>An English ending in lower case: <c>'s|'t|'re|'ve|'m|'ll|'d</c>.</summary>
    public static readonly Rule LowerContraction = (in TextWindow text, int at) => EndOfContraction(text, at, ignoreCase: false);

    /// <summary>An English ending in either case.</summary>
    public static readonly Rule Contraction = (in TextWindow text, int at) => EndOfContraction(text, at, ignoreCase: true);

    /// <summary>
    /// Letters with one character before them that is neither letter, number nor line break: <c>[^\r\n\p{L}\p{N}]?\p{L}+</c>.
    /// </summary>
    public static readonly Rule Letters = Prefixed(except: Letter | Number, word: Letter);

    /// <summary>As <see cref="Letters"/>, where combining marks count as letters: <c>[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+</c>.</summary>
    public static readonly Rule LettersAndMarks = Prefixed(except: Letter | Number, word: Letter | Mark);

    /// <summary>Letters and marks after one character that may also be a number: <c>[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+</c>.</summary>
    public static readonly Rule LettersAndMarksAfterNumber = Prefixed(except: Letter | Punctuation | Symbol, word: Letter | Mark);

    /// <summary>As <see cref="LettersAndMarks"/> with an English ending.</summary>
    public static readonly Rule LettersAndMarksWithEnding = (in TextWindow text, int at) =>
        LettersAndMarks(text, at) is var end && end > at ? EndOfContraction(text, end, ignoreCase: true) : at;

    /// <summary>ASCII punctuation with the ASCII letters after it.</summary>
    public static readonly Rule PunctuatedAsciiLetters = (in TextWindow text, int at) =>
    {
        if (text[at] is not (>= '!' and <= '~') || text.Is(at, Letter | Number)) return at;
        int end = at + 1;
        while (text[end] is (>= 'A' and <= 'Z') or (>= 'a' and <= 'z')) end++;
        return end > at + 1 ? end : at;
    };

    /// <summary>
    /// Letters with their marks, and on over single spaces to the next word: <c>[^\r\n\p{L}\p{N}]?(?:\p{L}\p{M}*(?: \p{L}\p{M}*)*)+</c>.
    /// </summary>
    public static readonly Rule Phrase = (in TextWindow text, int at) =>
    {
        int end = IsPrefix(text, at, Letter | Number) && text.Is(at + 1, Letter) ? at + 1 : at;
        if (!text.Is(end, Letter)) return at;
        while (true)
        {
            end = text.EndOf(Letter | Mark, end);
            if (text[end] != ' ' || !text.Is(end + 1, Letter)) return end;
            end++;
        }
    };

    /// <summary>A run of Chinese characters.</summary>
    public static readonly Rule Han = (in TextWindow text, int at) =>
    {
        while (IsHan(text[at])) at++;
        return at;
    };

    /// <summary>As <see cref="Letters"/> without Chinese characters, with an English ending.</summary>
    public static readonly Rule LettersButHan = (in TextWindow text, int at) =>
    {
        int start = IsPrefix(text, at, Letter | Number) ? at + 1 : at;
        int end = start;
        while (text.Is(end, Letter) && !IsHan(text[end])) end++;
        return end > start ? EndOfContraction(text, end, ignoreCase: true) : at;
    };

    /// <summary>
    /// A word that ends where capitals follow small letters: <c>[^\r\n\p{L}\p{N}]?U*L+</c> or else <c>[^\r\n\p{L}\p{N}]?U+L*</c>, where U is any
    /// letter but a to z and L any but A to Z, so that letters beyond ASCII are both.
    /// </summary>
    public static Rule Cased(CharKind letters, bool withEnding) => (in TextWindow text, int at) =>
    {
        bool hasPrefix = IsPrefix(text, at, Letter | Number);
        int end = hasPrefix ? EndInSmall(text, at + 1, letters) : -1;
        if (end < 0) end = EndInSmall(text, at, letters);
        if (end < 0 && hasPrefix) end = EndOfCapitals(text, at + 1, letters);
        if (end < 0) end = EndOfCapitals(text, at, letters);
        if (end < 0) return at;
        return withEnding ? EndOfContraction(text, end, ignoreCase: true) : end;
    };

    private static Rule Prefixed(CharKind except, CharKind word) => (in TextWindow text, int at) =>
        IsPrefix(text, at, except) && text.Is(at + 1, word) ? text.EndOf(word, at + 1) : text.EndOf(word, at);

    private static bool IsPrefix(in TextWindow text, int at, CharKind except) =>
        text.IsNot(at, except) && text[at] is not ('\r' or '\n');

    // Where U*L+ ends, or -1.
    private static int EndInSmall(in TextWindow text, int start, CharKind letters)
    {
        int capitalsEnd = Math.Max(start, EndOfCapitals(text, start, letters));
        int end = capitalsEnd;
        while (text.Is(end, letters) && text[end] is not (>= 'A' and <= 'Z')) end++;
        if (end > capitalsEnd) return end;
        // No small letter follows the capitals: the last letter beyond ASCII among them has to stand for it.
        while (end > start && text[end - 1] < 128) end--;
        return end > start ? end : -1;
    }

    // Where U+ ends, or -1.
    private static int EndOfCapitals(in TextWindow text, int start, CharKind letters)
    {
        int end = start;
        while (text.Is(end, letters) && text[end] is not (>= 'a' and <= 'z')) end++;
        return end > start ? end : -1;
    }

    private static int EndOfContraction(in TextWindow text, int at, bool ignoreCase)
    {
        if (text[at] != '\'') return at;
        int first = Lower(text[at + 1], ignoreCase);
        if (first is 's' or 't' or 'm' or 'd') return at + 2;
        return (first, Lower(text[at + 2], ignoreCase)) is ('r', 'e') or ('v', 'e') or ('l', 'l') ? at + 3 : at;
    }

    private static int Lower(int c, bool ignoreCase) => ignoreCase && c is >= 'A' and <= 'Z' ? c + 32 : c;

    // The blocks of Chinese characters as llama.cpp counts them.
    private static bool IsHan(int c) =>
        c is (>= 0x3400 and <= 0x4DBF) or (>= 0x4E00 and <= 0x9FFF) or (>= 0xF900 and <= 0xFAFF) or (>= 0x20000 and <= 0x2A6DF)
            or (>= 0x2A700 and <= 0x2EBEF) or (>= 0x2F800 and <= 0x2FA1F);
}
