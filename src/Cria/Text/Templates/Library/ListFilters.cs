namespace Cria.Text.Templates.Library;

/// <summary>The filters for lists.</summary>
internal static class ListFilters
{
    public static KeyValuePair<string, Operation>[] All { get; } =
    [
        new("batch", Batch),
        new("first", (value, args) => Items(value, args) is [var first, ..] ? first : TemplateValue.Undefined),
        new("groupby", GroupBy),
        new("join", Join),
        new("last", (value, args) => Items(value, args) is [.., var last] ? last : TemplateValue.Undefined),
        new("list", (value, args) => new ListValue(Items(value, args))),
        new("map", Map),
        new("max", (value, args) => Extreme(value, args, BinaryOperator.Greater)),
        new("min", (value, args) => Extreme(value, args, BinaryOperator.Less)),
        new("reject", (value, args) => Selection.Select(value, args, byAttribute: false, keep: false)),
        new("rejectattr", (value, args) => Selection.Select(value, args, byAttribute: true, keep: false)),
        new("reverse", Reverse),
        new("select", (value, args) => Selection.Select(value, args, byAttribute: false, keep: true)),
        new("selectattr", (value, args) => Selection.Select(value, args, byAttribute: true, keep: true)),
        new("sort", Sort),
        new("sum", Sum),
        new("unique", Unique),
    ];

    /// <summary>The items of a list, the keys of a map, or the characters of a text.</summary>
    public static IReadOnlyList<TemplateValue> Items(TemplateValue value, Arguments args)
    {
        switch (value)
        {
            case ListValue list:
                args.Evaluation.ChargeItems(list.Items.Count);
                return list.Items;
            case MapValue map:
                args.Evaluation.ChargeItems(map.Count);
                return [.. map.Entries.Select(entry => entry.Key)];
            case StringValue text:
                return [.. TextFilters.Characters(args.Evaluation, text)];
            default:
                throw args.Refuse(value);
        }
    }

    /// <summary>What an attribute, an index or a key, finds in an item; null where there is none.</summary>
    public static TemplateValue? Attribute(TemplateValue item, TemplateValue attribute) => (item, attribute) switch
    {
        (_, UndefinedValue or NoneValue) => item,
        (MapValue map, StringValue key) => map.TryGet(key, out TemplateValue? value) ? value : null,
        (ListValue list, IntegerValue { Value: var place }) =>
            (place < 0 ? place + list.Items.Count : place) is var at && at >= 0 && at < list.Items.Count ? list.Items[(int)at] : null,
        _ => null,
    };

    private static TemplateValue Join(TemplateValue value, Arguments args)
    {
        TemplateValue attribute = args.Get(1, "attribute");
        StringValue separator = args.Text(0, "d") ?? new StringValue("");
        if (attribute is not (UndefinedValue or StringValue or IntegerValue)) throw args.Fail("takes a name or an index as attribute");
        return StringMethods.Join(args.Evaluation, separator, Items(value, args).Select(item =>
        {
            TemplateValue part = item is MapValue or ListValue ? Key(args, item, attribute) : item;
            if (part is not (StringValue or IntegerValue or FloatValue)) throw args.Fail($"joins strings and numbers, not {part.Kind}");
            return ValueText.Of(args.Evaluation, part);
        }));
    }

    private static TemplateValue Map(TemplateValue value, Arguments args)
    {
        if (value is not ListValue list) throw args.Refuse(value);
        if (args.Count == 0) throw args.Fail("needs a filter or an attribute");
        Evaluation evaluation = args.Evaluation;
        evaluation.ChargeItems(list.Items.Count);
        if (args.Items[0].Name is null)
        {
            string filter = Filters.Resolved(args.RequireText(0).Text);
            var rest = new Arguments(evaluation, filter, [.. args.Items.Skip(1)]);
            return new ListValue(list.Items.ToArray().Select(item => Filters.Apply(filter, item, rest)), list.IsTuple);
        }
        TemplateValue attribute = args.Get(0, "attribute");
        if (attribute is not (StringValue or IntegerValue)) throw args.Fail("takes a name or an index as attribute");
        TemplateValue otherwise = args.Get(int.MaxValue, "default");
        return new ListValue(list.Items.Select(item => Attribute(item, attribute) ?? otherwise), list.IsTuple);
    }

    private static TemplateValue Extreme(TemplateValue value, Arguments args, BinaryOperator better)
    {
        TemplateValue attribute = args.Get(1, "attribute");
        TemplateValue? best = null;
        foreach (TemplateValue item in Items(value, args))
        {
            if (best is null || IsBefore(args, better, Key(args, item, attribute), Key(args, best, attribute))) best = item;
        }
        return best ?? TemplateValue.Undefined;
    }

