using Cria.Gguf;

namespace Cria.Text;

/// <summary>
/// The tokenizer of T5 and its relatives: of all ways to cut normalised text into tokens, the one with the best sum of scores.
/// </summary>
internal sealed class UgmTokenizer : Tokenizer
{
    private const float UnknownPenalty = 10;

    private static readonly TokenizerDefaults Defaults = new(new SpecialDefaults(Eos: 1, Unknown: 2, Padding: 0)) { AddEos = true };

    private readonly CharsMap _charsMap;
    private readonly bool _mergesSpaces;
    private readonly ByteTrie _tokens = new();
    private readonly ByteTrie _userDefined = new();
    private readonly float _unknownScore;

    internal UgmTokenizer(GgufFile file) : base(file, Vocabulary.Read(file.Metadata, file.Path), Defaults)
    {
        _charsMap = CharsMap.Read(file.Metadata);
        _mergesSpaces = file.Metadata.GetBoolean("tokenizer.ggml.remove_extra_whitespaces") ?? false;
        float worst = float.MaxValue;
        const TokenAttributes matched = TokenAttributes.Normal | TokenAttributes.UserDefined | TokenAttributes.Unused;
        for (int token = 0; token < Count; token++)
        {
            if (Vocabulary.Is(token, TokenAttributes.Normal)) worst = Math.Min(worst, Vocabulary.Scores[token]);
            if (Vocabulary.Is(token, matched)) _tokens.Add(Vocabulary.Text(token), token);
            if (Vocabulary.Is(token, TokenAttributes.UserDefined)) _userDefined.Add(Vocabulary.Text(token), token);
        }
        _unknownScore = worst - UnknownPenalty;
    }

    private protected override void EncodePlain(ReadOnlySpan<byte> text, bool isAfterSpecial, List<int> tokens)
    {
        byte[] normalized = Normalize(text);
        Cut[] best = FindBest(normalized);

        int first = tokens.Count;
        bool isUnknown = false;
        for (int end = normalized.Length; end > 0; end = best[end].Start)
        {
            // Unknown characters in a row are one unknown token.
            bool wasUnknown = isUnknown;
            isUnknown = best[end].Token == Unknown;
            if (!isUnknown) tokens.Add(best[end].Token);
            else if (!wasUnknown && Unk is { } token) tokens.Add(token);
        }
        tokens.Reverse(first, tokens.Count - first);
    }

    private const int Unknown = -1;

    // For every place in the text the last token of the best way to get there.
    private Cut[] FindBest(ReadOnlySpan<byte> text)
    {
        var best = new Cut[text.Length + 1];
        Array.Fill(best, new Cut(Unknown, 0, -double.MaxValue));
        best[0] = new Cut(Unknown, 0, 0);
        for (int start = 0; start < text.Length;)
        {
            int characterEnd = Math.Min(start + CodePoint.Utf8Length(text[start]), text.Length);
            double score = best[start].Score;
            bool isCovered = false;
            int node = _tokens.Child(ByteTrie.Root, text[start]);
            for (int end = start + 1; node != ByteTrie.None; end++)
            {
                if (_tokens.Value(node) is var token && token != ByteTrie.None)
                {
                    isCovered |= end == characterEnd;
                    double tokenScore = Vocabulary.Is(token, TokenAttributes.UserDefined) ? 0 : Vocabulary.Scores[token];
                    Offer(ref best[end], new Cut(token == Unk ? Unknown : token, start, score + tokenScore));
                }
                if (end == text.Length) break;
                node = _tokens.Child(node, text[end]);
            }
            if (!isCovered) Offer(ref best[characterEnd], new Cut(Unknown, start, score + _unknownScore));
            start = characterEnd;
        }
        return best;
    }

    private static void Offer(ref Cut best, Cut other)
    {
        if (other.Score > best.Score) best = other;
    }

    private byte[] Normalize(ReadOnlySpan<byte> text)
    {
        var normalized = new List<byte>(text.Length * 3 / 2 + 4);
        bool hasPrefix = false;
        bool isInWord = false;
        while (!text.IsEmpty)
        {
            int consumed = NormalizeStart(text, out ReadOnlySpan<byte> replacement);
            foreach (byte b in replacement)
            {
                if (b == ' ')
                {
                    isInWord = false;
                    if (!_mergesSpaces) normalized.AddRange(SpaceEscape.Mark);
                    continue;
                }
                if (!isInWord && (_mergesSpaces || (AddSpacePrefix && !hasPrefix)))
                {
                    normalized.AddRange(SpaceEscape.Mark);
                    hasPrefix = true;
                }
                isInWord = true;
                normalized.Add(b);
            }
            text = text[consumed..];
        }
        return [.. normalized];
    }

    // What the beginning of the text is replaced by; gives how much of it.
    private int NormalizeStart(ReadOnlySpan<byte> text, out ReadOnlySpan<byte> replacement)
    {
        // Whatever begins like a token that the model's makers defined is left alone as far as the likeness goes.
        int kept = 0;
        for (int node = ByteTrie.Root; kept < text.Length; kept++)
        {
            node = _userDefined.Child(node, text[kept]);
            if (node == ByteTrie.None) break;
        }
        if (kept > 0)
        {
            replacement = text[..kept];
            return kept;
        }

        int replaced = _charsMap.Match(text, out replacement);
        if (replaced > 0) return replaced;
        int codePoint = CodePoint.Decode(text, out int length);
        replacement = length == 1 && codePoint == CodePoint.Replacement ? "\uFFFD"u8 : text[..length];
        return length;
    }

    private readonly record struct Cut(int Token, int Start, double Score);
}
