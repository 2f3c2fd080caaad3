namespace Cria.Text.Templates;

/// <summary>An argument of a call, with its name where it is given by name.</summary>
internal readonly record struct Argument(string? Name, TemplateValue Value);

/// <summary>The arguments of a call.</summary>
internal sealed class Arguments(Evaluation evaluation, string function, IReadOnlyList<Argument> items)
{
    public Evaluation Evaluation => evaluation;

    /// <summary>What is called, for messages.</summary>
    public string Function => function;

    /// <summary>The arguments in the order of the call, those by name among them.</summary>
    public IReadOnlyList<Argument> Items => items;

    public int Count => items.Count;

    /// <summary>The argument of this name or else at this place; undefined where it is not given.</summary>
    public TemplateValue Get(int place, string? name = null)
    {
        if (name is not null)
        {
            foreach (Argument item in items)
            {
                if (item.Name == name && item.Value is not UndefinedValue) return item.Value;
            }
        }
        return place < items.Count && items[place].Name is null ? items[place].Value : TemplateValue.Undefined;
    }

    /// <summary>Like <see cref="Get"/>, for an argument that has to be given.</summary>
    public TemplateValue Require(int place, string? name = null) =>
        Has(place, name) ? Get(place, name) : throw Fail($"needs {place + 1} argument{(place == 0 ? "" : "s")}");

    public bool Has(int place, string? name = null) =>
        (place < items.Count && items[place].Name is null) || (name is not null && items.Any(item => item.Name == name));

    public bool Flag(int place, string name, bool otherwise = false) =>
        Get(place, name) is var value and not UndefinedValue ? value.IsTrue : otherwise;

    public long Integer(int place, string name, long otherwise) => Get(place, name) switch
    {
        UndefinedValue or NoneValue => otherwise,
        IntegerValue integer => integer.Value,
        BooleanValue flag => flag.Value ? 1 : 0,
        FloatValue number => (long)number.Value,
        var other => throw Fail($"takes an integer as {name}, not {other.Kind}"),
    };

    /// <summary>An argument as text; null where it is not given.</summary>
    public StringValue? Text(int place, string? name = null) =>
        Get(place, name) is var value and not UndefinedValue ? ValueText.Of(evaluation, value) : null;

    public StringValue RequireText(int place, string? name = null) => Require(place, name) switch
    {
        StringValue text => text,
        var other => throw Fail($"takes a string, not {other.Kind}"),
    };

    public TemplateException Fail(string problem) => evaluation.Fail($"{function} {problem}.");

    /// <summary>Says that this kind of value cannot be worked on.</summary>
    public TemplateException Refuse(TemplateValue value) => Fail($"does not work on {value.Kind}");
}
