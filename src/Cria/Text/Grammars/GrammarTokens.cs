namespace Cria.Text.Grammars;

/// <summary>A grammar compiled for a vocabulary: what was found out for one text serves all texts under it.</summary>
/// <remarks>Thread-safe: the matchers of several threads take turns.</remarks>
internal sealed class GrammarTokens
{
    private const long CacheBytes = 64 << 20;

    private readonly Lock _lock = new();
    private readonly Recognizer _recognizer;
    private readonly MaskBuilder _masks;
    private readonly ForcedText _forced;
    private readonly MaskCache _cache;
    private readonly int[] _tokenIds;

    /// <exception cref="GrammarException">The grammar names a token that the vocabulary lacks.</exception>
    public GrammarTokens(Grammar grammar, TokenTrie trie)
    {
        Trie = trie;
        _tokenIds = [.. grammar.Automaton.Tokens.Select(Find)];
        _recognizer = new Recognizer(grammar.Automaton);
        _masks = new MaskBuilder(_recognizer, trie, _tokenIds);
        _forced = new ForcedText(_recognizer, trie);
        _cache = new MaskCache((int)Math.Max(16, CacheBytes / (sizeof(ulong) * (TokenSet.Length(trie.Tokenizer.Count) + 1))));
        lock (_lock) Start = _recognizer.Start();
    }

    public TokenTrie Trie { get; }

    public Situation Start { get; }

    /// <summary>The tokens that may come next, a bit for each; the array is shared and not to be changed.</summary>
    public ulong[] Mask(ref Situation situation)
    {
        lock (_lock)
        {
            situation = _recognizer.Current(situation);
            return Mask(situation);
        }
    }

    /// <summary>The tokens that must come next, none where there is a choice.</summary>
    public int[] Forced(ref Situation situation)
    {
        lock (_lock)
        {
            situation = _recognizer.Current(situation);
            return situation.Forced ??= FindForced(situation);
        }
    }

    /// <summary>The situation after a token of text, or <see cref="Situation.Dead"/>.</summary>
    public Situation After(Situation situation, int token)
    {
        Tokenizer tokenizer = Trie.Tokenizer;
        if (tokenizer.IsEndOfGeneration(token)) return Situation.Dead;
        lock (_lock)
        {
            situation = _recognizer.Current(situation);
            ReadOnlySpan<byte> bytes = Trie.BytesOf(token);
            Situation after = bytes.IsEmpty ? Situation.Dead : AfterBytes(situation, bytes);
            return _tokenIds.Length == 0 ? after : AfterNamedToken(situation, after, token, isText: !bytes.IsEmpty);
        }
    }

    /// <summary>The situation after some bytes, or <see cref="Situation.Dead"/>.</summary>
    public Situation After(Situation situation, ReadOnlySpan<byte> bytes)
    {
        lock (_lock) return AfterBytes(_recognizer.Current(situation), bytes);
    }

    private Situation AfterNamedToken(Situation situation, Situation afterBytes, int token, bool isText) => _recognizer.AfterToken(
        situation, afterBytes, edge => edge.IsNegated ? isText && _tokenIds[edge.Token] != token : _tokenIds[edge.Token] == token);

    private Situation AfterBytes(Situation situation, ReadOnlySpan<byte> bytes)
    {
        foreach (byte value in bytes)
        {
            situation = _recognizer.After(situation, value);
            if (situation.IsDead) break;
        }
        return situation;
    }

    private ulong[] Mask(Situation situation)
    {
        if (_cache.Find(situation) is { } known) return known;
        Situation representative = _masks.Representative(situation);
        ulong[] mask = _cache.Find(representative) ?? _masks.Build(representative);
        _cache.Add(representative, mask);
        if (representative != situation) _cache.Add(situation, mask);
        return mask;
    }

    private int[] FindForced(Situation situation)
    {
        if (situation.IsComplete) return [];
        int[] tokens = _forced.Tokens(situation);
        if (tokens.Length > 0) return tokens;
        return ForcedText.OnlyToken(Mask(situation)) is { } only ? [only] : [];
    }

    private int Find(TokenReference reference)
    {
        Tokenizer tokenizer = Trie.Tokenizer;
        if (reference.Id is { } id)
        {
            return id < tokenizer.Count
                ? id
                : throw reference.Place.Error($"there is no token {id}; the vocabulary has {tokenizer.Count} tokens.");
        }
        return tokenizer.Encode(reference.Text, addSpecial: false, parseSpecial: true) is [int token]
            ? token
            : throw reference.Place.Error($"{reference.Text} is no single token of the vocabulary.");
    }
}
