using System.Numerics;

namespace Cria.Text.Grammars;

/// <summary>The decimal numbers between bounds, digit by digit and without exponents.</summary>
internal static class DecimalRange
{
    private const int MostDecimals = 16;

    public static RegexNode Between(SchemaBound? min, SchemaBound? max)
    {
        var zero = new SchemaBound(new SchemaNumber(0), IsExclusive: false);
        var options = new List<RegexNode>();
        if (min is not { Value.Units.Sign: >= 0 })
        {
            SchemaBound least = max is { Value.Units.Sign: < 0 } below ? Mirror(below) : zero with { IsExclusive = true };
            options.Add(RegexNode.Sequence(RegexNode.Literal("-"), Magnitudes(least, min is { } bound ? Mirror(bound) : null)));
        }
        if (max is not { Value.Units.Sign: < 0 })
        {
            options.Add(Magnitudes(min is { Value.Units.Sign: >= 0 } above ? above : zero, max));
        }
        return RegexNode.Choice(options);
    }

    private static SchemaBound Mirror(SchemaBound bound) => bound with { Value = bound.Value.Negated };

    // Numbers from min, which is not negative, to max.
    private static RegexNode Magnitudes(SchemaBound min, SchemaBound? max)
    {
        int decimals = Math.Min(DecimalsFor(min), max is { } limit ? DecimalsFor(limit) : MostDecimals);
        BigInteger low = min.Value.Floor;
        RegexNode fromLow = Fraction(AtLeast(min.Value.Fraction, min.IsExclusive, decimals));
        if (max is not { } bound)
        {
            return RegexNode.Choice(With(low, fromLow), RegexNode.Sequence(NumberLanguage.Magnitudes(low + 1, null), NumberLanguage.AnyFraction(decimals)));
        }
        BigInteger high = bound.Value.Floor;
        RegexNode toHigh = AtMost(bound.Value.Fraction, bound.IsExclusive, decimals);
        if (low > high) return RegexNode.Nothing;
        if (low == high) return With(low, Fraction(RegexNode.All(AtLeast(min.Value.Fraction, min.IsExclusive, decimals), toHigh)));
        return RegexNode.Choice(
            With(low, fromLow),
            RegexNode.Sequence(NumberLanguage.Magnitudes(low + 1, high - 1), NumberLanguage.AnyFraction(decimals)),
            With(high, Fraction(toHigh)));
    }

    // Only where a bound is exclusive may a number not come so close that it is rounded to the bound.
    private static int DecimalsFor(SchemaBound bound) =>
        bound.IsExclusive && !bound.Value.Units.IsZero ? NumberLanguage.DecimalsBeside(bound.Value) : Math.Max(bound.Value.Decimals, MostDecimals);

    private static RegexNode With(BigInteger whole, RegexNode fraction) => RegexNode.Sequence(NumberLanguage.Magnitudes(whole, whole), fraction);

    // Digits behind the point, and the point where there are any.
    private static RegexNode Fraction(RegexNode digits)
    {
        RegexNode written = RegexNode.Sequence(RegexNode.Literal("."), digits.WithoutEmpty());
        return digits.IsNullable ? RegexNode.Choice(RegexNode.Empty, written) : written;
    }

    private static RegexNode AtLeast(string bound, bool isExclusive, int decimals)
    {
        if (bound.Length == 0)
        {
            return isExclusive
                ? RegexNode.Sequence(RegexNode.Repeat(NumberLanguage.DigitRange(0, 0), 0, Math.Max(decimals - 1, 0)), NumberLanguage.DigitRange(1, 9),
                    NumberLanguage.Digits(0, Math.Max(decimals - 1, 0)))
                : NumberLanguage.Digits(0, decimals);
        }
        int digit = bound[0] - '0', rest = Math.Max(decimals - 1, 0);
        return RegexNode.Choice(
            RegexNode.Sequence(NumberLanguage.DigitRange(digit + 1, 9), NumberLanguage.Digits(0, rest)),
            RegexNode.Sequence(NumberLanguage.DigitRange(digit, digit), AtLeast(bound[1..], isExclusive, rest)));
    }

    // A number that ends before the bound does is below it, because bounds do not end in zeros.
    private static RegexNode AtMost(string bound, bool isExclusive, int decimals)
    {
        if (bound.Length == 0) return isExclusive ? RegexNode.Nothing : RegexNode.Repeat(NumberLanguage.DigitRange(0, 0), 0, decimals);
        int digit = bound[0] - '0', rest = Math.Max(decimals - 1, 0);
        return RegexNode.Choice(
            RegexNode.Empty,
            RegexNode.Sequence(NumberLanguage.DigitRange(0, digit - 1), NumberLanguage.Digits(0, rest)),
            RegexNode.Sequence(NumberLanguage.DigitRange(digit, digit), AtMost(bound[1..], isExclusive, rest)));
    }
}
