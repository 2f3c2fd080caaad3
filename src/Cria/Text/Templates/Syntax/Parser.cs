using Cria.Text.Templates.Tree;

namespace Cria.Text.Templates.Syntax;

/// <summary>Parses the tokens of a template into its statements.</summary>
internal sealed class Parser(SourceText source, List<Token> tokens)
{
    private readonly TokenReader _tokens = new(source, tokens);

    // How many loops of the same macro are open: only there can a break or a continue be.
    private int _loops;

    private ExpressionParser Expressions => field ??= new ExpressionParser(_tokens);

    public Block Parse()
    {
        Block body = ParseBlock();
        if (!_tokens.IsAtEnd) throw _tokens.Fail($"There is no block that {{% {_tokens.Peek(1).Text} %}} could end.");
        return body;
    }

    // Up to the end, or to a statement of one of these names, which is left to the caller.
    private Block ParseBlock(params string[] ends)
    {
        _tokens.Deepen();
        var statements = new List<Statement>();
        while (!_tokens.IsAtEnd && !_tokens.IsStatement(ends))
        {
            Token token = _tokens.Next();
            switch (token.Kind)
            {
                case TokenKind.Text:
                    statements.Add(new TextStatement(token.Position, token.Text));
                    break;
                case TokenKind.OpenExpression:
                    statements.Add(new Print(token.Position, Expressions.Parse()));
                    _tokens.Expect(TokenKind.CloseExpression, "}}");
                    break;
                default:
                    if (ParseStatement() is { } statement) statements.Add(statement);
                    break;
            }
        }
        if (ends.Length > 0 && _tokens.IsAtEnd) throw _tokens.Fail($"The template ends before {{% {ends[^1]} %}}.");
        _tokens.Rise();
        return new Block(statements);
    }

    private Block ParseBody(string end)
    {
        CloseTag();
        Block body = ParseBlock(end);
        ParseEnd();
        return body;
    }

    private Statement? ParseStatement()
    {
        if (_tokens.Current.Kind != TokenKind.Name) throw _tokens.Fail("The name of a statement is missing after {%.");
        Token name = _tokens.Next();
        switch (name.Text)
        {
            case "if": return ParseIf(name.Position);
            case "for": return ParseFor(name.Position);
            case "set": return ParseSet(name.Position);
            case "macro": return ParseMacro(name.Position);
            case "call": return ParseCall(name.Position);
            case "filter":
                List<FilterCall> filters = [Expressions.ParseFilterCall(), .. Expressions.ParseFilterCalls()];
                return new FilterBlock(name.Position, filters, ParseBody("endfilter"));
            case "with": return ParseWith(name.Position);
            case "break" or "continue":
                if (_loops == 0) throw source.Fail(name.Position, $"A {name.Text} belongs into a loop.");
                CloseTag();
                return new Leave(name.Position, name.Text == "break" ? Flow.Break : Flow.Continue);
            case "generation" or "endgeneration":
                // They only mark for training what the assistant says.
                CloseTag();
                return null;
            default:
                throw source.Fail(name.Position, $"There is no statement {name.Text} here.");
        }
    }

    private If ParseIf(int position)
    {
        var branches = new List<(Expression, Block)>();
        do
        {
            Expression condition = Expressions.Parse();
            CloseTag();
            branches.Add((condition, ParseBlock("elif", "else", "endif")));
        }
        while (TrySkipStatement("elif"));
        Block otherwise = ParseElse("endif");
        ParseEnd();
        return new If(position, branches, otherwise);
    }

    private For ParseFor(int position)
    {
        Target target = ParseTarget(out bool isTuple, allowMember: false);
        _tokens.ExpectName("in");
        Expression items = Expressions.ParseLoopItems(out Expression? condition);
        bool isRecursive = _tokens.TrySkipName("recursive");
        CloseTag();
        _loops++;
        Block body = ParseBlock("else", "endfor");
        _loops--;
        Block otherwise = ParseElse("endfor");
        ParseEnd();
        return new For(position, target, isTuple, items, condition, body, otherwise, isRecursive);
    }

