using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Cria.Text.Templates;

/// <summary>When values are equal and how they are ordered.</summary>
internal static class ValueEquality
{
    public static IEqualityComparer<TemplateValue> Comparer { get; } = new EqualityComparer();

    /// <summary>Whether the value can be a key of a map: nothing in it can change.</summary>
    public static bool CanBeKey(TemplateValue value) => value switch
    {
        ListValue list => list.CanBeKey,
        NoneValue or BooleanValue or IntegerValue or FloatValue or StringValue => true,
        _ => false,
    };

    /// <summary>How much work it is at most to compare the value with any other.</summary>
    public static long Cost(TemplateValue value) => value switch
    {
        StringValue text => 1 + (text.Text.Length / 64),
        ListValue { IsTuple: true } tuple => tuple.Cost,
        ListValue list => list.Items.Sum(item => item is ListValue { IsTuple: true } tuple ? tuple.Cost : 1),
        MapValue map => map.Entries.Sum(entry => entry.Value is ListValue { IsTuple: true } tuple ? tuple.Cost : 1),
        _ => 1,
    };

    /// <summary>How much work it is at most to compare the two.</summary>
    public static long Cost(TemplateValue x, TemplateValue y) => (x, y) switch
    {
        (StringValue a, StringValue b) => 1 + (Math.Min(a.Text.Length, b.Text.Length) / 64),
        (ListValue a, ListValue b) when a.Items.Count == b.Items.Count => Cost(a),
        (MapValue a, MapValue b) when a.Count == b.Count => Cost(a),
        _ => 1,
    };

    /// <summary>The operator ==. As in llama.cpp, lists and maps that hold other lists or maps equal nothing.</summary>
    public static bool AreEqual(TemplateValue x, TemplateValue y)
    {
        switch (x, y)
        {
            case (StringValue a, StringValue b):
                return a.Text == b.Text;
            case (BooleanValue or IntegerValue or FloatValue, BooleanValue or IntegerValue or FloatValue):
                return AreNumbersEqual(x, y);
            case (NoneValue, NoneValue) or (UndefinedValue, UndefinedValue):
                return true;
            case (ListValue a, ListValue b) when a.IsTuple == b.IsTuple && a.Items.Count == b.Items.Count:
                RuntimeHelpers.EnsureSufficientExecutionStack();
                return a.Items.TrueForAll(CanBeKey) && b.Items.TrueForAll(CanBeKey) && a.Items.SequenceEqual(b.Items, Comparer);
            case (MapValue a, MapValue b) when a.Count == b.Count:
                RuntimeHelpers.EnsureSufficientExecutionStack();
                return a.Entries.Zip(b.Entries).All(
                    pair => CanBeKey(pair.First.Value) && CanBeKey(pair.Second.Value)
                        && AreEqual(pair.First.Key, pair.Second.Key) && AreEqual(pair.First.Value, pair.Second.Value));
            default:
                return ReferenceEquals(x, y);
        }
    }

    /// <summary>How filters and tests order two values: numbers by size, strings by their bytes; null for others.</summary>
    public static int? Compare(TemplateValue x, TemplateValue y) => (x, y) switch
    {
        (IntegerValue a, IntegerValue b) => a.Value.CompareTo(b.Value),
        (IntegerValue or FloatValue, IntegerValue or FloatValue) => Numbers.ToDouble(x).CompareTo(Numbers.ToDouble(y)),
        (StringValue or IntegerValue or FloatValue, StringValue or IntegerValue or FloatValue) => CompareText(ShortText(x), ShortText(y)),
        _ => null,
    };

    // By code points, which is the order of the bytes in UTF-8; that of UTF-16 differs where characters take two units.
    private static int CompareText(string x, string y)
    {
        int same = x.AsSpan().CommonPrefixLength(y);
        if (same == x.Length || same == y.Length) return x.Length - y.Length;
        (char a, char b) = (x[same], y[same]);
        return char.IsSurrogate(a) == char.IsSurrogate(b) ? a - b : char.IsSurrogate(a) ? 1 : -1;
    }

    private static string ShortText(TemplateValue value) => value is StringValue text ? text.Text : Numbers.ToText(value);

    private static bool AreNumbersEqual(TemplateValue x, TemplateValue y) =>
        x is FloatValue || y is FloatValue ? Numbers.ToDouble(x) == Numbers.ToDouble(y) : Numbers.ToInteger(x) == Numbers.ToInteger(y);

    private sealed class EqualityComparer : IEqualityComparer<TemplateValue>
    {
        public bool Equals(TemplateValue? x, TemplateValue? y) => AreEqual(x!, y!);

        public int GetHashCode([DisallowNull] TemplateValue value) => value switch
        {
            StringValue text => text.Hash,
            BooleanValue or IntegerValue or FloatValue => Numbers.ToDouble(value).GetHashCode(),
            ListValue list => list.Hash,
            _ => 0,
        };
    }
}
