using System.Globalization;
using System.Numerics;

namespace Cria.Text.Grammars;

/// <summary>The ways to write the numbers that a schema allows.</summary>
internal static class NumberLanguage
{
    // A number without limit gets one all the same, or a model could write digits forever; so many fit 64 bits.
    private const int MostDigits = 18;
    private const int MostDecimals = 16;

    // Two numbers of so many digits are never one as double-precision numbers.
    private const int ExactDigits = 15;

    private static readonly RegexNode Digit = RegexNode.Set(RegexCharSet.Of(new RegexRange('0', '9')));
    private static readonly RegexNode FirstDigit = RegexNode.Set(RegexCharSet.Of(new RegexRange('1', '9')));
    private static readonly RegexNode Zero = RegexNode.Literal("0");
    private static readonly RegexNode Minus = RegexNode.Repeat(RegexNode.Literal("-"), 0, 1);
    private static readonly RegexNode Whole = RegexNode.Choice(Zero, RegexNode.Sequence(FirstDigit, Digits(0, MostDigits - 1)));

    /// <summary>Any number; its exponent is such that it is finite as a double-precision number.</summary>
    public static RegexNode AnyNumber { get; } = RegexNode.Sequence(Minus, Whole, AnyFraction(MostDecimals),
        RegexNode.Repeat(RegexParser.ParseWhole("[eE](?:-[0-9]{1,3}|[+]?(?:[0-9]{1,2}|[12][0-8][0-9]))"), 0, 1));

    /// <summary>Any integer.</summary>
    public static RegexNode AnyInteger { get; } = RegexNode.Choice(Zero, RegexNode.Sequence(Minus, FirstDigit, Digits(0, MostDigits - 1)));

    /// <summary>The numbers of a case that does not list its values.</summary>
    public static RegexNode Of(SchemaCase one)
    {
        SchemaNumberLimits limits = one.Number.MultipleOf.Count == 0 ? one.Number : WithExactDigits(one.Number);
        RegexNode language = WithinRange(limits, out bool onlyIntegers);
        foreach (SchemaNode divisor in limits.MultipleOf) language = Multiples(language, divisor, ref onlyIntegers);
        if (limits.NoInteger is { } place)
        {
            language = onlyIntegers ? RegexNode.Nothing : throw place.Refuse("that a number is no integer cannot be enforced");
        }
        SchemaNumber[] excluded = [.. one.Excluded.Where(value => value.Element.ValueKind == System.Text.Json.JsonValueKind.Number).Select(value => value.Number())];
        return excluded.Length == 0 ? language : RegexNode.All(language, RegexNode.Not(RegexNode.Choice(excluded.Select(Spellings))));
    }

    // Most programs read numbers as double-precision ones, and those find no multiples where digits are lost.
    private static SchemaNumberLimits WithExactDigits(SchemaNumberLimits limits)
    {
        var largest = new SchemaNumber(BigInteger.Pow(10, ExactDigits) - 1);
        SchemaBound least = new(largest.Negated, IsExclusive: false), most = new(largest, IsExclusive: false);
        return limits with
        {
            Min = limits.Min ?? (limits.Max is { } max && max.Value.CompareTo(least.Value) <= 0 ? null : least),
            Max = limits.Max ?? (limits.Min is { } min && min.Value.CompareTo(most.Value) >= 0 ? null : most),
        };
    }

    private static RegexNode WithinRange(SchemaNumberLimits limits, out bool onlyIntegers)
    {
        onlyIntegers = limits.IsInteger || limits.MultipleOf.Any(divisor => divisor.Number().IsInteger);
        if (limits.Min is null && limits.Max is null) return onlyIntegers ? AnyInteger : AnyNumber;
        return onlyIntegers
            ? Integers(limits.Min is { } min ? min.IsExclusive ? min.Value.Floor + 1 : min.Value.Ceiling : null,
                limits.Max is { } max ? max.IsExclusive ? max.Value.Ceiling - 1 : max.Value.Floor : null)
            : DecimalRange.Between(limits.Min, limits.Max);
    }

    private static RegexNode Multiples(RegexNode language, SchemaNode divisor, ref bool onlyIntegers)
    {
        SchemaNumber number = divisor.Number();
        if (number.IsInteger)
        {
            if (number.Units == 1) return language;
            if (number.Units > RegexMultiple.LargestDivisor) throw divisor.Refuse($"multiples of more than {RegexMultiple.LargestDivisor} cannot be enforced");
            return RegexNode.All(language, RegexNode.Sequence(Minus, new RegexMultiple((int)number.Units, 0)));
        }
        if (number.Units != 1) throw divisor.Refuse("only multiples of an integer, or of 0.1, 0.01 and so on, can be enforced");
        // Integers, and decimals with at most so many digits behind the point.
        return onlyIntegers ? language : RegexNode.All(language, RegexNode.Sequence(Minus, RegexNode.Repeat(Digit, 1, null), AnyFraction(number.Decimals)));
    }

