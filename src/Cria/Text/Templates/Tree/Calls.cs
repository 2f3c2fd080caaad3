using Cria.Text.Templates.Library;

namespace Cria.Text.Templates.Tree;

/// <summary>How an argument of a call is written.</summary>
internal enum ArgumentKind
{
    Plain,

    /// <summary>A list whose items are arguments, <c>*items</c>.</summary>
    Items,

    /// <summary>A map whose entries are arguments by name, <c>**entries</c>.</summary>
    Entries,
}

/// <summary>An argument of a call as the template has it.</summary>
internal sealed record ArgumentSyntax(string? Name, Expression Value, ArgumentKind Kind = ArgumentKind.Plain);

/// <summary>The arguments of a call as the template has them.</summary>
internal sealed class ArgumentList(IReadOnlyList<ArgumentSyntax> items)
{
    public static ArgumentList Empty { get; } = new([]);

    public IReadOnlyList<ArgumentSyntax> Items => items;

    public Arguments Evaluate(Evaluation evaluation, string function)
    {
        var arguments = new List<Argument>(items.Count);
        foreach (ArgumentSyntax item in items)
        {
            TemplateValue value = item.Value.Evaluate(evaluation);
            switch (item.Kind, value)
            {
                case (ArgumentKind.Plain, _):
                    arguments.Add(new Argument(item.Name, value));
                    break;
                case (ArgumentKind.Items, ListValue list):
                    evaluation.ChargeItems(list.Items.Count);
                    arguments.AddRange(list.Items.Select(each => new Argument(null, each)));
                    break;
                case (ArgumentKind.Entries, MapValue map):
                    evaluation.ChargeItems(map.Count);
                    arguments.AddRange(map.Entries.Select(entry => new Argument(ValueText.Of(evaluation, entry.Key).Text, entry.Value)));
                    break;
                default:
                    throw evaluation.Fail($"A {value.Kind} cannot be spread over arguments.");
            }
        }
        return new Arguments(evaluation, function, arguments);
    }
}

/// <summary>A call, <c>callee(arguments)</c>.</summary>
internal sealed class Call(int position, Expression callee, ArgumentList arguments) : Expression(position)
{
    public Expression Callee => callee;

    public ArgumentList Arguments => arguments;

    protected override TemplateValue Compute(Evaluation evaluation) => Invoke(evaluation, evaluation.Scope);

    /// <summary>Makes the call; a macro sees the variables of <paramref name="scope"/>.</summary>
    public TemplateValue Invoke(Evaluation evaluation, Scope scope)
    {
        string called = callee switch { Member member => member.Name, Name name => name.Text, _ => "The function" };
        Arguments given = arguments.Evaluate(evaluation, called);
        TemplateValue function = callee.Evaluate(evaluation);
        evaluation.At(this);
        Scope outer = evaluation.Scope;
        evaluation.Scope = scope;
        TemplateValue result = function switch
        {
            FunctionValue callable => callable.Call(given),
            LoopValue loop => loop.Recurse(given),
            _ => throw evaluation.Fail($"{given.Function} is {function.Kind} and cannot be called."),
        };
        evaluation.Scope = outer;
        return result;
    }
}

/// <summary>The name and the arguments of a filter.</summary>
internal sealed class FilterCall(int position, string name, ArgumentList arguments) : Node(position)
{
    private readonly string _name = Filters.Resolved(name);

    public TemplateValue Apply(Evaluation evaluation, TemplateValue value)
    {
        Arguments given = arguments.Evaluate(evaluation, _name);
        evaluation.At(this);
        return Filters.Apply(_name, value, given);
    }
}

/// <summary>A filtered value, <c>value|name(arguments)</c>.</summary>
internal sealed class Filtered(int position, Expression operand, FilterCall filter) : Expression(position)
{
    protected override TemplateValue Compute(Evaluation evaluation) => filter.Apply(evaluation, operand.Evaluate(evaluation));
}

/// <summary>A test, <c>value is name(arguments)</c>.</summary>
internal sealed class TestOf(int position, Expression operand, string name, ArgumentList arguments, bool negated) : Expression(position)
{
    private readonly Test? _test = Tests.Find(name);
    private readonly string _operation = ReadOperation(name);

    /// <summary>What a <see cref="ReadLog"/> calls the test of this name.</summary>
    public static string ReadOperation(string test) => "is " + test;

    protected override TemplateValue Compute(Evaluation evaluation)
    {
        TemplateValue value = operand.Evaluate(evaluation);
        Arguments given = arguments.Evaluate(evaluation, "is " + name);
        evaluation.At(this);
        if (_test is null) throw evaluation.Fail($"There is no test {name}.");
        evaluation.Reads?.Use(value, _operation);
        return _test(value, given) != negated;
    }
}
