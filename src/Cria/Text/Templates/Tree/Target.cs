namespace Cria.Text.Templates.Tree;

/// <summary>What a value is assigned to.</summary>
internal abstract class Target
{
    public abstract void Assign(Evaluation evaluation, Scope scope, TemplateValue value);
}

/// <summary>A variable.</summary>
internal sealed class NameTarget(string name) : Target
{
    public override void Assign(Evaluation evaluation, Scope scope, TemplateValue value) => scope.Set(name, value);
}

/// <summary>Variables that take the items of a list.</summary>
internal sealed class NamesTarget(IReadOnlyList<string> names) : Target
{
    public override void Assign(Evaluation evaluation, Scope scope, TemplateValue value)
    {
        if (value is not ListValue list) throw evaluation.Fail($"A {value.Kind} cannot be taken apart into {names.Count} variables.");
        if (list.Items.Count != names.Count)
        {
            throw evaluation.Fail($"A {value.Kind} of {list.Items.Count} cannot be taken apart into {names.Count} variables.");
        }
        for (int i = 0; i < names.Count; i++) scope.Set(names[i], list.Items[i]);
    }
}

/// <summary>A member of a namespace or a map.</summary>
internal sealed class MemberTarget(Expression owner, string name) : Target
{
    public override void Assign(Evaluation evaluation, Scope scope, TemplateValue value)
    {
        TemplateValue target = owner.Evaluate(evaluation);
        if (target is not MapValue map) throw evaluation.Fail($"A member can be set in a namespace, not in {target.Kind}.");
        evaluation.ChargeItems(1);
        map.Set(new StringValue(name), value);
    }
}
