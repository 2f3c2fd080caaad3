using Cria.Text.Grammars;

namespace Cria.Runtime;

/// <summary>Holds a text to a grammar: from its first token on, from where a watch sees the grammar begin, or from after reasoning that may come first.</summary>
internal sealed class GrammarConstraint : IConstraint
{
    // Some write two line ends as two tokens.
    private const int MostSpaces = 2;

    private readonly GrammarTokens _grammar;
    private GrammarMatcher? _matcher;
    private GrammarWatch? _watch;
    private OptionalReasoning? _reasoning;

    // How many tokens of white space may still come between the reasoning and the grammar's text.
    private int _spaces;

    /// <summary>A constraint for the whole text, before which the model may reason.</summary>
    public GrammarConstraint(GrammarTokens grammar, OptionalReasoning? reasoning = null)
    {
        _grammar = grammar;
        _matcher = new GrammarMatcher(grammar);
        _reasoning = reasoning;
    }

    /// <summary>A constraint that begins where the watch sees the grammar's text begin.</summary>
    public GrammarConstraint(GrammarTokens grammar, GrammarWatch watch)
    {
        _grammar = grammar;
        _watch = watch;
        Look();
    }

    public bool IsFinished => _matcher is { IsFinished: true };

    public void Apply(Span<float> logits)
    {
        if (_matcher is { } matcher) LogitMask.Keep(logits, matcher.Mask(), and: _reasoning?.Openings ?? (_spaces > 0 ? _grammar.Trie.Spaces : []));
        else if (_watch is { MustGoOn: true }) LogitMask.Forbid(logits, _grammar.Trie.Ends);
    }

    public void Accept(int token)
    {
        if (_reasoning is { } reasoning)
        {
            _reasoning = null;
            if (reasoning.Openings.Contains(token))
            {
                _matcher = null;
                _watch = reasoning.Watch;
                return;
            }
        }

        if (_matcher is { } matcher)
        {
            // What the sampler takes is in the mask, and so in the grammar; the end and spaces before the text leave it where it is.
            bool isText = matcher.TryAccept(token);
            _spaces = isText ? 0 : _spaces - 1;
        }
        else if (_watch is { } watch)
        {
            watch.Append(_grammar.Trie.Tokenizer.PieceBytes(token, special: true));
            Look();
        }
    }

    public int Forced(Span<int> tokens) => _spaces > 0 ? 0 : _matcher?.ForcedTokens(tokens) ?? 0;

    private void Look()
    {
        if (_watch!.Beginning() is not { } text) return;
        if (_watch.MustGoOn && text.Length == 0) _spaces = MostSpaces;
        _watch = null;
        var matcher = new GrammarMatcher(_grammar);
        // A token may hold the beginning of the grammar and go on as it does not allow: that text is past changing, and is left free.
        if (matcher.TryAcceptBytes(text)) _matcher = matcher;
    }
}

/// <summary>The tokens with which reasoning may begin in place of the grammar's text, and the watch for its end.</summary>
internal sealed record OptionalReasoning(int[] Openings, GrammarWatch Watch);