    // All spellings of a number that the languages here have.
    private static RegexNode Spellings(SchemaNumber number)
    {
        if (number.Units.IsZero) return RegexParser.ParseWhole("-?0(?:[.]0+)?(?:[eE][+-]?[0-9]+)?");
        SchemaNumber size = number.Units < 0 ? number.Negated : number;
        string whole = size.Floor.ToString(CultureInfo.InvariantCulture);
        RegexNode zeros = RegexNode.Repeat(Zero, 0, null);
        RegexNode fraction = number.IsInteger
            ? RegexNode.Repeat(RegexNode.Sequence(RegexNode.Literal("."), RegexNode.Repeat(Zero, 1, null)), 0, 1)
            : RegexNode.Sequence(RegexNode.Literal("." + size.Fraction), zeros);
        // With an exponent a number has too many spellings to rule out, so none with an exponent is left.
        RegexNode withExponent = RegexNode.Sequence(RegexNode.AnyText, RegexNode.Set(RegexCharSet.Of("eE")), RegexNode.AnyText);
        return RegexNode.Choice(RegexNode.Sequence(RegexNode.Literal(number.Units < 0 ? "-" : ""), RegexNode.Literal(whole), fraction), withExponent);
    }

    /// <summary>The integers from one number to another; without a bound, to the most digits that are written.</summary>
    internal static RegexNode Integers(BigInteger? min, BigInteger? max)
    {
        if (min > max) return RegexNode.Nothing;
        var options = new List<RegexNode>();
        if (min is null || min < 0)
        {
            BigInteger least = max is null || max >= 0 ? 1 : -max.Value;
            options.Add(RegexNode.Sequence(RegexNode.Literal("-"), Magnitudes(least, -min)));
        }
        if (max is null || max >= 0) options.Add(Magnitudes(min is null || min < 0 ? 0 : min.Value, max));
        return RegexNode.Choice(options);
    }

    /// <summary>The integers from one number, which is not negative, to another.</summary>
    internal static RegexNode Magnitudes(BigInteger min, BigInteger? max)
    {
        if (min > max) return RegexNode.Nothing;
        string low = min.ToString(CultureInfo.InvariantCulture);
        string high = max?.ToString(CultureInfo.InvariantCulture) ?? new string('9', Math.Max(MostDigits, low.Length));
        if (low == "0" && high != "0") return RegexNode.Choice(Zero, Magnitudes(1, max));
        if (low.Length == high.Length) return SameLength(low, high);
        // The longest and the shortest are limited in their digits; those between are not.
        int free = low.Length, freeEnd = high.Length;
        var options = new List<RegexNode>();
        if (low != "1" + new string('0', low.Length - 1)) options.Add(SameLength(low, new string('9', free++)));
        if (high.Any(digit => digit != '9')) freeEnd--;
        if (free <= freeEnd) options.Add(RegexNode.Sequence(FirstDigit, Digits(free - 1, freeEnd - 1)));
        if (freeEnd < high.Length) options.Add(SameLength("1" + new string('0', high.Length - 1), high));
        return RegexNode.Choice(options);
    }

    internal static RegexNode AnyFraction(int decimals) =>
        RegexNode.Repeat(RegexNode.Sequence(RegexNode.Literal("."), Digits(1, decimals)), 0, 1);

    internal static RegexNode Digits(int min, int? max) => max == 0 ? RegexNode.Empty : RegexNode.Repeat(Digit, min, max);

    internal static RegexNode DigitRange(int first, int last) => first > last ? RegexNode.Nothing : RegexNode.Set(RegexCharSet.Of(new RegexRange('0' + first, '0' + last)));

    /// <summary>The most decimals with which numbers beside a bound are still told apart from it.</summary>
    internal static int DecimalsBeside(SchemaNumber bound) =>
        Math.Clamp(ExactDigits - BigInteger.Abs(bound.Floor).ToString(CultureInfo.InvariantCulture).Length, Math.Max(bound.Decimals, 1), MostDecimals);

    private static RegexNode SameLength(string low, string high)
    {
        if (low.Length == 0) return RegexNode.Empty;
        int rest = low.Length - 1;
        if (low.All(digit => digit == '0') && high.All(digit => digit == '9')) return Digits(low.Length, low.Length);
        if (low[0] == high[0]) return RegexNode.Sequence(RegexNode.Literal(low[..1]), SameLength(low[1..], high[1..]));
        int first = low[0] - '0', last = high[0] - '0';
        string lowest = new('0', rest), highest = new('9', rest);
        var options = new List<RegexNode>();
        if (low[1..] != lowest) options.Add(RegexNode.Sequence(RegexNode.Literal(low[..1]), SameLength(low[1..], highest)));
        else first--;
        if (high[1..] == highest) last++;
        options.Add(RegexNode.Sequence(DigitRange(first + 1, last - 1), Digits(rest, rest)));
        if (high[1..] != highest) options.Add(RegexNode.Sequence(RegexNode.Literal(high[..1]), SameLength(lowest, high[1..])));
        return RegexNode.Choice(options);
    }
}
