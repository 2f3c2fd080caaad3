using Cria.Text.Templates.Library;

namespace Cria.Text.Templates.Tree;

/// <summary><c>and</c> and <c>or</c>: the value of the side that decides.</summary>
internal sealed class Logical(int position, bool isAnd, Expression left, Expression right) : Expression(position)
{
    protected override TemplateValue Compute(Evaluation evaluation)
    {
        TemplateValue value = left.Evaluate(evaluation);
        return value.IsTrue == isAnd ? right.Evaluate(evaluation) : value;
    }
}

/// <summary><c>not</c>.</summary>
internal sealed class Not(int position, Expression operand) : Expression(position)
{
    protected override TemplateValue Compute(Evaluation evaluation) => !operand.Evaluate(evaluation).IsTrue;
}

/// <summary>The sign of a number.</summary>
internal sealed class Sign(int position, bool isMinus, Expression operand) : Expression(position)
{
    protected override TemplateValue Compute(Evaluation evaluation)
    {
        TemplateValue value = operand.Evaluate(evaluation);
        evaluation.At(this);
        return value switch
        {
            IntegerValue or FloatValue when !isMinus => value,
            IntegerValue integer => unchecked(-integer.Value),
            FloatValue number => -number.Value,
            _ => throw evaluation.Fail($"A sign belongs before a number, not before {value.Kind}."),
        };
    }
}

/// <summary><c>a if condition else b</c>; without <c>else</c> it is undefined where the condition does not hold.</summary>
internal sealed class Conditional(int position, Expression condition, Expression then, Expression? otherwise) : Expression(position)
{
    public Expression Then => then;

    /// <summary>The condition, where there is no <c>else</c>: behind the items of a loop it is a filter.</summary>
    public Expression? Filter => otherwise is null ? condition : null;

    protected override TemplateValue Compute(Evaluation evaluation) =>
        condition.Evaluate(evaluation).IsTrue ? then.Evaluate(evaluation) : otherwise?.Evaluate(evaluation) ?? TemplateValue.Undefined;
}

/// <summary>An operator between two values.</summary>
internal sealed class Binary(int position, BinaryOperator operation, Expression left, Expression right) : Expression(position)
{
    protected override TemplateValue Compute(Evaluation evaluation)
    {
        TemplateValue x = left.Evaluate(evaluation);
        TemplateValue y = right.Evaluate(evaluation);
        evaluation.At(this);
        return Operations.Apply(evaluation, operation, x, y);
    }
}
