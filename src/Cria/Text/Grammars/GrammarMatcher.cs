namespace Cria.Text.Grammars;

/// <summary>Follows one text through a grammar, token by token, and tells which tokens may come next.</summary>
/// <remarks>A matcher is used by one thread at a time; those of the same <see cref="GrammarTokens"/> may be used by several.</remarks>
internal sealed class GrammarMatcher
{
    private readonly GrammarTokens _grammar;
    private Situation _situation;
    private ulong[]? _mask;

    public GrammarMatcher(GrammarTokens grammar) : this(grammar, grammar.Start)
    {
    }

    private GrammarMatcher(GrammarTokens grammar, Situation situation) => (_grammar, _situation) = (grammar, situation);

    /// <summary>Whether the text may end here.</summary>
    public bool IsComplete => _situation.IsComplete;

    /// <summary>Whether the text can only end here.</summary>
    public bool IsFinished => _situation.IsComplete && _situation.Ways.Length == 0;

    /// <summary>
    /// A bit for each token that may come next, token 0 in the lowest bit of the first word. Of control tokens it has only those that end a
    /// generation, where the text may end, and those that the grammar names. It holds until a token is accepted.
    /// </summary>
    /// <exception cref="GrammarException">The grammar is too ambiguous to tell.</exception>
    public ReadOnlySpan<ulong> Mask() => _mask ??= _grammar.Mask(ref _situation);

    /// <summary>Takes a token if it may come next; after one that ends the generation, the text stands still.</summary>
    /// <exception cref="GrammarException">The grammar is too ambiguous to tell.</exception>
    public bool TryAccept(int token) =>
        _grammar.Trie.Tokenizer.IsEndOfGeneration(token) ? IsComplete : TryMove(_grammar.After(_situation, token));

    /// <summary>Takes bytes that may come next, which need not be whole tokens or characters.</summary>
    /// <exception cref="GrammarException">The grammar is too ambiguous to tell.</exception>
    public bool TryAcceptBytes(ReadOnlySpan<byte> bytes) => TryMove(_grammar.After(_situation, bytes));

    /// <summary>
    /// Writes tokens that can be taken next without asking the model, because the grammar leaves no other text, and returns their number.
    /// The matcher stays where it is.
    /// </summary>
    /// <exception cref="GrammarException">The grammar is too ambiguous to tell.</exception>
    public int ForcedTokens(Span<int> tokens)
    {
        Situation situation = _situation;
        int count = 0;
        while (count < tokens.Length && _grammar.Forced(ref situation) is { Length: > 0 } forced)
        {
            foreach (int token in forced)
            {
                if (count == tokens.Length) return count;
                situation = _grammar.After(situation, token);
                tokens[count++] = token;
            }
        }
        return count;
    }

    /// <summary>A matcher at the same place, which goes on by itself.</summary>
    public GrammarMatcher Clone() => new(_grammar, _situation) { _mask = _mask };

    private bool TryMove(Situation next)
    {
        if (next.IsDead) return false;
        if (next != _situation) _mask = null;
        _situation = next;
        return true;
    }
}
