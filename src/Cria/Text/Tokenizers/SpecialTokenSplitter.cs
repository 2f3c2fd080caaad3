namespace Cria.Text;

/// <summary>A part of a text: a token that was found in it, or plain text, for which <see cref="Token"/> is -1.</summary>
internal readonly record struct Fragment(int Start, int End, int Token = Fragment.PlainText)
{
    public const int PlainText = -1;
}

/// <summary>A part of a UTF-8 text.</summary>
internal readonly record struct ByteRange(int Start, int End)
{
    /// <summary>Whether any of the ranges, which are in order, shares a byte with a part of the text.</summary>
    public static bool AnyOverlaps(ReadOnlySpan<ByteRange> ranges, int start, int end)
    {
        int low = 0;
        int high = ranges.Length;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (ranges[middle].End <= start) low = middle + 1;
            else high = middle;
        }
        return low < ranges.Length && ranges[low].Start < end;
    }
}

/// <summary>Finds the tokens in a text that are taken as they stand, before anything else looks at it.</summary>
internal sealed class SpecialTokenSplitter
{
    private const TokenAttributes ParsedOnRequest = TokenAttributes.Control | TokenAttributes.Unknown;

    private readonly Vocabulary _vocabulary;

    // The longest first: a token is taken wherever it occurs before any shorter one is looked for.
    private readonly int[] _tokens;

    // Tells, in one pass over the text, which of the tokens are worth looking for; its values are places in _tokens.
    private readonly ByteTrie _trie = new();

    public SpecialTokenSplitter(Vocabulary vocabulary)
    {
        _vocabulary = vocabulary;
        _tokens =
        [
            .. Enumerable.Range(0, vocabulary.Count)
                .Where(token => vocabulary.Is(token, ParsedOnRequest | TokenAttributes.UserDefined))
                .OrderByDescending(token => vocabulary.Text(token).Length),
        ];
        for (int i = _tokens.Length - 1; i >= 0; i--) _trie.Add(vocabulary.Text(_tokens[i]), i);
    }

    public IReadOnlyList<int> Tokens => _tokens;

    /// <summary>Splits a text into tokens and plain text; control tokens stay plain text unless <paramref name="parseSpecial"/>.</summary>
    /// <param name="text">The text.</param>
    /// <param name="parseSpecial">Whether control tokens are looked for.</param>
    /// <param name="input">Parts of the text, in order, in which control tokens stay plain text all the same, even if only partly in one.</param>
    public List<Fragment> Split(ReadOnlySpan<byte> text, bool parseSpecial, ReadOnlySpan<ByteRange> input = default)
    {
        List<Fragment> fragments = text.IsEmpty ? [] : [new Fragment(0, text.Length)];
        foreach (int place in Present(text))
        {
            int token = _tokens[place];
            bool isOnRequest = _vocabulary.Is(token, ParsedOnRequest);
            if (!parseSpecial && isOnRequest) continue;

            var finer = new List<Fragment>(fragments.Count + 2);
            foreach (Fragment fragment in fragments)
            {
                if (fragment.Token == Fragment.PlainText) SplitPlain(text, fragment, token, isOnRequest ? input : default, finer);
                else finer.Add(fragment);
            }
            fragments = finer;
        }
        return fragments;
    }

    private void SplitPlain(
        ReadOnlySpan<byte> text, Fragment fragment, int token, ReadOnlySpan<ByteRange> input, List<Fragment> fragments)
    {
        ReadOnlySpan<byte> tokenText = _vocabulary.Text(token);
        int start = fragment.Start;
        int from = start;
        while (from < fragment.End && text[from..fragment.End].IndexOf(tokenText) is var found and >= 0)
        {
            int tokenStart = from + found;
            int tokenEnd = tokenStart + tokenText.Length;
            if (ByteRange.AnyOverlaps(input, tokenStart, tokenEnd))
            {
                from = tokenStart + 1;
                continue;
            }
            int leftEnd = tokenStart;
            if (_vocabulary.Is(token, TokenAttributes.StripsLeft))
            {
                while (leftEnd > start && IsSpace(text[leftEnd - 1])) leftEnd--;
            }
            if (leftEnd > start) fragments.Add(new Fragment(start, leftEnd));
            fragments.Add(new Fragment(tokenStart, tokenEnd, token));
            start = tokenEnd;
            if (_vocabulary.Is(token, TokenAttributes.StripsRight))
            {
                while (start < fragment.End && IsSpace(text[start])) start++;
            }
            from = start;
        }
        if (start < fragment.End) fragments.Add(fragment with { Start = start });
    }

    private SortedSet<int> Present(ReadOnlySpan<byte> text)
    {
        var present = new SortedSet<int>();
        for (int start = 0; start < text.Length; start++)
        {
            int node = ByteTrie.Root;
            for (int at = start; at < text.Length; at++)
            {
                node = _trie.Child(node, text[at]);
                if (node == ByteTrie.None) break;
                if (_trie.Value(node) is var place && place != ByteTrie.None) present.Add(place);
            }
        }
        return present;
    }

    private static bool IsSpace(byte b) => b is (byte)' ' or (>= 9 and <= 13);
}
