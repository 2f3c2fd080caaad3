namespace Cria.Text.Templates.Library;

/// <summary>What a filter or a method does with a value.</summary>
internal delegate TemplateValue Operation(TemplateValue value, Arguments arguments);

/// <summary>The filters, <c>value|name</c>, and how one is found for a value.</summary>
internal static class Filters
{
    private static readonly Dictionary<string, Operation> All = new(
    [
        .. ListFilters.All, .. TextFilters.All, .. NumberFilters.All,
        new("default", Default),
        new("dictsort", MapMethods.SortedByKey),
        new("items", Items),
        new("attr", (value, args) => value is MapValue map ? map.Get(args.RequireText(0, "name").Text) : TemplateValue.Undefined),
        new("length", Length),
        new("safe", Text),
        new("slice", Slice),
        new("string", Text),
        new("tojson", ToJson),
    ]);

    private static readonly Dictionary<string, string> Aliases =
        new() { ["count"] = "length", ["d"] = "default", ["e"] = "escape", ["trim"] = "strip" };

    // What filters make of undefined. It is as good as empty for these, and an error for all others.
    private static readonly Dictionary<string, Func<TemplateValue>> OfUndefined = new(
    [
        .. Each(() => "", "capitalize", "join", "lower", "replace", "safe", "string", "strip", "title", "truncate", "upper"),
        .. Each(() => 0L, "length", "sum", "wordcount"),
        .. Each(() => TemplateValue.Undefined, "first", "last", "max", "min"),
        .. Each(
            () => new ListValue([]),
            "items", "list", "map", "reject", "rejectattr", "reverse", "select", "selectattr", "sort", "unique"),
    ]);

    private static readonly HashSet<string> EmptyForNone = ["items", "map", "reject", "rejectattr", "select", "selectattr", "unique"];

    // Filters that take any value as text where they are written without arguments.
    private static readonly HashSet<string> TakesText = ["capitalize", "lower", "replace", "strip", "title", "upper", "wordcount"];

    public static string Resolved(string name) => Aliases.GetValueOrDefault(name, name);

    public static bool Exists(string name) => Find(Resolved(name), new StringValue("")) is not null;

    /// <summary>Applies a filter; <paramref name="name"/> is as <see cref="Resolved"/> gives it.</summary>
    public static TemplateValue Apply(string name, TemplateValue value, Arguments args)
    {
        Evaluation evaluation = args.Evaluation;
        bool asText = args.Count == 0 && TakesText.Contains(name) && value is not (StringValue or UndefinedValue);
        if (asText) value = ValueText.Of(evaluation, value);
        evaluation.Reads?.Use(value, name);
        Operation operation = Find(name, value) ?? throw evaluation.Fail($"There is no filter {name} for {value.Kind}.");
        return operation(value, args);
    }

    public static TemplateValue ToJson(TemplateValue value, Arguments args)
    {
        args.Evaluation.Reads?.UseAll(value);
        int? indent = args.Get(1, "indent") is IntegerValue { Value: >= 0 } blanks ? (int)Math.Min(blanks.Value, int.MaxValue) : null;
        List<TemplateValue> separators = args.Get(2, "separators") is ListValue list ? list.Items : [];
        string Separator(int place, string otherwise) =>
            place < separators.Count ? ValueText.Of(args.Evaluation, separators[place]).Text : otherwise;
        var style = new JsonStyle(
            indent, Separator(0, indent is null ? ", " : ","), Separator(1, ": "), args.Flag(0, "ensure_ascii"), args.Flag(3, "sort_keys"));
        var json = new TextBuilder(args.Evaluation);
        ValueJson.Append(args.Evaluation, json, value, style, 0);
        return json.ToValue();
    }

    public static TemplateValue Length(TemplateValue value, Arguments args) => value switch
    {
        StringValue text => text.Utf8Length,
        ListValue list => list.Items.Count,
        MapValue map => map.Count,
        _ => throw args.Refuse(value),
    };

    public static TemplateValue Text(TemplateValue value, Arguments args)
    {
        if (value is ListValue or MapValue or IntegerValue or FloatValue) args.Evaluation.Reads?.UseAll(value);
        return value switch
        {
            StringValue when args.Function == "safe" => value,
            IntegerValue or FloatValue => Numbers.ToJson(value),
            FunctionValue or LoopValue => throw args.Refuse(value),
            _ => ValueText.Of(args.Evaluation, value),
        };
    }

    public static TemplateValue Default(TemplateValue value, Arguments args)
    {
        bool missing = args.Flag(1, "boolean") ? !value.IsTrue : value is UndefinedValue or NoneValue;
        if (!missing) return value;
        TemplateValue other = args.Get(0, "default_value");
        return other is UndefinedValue && (value is StringValue || args.Count == 0) ? "" : other;
    }

    public static TemplateValue Slice(TemplateValue value, Arguments args)
    {
        long start = args.Require(0) is IntegerValue first ? first.Value : throw args.Fail("goes from integer to integer");
        return Slicing.Slice(args.Evaluation, value, start, args.Integer(1, "stop", 0), args.Integer(2, "step", 1));
    }

    private static TemplateValue Items(TemplateValue value, Arguments args) =>
        value is MapValue ? MapMethods.Items(value, args) : throw args.Refuse(value);

    private static Operation? Find(string name, TemplateValue value)
    {
        if (value is FunctionValue) return null;
        if (name == "default") return Default;
        if (value is UndefinedValue) return OfUndefined.TryGetValue(name, out Func<TemplateValue>? empty) ? (_, _) => empty() : null;
        if (value is NoneValue && EmptyForNone.Contains(name)) return (_, _) => new ListValue([]);
        return All.GetValueOrDefault(name) ?? Methods.Of(value, name);
    }

    private static IEnumerable<KeyValuePair<string, Func<TemplateValue>>> Each(Func<TemplateValue> empty, params string[] names) =>
        names.Select(name => KeyValuePair.Create(name, empty));

    /// <summary>What undefined makes of a method: the same as of a filter of that name.</summary>
    public static Operation? MethodOfUndefined(string name) => Find(name, TemplateValue.Undefined);
}
