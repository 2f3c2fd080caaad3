namespace Cria.Text.Grammars;

/// <summary>What a rule of a grammar consists of; GBNF is read into this and automata are made from it.</summary>
internal abstract record Expression;

/// <summary>One character of a set.</summary>
internal sealed record CharacterExpression(CodePointSet Set) : Expression;

/// <summary>Expressions one after the other; none of them is the empty text.</summary>
internal sealed record SequenceExpression(IReadOnlyList<Expression> Parts) : Expression
{
    public static SequenceExpression Empty { get; } = new([]);

    public static Expression Of(IReadOnlyList<Expression> parts) => parts.Count == 1 ? parts[0] : new SequenceExpression(parts);
}

/// <summary>One of several expressions.</summary>
internal sealed record ChoiceExpression(IReadOnlyList<Expression> Options) : Expression;

/// <summary>An expression several times; <paramref name="Most"/> is null where there is no limit.</summary>
internal sealed record RepeatExpression(Expression Body, int Least, int? Most) : Expression;

/// <summary>Another rule, by its index.</summary>
internal sealed record RuleExpression(int Rule) : Expression;

/// <summary>A whole token of the vocabulary, or any other than that one, whatever its text.</summary>
internal sealed record TokenExpression(TokenReference Token, bool IsNegated) : Expression;

/// <summary>A token named in a grammar: by its number, or else by its text with the angle brackets, as it stands at a place.</summary>
internal sealed record TokenReference(int? Id, string Text, GbnfPlace Place);

/// <summary>A rule with its name and the place where it is defined.</summary>
internal sealed record Rule(string Name, Expression Body, GbnfPlace Place);

/// <summary>A grammar as its author wrote it.</summary>
internal sealed record RuleSet(IReadOnlyList<Rule> Rules, int Root);
