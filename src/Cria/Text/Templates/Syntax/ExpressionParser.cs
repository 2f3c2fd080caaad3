using System.Globalization;
using Cria.Text.Templates.Library;
using Cria.Text.Templates.Tree;

namespace Cria.Text.Templates.Syntax;

/// <summary>Parses the expressions of a template.</summary>
/// <remarks>
/// From the loosest to the tightest: conditional, or, and, not, comparisons and in, + - ~, * / // %, tests, filters, **, signs, and then what
/// follows a value: members, subscripts and calls.
/// </remarks>
internal sealed class ExpressionParser(TokenReader tokens)
{
    private static readonly Dictionary<string, BinaryOperator> Comparisons = new()
    {
        ["=="] = BinaryOperator.Equal, ["!="] = BinaryOperator.NotEqual, ["<"] = BinaryOperator.Less, ["<="] = BinaryOperator.LessOrEqual,
        [">"] = BinaryOperator.Greater, [">="] = BinaryOperator.GreaterOrEqual,
    };

    private static readonly Dictionary<string, BinaryOperator> Sums =
        new() { ["+"] = BinaryOperator.Add, ["-"] = BinaryOperator.Subtract, ["~"] = BinaryOperator.Concatenate };

    private static readonly Dictionary<string, BinaryOperator> Products = new()
    {
        ["*"] = BinaryOperator.Multiply, ["/"] = BinaryOperator.Divide, ["//"] = BinaryOperator.FloorDivide, ["%"] = BinaryOperator.Modulo,
    };

    private static readonly Dictionary<string, BinaryOperator> Powers = new() { ["**"] = BinaryOperator.Power };

    // Words that go on with the expression where the argument of a test could be.
    private static readonly HashSet<string> Words = ["and", "else", "if", "in", "is", "not", "or", "recursive"];

    public Expression Parse()
    {
        tokens.Deepen();
        Expression value = ParseOr();
        if (tokens.Current is { Kind: TokenKind.Name, Text: "if" } token)
        {
            tokens.Next();
            Expression condition = ParseOr();
            value = new Conditional(token.Position, condition, value, tokens.TrySkipName("else") ? Parse() : null);
        }
        tokens.Rise();
        return value;
    }

    /// <summary>Parses a value, or several with commas between, which are a tuple.</summary>
    public Expression ParseSequence()
    {
        Token first = tokens.Current;
        Expression value = Parse();
        if (!tokens.Is(",")) return value;
        var items = new List<Expression> { value };
        while (tokens.TrySkip(",") && !tokens.Is(")") && tokens.Current.Kind is not (TokenKind.CloseStatement or TokenKind.CloseExpression))
        {
            items.Add(Parse());
        }
        return new ListLiteral(first.Position, items, isTuple: true);
    }

    /// <summary>Parses what a loop goes through, with the condition that its items have to meet.</summary>
    public Expression ParseLoopItems(out Expression? condition)
    {
        Expression items = ParseSequence();
        condition = (items as Conditional)?.Filter;
        return condition is null ? items : ((Conditional)items).Then;
    }

    /// <summary>Parses filters that each begin with a bar.</summary>
    public List<FilterCall> ParseFilterCalls()
    {
        var filters = new List<FilterCall>();
        while (tokens.TrySkip("|")) filters.Add(ParseFilterCall());
        return filters;
    }

    public FilterCall ParseFilterCall()
    {
        int position = tokens.Current.Position;
        string name = tokens.ExpectName();
        return new FilterCall(position, name, tokens.Is("(") ? ParseArguments() : ArgumentList.Empty);
    }

    private Expression ParseOr()
    {
        Expression value = ParseAnd();
        while (tokens.Current is { Kind: TokenKind.Name, Text: "or" } token)
        {
            tokens.Next();
            value = new Logical(token.Position, isAnd: false, value, ParseAnd());
        }
        return value;
    }

    private Expression ParseAnd()
    {
        Expression value = ParseNot();
        while (tokens.Current is { Kind: TokenKind.Name, Text: "and" } token)
        {
            tokens.Next();
            value = new Logical(token.Position, isAnd: true, value, ParseNot());
        }
        return value;
    }

    private Expression ParseNot()
    {
        Token token = tokens.Current;
        if (!tokens.TrySkipName("not")) return ParseComparison();
        tokens.Deepen();
        var value = new Not(token.Position, ParseNot());
        tokens.Rise();
        return value;
    }

    private Expression ParseComparison()
    {
        Expression value = ParseBinary(Sums, ParseProduct);
        while (true)
        {
            Token token = tokens.Current;
            BinaryOperator operation;
            if (tokens.IsName("not") && tokens.Peek(1) is { Kind: TokenKind.Name, Text: "in" })
            {
                tokens.Next();
                operation = BinaryOperator.NotIn;
            }
            else if (tokens.IsName("in")) operation = BinaryOperator.In;
            else if (token.Kind != TokenKind.Symbol || !Comparisons.TryGetValue(token.Text, out operation)) return value;
            tokens.Next();
            value = new Binary(token.Position, operation, value, ParseBinary(Sums, ParseProduct));
        }
    }

    private Expression ParseProduct() => ParseBinary(Products, ParseTest);

    private Expression ParseBinary(Dictionary<string, BinaryOperator> operators, Func<Expression> parseOperand)
    {
        Expression value = parseOperand();
        while (tokens.Current is { Kind: TokenKind.Symbol } token && operators.TryGetValue(token.Text, out BinaryOperator operation))
        {
            tokens.Next();
            value = new Binary(token.Position, operation, value, parseOperand());
        }
        return value;
    }

