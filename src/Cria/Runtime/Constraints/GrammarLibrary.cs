using Cria.Text;
using Cria.Text.Chats;
using Cria.Text.Grammars;

namespace Cria.Runtime;

/// <summary>The grammars that were used last, compiled for the model's vocabulary: requests tend to come with the same few.</summary>
internal sealed class GrammarLibrary(Tokenizer tokenizer)
{
    private const int Most = 16;

    private readonly Lock _gate = new();
    private readonly LinkedList<(string Key, GrammarTokens Tokens)> _recent = [];
    private readonly Dictionary<string, TokenTrie> _tries = [];

    /// <summary>Compiles a grammar, or finds it compiled.</summary>
    /// <param name="grammar">The grammar.</param>
    /// <param name="notation">How calls are written, if the grammar is about that: control tokens that are part of it count as text.</param>
    /// <exception cref="GrammarException">The grammar names a token that the vocabulary lacks.</exception>
    public GrammarTokens For(Grammar grammar, ChatNotation? notation = null)
    {
        int[] writtenOut = notation is null ? [] : Visible(notation);
        string trieKey = string.Join(',', writtenOut), key = $"{trieKey}\n{grammar.Root}\n{grammar.Gbnf}";
        lock (_gate)
        {
            LinkedListNode<(string Key, GrammarTokens Tokens)>? known = _recent.First;
            while (known is not null && known.Value.Key != key) known = known.Next;
            if (known is not null)
            {
                _recent.Remove(known);
                _recent.AddFirst(known);
                return known.Value.Tokens;
            }

            if (!_tries.TryGetValue(trieKey, out TokenTrie? trie)) _tries[trieKey] = trie = new TokenTrie(tokenizer, writtenOut);
            var tokens = new GrammarTokens(grammar, trie);
            _recent.AddFirst((key, tokens));
            if (_recent.Count > Most) _recent.RemoveLast();
            return tokens;
        }
    }

    private int[] Visible(ChatNotation notation)
    {
        Dictionary<string, int> controlTokens = [];
        for (int token = 0; token < tokenizer.Count; token++)
        {
            if (tokenizer.Attributes(token).HasFlag(TokenAttributes.Control)) controlTokens[tokenizer.TokenText(token)] = token;
        }

        return [.. notation.VisibleTokens(controlTokens.Keys).Select(text => controlTokens[text]).Order()];
    }
}
