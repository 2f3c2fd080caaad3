using Cria.Text.Grammars;

namespace Cria.Runtime;

/// <summary>Holds a text to a grammar: from its first token on, from where a watch sees the grammar begin, or from after reasoning that may come first.</summary>
internal sealed class GrammarConstraint : IConstraint
{
    private readonly GrammarTokens _grammar;
    private GrammarMatcher? _matcher;
    private GrammarWatch? _watch;
    private OptionalReasoning? _reasoning;

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
        if (_matcher is { } matcher) LogitMask.Keep(logits, matcher.Mask(), and: _reasoning?.Openings ?? []);
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
            // What the sampler takes is in the mask, and so in the grammar; the end alone leaves it where it is.
            matcher.TryAccept(token);
        }
        else if (_watch is { } watch)
        {
            watch.Append(_grammar.Trie.Tokenizer.PieceBytes(token, special: true));
            Look();
        }
    }

    public int Forced(Span<int> tokens) => _matcher?.ForcedTokens(tokens) ?? 0;

    private void Look()
    {
        if (_watch!.Beginning() is not { } text) return;
        _watch = null;
        var matcher = new GrammarMatcher(_grammar);
        // A token may hold the beginning of the grammar and go on as it does not allow: that text is past changing, and is left free.
        if (matcher.TryAcceptBytes(text)) _matcher = matcher;
    }
}

/// <summary>The tokens with which reasoning may begin in place of the grammar's text, and the watch for its end.</summary>
internal sealed record OptionalReasoning(int[] Openings, GrammarWatch Watch);
