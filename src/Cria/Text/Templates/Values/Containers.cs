using System.Diagnostics.CodeAnalysis;

namespace Cria.Text.Templates;

/// <summary>A list, or a tuple: a list that cannot be changed.</summary>
internal sealed class ListValue : TemplateValue
{
    public ListValue(IEnumerable<TemplateValue> items, bool isTuple = false)
    {
        Items = [.. items];
        IsTuple = isTuple;
        if (!isTuple) return;

        // Told once, because tuples in tuples can stand for more values than could ever be visited.
        CanBeKey = Items.TrueForAll(ValueEquality.CanBeKey);
        Cost = Items.Aggregate(1L, (sum, item) => Math.Min(sum + ValueEquality.Cost(item), int.MaxValue));
        if (!CanBeKey) return;
        var hash = default(HashCode);
        foreach (TemplateValue item in Items) hash.Add(item, ValueEquality.Comparer);
        Hash = hash.ToHashCode();
    }

    public List<TemplateValue> Items { get; }

    public bool IsTuple { get; }

    public bool CanBeKey { get; }

    /// <summary>How many values a comparison of the tuple visits at most.</summary>
    public long Cost { get; }

    public int Hash { get; }

    public override string Kind => IsTuple ? "tuple" : "list";

    public override bool IsTrue => Items.Count > 0;

    public static ListValue Tuple(params IEnumerable<TemplateValue> items) => new(items, isTuple: true);
}

/// <summary>A map whose entries keep their order.</summary>
/// <param name="isNamespace">Whether it is a namespace, whose members are its own before they are methods of maps.</param>
internal sealed class MapValue(bool isNamespace = false) : TemplateValue
{
    private readonly OrderedDictionary<TemplateValue, TemplateValue> _entries = new(ValueEquality.Comparer);

    public bool IsNamespace => isNamespace;

    public int Count => _entries.Count;

    public IReadOnlyList<KeyValuePair<TemplateValue, TemplateValue>> Entries => _entries;

    public override string Kind => "map";

    public override bool IsTrue => _entries.Count > 0;

    public bool TryGet(TemplateValue key, [NotNullWhen(true)] out TemplateValue? value) => _entries.TryGetValue(key, out value);

    public TemplateValue Get(string key) => TryGet(new StringValue(key), out TemplateValue? value) ? value : Undefined;

    public void Set(TemplateValue key, TemplateValue value) => _entries[key] = value;

    public bool Remove(TemplateValue key) => _entries.Remove(key);

    public void Clear() => _entries.Clear();
}
