namespace Cria.Text.Templates.Tree;

/// <summary>Text between tags.</summary>
internal sealed class TextStatement(int position, string text) : Statement(position)
{
    protected override Flow Execute(Evaluation evaluation)
    {
        evaluation.Output.Append(text);
        return Flow.Next;
    }
}

/// <summary>Prints a value, <c>{{ value }}</c>.</summary>
internal sealed class Print(int position, Expression value) : Statement(position)
{
    protected override Flow Execute(Evaluation evaluation)
    {
        TemplateValue printed = value.Evaluate(evaluation);
        evaluation.At(this);
        ValueText.Print(evaluation, printed);
        return Flow.Next;
    }
}

/// <summary><c>{% if %}</c> with its <c>{% elif %}</c> and <c>{% else %}</c>.</summary>
internal sealed class If(int position, IReadOnlyList<(Expression Condition, Block Body)> branches, Block otherwise) : Statement(position)
{
    protected override Flow Execute(Evaluation evaluation)
    {
        int start = evaluation.Output.Length;
        Block body = otherwise;
        foreach ((Expression condition, Block branch) in branches)
        {
            if (!condition.Evaluate(evaluation).IsTrue) continue;
            body = branch;
            break;
        }
        Flow flow = body.Run(evaluation);

        // In llama.cpp, leaving a loop also takes back what the if around the break or continue has printed.
        if (flow != Flow.Next) evaluation.Output.Truncate(start);
        return flow;
    }
}

/// <summary><c>{% break %}</c> or <c>{% continue %}</c>.</summary>
internal sealed class Leave(int position, Flow flow) : Statement(position)
{
    protected override Flow Execute(Evaluation evaluation) => flow;
}

/// <summary><c>{% set target = value %}</c>.</summary>
internal sealed class Set(int position, Target target, Expression value) : Statement(position)
{
    protected override Flow Execute(Evaluation evaluation)
    {
        TemplateValue assigned = value.Evaluate(evaluation);
        evaluation.At(this);
        target.Assign(evaluation, evaluation.Scope, assigned);
        return Flow.Next;
    }
}

/// <summary><c>{% set target %}</c> with a body, whose text is the value.</summary>
internal sealed class SetBlock(int position, Target target, IReadOnlyList<FilterCall> filters, Block body) : Statement(position)
{
    protected override Flow Execute(Evaluation evaluation)
    {
        TemplateValue text = evaluation.Capture(body, out Flow flow);
        if (flow != Flow.Next) return flow;
        foreach (FilterCall filter in filters) text = filter.Apply(evaluation, text);
        evaluation.At(this);
        target.Assign(evaluation, evaluation.Scope, text);
        return Flow.Next;
    }
}

/// <summary><c>{% filter name %}</c>: prints its body through filters.</summary>
internal sealed class FilterBlock(int position, IReadOnlyList<FilterCall> filters, Block body) : Statement(position)
{
    protected override Flow Execute(Evaluation evaluation)
    {
        TemplateValue text = evaluation.Capture(body, out Flow flow);
        if (flow != Flow.Next) return flow;
        foreach (FilterCall filter in filters) text = filter.Apply(evaluation, text);
        evaluation.At(this);
        ValueText.Print(evaluation, text);
        return Flow.Next;
    }
}

/// <summary><c>{% with name = value %}</c>: variables for its body alone.</summary>
internal sealed class With(int position, IReadOnlyList<(Target Target, Expression Value)> variables, Block body) : Statement(position)
{
    protected override Flow Execute(Evaluation evaluation)
    {
        Scope outer = evaluation.Scope;
        var scope = new Scope(outer);
        foreach ((Target target, Expression value) in variables) target.Assign(evaluation, scope, value.Evaluate(evaluation));
        evaluation.Scope = scope;
        Flow flow = body.Run(evaluation);
        evaluation.Scope = outer;
        return flow;
    }
}
