namespace Cria.Text.Templates.Library;

/// <summary>The methods of maps.</summary>
internal static class MapMethods
{
    public static KeyValuePair<string, Operation>[] All { get; } =
    [
        new("clear", (value, _) =>
        {
            ((MapValue)value).Clear();
            return TemplateValue.None;
        }),
        new("copy", (value, args) => Copy((MapValue)value, args)),
        new("get", Get),
        new("items", Items),
        new("keys", (value, args) => Each(value, args, entry => entry.Key)),
        new("pop", Pop),
        new("setdefault", SetDefault),
        new("update", Update),
        new("values", (value, args) => Each(value, args, entry => entry.Value)),
    ];

    public static TemplateValue Items(TemplateValue value, Arguments args) =>
        Each(value, args, entry => ListValue.Tuple(entry.Key, entry.Value));

    /// <summary>The map with its entries in order; a map again, as in llama.cpp, and not a list of pairs.</summary>
    public static TemplateValue SortedByKey(TemplateValue value, Arguments args)
    {
        if (value is not MapValue map) throw args.Refuse(value);
        bool byValue = args.Get(1, "by") is StringValue { Text: "value" };
        args.Evaluation.ChargeItems(map.Count);
        KeyValuePair<TemplateValue, TemplateValue>[] entries = [.. map.Entries];
        ListFilters.Sort(args, entries, entry => byValue ? entry.Value : entry.Key, args.Flag(2, "reverse"));
        var sorted = new MapValue();
        foreach ((TemplateValue key, TemplateValue item) in entries) sorted.Set(key, item);
        return sorted;
    }

    private static ListValue Each(TemplateValue value, Arguments args, Func<KeyValuePair<TemplateValue, TemplateValue>, TemplateValue> select)
    {
        var map = (MapValue)value;
        args.Evaluation.ChargeItems(map.Count);
        return new ListValue(map.Entries.Select(select));
    }

    private static TemplateValue Get(TemplateValue value, Arguments args)
    {
        if (args.Require(0, "key") is not StringValue key) throw args.Fail("takes a string as key");
        args.Evaluation.Charge(ValueEquality.Cost(key));
        if (((MapValue)value).TryGet(key, out TemplateValue? entry)) return entry;
        return args.Has(1, "default") ? args.Get(1, "default") : TemplateValue.None;
    }

    private static MapValue Copy(MapValue map, Arguments args)
    {
        args.Evaluation.ChargeItems(map.Count);
        var copy = new MapValue();
        foreach ((TemplateValue key, TemplateValue item) in map.Entries) copy.Set(key, item);
        return copy;
    }

    private static TemplateValue Pop(TemplateValue value, Arguments args)
    {
        var map = (MapValue)value;
        TemplateValue key = Key(args);
        if (map.TryGet(key, out TemplateValue? entry))
        {
            args.Evaluation.Charge(map.Count / 64);
            map.Remove(key);
            return entry;
        }
        return args.Has(1) ? args.Get(1) : throw args.Fail("finds no such key");
    }

    private static TemplateValue SetDefault(TemplateValue value, Arguments args)
    {
        TemplateValue key = Key(args);
        if (((MapValue)value).TryGet(key, out TemplateValue? entry)) return entry;
        TemplateValue otherwise = args.Has(1) ? args.Get(1) : TemplateValue.None;
        ((MapValue)value).Set(key, otherwise);
        return otherwise;
    }

    private static TemplateValue Update(TemplateValue value, Arguments args)
    {
        var map = (MapValue)value;
        foreach (Argument item in args.Items)
        {
            if (item.Name is not null)
            {
                map.Set(new StringValue(item.Name), item.Value);
                continue;
            }
            if (item.Value is not MapValue other) throw args.Refuse(item.Value);
            args.Evaluation.ChargeItems(other.Count);
            foreach ((TemplateValue key, TemplateValue entry) in other.Entries.ToArray())
            {
                args.Evaluation.Charge(ValueEquality.Cost(key));
                map.Set(key, entry);
            }
        }
        return TemplateValue.None;
    }

    private static TemplateValue Key(Arguments args)
    {
        TemplateValue key = args.Require(0);
        if (!ValueEquality.CanBeKey(key)) throw args.Fail($"takes no {key.Kind} as key");
        args.Evaluation.Charge(ValueEquality.Cost(key));
        return key;
    }
}
