using System.Runtime.CompilerServices;

namespace Cria.Text.Grammars;

/// <summary>
/// What the tokens of a vocabulary do between two rounds of a loop without limits: how many rounds each takes, and where in the tree of tokens
/// rounds end. From this the masks for every count and for every place that uses the loop are made.
/// </summary>
internal sealed class LoopWalk
{
    private const ushort NoBoundary = ushort.MaxValue;

    // For each node of the tree the rounds that end exactly there.
    private readonly ushort[] _rounds;
    // The tokens sorted by the rounds they begin, and where those with each number of rounds start.
    private readonly int[] _tokens;
    private readonly int[] _firstOfRounds;
    private readonly ulong[] _all;

    public LoopWalk(LoopBody body, TokenTrie trie)
    {
        _rounds = new ushort[trie.Count];
        Array.Fill(_rounds, NoBoundary);
        (int Token, int Rounds)[] found = Walk(body, trie);
        MostRounds = found.Length == 0 ? 0 : found.Max(f => f.Rounds);
        _firstOfRounds = new int[MostRounds + 2];
        foreach ((_, int rounds) in found) _firstOfRounds[rounds + 1]++;
        for (int i = 0; i <= MostRounds; i++) _firstOfRounds[i + 1] += _firstOfRounds[i];
        _tokens = new int[found.Length];
        int[] next = [.. _firstOfRounds];
        foreach ((int token, int rounds) in found) _tokens[next[rounds]++] = token;
        _all = new ulong[TokenSet.Length(trie.Tokenizer.Count)];
        TokenSet.Add(_all, _tokens);
    }

    /// <summary>The most rounds that a token begins.</summary>
    public int MostRounds { get; }

    /// <summary>The rounds that end exactly at a node, or null where none does.</summary>
    public int? RoundsAt(int node) => _rounds[node] is var rounds and not NoBoundary ? rounds : null;

    /// <summary>Adds the tokens that stay in the loop and begin at most so many rounds.</summary>
    public void AddTokens(int rounds, ulong[] mask)
    {
        int few = _firstOfRounds[Math.Clamp(rounds, 0, MostRounds) + 1];
        if (few < _tokens.Length / 2)
        {
            TokenSet.Add(mask, _tokens.AsSpan(0, few));
            return;
        }
        // Most tokens are short: it is quicker to take the long ones away for a while.
        ReadOnlySpan<int> tooLong = _tokens.AsSpan(few);
        TokenSet.Remove(_all, tooLong);
        for (int i = 0; i < mask.Length; i++) mask[i] |= _all[i];
        TokenSet.Add(_all, tooLong);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private (int Token, int Rounds)[] Walk(LoopBody body, TokenTrie trie)
    {
        var found = new List<(int, int)>(trie.Tokens.Length);
        ReadOnlySpan<byte> bytes = trie.Bytes;
        ReadOnlySpan<int> ends = trie.SubtreeEnds, firstTokens = trie.FirstTokens, tokens = trie.Tokens;
        ReadOnlySpan<ushort> depths = trie.Depths;
        // The state and the finished rounds above each depth.
        var states = new int[trie.Height + 1];
        var rounds = new int[trie.Height + 1];
        for (int node = 0; node < bytes.Length;)
        {
            int depth = depths[node];
            int state = body.Next(states[depth], bytes[node]);
            if (state == LoopBody.None)
            {
                node = ends[node];
                continue;
            }
            int finished = rounds[depth], begun = finished + 1;
            if (state == LoopBody.Boundary)
            {
                finished = begun;
                _rounds[node] = (ushort)finished;
            }
            (states[depth + 1], rounds[depth + 1]) = (state, finished);
            for (int i = firstTokens[node]; i < firstTokens[node + 1]; i++) found.Add((tokens[i], begun));
            node++;
        }
        return [.. found];
    }
}
