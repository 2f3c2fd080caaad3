namespace Cria.Text.Templates.Tree;

/// <summary>A part of a template that has been parsed.</summary>
/// <param name="position">Where it is in the template.</param>
internal abstract class Node(int position)
{
    public int Position => position;
}

/// <summary>A part of a template that has a value.</summary>
internal abstract class Expression(int position) : Node(position)
{
    public TemplateValue Evaluate(Evaluation evaluation)
    {
        evaluation.Enter(this);
        TemplateValue value = Compute(evaluation);
        evaluation.Leave();
        return value;
    }

    protected abstract TemplateValue Compute(Evaluation evaluation);
}

/// <summary>How a template goes on after a statement.</summary>
internal enum Flow
{
    Next,
    Break,
    Continue,
}

/// <summary>A part of a template that prints or does something.</summary>
internal abstract class Statement(int position) : Node(position)
{
    public Flow Run(Evaluation evaluation)
    {
        evaluation.Enter(this);
        Flow flow = Execute(evaluation);
        evaluation.Leave();
        return flow;
    }

    protected abstract Flow Execute(Evaluation evaluation);
}

/// <summary>Statements that follow each other.</summary>
internal sealed class Block(IReadOnlyList<Statement> statements)
{
    private readonly Statement[] _statements = [.. statements];

    public Flow Run(Evaluation evaluation)
    {
        foreach (Statement statement in _statements)
        {
            Flow flow = statement.Run(evaluation);
            if (flow != Flow.Next) return flow;
        }
        return Flow.Next;
    }
}