    private Expression ParseTest()
    {
        Expression value = ParseFilter();
        while (tokens.Current is { Kind: TokenKind.Name, Text: "is" } token)
        {
            tokens.Next();
            bool negated = tokens.TrySkipName("not");
            string name = tokens.ExpectName();
            value = new TestOf(token.Position, value, name, ParseTestArguments(), negated);
        }
        return value;
    }

    // The one argument of a test needs no parentheses.
    private ArgumentList ParseTestArguments()
    {
        if (tokens.Is("(")) return ParseArguments();
        bool isValue = tokens.Current.Kind is TokenKind.String or TokenKind.Integer or TokenKind.Float || tokens.Is("[") || tokens.Is("{")
            || (tokens.Current.Kind == TokenKind.Name && !Words.Contains(tokens.Current.Text));
        return isValue ? new ArgumentList([new ArgumentSyntax(null, ParsePostfix())]) : ArgumentList.Empty;
    }

    private Expression ParseFilter()
    {
        Expression value = ParseBinary(Powers, ParseSign);
        while (tokens.Current is { Kind: TokenKind.Symbol, Text: "|" } token)
        {
            tokens.Next();
            value = new Filtered(token.Position, value, ParseFilterCall());
        }
        return value;
    }

    private Expression ParseSign()
    {
        Token token = tokens.Current;
        if (!tokens.Is("-") && !tokens.Is("+")) return ParsePostfix();
        tokens.Next();
        tokens.Deepen();
        var value = new Sign(token.Position, token.Text == "-", ParseSign());
        tokens.Rise();
        return value;
    }

    /// <summary>Parses a value with its members, subscripts and calls.</summary>
    public Expression ParsePostfix()
    {
        Expression value = ParsePrimary();
        while (true)
        {
            Token token = tokens.Current;
            if (tokens.TrySkip(".")) value = ParseMember(token.Position, value);
            else if (tokens.TrySkip("[")) value = ParseSubscript(token.Position, value);
            else if (tokens.Is("(")) value = new Call(token.Position, value, ParseArguments());
            else return value;
        }
    }

    private Expression ParseMember(int position, Expression target)
    {
        if (tokens.Current.Kind == TokenKind.Integer) return new Subscript(position, target, ParsePrimary());
        return new Member(position, target, tokens.ExpectName());
    }

    private Expression ParseSubscript(int position, Expression target)
    {
        if (tokens.TrySkip("]")) return new Subscript(position, target, null);
        Expression? first = tokens.Is(":") ? null : Parse();
        if (first is not null && tokens.TrySkip("]")) return new Subscript(position, target, first);
        tokens.Expect(":");
        Expression? stop = tokens.Is(":") || tokens.Is("]") ? null : Parse();
        Expression? step = tokens.TrySkip(":") && !tokens.Is("]") ? Parse() : null;
        tokens.Expect("]");
        return new Slice(position, target, first, stop, step);
    }

    private ArgumentList ParseArguments()
    {
        tokens.Expect("(");
        var arguments = new List<ArgumentSyntax>();
        while (!tokens.TrySkip(")"))
        {
            ArgumentKind kind = tokens.TrySkip("**") ? ArgumentKind.Entries : tokens.TrySkip("*") ? ArgumentKind.Items : ArgumentKind.Plain;
            Expression value = Parse();
            if (kind == ArgumentKind.Plain && tokens.Is("="))
            {
                if (value is not Name { Text: var name }) throw tokens.Fail("An argument is given by a name before =.");
                tokens.Next();
                arguments.Add(new ArgumentSyntax(name, Parse()));
            }
            else arguments.Add(new ArgumentSyntax(null, value, kind));
            if (!tokens.Is(")")) tokens.Expect(",");
        }
        return new ArgumentList(arguments);
    }

    private Expression ParsePrimary()
    {
        Token token = tokens.Next();
        switch (token.Kind)
        {
            case TokenKind.Name:
                return Named(token);
            case TokenKind.Integer or TokenKind.Float:
                return new Literal(token.Position, Number(token));
            case TokenKind.String:
                var parts = new List<string> { token.Text };
                while (tokens.Current.Kind == TokenKind.String) parts.Add(tokens.Next().Text);
                return new StringLiteral(token.Position, string.Concat(parts));
            case TokenKind.Symbol when token.Text == "(":
                if (tokens.TrySkip(")")) return new ListLiteral(token.Position, [], isTuple: true);
                Expression inner = ParseSequence();
                tokens.Expect(")");
                return inner;
            case TokenKind.Symbol when token.Text == "[":
                return new ListLiteral(token.Position, ParseItems("]", Parse), isTuple: false);
            case TokenKind.Symbol when token.Text == "{":
                return new MapLiteral(token.Position, ParseItems("}", () =>
                {
                    Expression key = Parse();
                    tokens.Expect(":");
                    return (key, Parse());
                }));
            default:
                throw tokens.Unexpected(token, "a value");
        }
    }

    private List<T> ParseItems<T>(string end, Func<T> parse)
    {
        var items = new List<T>();
        while (!tokens.TrySkip(end))
        {
            items.Add(parse());
            if (!tokens.Is(end)) tokens.Expect(",");
        }
        return items;
    }

    private static Expression Named(Token token) => token.Text switch
    {
        "true" or "True" => new Literal(token.Position, true),
        "false" or "False" => new Literal(token.Position, false),
        "none" or "None" => new Literal(token.Position, TemplateValue.None),
        _ => new Name(token.Position, token.Text),
    };

    private TemplateValue Number(Token token)
    {
        string digits = token.Text.Replace("_", "", StringComparison.Ordinal);
        if (token.Kind == TokenKind.Float) return double.Parse(digits, NumberStyles.Float, CultureInfo.InvariantCulture);
        if (long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out long integer)) return integer;
        throw tokens.Fail(token, "The integer is too large.");
    }
}
