namespace Cria.Text.Templates.Library;

/// <summary>What a test finds out about a value.</summary>
internal delegate bool Test(TemplateValue value, Arguments arguments);

/// <summary>The tests, <c>value is name</c>.</summary>
internal static class Tests
{
    private static readonly Dictionary<string, Test> All = new()
    {
        ["boolean"] = (value, _) => value is BooleanValue,
        ["callable"] = (value, _) => value is FunctionValue,
        ["defined"] = (value, _) => value is not UndefinedValue,
        ["divisibleby"] = (value, args) => Integer(value, args) % Divisor(args) == 0,
        ["eq"] = (value, args) => Compare(value, args, BinaryOperator.Equal),
        ["equalto"] = (value, args) => Compare(value, args, BinaryOperator.Equal),
        ["escaped"] = (_, _) => false,
        ["even"] = (value, args) => Integer(value, args) % 2 == 0,
        ["false"] = (value, _) => value is BooleanValue { Value: false },
        ["filter"] = (value, _) => value is StringValue name && Filters.Exists(name.Text),
        ["float"] = (value, _) => value is FloatValue,
        ["ge"] = (value, args) => Compare(value, args, BinaryOperator.GreaterOrEqual),
        ["greaterthan"] = (value, args) => Compare(value, args, BinaryOperator.Greater),
        ["gt"] = (value, args) => Compare(value, args, BinaryOperator.Greater),
        ["in"] = (value, args) => Operations.IsIn(args.Evaluation, value, args.Require(0)),
        ["integer"] = (value, _) => value is IntegerValue,
        ["iterable"] = (value, _) => value is ListValue or StringValue or UndefinedValue,
        ["le"] = (value, args) => Compare(value, args, BinaryOperator.LessOrEqual),
        ["lessthan"] = (value, args) => Compare(value, args, BinaryOperator.Less),
        ["lower"] = (value, args) => Text(value, args).AsSpan().IndexOfAnyInRange('A', 'Z') < 0,
        ["lt"] = (value, args) => Compare(value, args, BinaryOperator.Less),
        ["mapping"] = (value, _) => value is MapValue or LoopValue,
        ["ne"] = (value, args) => Compare(value, args, BinaryOperator.NotEqual),
        ["none"] = (value, _) => value is NoneValue,
        ["number"] = (value, _) => Numbers.IsNumber(value),
        ["odd"] = (value, args) => Integer(value, args) % 2 != 0,
        ["sameas"] = (value, args) => IsSame(value, args.Require(0)),
        ["sequence"] = (value, _) => value is ListValue or StringValue or UndefinedValue,
        ["string"] = (value, _) => value is StringValue,
        ["test"] = (value, args) => Exists(Text(value, args)),
        ["true"] = (value, _) => value is BooleanValue { Value: true },
        ["undefined"] = (value, _) => value is UndefinedValue,
        ["upper"] = (value, args) => Text(value, args).AsSpan().IndexOfAnyInRange('a', 'z') < 0,
    };

    // Names that filters such as selectattr take for tests, besides the tests' own.
    private static readonly Dictionary<string, string> Signs = new()
    {
        ["=="] = "eq", ["!="] = "ne", ["<"] = "lt", ["<="] = "le", [">"] = "gt", [">="] = "ge",
    };

    public static bool Exists(string name) => All.ContainsKey(name);

    public static Test? Find(string name) => All.GetValueOrDefault(Signs.GetValueOrDefault(name, name));

    // Values of different kinds are neither equal nor unequal to each other here.
    private static bool Compare(TemplateValue value, Arguments args, BinaryOperator operation)
    {
        TemplateValue other = args.Require(0);
        args.Evaluation.Charge(ValueEquality.Cost(value, other));
        if (value is BooleanValue && other is BooleanValue)
        {
            if (operation is not (BinaryOperator.Equal or BinaryOperator.NotEqual)) throw args.Fail("cannot order booleans");
            return value.IsTrue == other.IsTrue == (operation == BinaryOperator.Equal);
        }
        return ValueEquality.Compare(value, other) is { } comparison && operation switch
        {
            BinaryOperator.Equal => comparison == 0,
            BinaryOperator.NotEqual => comparison != 0,
            _ => Operations.Order(operation, comparison) ?? false,
        };
    }

    private static bool IsSame(TemplateValue x, TemplateValue y) =>
        ReferenceEquals(x, y) || (x.Kind == y.Kind && x is not (ListValue or MapValue or StringValue) && ValueEquality.AreEqual(x, y));

    private static long Integer(TemplateValue value, Arguments args) =>
        value is IntegerValue integer ? integer.Value : throw args.Refuse(value);

    private static long Divisor(Arguments args) => Integer(args.Require(0), args) switch
    {
        0 => throw args.Fail("cannot divide by 0"),
        -1 => 1,
        var divisor => divisor,
    };

    private static string Text(TemplateValue value, Arguments args)
    {
        args.Evaluation.Charge(ValueEquality.Cost(value));
        return value is StringValue text ? text.Text : throw args.Refuse(value);
    }
}
