using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Cria.Text.Grammars;

/// <summary>Finds the tokens that may come next in a situation, by walking the tree of tokens along with the grammar.</summary>
internal sealed class MaskBuilder
{
    // A loop's exits are up to some ten thousand tokens.
    private const int MostExits = 64;

    private readonly Recognizer _recognizer;
    private readonly TokenTrie _trie;
    private readonly int[] _tokenIds;
    private readonly Dictionary<LoopBody, LoopWalk> _walks = new(ReferenceEqualityComparer.Instance);
    private readonly Situation[] _path;
    private readonly Dictionary<(LoopBody Body, Situation Caller), LoopExits> _exits = [];
    // Filled anew by each search.
    private readonly List<int> _found = [];
    private int _exitsEpoch = -1;

    /// <param name="recognizer">Leads through the grammar.</param>
    /// <param name="trie">The tokens.</param>
    /// <param name="tokenIds">The tokens that the grammar names.</param>
    public MaskBuilder(Recognizer recognizer, TokenTrie trie, int[] tokenIds)
    {
        (_recognizer, _trie, _tokenIds) = (recognizer, trie, tokenIds);
        _path = new Situation[trie.Height + 1];
    }

    /// <summary>
    /// A situation with the same mask: where a loop can take or must take more rounds than any token has, it does not matter how many exactly.
    /// </summary>
    public Situation Representative(Situation situation)
    {
        Way[]? ways = null;
        for (int i = 0; i < situation.Ways.Length; i++)
        {
            Way way = situation.Ways[i];
            if (way.State is not LoopState { IsBoundary: true } state) continue;
            int rounds = SameMask(state.Loop, way.Rounds);
            if (rounds == way.Rounds) continue;
            ways ??= [.. situation.Ways];
            ways[i] = way with { Rounds = rounds };
        }
        return ways is null ? situation : _recognizer.WithWays(situation, ways);
    }

    public ulong[] Build(Situation situation)
    {
        var mask = new ulong[TokenSet.Length(_trie.Tokenizer.Count)];
        var others = new List<Way>();
        foreach (Way way in _recognizer.Expand(situation))
        {
            if (way.State is LoopState { IsBoundary: true } state) AddLoop(state.Loop, way, mask);
            else others.Add(way);
        }
        AddOthers([.. others], mask);
        AddNamedTokens(situation, mask);
        if (situation.IsComplete) TokenSet.Add(mask, _trie.Ends);
        return mask;
    }

    private LoopWalk WalkOf(LoopBody body)
    {
        if (_walks.TryGetValue(body, out LoopWalk? walk)) return walk;
        walk = new LoopWalk(body, _trie);
        _walks.Add(body, walk);
        return walk;
    }

    private int SameMask(Loop loop, int rounds)
    {
        int most = WalkOf(loop.Body).MostRounds;
        if (loop.Most is { } limit && limit - rounds < most) return rounds;
        if (rounds >= loop.Least) return loop.Least;
        return rounds + most < loop.Least ? 0 : rounds;
    }

    // The tokens that stay in the loop, and those that leave it after some rounds and go on as the caller likes.
    private void AddLoop(Loop loop, Way way, ulong[] mask)
    {
        int most = loop.Most - way.Rounds ?? int.MaxValue;
        WalkOf(loop.Body).AddTokens(most, mask);
        ExitsOf(loop.Body, way.Caller).AddTokens(loop.Least - way.Rounds, most, mask);
    }

    private LoopExits ExitsOf(LoopBody body, Situation caller)
    {
        // Situations of dropped tables do not come again.
        if (_exits.Count >= MostExits || (caller.Epoch >= 0 && caller.Epoch != _exitsEpoch)) _exits.Clear();
        if (caller.Epoch >= 0) _exitsEpoch = caller.Epoch;
        if (_exits.TryGetValue((body, caller), out LoopExits? exits)) return exits;
        exits = FindExits(WalkOf(body), caller);
        _exits.Add((body, caller), exits);
        return exits;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private LoopExits FindExits(LoopWalk walk, Situation caller)
    {
        var exits = new List<(int Rounds, int End)>();
        _found.Clear();
        ByteClasses classes = _recognizer.Classes;
        for (int i = 0; i < classes.Count; i++)
        {
            Situation after = _recognizer.AfterClass(caller, i);
            if (after.IsDead) continue;
            for (int value = classes[i].First; value <= classes[i].Last; value++)
            {
                foreach (int node in _trie.NodesWith((byte)value))
                {
                    int parent = _trie.Parents[node];
                    if (parent < 0 || walk.RoundsAt(parent) is not { } rounds) continue;
                    FindInSubtree(node, after);
                    exits.Add((rounds, _found.Count));
                }
            }
        }

        return new LoopExits(_found, exits);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void AddOthers(ReadOnlySpan<Way> ways, ulong[] mask)
    {
        if (ways.IsEmpty) return;
        _found.Clear();
        ByteClasses classes = _recognizer.Classes;
        var after = new Situation?[classes.Count];
        ReadOnlySpan<byte> bytes = _trie.Bytes;
        ReadOnlySpan<int> ends = _trie.SubtreeEnds;
        for (int node = 0; node < bytes.Length; node = ends[node])
        {
            int byteClass = classes.ClassOf[bytes[node]];
            Situation situation = after[byteClass] ??= _recognizer.AfterClass(ways, byteClass);
            if (!situation.IsDead) FindInSubtree(node, situation);
        }

        TokenSet.Add(mask, CollectionsMarshal.AsSpan(_found));
    }

    /// <summary>Finds the tokens at a node and below, where <paramref name="situation"/> is the one after the node's byte.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void FindInSubtree(int node, Situation situation)
    {
        ReadOnlySpan<byte> bytes = _trie.Bytes, classOf = _recognizer.Classes.ClassOf;
        ReadOnlySpan<int> ends = _trie.SubtreeEnds, firstTokens = _trie.FirstTokens, tokens = _trie.Tokens;
        ReadOnlySpan<ushort> depths = _trie.Depths;
        int end = ends[node];
        while (true)
        {
            for (int i = firstTokens[node]; i < firstTokens[node + 1]; i++) _found.Add(tokens[i]);
            _path[depths[node] + 1] = situation;
            node++;
            while (true)
            {
                if (node >= end) return;
                situation = _recognizer.AfterClass(_path[depths[node]], classOf[bytes[node]]);
                if (!situation.IsDead) break;
                node = ends[node];
            }
        }
    }

    private void AddNamedTokens(Situation situation, ulong[] mask)
    {
        foreach ((TokenEdge edge, _) in _recognizer.TokenEdges(situation))
        {
            int named = _tokenIds[edge.Token];
            if (!edge.IsNegated)
            {
                if (!_trie.Tokenizer.IsEndOfGeneration(named)) TokenSet.Add(mask, named);
                continue;
            }
            foreach (int token in _trie.Tokens)
            {
                if (token != named) TokenSet.Add(mask, token);
            }
        }
    }
}
