using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Cria.Text.Grammars;

/// <summary>Sorts tokens by their bytes, those with the same bytes by their number.</summary>
/// <remarks>
/// A sort by digits, because a vocabulary is sorted once and cold: comparing takes two million calls of code that is not optimized yet.
/// </remarks>
internal static class TokenOrder
{
    private const int Digits = sizeof(ulong);

    /// <summary>Sorts tokens, which come in the order of their numbers.</summary>
    public static void Sort(int[] tokens, TokenTrie trie)
    {
        ulong[] beginnings = new ulong[tokens.Length];
        for (int i = 0; i < tokens.Length; i++) beginnings[i] = Beginning(trie.BytesOf(tokens[i]));
        SortByBeginning(tokens, beginnings);
        for (int start = 0, end; start < tokens.Length; start = end)
        {
            end = start + 1;
            while (end < tokens.Length && beginnings[end] == beginnings[start]) end++;
            if (end > start + 1) Array.Sort(tokens, start, end - start, new ByBytes(trie));
        }
    }

    // The first eight bytes as a number.
    private static ulong Beginning(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length >= Digits) return BinaryPrimitives.ReadUInt64BigEndian(bytes);
        ulong beginning = 0;
        for (int i = 0; i < Digits; i++) beginning = beginning << 8 | (i < bytes.Length ? bytes[i] : 0u);
        return beginning;
    }

    // Digit by digit from the last one: each pass keeps the order of the ones before it.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void SortByBeginning(int[] tokens, ulong[] beginnings)
    {
        int[] otherTokens = new int[tokens.Length];
        ulong[] otherBeginnings = new ulong[tokens.Length];
        Span<int> starts = stackalloc int[257];
        // The number of passes is even, so that the last one ends where the first began.
        for (int shift = 0; shift < Digits * 8; shift += 8)
        {
            starts.Clear();
            foreach (ulong beginning in beginnings) starts[(int)(beginning >> shift & 0xFF) + 1]++;
            for (int i = 0; i < 256; i++) starts[i + 1] += starts[i];
            for (int i = 0; i < tokens.Length; i++)
            {
                int place = starts[(int)(beginnings[i] >> shift & 0xFF)]++;
                otherTokens[place] = tokens[i];
                otherBeginnings[place] = beginnings[i];
            }
            (tokens, otherTokens) = (otherTokens, tokens);
            (beginnings, otherBeginnings) = (otherBeginnings, beginnings);
        }
    }

    private sealed class ByBytes(TokenTrie trie) : IComparer<int>
    {
        public int Compare(int a, int b)
        {
            int order = trie.BytesOf(a).SequenceCompareTo(trie.BytesOf(b));
            return order != 0 ? order : a.CompareTo(b);
        }
    }
}
