namespace Cria.Text.Templates;

/// <summary>The variables of a block, before those of the block around it.</summary>
internal sealed class Scope(Scope? outer)
{
    private Dictionary<string, TemplateValue>? _variables;

    public void Set(string name, TemplateValue value) => (_variables ??= [])[name] = value;

    /// <summary>The value of a variable, or undefined.</summary>
    public TemplateValue Get(string name)
    {
        for (Scope? scope = this; scope is not null; scope = scope.Outer)
        {
            if (scope._variables is not null && scope._variables.TryGetValue(name, out TemplateValue? value)) return value;
        }
        return TemplateValue.Undefined;
    }

    /// <summary>How many scopes may have to be looked through.</summary>
    public int Depth { get; } = outer is null ? 0 : outer.Depth + 1;

    private Scope? Outer => outer;
}