    private static TemplateValue Sort(TemplateValue value, Arguments args)
    {
        TemplateValue attribute = args.Get(2, "attribute");
        TemplateValue[] items = [.. Items(value, args)];
        Sort(args, items, item => Key(args, item, attribute), args.Flag(0, "reverse"));
        return new ListValue(items, value is ListValue { IsTuple: true });
    }

    /// <summary>Sorts items by their keys; upper case comes before lower case, and what cannot be compared stays where it is.</summary>
    public static void Sort<T>(Arguments args, T[] items, Func<T, TemplateValue> key, bool reverse)
    {
        BinaryOperator before = reverse ? BinaryOperator.Greater : BinaryOperator.Less;
        StableSort.Sort(items, (x, y) => IsBefore(args, before, key(x), key(y)));
    }

    private static bool IsBefore(Arguments args, BinaryOperator order, TemplateValue x, TemplateValue y)
    {
        args.Evaluation.Charge(ValueEquality.Cost(x, y));
        if (x is BooleanValue && y is BooleanValue) throw args.Fail("cannot order booleans");
        return Operations.Order(order, ValueEquality.Compare(x, y)) ?? false;
    }

    private static TemplateValue Key(Arguments args, TemplateValue item, TemplateValue attribute) =>
        Attribute(item, attribute) ?? throw args.Fail("misses the attribute in an item");

    private static TemplateValue Reverse(TemplateValue value, Arguments args)
    {
        IEnumerable<TemplateValue> reversed = Items(value, args).Reverse();
        if (value is not StringValue) return new ListValue(reversed, value is ListValue { IsTuple: true });
        return StringMethods.Join(args.Evaluation, new StringValue(""), reversed.Cast<StringValue>());
    }

    private static TemplateValue Sum(TemplateValue value, Arguments args)
    {
        TemplateValue attribute = args.Get(0, "attribute");
        TemplateValue sum = args.Has(1, "start") ? args.Get(1, "start") : 0L;
        foreach (TemplateValue item in Items(value, args))
        {
            sum = Operations.Apply(args.Evaluation, BinaryOperator.Add, sum, Key(args, item, attribute));
        }
        return sum;
    }

    private static TemplateValue Unique(TemplateValue value, Arguments args)
    {
        TemplateValue attribute = args.Get(1, "attribute");
        bool caseSensitive = args.Flag(0, "case_sensitive");
        var seen = new HashSet<TemplateValue>(ValueEquality.Comparer);
        var unique = new List<TemplateValue>();
        foreach (TemplateValue item in Items(value, args))
        {
            TemplateValue key = Key(args, item, attribute);
            if (!ValueEquality.CanBeKey(key)) throw args.Fail($"cannot compare {key.Kind}");
            args.Evaluation.Charge(ValueEquality.Cost(key));
            if (key is StringValue text && !caseSensitive) key = text.Text.ToLowerInvariant();
            if (seen.Add(key)) unique.Add(item);
        }
        return new ListValue(unique);
    }

    private static TemplateValue Batch(TemplateValue value, Arguments args)
    {
        int size = (int)Math.Clamp(args.Integer(0, "linecount", 0), 0, int.MaxValue);
        if (size == 0) throw args.Fail("needs the number of items of a batch");
        var batches = new List<TemplateValue>();
        foreach (TemplateValue[] chunk in Items(value, args).Chunk(size))
        {
            var batch = new ListValue(chunk);
            if (args.Has(1, "fill_with"))
            {
                args.Evaluation.ChargeItems(size - chunk.Length);
                batch.Items.AddRange(Enumerable.Repeat(args.Get(1, "fill_with"), size - chunk.Length));
            }
            batches.Add(batch);
        }
        return new ListValue(batches);
    }

    private static TemplateValue GroupBy(TemplateValue value, Arguments args)
    {
        TemplateValue attribute = args.Require(0, "attribute");
        TemplateValue? otherwise = args.Has(1, "default") ? args.Get(1, "default") : null;
        TemplateValue KeyOf(TemplateValue item) => Attribute(item, attribute) ?? otherwise ?? Key(args, item, attribute);
        var groups = new List<TemplateValue>();
        (TemplateValue Key, ListValue Items)? last = null;
        TemplateValue[] items = [.. Items(value, args)];
        Sort(args, items, KeyOf, reverse: false);
        foreach (TemplateValue item in items)
        {
            TemplateValue key = KeyOf(item);
            if (last is not null) args.Evaluation.Charge(ValueEquality.Cost(last.Value.Key, key));
            if (last is null || !ValueEquality.AreEqual(last.Value.Key, key))
            {
                last = (key, new ListValue([]));
                groups.Add(ListValue.Tuple(key, last.Value.Items));
            }
            last.Value.Items.Items.Add(item);
        }
        return new ListValue(groups);
    }
}
