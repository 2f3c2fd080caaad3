using static Cria.Text.CharKind;
using static Cria.Text.Rules;
using static Cria.Text.SpaceRules;
using static Cria.Text.WordRules;

namespace Cria.Text;

/// <summary>
/// How a BPE tokenizer splits text into words before it merges, and what else follows from the name that the file gives for it.
/// </summary>
/// <param name="Splitters">Applied one after the other, each to the pieces of the one before.</param>
internal sealed partial record PreTokenizer(params Splitter[] Splitters)
{
    /// <summary>Whether a word that is a token is taken whole.</summary>
    public bool IgnoresMerges { get; private init; }

    /// <summary>Whether text begins with the beginning-of-sequence token, unless the file says otherwise.</summary>
    public bool AddsBos { get; private init; }

    /// <summary>Whether decoded text is rid of spaces before punctuation, when that is asked for.</summary>
    public bool CleansSpaces { get; private init; } = true;

    /// <summary>Whether tokens are raw UTF-8 with <c>▁</c> for a space, as in SentencePiece, and not bytes in disguise.</summary>
    public bool IsSentencePieceLike { get; private init; }

    /// <summary>Whether tokens are raw UTF-8; bytes without a token are then spelt <c>&lt;0xXX&gt;</c>.</summary>
    public bool IsRawUtf8 { get; private init; }

    /// <summary>Whether a run of line feeds that is a token is taken whole.</summary>
    public bool KeepsLineFeeds { get; private init; }

    /// <summary>Whether there is no beginning-of-sequence token, unless the file names one.</summary>
    public bool LacksBos { get; private init; }

    /// <summary>Whether the beginning-of-sequence token is added even if the file says otherwise.</summary>
    public bool InsistsOnBos { get; private init; }

    /// <summary>Whether upper case is made lower, in a tokenizer that parts words at white space, unless the file says otherwise.</summary>
    public bool Lowercases { get; private init; } = true;

    /// <summary>Splits text into words: gives the end of each.</summary>
    public List<int> Split(in TextWindow text)
    {
        List<int> ends = text.Length > 0 ? [text.Length] : [];
        foreach (Splitter splitter in Splitters)
        {
            var finer = new List<int>(Math.Max(ends.Count, text.Length / 8));
            int start = 0;
            foreach (int end in ends)
            {
                splitter(text.Slice(start, end - start), start, finer);
                start = end;
            }
            ends = finer;
        }
        return ends;
    }

    private static readonly Splitter Gpt2Words = Isolate(
        LowerContraction, SpacedRun(Letter), SpacedRun(Number), Others, SpacesBeforeWord, Spaces);

    private static readonly Splitter SingleDigits = Isolate(One(Number));
    private static readonly Splitter DigitTriples = Isolate(Numbers(3));
    private static readonly Splitter DigitRuns = Isolate(Run(Number));

    private static readonly Splitter AsciiDigitTriples = Isolate((in TextWindow text, int at) =>
        IsAsciiDigit(text[at]) && IsAsciiDigit(text[at + 1]) && IsAsciiDigit(text[at + 2]) ? at + 3 : at);

    private static readonly Splitter SingleLineBreaks = Isolate(LineBreak);
    private static readonly Splitter LineRuns = Isolate(Lines);

    private static readonly PreTokenizer Gpt2 = new(Gpt2Words);

    private static readonly PreTokenizer StarCoder = new(SingleDigits, Gpt2Words);

    private static readonly PreTokenizer Falcon = new(
        Isolate((in TextWindow text, int at) => EndOfPunctuation(text, at, withBacktick: true)), Gpt2Words, AsciiDigitTriples);

    // What files without a name were made for, before names came into use.
    private static readonly PreTokenizer Default = new(
        Isolate((in TextWindow text, int at) => EndOfPunctuation(text, at, withBacktick: false)), Gpt2Words, DigitRuns, AsciiDigitTriples);

    private static readonly PreTokenizer Llama3 = new(Isolate(
        Contraction, Letters, Numbers(3), OthersAndLineBreaks, LineBreaks, SpacesBeforeWord, Spaces));

