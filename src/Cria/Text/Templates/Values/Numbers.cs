using System.Globalization;

namespace Cria.Text.Templates;

/// <summary>Numbers as templates write and read them.</summary>
internal static class Numbers
{
    public static bool IsNumber(TemplateValue value) => value is IntegerValue or FloatValue;

    public static double ToDouble(TemplateValue value) => value switch
    {
        FloatValue number => number.Value,
        _ => ToInteger(value),
    };

    public static long ToInteger(TemplateValue value) => value switch
    {
        IntegerValue number => number.Value,
        BooleanValue flag => flag.Value ? 1 : 0,
        _ => throw new InvalidOperationException($"A {value.Kind} is no integer."),
    };

    /// <summary>The number as it is printed: a float with up to six decimals, and at least one.</summary>
    public static string ToText(TemplateValue value)
    {
        if (value is not FloatValue { Value: var number }) return ToInteger(value).ToString(CultureInfo.InvariantCulture);
        if (!double.IsFinite(number)) return NotFinite(number);
        string text = number.ToString("F6", CultureInfo.InvariantCulture).TrimEnd('0');
        return text.EndsWith('.') ? text + "0" : text;
    }

    /// <summary>The number as it is written in JSON: a float with six significant digits, as llama.cpp does.</summary>
    public static string ToJson(TemplateValue value) =>
        value is FloatValue { Value: var number } ? ToGeneral(number, 6) : ToInteger(value).ToString(CultureInfo.InvariantCulture);

    /// <summary>The number with so many significant digits, as printf's %g writes it.</summary>
    public static string ToGeneral(double number, int precision)
    {
        if (!double.IsFinite(number)) return NotFinite(number);
        if (number == 0) return double.IsNegative(number) ? "-0" : "0";
        precision = Math.Max(precision, 1);
        string scientific = number.ToString("E" + (precision - 1).ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
        int e = scientific.IndexOf('E');
        int exponent = int.Parse(scientific.AsSpan(e + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        if (exponent >= -4 && exponent < precision)
        {
            string plain = number.ToString("F" + (precision - 1 - exponent).ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
            return WithoutNeedlessZeros(plain);
        }
        string sign = exponent < 0 ? "-" : "+";
        return $"{WithoutNeedlessZeros(scientific[..e])}e{sign}{Math.Abs(exponent):00}";
    }

    private static string WithoutNeedlessZeros(string digits) => digits.Contains('.') ? digits.TrimEnd('0').TrimEnd('.') : digits;

    private static string NotFinite(double number) => double.IsNaN(number) ? "nan" : number > 0 ? "inf" : "-inf";
}
