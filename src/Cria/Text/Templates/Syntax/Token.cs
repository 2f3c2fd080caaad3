namespace Cria.Text.Templates.Syntax;

internal enum TokenKind
{
    /// <summary>The text between tags; its <see cref="Token.Text"/> is trimmed already.</summary>
    Text,

    /// <summary>{%</summary>
    OpenStatement,

    /// <summary>%}</summary>
    CloseStatement,

    /// <summary>{{</summary>
    OpenExpression,

    /// <summary>}}</summary>
    CloseExpression,

    Name,
    Integer,
    Float,

    /// <summary>A string; its <see cref="Token.Text"/> is without quotes and escapes.</summary>
    String,

    /// <summary>An operator, a bracket or another mark.</summary>
    Symbol,

    /// <summary>Nothing follows.</summary>
    End,
}

/// <summary>A token of a template.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Text">What it says.</param>
/// <param name="Position">Where it begins in the <see cref="SourceText"/>.</param>
internal readonly record struct Token(TokenKind Kind, string Text, int Position);
