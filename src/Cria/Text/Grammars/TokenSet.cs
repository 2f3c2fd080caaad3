namespace Cria.Text.Grammars;

/// <summary>Sets of tokens with a bit for each token, 64 in a word.</summary>
internal static class TokenSet
{
    public static int Length(int tokenCount) => (tokenCount + 63) / 64;

    public static bool Contains(ReadOnlySpan<ulong> set, int token) => (set[token >> 6] >> (token & 63) & 1) != 0;

    public static void Add(Span<ulong> set, int token) => set[token >> 6] |= 1UL << (token & 63);

    public static void Add(Span<ulong> set, ReadOnlySpan<int> tokens)
    {
        foreach (int token in tokens) Add(set, token);
    }

    public static void Remove(Span<ulong> set, ReadOnlySpan<int> tokens)
    {
        foreach (int token in tokens) set[token >> 6] &= ~(1UL << (token & 63));
    }
}
