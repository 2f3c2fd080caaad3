namespace Cria.Text.Templates.Library;

/// <summary>The methods of values, <c>value.name()</c>.</summary>
internal static class Methods
{
    private static readonly Dictionary<string, Operation> OfStrings = With(
        StringMethods.All, "default", "float", "indent", "int", "length", "safe", "slice", "string", "tojson");

    private static readonly Dictionary<string, Operation> OfLists = With(
        ListMethods.All, "default", "first", "join", "last", "length", "list", "map", "max", "min", "reject", "rejectattr", "reverse", "select",
        "selectattr", "slice", "sort", "string", "tojson", "unique");

    private static readonly Dictionary<string, Operation> OfMaps = With(MapMethods.All, "dictsort", "length", "string", "tojson");

    private static readonly Dictionary<string, Operation> OfNumbers = With([], "abs", "default", "float", "int", "safe", "string", "tojson");

    private static readonly Dictionary<string, Operation> OfBooleans = With([], "default", "float", "int", "safe", "string", "tojson");

    private static readonly Dictionary<string, Operation> OfNone = With([], "default", "items", "safe", "string", "tojson");

    /// <summary>Whether a method of this name comes before an entry of a map.</summary>
    public static bool HidesEntry(string name) => name is "get" or "items" or "keys" or "values";

    /// <summary>A method bound to its value, or null.</summary>
    public static FunctionValue? Find(TemplateValue value, string name) =>
        Of(value, name) is { } operation ? new FunctionValue(name, args => operation(value, args)) : null;

    public static Operation? Of(TemplateValue value, string name) => value switch
    {
        StringValue => OfStrings.GetValueOrDefault(name),
        ListValue => OfLists.GetValueOrDefault(name),
        MapValue => OfMaps.GetValueOrDefault(name),
        IntegerValue or FloatValue => OfNumbers.GetValueOrDefault(name),
        BooleanValue => OfBooleans.GetValueOrDefault(name),
        NoneValue => OfNone.GetValueOrDefault(name),
        UndefinedValue => Filters.MethodOfUndefined(name),
        _ => null,
    };

    // In llama.cpp these filters are methods as well.
    private static Dictionary<string, Operation> With(IEnumerable<KeyValuePair<string, Operation>> methods, params string[] filters) => new(
        [.. methods, .. filters.Select(name => KeyValuePair.Create<string, Operation>(name, (value, args) => Filters.Apply(name, value, args)))]);
}
