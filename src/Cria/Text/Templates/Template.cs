using Cria.Text.Templates.Syntax;
using Cria.Text.Templates.Tree;

namespace Cria.Text.Templates;

/// <summary>A Jinja template: parsed once, rendered as often as wanted, from any number of threads.</summary>
/// <remarks>
/// It renders what llama.cpp renders, byte for byte, blocks trimmed and left-stripped as chat templates expect. Filters, methods,
/// operators and statements that llama.cpp lacks behave as in Python's Jinja2; what llama.cpp refuses because of the kinds of its
/// operands is refused. A template reaches nothing but the values that it is given: no types, no files, no network.
/// </remarks>
internal sealed class Template
{
    private readonly SourceText _source;
    private readonly Block _body;

    private Template(SourceText source, Block body)
    {
        _source = source;
        _body = body;
    }

    /// <summary>Parses a template; what is wrong with it is told with line and column.</summary>
    public static Template Parse(string source)
    {
        ArgumentNullException.ThrowIfNull(source);
        var text = new SourceText(source);
        return new Template(text, new Parser(text, new Lexer(text).Read()).Parse());
    }

    /// <summary>Renders the template, which may change lists and maps among the variables: they serve for one rendering.</summary>
    public RenderedText Render(
        IReadOnlyDictionary<string, TemplateValue> variables, TemplateLimits? limits = null, TimeProvider? clock = null) =>
        Render(variables, limits, clock, reads: null);

    /// <summary>Renders the template and notes in <paramref name="reads"/> which values it looks at, and how.</summary>
    internal RenderedText Render(
        IReadOnlyDictionary<string, TemplateValue> variables, TemplateLimits? limits, TimeProvider? clock, ReadLog? reads)
    {
        ArgumentNullException.ThrowIfNull(variables);
        var evaluation = new Evaluation(_source, variables, limits ?? TemplateLimits.Default, clock ?? TimeProvider.System, reads);
        try
        {
            _body.Run(evaluation);
        }
        catch (InsufficientExecutionStackException)
        {
            throw evaluation.TooDeep();
        }
        return evaluation.Output.ToRenderedText();
    }
}
