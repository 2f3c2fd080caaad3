using System.Globalization;
using System.Numerics;

namespace Cria.Text.Grammars;

/// <summary>A decimal number, exactly: so many units of so many decimals, in lowest terms.</summary>
internal sealed record SchemaNumber : IComparable<SchemaNumber>
{
    private const int MostDigits = 300;

    public SchemaNumber(BigInteger units, int decimals = 0)
    {
        while (decimals > 0 && units % 10 == 0) (units, decimals) = (units / 10, decimals - 1);
        (Units, Decimals) = (units, decimals);
    }

    public BigInteger Units { get; }

    public int Decimals { get; }

    public bool IsInteger => Decimals == 0;

    public SchemaNumber Negated => new(-Units, Decimals);

    /// <summary>The largest integer that is not above the number.</summary>
    public BigInteger Floor
    {
        get
        {
            BigInteger quotient = BigInteger.DivRem(Units, BigInteger.Pow(10, Decimals), out BigInteger rest);
            return rest < 0 ? quotient - 1 : quotient;
        }
    }

    /// <summary>The smallest integer that is not below the number.</summary>
    public BigInteger Ceiling => IsInteger ? Units : Floor + 1;

    /// <summary>The digits behind the point of a number that is not negative.</summary>
    public string Fraction => IsInteger
        ? ""
        : (Units % BigInteger.Pow(10, Decimals)).ToString(CultureInfo.InvariantCulture).PadLeft(Decimals, '0');

    /// <summary>Reads a number as JSON writes it; null where it has too many digits.</summary>
    public static SchemaNumber? TryParse(string json)
    {
        int e = json.IndexOfAny(['e', 'E']);
        int exponent = 0;
        if (e >= 0 && !int.TryParse(json.AsSpan(e + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out exponent)) return null;
        string mantissa = e < 0 ? json : json[..e];
        int point = mantissa.IndexOf('.');
        int decimals = point < 0 ? 0 : mantissa.Length - point - 1;
        if (mantissa.Length > MostDigits || Math.Abs((long)exponent) > MostDigits) return null;
        BigInteger units = BigInteger.Parse(mantissa.Replace(".", ""), CultureInfo.InvariantCulture);
        return decimals > exponent
            ? new SchemaNumber(units, decimals - exponent)
            : new SchemaNumber(units * BigInteger.Pow(10, exponent - decimals));
    }

    public int CompareTo(SchemaNumber? other)
    {
        if (other is null) return 1;
        int decimals = Math.Max(Decimals, other.Decimals);
        return (Units * BigInteger.Pow(10, decimals - Decimals)).CompareTo(other.Units * BigInteger.Pow(10, decimals - other.Decimals));
    }
}
