namespace Cria.Text.Templates.Tree;

/// <summary>A number, a boolean or none.</summary>
internal sealed class Literal(int position, TemplateValue value) : Expression(position)
{
    public TemplateValue Value => value;

    protected override TemplateValue Compute(Evaluation evaluation) => value;
}

/// <summary>A string; a value of its own each time, so that reads of one are not reads of another.</summary>
internal sealed class StringLiteral(int position, string text) : Expression(position)
{
    protected override TemplateValue Compute(Evaluation evaluation) => new StringValue(text);
}

/// <summary>A list or a tuple.</summary>
internal sealed class ListLiteral(int position, IReadOnlyList<Expression> items, bool isTuple) : Expression(position)
{
    public IReadOnlyList<Expression> Items => items;

    public bool IsTuple => isTuple;

    protected override TemplateValue Compute(Evaluation evaluation)
    {
        evaluation.ChargeItems(items.Count);
        return new ListValue(items.Select(item => item.Evaluate(evaluation)), isTuple);
    }
}

/// <summary>A map.</summary>
internal sealed class MapLiteral(int position, IReadOnlyList<(Expression Key, Expression Value)> entries) : Expression(position)
{
    protected override TemplateValue Compute(Evaluation evaluation)
    {
        evaluation.ChargeItems(entries.Count);
        var map = new MapValue();
        foreach ((Expression key, Expression value) in entries)
        {
            TemplateValue name = key.Evaluate(evaluation);
            if (!ValueEquality.CanBeKey(name)) throw evaluation.Fail($"A {name.Kind} cannot be the key of a map.");
            evaluation.Charge(ValueEquality.Cost(name));
            map.Set(name, value.Evaluate(evaluation));
        }
        return map;
    }
}

/// <summary>A variable, or else a function that every template has.</summary>
internal sealed class Name(int position, string text) : Expression(position)
{
    public string Text => text;

    protected override TemplateValue Compute(Evaluation evaluation)
    {
        evaluation.Charge(evaluation.Scope.Depth / 8);
        TemplateValue value = evaluation.Scope.Get(text);
        if (value is UndefinedValue) return Library.Globals.Find(text) ?? value;
        evaluation.Reads?.Use(value);
        return value;
    }
}
