namespace Cria.Text.Templates.Library;

/// <summary>The methods of lists.</summary>
internal static class ListMethods
{
    public static KeyValuePair<string, Operation>[] All { get; } =
    [
        new("append", (value, args) =>
        {
            args.Evaluation.ChargeItems(1);
            Changeable(value, args).Add(args.Require(0));
            return value;
        }),
        new("clear", (value, args) =>
        {
            Changeable(value, args).Clear();
            return TemplateValue.None;
        }),
        new("copy", (value, args) => new ListValue(ListFilters.Items(value, args))),
        new("count", (value, args) =>
        {
            TemplateValue sought = args.Require(0);
            args.Evaluation.Charge(ValueEquality.Cost(value) * ValueEquality.Cost(sought));
            return ((ListValue)value).Items.LongCount(item => ValueEquality.AreEqual(item, sought));
        }),
        new("extend", (value, args) =>
        {
            Changeable(value, args).AddRange([.. ListFilters.Items(args.Require(0), args)]);
            return TemplateValue.None;
        }),
        new("index", (value, args) => IndexOf(value, args)),
        new("insert", Insert),
        new("pop", Pop),
        new("remove", (value, args) =>
        {
            Changeable(value, args).RemoveAt(IndexOf(value, args));
            return TemplateValue.None;
        }),
    ];

    private static List<TemplateValue> Changeable(TemplateValue value, Arguments args) =>
        value is ListValue { IsTuple: false } list ? list.Items : throw args.Fail("cannot change a tuple");

    private static int IndexOf(TemplateValue value, Arguments args)
    {
        TemplateValue sought = args.Require(0);
        args.Evaluation.Charge(ValueEquality.Cost(value) * ValueEquality.Cost(sought));
        int index = ((ListValue)value).Items.FindIndex(item => ValueEquality.AreEqual(item, sought));
        return index >= 0 ? index : throw args.Fail("does not find the value in the list");
    }

    private static TemplateValue Insert(TemplateValue value, Arguments args)
    {
        List<TemplateValue> items = Changeable(value, args);
        args.Evaluation.ChargeItems(1 + (items.Count / 64));
        long place = args.Integer(0, "index", 0);
        if (place < 0) place += items.Count;
        items.Insert((int)Math.Clamp(place, 0, items.Count), args.Require(1));
        return TemplateValue.None;
    }

    private static TemplateValue Pop(TemplateValue value, Arguments args)
    {
        List<TemplateValue> items = Changeable(value, args);
        if (args.Count > 0 && args.Get(0) is not IntegerValue) throw args.Fail("takes an integer as index");
        long place = args.Integer(0, "index", -1);
        if (place < 0) place += items.Count;
        if (place < 0 || place >= items.Count) throw args.Fail("finds no item at this index");
        TemplateValue popped = items[(int)place];
        args.Evaluation.Charge((items.Count - place) / 64);
        items.RemoveAt((int)place);
        return popped;
    }
}
