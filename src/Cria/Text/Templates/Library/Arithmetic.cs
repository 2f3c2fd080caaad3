namespace Cria.Text.Templates.Library;

/// <summary>The operators between numbers. Integers stay integers except in a division; the sign of a remainder is that of its dividend.</summary>
internal static class Arithmetic
{
    public static TemplateValue Apply(Evaluation evaluation, BinaryOperator operation, TemplateValue x, TemplateValue y)
    {
        (double a, double b) = (Numbers.ToDouble(x), Numbers.ToDouble(y));
        if (Operations.Order(operation, Compare(x, y)) is { } ordered) return ordered;
        if (operation == BinaryOperator.Divide) return a / b;
        if (x is IntegerValue { Value: var m } && y is IntegerValue { Value: var n } && !(operation == BinaryOperator.Power && n < 0))
        {
            try
            {
                return Whole(evaluation, operation, m, n);
            }
            catch (OverflowException)
            {
                throw evaluation.Fail("The result is too large for an integer.");
            }
        }
        return operation switch
        {
            BinaryOperator.Add => a + b,
            BinaryOperator.Subtract => a - b,
            BinaryOperator.Multiply => a * b,
            BinaryOperator.FloorDivide => Math.Floor(a / b),
            BinaryOperator.Modulo => a % b,
            _ => Math.Pow(a, b),
        };
    }

    // As doubles, unless both are integers; nothing holds for what is not a number.
    private static int? Compare(TemplateValue x, TemplateValue y)
    {
        if (x is IntegerValue && y is IntegerValue) return Numbers.ToInteger(x).CompareTo(Numbers.ToInteger(y));
        (double a, double b) = (Numbers.ToDouble(x), Numbers.ToDouble(y));
        return double.IsNaN(a) || double.IsNaN(b) ? null : a.CompareTo(b);
    }

    private static long Whole(Evaluation evaluation, BinaryOperator operation, long m, long n)
    {
        if (n == 0 && operation is BinaryOperator.Modulo or BinaryOperator.FloorDivide)
        {
            throw evaluation.Fail("A number cannot be divided by 0.");
        }
        return checked(operation switch
        {
            BinaryOperator.Add => m + n,
            BinaryOperator.Subtract => m - n,
            BinaryOperator.Multiply => m * n,
            BinaryOperator.Modulo => n == -1 ? 0 : m % n,
            BinaryOperator.FloorDivide => (m / n) - (m % n != 0 && (m < 0) != (n < 0) ? 1 : 0),
            _ => Power(m, n),
        });
    }

    private static long Power(long number, long exponent)
    {
        if (number is 0 or 1) return exponent == 0 ? 1 : number;
        if (number == -1) return exponent % 2 == 0 ? 1 : -1;
        long power = 1;
        for (long i = 0; i < exponent; i++) power = checked(power * number);
        return power;
    }
}
