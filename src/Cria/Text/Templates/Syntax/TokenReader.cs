using System.Runtime.CompilerServices;

namespace Cria.Text.Templates.Syntax;

/// <summary>Goes through the tokens of a template, for its parsers.</summary>
internal sealed class TokenReader(SourceText source, List<Token> tokens)
{
    private const int Deepest = 200;

    private int _at;
    private int _depth;

    public Token Current => tokens[_at];

    public bool IsAtEnd => Current.Kind == TokenKind.End;

    public Token Peek(int ahead) => tokens[Math.Min(_at + ahead, tokens.Count - 1)];

    public Token Next()
    {
        Token token = Current;
        if (token.Kind != TokenKind.End) _at++;
        return token;
    }

    /// <summary>Whether a symbol follows.</summary>
    public bool Is(string symbol) => Current.Kind == TokenKind.Symbol && Current.Text == symbol;

    public bool IsName(string name) => Current.Kind == TokenKind.Name && Current.Text == name;

    /// <summary>Whether a statement of one of these names follows.</summary>
    public bool IsStatement(params ReadOnlySpan<string> names) =>
        Current.Kind == TokenKind.OpenStatement && Peek(1).Kind == TokenKind.Name && names.Contains(Peek(1).Text);

    public bool TrySkip(string symbol)
    {
        if (!Is(symbol)) return false;
        _at++;
        return true;
    }

    public bool TrySkipName(string name)
    {
        if (!IsName(name)) return false;
        _at++;
        return true;
    }

    public void Expect(string symbol)
    {
        if (!TrySkip(symbol)) throw Unexpected(symbol);
    }

    public void Expect(TokenKind kind, string shown)
    {
        if (Current.Kind != kind) throw Unexpected(shown);
        _at++;
    }

    public void ExpectName(string name)
    {
        if (!TrySkipName(name)) throw Unexpected(name);
    }

    public string ExpectName() => Current.Kind == TokenKind.Name ? Next().Text : throw Unexpected("a name");

    /// <summary>Goes one level down into the template; one that nests too deep is refused before the parser runs out of stack.</summary>
    public void Deepen()
    {
        if (++_depth > Deepest || !RuntimeHelpers.TryEnsureSufficientExecutionStack()) throw Fail("The template nests too deep.");
    }

    public void Rise() => _depth--;

    public TemplateException Fail(string problem) => Fail(Current, problem);

    public TemplateException Fail(Token token, string problem) => source.Fail(token.Position, problem);

    public TemplateException Unexpected(Token found, string expected) => Fail(found, $"Expected {expected}, found {Shown(found)}.");

    private TemplateException Unexpected(string expected) => Unexpected(Current, expected);

    private static string Shown(Token token) => token.Kind switch
    {
        TokenKind.End => "the end of the template",
        TokenKind.Text => "text",
        TokenKind.String => "a string",
        _ => token.Text,
    };
}
