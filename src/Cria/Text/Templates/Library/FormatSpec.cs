using System.Globalization;
using System.Text.RegularExpressions;

namespace Cria.Text.Templates.Library;

/// <summary>How a field of a format shows its value: what follows the colon in Python's formats.</summary>
internal sealed partial record FormatSpec(char? Fill, char Align, char Sign, bool Alternate, int Width, char? Group, int? Precision, char Type)
{
    private static readonly CultureInfo Invariant = CultureInfo.InvariantCulture;

    public static FormatSpec Parse(string spec, Arguments args)
    {
        Match match = Pattern().Match(spec);
        if (!match.Success) throw args.Fail($"knows no format {spec}");
        static char? First(Group group) => group.Length > 0 ? group.Value[0] : null;
        bool zero = match.Groups["zero"].Length > 0;
        return new FormatSpec(
            First(match.Groups["fill"]) ?? (zero ? '0' : null),
            First(match.Groups["align"]) ?? (zero ? '=' : '\0'),
            First(match.Groups["sign"]) ?? '-',
            match.Groups["alternate"].Length > 0,
            match.Groups["width"].Length > 0 ? int.Parse(match.Groups["width"].ValueSpan, NumberStyles.None, Invariant) : 0,
            First(match.Groups["group"]),
            match.Groups["precision"].Length > 0 ? int.Parse(match.Groups["precision"].ValueSpan, NumberStyles.None, Invariant) : null,
            First(match.Groups["type"]) ?? '\0');
    }

    /// <summary>Appends a value; <paramref name="text"/> is what it looks like without a format.</summary>
    public void Append(TextBuilder formatted, TemplateValue value, StringValue text, Arguments args)
    {
        bool isNumber = value is IntegerValue or FloatValue or BooleanValue && Type is not ('s' or '\0') || Numbers.IsNumber(value);
        if (!isNumber && Type is not ('s' or '\0')) throw args.Fail($"cannot show {value.Kind} as {Type}");
        string sign = "";
        if (isNumber)
        {
            string digits = Digits(value);
            bool negative = digits.StartsWith('-');
            sign = negative ? "-" : Sign == '-' ? "" : Sign.ToString();
            text = new StringValue(negative ? digits[1..] : digits);
        }
        else if (Precision < text.Text.Length) text = text.Substring(args.Evaluation, 0, Precision.Value);

        char align = Align != '\0' ? Align : isNumber ? '>' : '<';
        int missing = Math.Max(0, Width - sign.Length - text.Text.Length);
        int before = align switch { '>' or '=' => missing, '^' => missing / 2, _ => 0 };
        if (align == '=') formatted.Append(sign);
        formatted.Append(Fill ?? ' ', before);
        if (align != '=') formatted.Append(sign);
        formatted.Append(text);
        formatted.Append(Fill ?? ' ', missing - before);
    }

    private string Digits(TemplateValue value)
    {
        double number = Numbers.ToDouble(value);
        string precision = (Precision ?? 6).ToString(Invariant);
        switch (Type)
        {
            case 'f' or 'F':
                return number.ToString((Group is null ? "F" : "N") + precision, Invariant);
            case '%':
                return (number * 100).ToString("F" + precision, Invariant) + "%";
            case 'e' or 'E':
                string scientific = number.ToString("E" + precision, Invariant);
                if (scientific[^3] == '0') scientific = scientific.Remove(scientific.Length - 3, 1);
                return Type == 'e' ? scientific.ToLowerInvariant() : scientific;
            case 'g' or 'G':
                return Numbers.ToGeneral(number, Precision ?? 6);
        }
        if (value is FloatValue) return Precision is { } digits ? Numbers.ToGeneral(number, digits) : Numbers.ToText(value);
        long integer = Numbers.ToInteger(value);
        return Type switch
        {
            'x' => Based(integer, 16, "0x"),
            'X' => Based(integer, 16, "0X").ToUpperInvariant(),
            'o' => Based(integer, 8, "0o"),
            'b' => Based(integer, 2, "0b"),
            'c' => integer is >= 0 and <= char.MaxValue ? ((char)integer).ToString() : "\uFFFD",
            _ when Group == ',' => integer.ToString("N0", Invariant),
            _ => integer.ToString(Invariant),
        };
    }

    private string Based(long integer, int radix, string prefix)
    {
        string sign = integer < 0 ? "-" : "";
        UInt128 rest = (UInt128)Int128.Abs(integer);
        string digits = rest == 0 ? "0" : "";
        for (; rest > 0; rest /= (uint)radix) digits = "0123456789abcdef"[(int)(rest % (uint)radix)] + digits;
        return sign + (Alternate ? prefix : "") + digits;
    }

    [GeneratedRegex(
        @"^((?<fill>.)(?=[<>=^]))?(?<align>[<>=^])?(?<sign>[-+ ])?(?<alternate>#)?(?<zero>0)?(?<width>[0-9]{0,6})(?<group>[,_])?"
        + @"(\.(?<precision>[0-9]{1,3}))?(?<type>[bcdeEfFgGnosxX%])?$",
        RegexOptions.ExplicitCapture)]
    private static partial Regex Pattern();
}