    private static readonly PreTokenizer Jais2 = new(Isolate(
        Contraction, Letters, Numbers(3), OthersAndLineBreaks, LineBreaks, SpacesByPowersOfTwo));

    private static readonly PreTokenizer Qwen2 = new(Isolate(
        Contraction, Letters, Numbers(1), OthersAndLineBreaks, LineBreaks, SpacesBeforeWord, Spaces));

    private static readonly PreTokenizer Qwen35 = new(Isolate(
        Contraction, LettersAndMarks, Numbers(1), OthersButMarksAndLineBreaks, LineBreaks, SpacesBeforeWord, Spaces));

    private static readonly PreTokenizer MiniCpm5 = new(DigitTriples, Isolate(
        Contraction, Letters, Run(Number), OthersAndLineBreaks, LineBreaks, SpacesBeforeWord, Spaces));

    private static readonly PreTokenizer SeedCoder = new(Isolate(
        Contraction, Letters, Numbers(1), Others, LineBreaks, SpacesBeforeWord, Spaces));

    private static readonly PreTokenizer UfakZeka = new(Isolate(
        Letters, Numbers(1), OthersAndLineBreaks, LineBreaks, SpacesBeforeWord, Spaces));

    private static readonly PreTokenizer ExaoneMoe = new(Isolate(
        Contraction, Phrase, Numbers(1), OthersAndLineBreakOrSlash, LineBreaks, SpacesBeforeWord, Spaces));

    private static readonly PreTokenizer Laguna = new(LineRuns, Qwen2.Splitters[0]);

    private static readonly PreTokenizer Gpt4o = new(Isolate(
        Cased(Letter, withEnding: true), Numbers(3), OthersAndLineBreaksOrSlashes, LineBreaks, SpacesBeforeWord, Spaces));

    private static readonly PreTokenizer GraniteEmbedding = new(Isolate(
        Cased(Letter | Mark, withEnding: true), Numbers(3), OthersAndLineBreaksOrSlashes, LineBreaks, SpacesBeforeWord, Spaces));

    private static readonly PreTokenizer Tekken = new(Isolate(
        Cased(Letter, withEnding: false), Numbers(1), OthersAndLineBreaksOrSlashes, LineBreaks, SpacesBeforeWord, Spaces));

    private static readonly PreTokenizer TinyAya = new(NumberSplitters.EndAfterThousands, Isolate(
        LettersAndMarksWithEnding, Numbers(3), OthersAndLineBreaksOrSlashes, LineBreaks, SpacesBeforeWord, Spaces));

    private static readonly PreTokenizer Youtu = new(
        Isolate(Run(CharSets.Korean), Run(CharSets.ChinesePunctuation), Run(CharSets.Bopomofo), Run(CharSets.ChineseAndJapanese)),
        Isolate(LettersAndMarksWithEnding, Numbers(1), OthersAndLineBreaksOrSlashes, LineBreaks, SpacesBeforeWord, Spaces));

    private static readonly PreTokenizer KimiK2 = new(Isolate(
        Han, LettersButHan, Numbers(3), OthersAndLineBreaks, LineBreaks, SpacesBeforeWord, Spaces));

    private static readonly Splitter DeepSeekWords = Isolate(
        PunctuatedAsciiLetters, LettersAndMarksAfterNumber, PunctuationAndLineBreaks, LineBreaks, SpacesBeforeWord, Spaces);

    private static readonly PreTokenizer DeepSeek3 = new(DigitTriples, Isolate(Run(CharSets.ChineseAndJapanese)), DeepSeekWords);

    private static readonly PreTokenizer Afmoe = new(NumberSplitters.EndAfterThousands, Isolate(Run(CharSets.AsianScripts)), DeepSeekWords);

    private static readonly PreTokenizer Spark = new(
        DigitTriples,
        Isolate(Run(CharSets.ChineseAndJapanese)),
        Isolate(PunctuatedAsciiLetters, LettersAndMarksAfterNumber, SpacedPunctuation, LineBreak, SpacesBeforeWord, Spaces),
        SingleDigits);

