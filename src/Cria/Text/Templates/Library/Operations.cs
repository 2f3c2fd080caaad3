namespace Cria.Text.Templates.Library;

internal enum BinaryOperator
{
    Add,
    Subtract,
    Multiply,
    Divide,
    FloorDivide,
    Modulo,
    Power,
    Concatenate,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    In,
    NotIn,
}

/// <summary>What the operators do.</summary>
internal static class Operations
{
    public static TemplateValue Apply(Evaluation evaluation, BinaryOperator operation, TemplateValue x, TemplateValue y)
    {
        switch (operation)
        {
            case BinaryOperator.Equal or BinaryOperator.NotEqual:
                evaluation.Charge(ValueEquality.Cost(x, y));
                return ValueEquality.AreEqual(x, y) == (operation == BinaryOperator.Equal);
            case BinaryOperator.In or BinaryOperator.NotIn:
                return IsIn(evaluation, x, y) == (operation == BinaryOperator.In);
            case BinaryOperator.Add when x is StringValue || y is StringValue:
            case BinaryOperator.Concatenate:
                return Joined(evaluation, x, y);
        }
        if (Numbers.IsNumber(x) && Numbers.IsNumber(y)) return Arithmetic.Apply(evaluation, operation, x, y);
        return (operation, x, y) switch
        {
            (BinaryOperator.Add, ListValue a, ListValue b) => Joined(evaluation, a, b),
            (BinaryOperator.Multiply, StringValue text, IntegerValue times) => Repeated(evaluation, text, times.Value),
            (BinaryOperator.Multiply, IntegerValue times, StringValue text) => Repeated(evaluation, text, times.Value),
            (BinaryOperator.Multiply, ListValue list, IntegerValue times) => Repeated(evaluation, list, times.Value),
            (BinaryOperator.Multiply, IntegerValue times, ListValue list) => Repeated(evaluation, list, times.Value),
            (BinaryOperator.Modulo, StringValue format, _) => PercentFormat.Format(evaluation, format, y),
            (_, StringValue, StringValue) when Order(operation, ValueEquality.Compare(x, y)) is { } ordered => ordered,
            _ => throw evaluation.Fail($"The operator {Sign(operation)} does not go between {x.Kind} and {y.Kind}."),
        };
    }

    public static bool? Order(BinaryOperator operation, int? comparison) => (operation, comparison) switch
    {
        (_, null) => null,
        (BinaryOperator.Less, < 0) or (BinaryOperator.Greater, > 0) => true,
        (BinaryOperator.LessOrEqual, <= 0) or (BinaryOperator.GreaterOrEqual, >= 0) => true,
        (BinaryOperator.Less or BinaryOperator.Greater or BinaryOperator.LessOrEqual or BinaryOperator.GreaterOrEqual, _) => false,
        _ => null,
    };

    public static bool IsIn(Evaluation evaluation, TemplateValue sought, TemplateValue container)
    {
        switch (container)
        {
            case UndefinedValue:
                return false;
            case ListValue list when sought is not UndefinedValue:
                evaluation.Charge(ValueEquality.Cost(list) + (list.Items.Count * ValueEquality.Cost(sought)));
                return list.Items.Exists(item => ValueEquality.AreEqual(sought, item));
            case StringValue text when sought is StringValue part:
                evaluation.ChargeSearch(text.Text, part.Text);
                return text.Text.Contains(part.Text, StringComparison.Ordinal);
            case MapValue map when ValueEquality.CanBeKey(sought):
                evaluation.Charge(ValueEquality.Cost(sought));
                return map.TryGet(sought, out _);
            case LoopValue loop when sought is StringValue name:
                return loop.Get(name.Text) is not UndefinedValue;
            default:
                throw evaluation.Fail($"The operator in does not look for {sought.Kind} in {container.Kind}.");
        }
    }

    // What is none or undefined adds nothing to a text, as in llama.cpp.
    private static StringValue Joined(Evaluation evaluation, TemplateValue x, TemplateValue y)
    {
        var text = new TextBuilder(evaluation);
        if (x is not (NoneValue or UndefinedValue)) ValueText.Append(evaluation, text, x);
        if (y is not (NoneValue or UndefinedValue)) ValueText.Append(evaluation, text, y);
        return text.ToValue();
    }

    private static ListValue Joined(Evaluation evaluation, ListValue x, ListValue y)
    {
        evaluation.ChargeItems(x.Items.Count + y.Items.Count);
        return new ListValue([.. x.Items, .. y.Items]);
    }

    private static StringValue Repeated(Evaluation evaluation, StringValue text, long times)
    {
        var repeated = new TextBuilder(evaluation);
        if (text.Text.Length == 0 || times <= 0) return repeated.ToValue();
        evaluation.ChargeText(0, times > long.MaxValue / text.Text.Length ? long.MaxValue : times * text.Text.Length);
        for (long i = 0; i < times; i++) repeated.Append(text);
        return repeated.ToValue();
    }

    private static ListValue Repeated(Evaluation evaluation, ListValue list, long times)
    {
        var items = new List<TemplateValue>();
        for (long i = 0; i < times && list.Items.Count > 0; i++)
        {
            evaluation.ChargeItems(list.Items.Count);
            items.AddRange(list.Items);
        }
        return new ListValue(items, list.IsTuple);
    }

    private static string Sign(BinaryOperator operation) => operation switch
    {
        BinaryOperator.Add => "+",
        BinaryOperator.Subtract => "-",
        BinaryOperator.Multiply => "*",
        BinaryOperator.Divide => "/",
        BinaryOperator.FloorDivide => "//",
        BinaryOperator.Modulo => "%",
        BinaryOperator.Power => "**",
        BinaryOperator.Concatenate => "~",
        BinaryOperator.Equal => "==",
        BinaryOperator.NotEqual => "!=",
        BinaryOperator.Less => "<",
        BinaryOperator.LessOrEqual => "<=",
        BinaryOperator.Greater => ">",
        BinaryOperator.GreaterOrEqual => ">=",
        BinaryOperator.In => "in",
        _ => "not in",
    };
}
