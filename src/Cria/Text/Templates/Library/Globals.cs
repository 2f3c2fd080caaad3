namespace Cria.Text.Templates.Library;

/// <summary>The functions that every template has.</summary>
internal static class Globals
{
    private static readonly Dictionary<string, FunctionValue> Functions = new FunctionValue[]
    {
        new("raise_exception", Raise),
        new("namespace", Namespace),
        new("strftime_now", Now),
        new("range", Range),
        new("tojson", args => Filters.ToJson(args.Require(0), new Arguments(args.Evaluation, args.Function, [.. args.Items.Skip(1)]))),
        new("dict", args => AddNamed(args, Copied(args))),
        new("joiner", Joiner),
        new("cycler", Cycler),
    }.ToDictionary(function => function.Name);

    public static FunctionValue? Find(string name) => Functions.GetValueOrDefault(name);

    private static TemplateValue Raise(Arguments args) => throw args.Evaluation.Fail(args.RequireText(0).Text);

    private static MapValue Namespace(Arguments args)
    {
        var space = new MapValue(isNamespace: true);
        foreach (Argument item in args.Items)
        {
            if (item.Name is not null) continue;
            if (item.Value is not MapValue map) throw args.Fail("takes arguments by name");
            foreach ((TemplateValue key, TemplateValue value) in map.Entries) space.Set(key, value);
        }
        return AddNamed(args, space);
    }

    private static MapValue Copied(Arguments args)
    {
        var copy = new MapValue();
        if (args.Has(0))
        {
            if (args.Get(0) is not MapValue map) throw args.Refuse(args.Get(0));
            args.Evaluation.ChargeItems(map.Count);
            foreach ((TemplateValue key, TemplateValue value) in map.Entries) copy.Set(key, value);
        }
        return copy;
    }

    private static MapValue AddNamed(Arguments args, MapValue map)
    {
        foreach (Argument item in args.Items)
        {
            if (item.Name is not null) map.Set(new StringValue(item.Name), item.Value);
        }
        return map;
    }

    private static StringValue Now(Arguments args) =>
        new(TimeFormat.Format(args.Evaluation, args.RequireText(0).Text, args.Evaluation.Clock.GetLocalNow()));

    private static ListValue Range(Arguments args)
    {
        long[] bounds = [.. args.Items.Select(item => item.Value is IntegerValue bound ? bound.Value : throw args.Refuse(item.Value))];
        (long start, long stop, long step) = bounds switch
        {
            [var only] => (0, only, 1L),
            [var first, var last] => (first, last, 1L),
            [var first, var last, var by] => (first, last, by),
            _ => throw args.Fail("takes one to three integers"),
        };
        if (step == 0) throw args.Fail("cannot go by steps of 0");
        Int128 distance = step > 0 ? (Int128)stop - start : (Int128)start - stop;
        Int128 count = distance <= 0 ? 0 : (distance - 1) / Int128.Abs(step) + 1;
        if (count > args.Evaluation.RangeLimit) throw args.Fail($"lists more than {args.Evaluation.RangeLimit} numbers");
        args.Evaluation.ChargeItems((long)count);
        return new ListValue(Enumerable.Range(0, (int)count).Select(i => (TemplateValue)(start + (i * step))));
    }

    private static FunctionValue Joiner(Arguments args)
    {
        StringValue separator = args.Text(0, "sep") ?? new StringValue(", ");
        bool used = false;
        return new FunctionValue("joiner", _ =>
        {
            (bool first, used) = (!used, true);
            return first ? "" : separator;
        });
    }

    private static MapValue Cycler(Arguments args)
    {
        TemplateValue[] items = [.. args.Items.Select(item => item.Value)];
        if (items.Length == 0) throw args.Fail("needs something to go through");
        int at = 0;
        var cycler = new MapValue(isNamespace: true);
        void Go(int place)
        {
            at = place;
            cycler.Set("current", items[at]);
        }
        Go(0);
        cycler.Set("next", new FunctionValue("next", _ =>
        {
            TemplateValue current = items[at];
            Go((at + 1) % items.Length);
            return current;
        }));
        cycler.Set("reset", new FunctionValue("reset", _ =>
        {
            Go(0);
            return TemplateValue.None;
        }));
        return cycler;
    }
}