    private static readonly PreTokenizer DeepSeekLlm = new(
        SingleLineBreaks,
        Isolate(WhiteSpacedRun(CharSets.DeepSeekLetters)),
        Isolate(WhiteSpacedRun(CharSets.DeepSeekPunctuation)),
        IsolateTrailingSpaces,
        Isolate(Run(CharSets.DeepSeekIdeographs)),
        DigitRuns);

    private static readonly PreTokenizer DeepSeekCoder = new(
        SingleLineBreaks,
        Isolate(WhiteSpacedRun(Letter)),
        Isolate(WhiteSpacedRun(Punctuation)),
        Isolate(Run(CharSets.DeepSeekIdeographs)),
        SingleDigits);

    private static readonly CharSet BloomPunctuation = CharSet.Of("(|.,!?)\u2026\u3002\uFF0C\u3001\u0964\u06D4\u060C");

    private static readonly Splitter BloomWords = Isolate((in TextWindow text, int at) =>
    {
        int start = text[at] == ' ' ? at + 1 : at;
        int end = start;
        while (text.IsNot(end, Space) && !BloomPunctuation.Contains(text[end])) end++;
        return end > start ? end : at;
    });

    private static readonly PreTokenizer Bloom = new(BloomWords);
    private static readonly PreTokenizer Viking = new(BloomWords, SingleDigits);

    private static readonly PreTokenizer SuperBpe = new(DigitRuns, NumberSplitters.StartBeforeThousands);

    private static readonly PreTokenizer Chameleon = new(
        Isolate(EndOfSentinel), Isolate(EndOfImage), Isolate(EndOfIndent), SingleDigits, Isolate(EndOfAnyPunctuation), Gpt2Words);

    private static readonly PreTokenizer SentencePieceLike = new(LineRuns) { IsSentencePieceLike = true, IsRawUtf8 = true };

    private static readonly PreTokenizer Whitespace = new(Isolate((in TextWindow text, int at) => text.EndOfOther(Space, at)))
    {
        IsRawUtf8 = true,
        Lowercases = false,
    };

    private static int EndOfPunctuation(in TextWindow text, int at, bool withBacktick)
    {
        while (text.Is(at, Punctuation) || (text[at] is >= 0 and < 128 && text.Is(at, Symbol) && (withBacktick || text[at] != '`'))) at++;
        return at;
    }

    private static int EndOfAnyPunctuation(in TextWindow text, int at) =>
        text.Is(at, Punctuation) || (text[at] is >= 0 and < 128 && text.Is(at, Symbol)) ? at + 1 : at;

    private static int EndOfIndent(in TextWindow text, int at)
    {
        if (text[at] is '\t' or '\n') return at + 1;
        int end = at;
        while (end < at + 4 && text[end] == ' ') end++;
        return end - at == 4 ? end : end - at >= 2 ? at + 2 : at;
    }

    // <sentinel:[0-9]+>
    private static int EndOfSentinel(in TextWindow text, int at)
    {
        int digits = EndOfLiteral(text, at, "<sentinel:");
        int end = digits;
        while (IsAsciiDigit(text[end])) end++;
        return end > digits && digits > at && text[end] == '>' ? end + 1 : at;
    }

    // IMGIMG[A-I]{1,4}Z
    private static int EndOfImage(in TextWindow text, int at)
    {
        int letters = EndOfLiteral(text, at, "IMGIMG");
        int end = letters;
        while (end < letters + 4 && text[end] is >= 'A' and <= 'I') end++;
        return end > letters && letters > at && text[end] == 'Z' ? end + 1 : at;
    }

    private static int EndOfLiteral(in TextWindow text, int at, string literal)
    {
        for (int i = 0; i < literal.Length; i++)
        {
            if (text[at + i] != literal[i]) return at;
        }
        return at + literal.Length;
    }

    private static bool IsAsciiDigit(int c) => c is >= '0' and <= '9';
}
