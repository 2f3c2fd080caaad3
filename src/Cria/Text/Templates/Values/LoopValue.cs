namespace Cria.Text.Templates;

/// <summary>What <c>loop</c> is inside a loop.</summary>
internal sealed class LoopValue(IReadOnlyList<TemplateValue> items, int depth, Func<Arguments, TemplateValue>? recurse) : TemplateValue
{
    private IReadOnlyList<Argument>? _last;

    public int Index { get; set; }

    public override string Kind => "loop";

    public override bool IsTrue => true;

    public TemplateValue Recurse(Arguments args) =>
        recurse is null ? throw args.Evaluation.Fail("The loop is not marked as recursive, and cannot be called.") : recurse(args);

    public TemplateValue Get(string name) => name switch
    {
        "index" => Index + 1L,
        "index0" => (long)Index,
        "revindex" => (long)items.Count - Index,
        "revindex0" => items.Count - Index - 1L,
        "first" => Index == 0,
        "last" => Index == items.Count - 1,
        "length" => (long)items.Count,
        "previtem" => Index > 0 ? items[Index - 1] : Undefined,
        "nextitem" => Index < items.Count - 1 ? items[Index + 1] : Undefined,
        "depth" => depth + 1L,
        "depth0" => (long)depth,
        "cycle" => new FunctionValue("cycle", Cycle),
        "changed" => new FunctionValue("changed", Changed),
        _ => Undefined,
    };

    private TemplateValue Cycle(Arguments args) =>
        args.Count > 0 ? args.Items[Index % args.Count].Value : throw args.Fail("needs something to go through");

    private TemplateValue Changed(Arguments args)
    {
        bool same = _last?.Count == args.Count;
        for (int i = 0; same && i < args.Count; i++)
        {
            args.Evaluation.Charge(ValueEquality.Cost(_last![i].Value, args.Items[i].Value));
            same = ValueEquality.AreEqual(_last[i].Value, args.Items[i].Value);
        }
        _last = args.Items;
        return !same;
    }
}
