namespace Cria.Text.Templates.Tree;

/// <summary>A parameter of a macro, with its default where it has one.</summary>
internal sealed record Parameter(string Name, Expression? Default);

/// <summary>The parameters and the body of a macro or a call block.</summary>
internal sealed class MacroBody(int position, string name, IReadOnlyList<Parameter> parameters, Block body) : Node(position)
{
    /// <summary>A function that runs the body: in the variables of its caller as in llama.cpp, unless those of another place are given.</summary>
    public FunctionValue ToFunction(Scope? home = null) => new(name, args =>
    {
        Evaluation evaluation = args.Evaluation;
        evaluation.Enter(this);
        Scope caller = evaluation.Scope;
        var scope = new Scope(home ?? caller);
        Bind(evaluation, scope, args);
        evaluation.Scope = scope;
        StringValue text = evaluation.Capture(body, out _);
        evaluation.Scope = caller;
        evaluation.Leave();
        return text;
    });

    // As llama.cpp does it, a parameter is given a default only where it stands behind as many parameters as there are arguments,
    // those by name included.
    private void Bind(Evaluation evaluation, Scope scope, Arguments args)
    {
        for (int i = 0; i < parameters.Count; i++)
        {
            Parameter parameter = parameters[i];
            scope.Set(parameter.Name, i < args.Count ? args.Get(i, parameter.Name)
                : parameter.Default?.Evaluate(evaluation) ?? TemplateValue.Undefined);
        }
    }
}

/// <summary><c>{% macro name(parameters) %}</c>.</summary>
internal sealed class Macro(int position, string name, MacroBody body) : Statement(position)
{
    protected override Flow Execute(Evaluation evaluation)
    {
        evaluation.Scope.Set(name, body.ToFunction());
        return Flow.Next;
    }
}

/// <summary><c>{% call macro(arguments) %}</c>: calls a macro that can call the body of the block as <c>caller()</c>.</summary>
internal sealed class CallBlock(int position, Call call, MacroBody body) : Statement(position)
{
    protected override Flow Execute(Evaluation evaluation)
    {
        var scope = new Scope(evaluation.Scope);
        scope.Set("caller", body.ToFunction(evaluation.Scope));
        TemplateValue printed = call.Invoke(evaluation, scope);
        evaluation.At(this);
        ValueText.Print(evaluation, printed);
        return Flow.Next;
    }
}
