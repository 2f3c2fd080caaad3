namespace Cria.Text.Templates;

/// <summary>Notes which values a template looked at and what it did with them.</summary>
internal sealed class ReadLog
{
    public const string ElementAccess = "[integer]";
    public const string MemberAccess = "[name]";

    private readonly HashSet<TemplateValue> _used = new(ReferenceEqualityComparer.Instance);
    private readonly HashSet<(TemplateValue Value, string Operation)> _operations = new(new SameValue());

    public bool WasUsed(TemplateValue value) => _used.Contains(value);

    /// <summary>Tells whether a filter, test, method or access of this name was tried on the value.</summary>
    public bool Had(TemplateValue value, string operation) => _operations.Contains((value, operation));

    public void Use(TemplateValue value) => _used.Add(value);

    public void Use(TemplateValue value, string operation)
    {
        _used.Add(value);
        _operations.Add((value, operation));
    }

    /// <summary>Notes the value and all that it holds.</summary>
    public void UseAll(TemplateValue value)
    {
        if (!_used.Add(value) && value is not (ListValue or MapValue)) return;
        var open = new Stack<TemplateValue>([value]);
        var seen = new HashSet<TemplateValue>(ReferenceEqualityComparer.Instance);
        while (open.TryPop(out TemplateValue? next))
        {
            if (!seen.Add(next)) continue;
            _used.Add(next);
            if (next is ListValue list)
            {
                foreach (TemplateValue item in list.Items) open.Push(item);
            }
            else if (next is MapValue map)
            {
                foreach ((TemplateValue key, TemplateValue item) in map.Entries)
                {
                    open.Push(key);
                    open.Push(item);
                }
            }
        }
    }

    private sealed class SameValue : IEqualityComparer<(TemplateValue Value, string Operation)>
    {
        public bool Equals((TemplateValue Value, string Operation) x, (TemplateValue Value, string Operation) y) =>
            ReferenceEquals(x.Value, y.Value) && x.Operation == y.Operation;

        public int GetHashCode((TemplateValue Value, string Operation) entry) =>
            HashCode.Combine(System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(entry.Value), entry.Operation);
    }
}