    private Statement ParseSet(int position)
    {
        Target target = ParseTarget(out _, allowMember: true);
        if (_tokens.TrySkip("="))
        {
            Expression value = Expressions.ParseSequence();
            CloseTag();
            return new Set(position, target, value);
        }
        List<FilterCall> filters = Expressions.ParseFilterCalls();
        return new SetBlock(position, target, filters, ParseBody("endset"));
    }

    private Macro ParseMacro(int position)
    {
        string name = _tokens.ExpectName();
        List<Parameter> parameters = ParseParameters();
        return new Macro(position, name, new MacroBody(position, name, parameters, ParseMacroBody("endmacro")));
    }

    private CallBlock ParseCall(int position)
    {
        List<Parameter> parameters = _tokens.Is("(") ? ParseParameters() : [];
        Token at = _tokens.Current;
        if (Expressions.ParsePostfix() is not Call call) throw source.Fail(at.Position, "A call block needs a call, like {% call name() %}.");
        return new CallBlock(position, call, new MacroBody(position, "caller", parameters, ParseMacroBody("endcall")));
    }

    private Block ParseMacroBody(string end)
    {
        int loops = _loops;
        _loops = 0;
        Block body = ParseBody(end);
        _loops = loops;
        return body;
    }

    private With ParseWith(int position)
    {
        var variables = new List<(Target, Expression)>();
        while (_tokens.Current.Kind != TokenKind.CloseStatement)
        {
            if (variables.Count > 0) _tokens.Expect(",");
            Target target = ParseTarget(out _, allowMember: false, allowTuple: false);
            _tokens.Expect("=");
            variables.Add((target, Expressions.Parse()));
        }
        return new With(position, variables, ParseBody("endwith"));
    }

    private List<Parameter> ParseParameters()
    {
        var parameters = new List<Parameter>();
        _tokens.Expect("(");
        while (!_tokens.TrySkip(")"))
        {
            string name = _tokens.ExpectName();
            parameters.Add(new Parameter(name, _tokens.TrySkip("=") ? Expressions.Parse() : null));
            if (!_tokens.Is(")")) _tokens.Expect(",");
        }
        return parameters;
    }

    private Target ParseTarget(out bool isTuple, bool allowMember, bool allowTuple = true)
    {
        bool parenthesized = _tokens.TrySkip("(");
        Token at = _tokens.Current;
        Expression first = allowMember && !parenthesized ? Expressions.ParsePostfix() : new Name(at.Position, _tokens.ExpectName());
        isTuple = false;
        if (first is Member member) return new MemberTarget(member.Target, member.Name);
        if (first is not Name { Text: var name }) throw source.Fail(at.Position, "A value is assigned to a name or to a member of a namespace.");
        var names = new List<string> { name };
        while (allowTuple && _tokens.TrySkip(","))
        {
            isTuple = true;
            if (parenthesized ? _tokens.Is(")") : _tokens.Is("=") || _tokens.Current.Text == "in") break;
            names.Add(_tokens.ExpectName());
        }
        if (parenthesized) _tokens.Expect(")");
        return isTuple ? new NamesTarget(names) : new NameTarget(name);
    }

    private Block ParseElse(string end)
    {
        if (!TrySkipStatement("else")) return new Block([]);
        CloseTag();
        return ParseBlock(end);
    }

    private bool TrySkipStatement(string name)
    {
        if (!_tokens.IsStatement(name)) return false;
        _tokens.Next();
        _tokens.Next();
        return true;
    }

    // The statement that ends a block, where ParseBlock has stopped.
    private void ParseEnd()
    {
        _tokens.Next();
        _tokens.Next();
        CloseTag();
    }

    private void CloseTag() => _tokens.Expect(TokenKind.CloseStatement, "%}");
}
