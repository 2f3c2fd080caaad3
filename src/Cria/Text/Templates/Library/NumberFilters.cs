using System.Globalization;
using System.Text.RegularExpressions;

namespace Cria.Text.Templates.Library;

/// <summary>The filters for numbers.</summary>
internal static partial class NumberFilters
{
    private static readonly CultureInfo Invariant = CultureInfo.InvariantCulture;

    public static KeyValuePair<string, Operation>[] All { get; } =
    [
        new("abs", Absolute),
        new("int", ToInteger),
        new("float", ToFloat),
        new("round", Round),
        new("filesizeformat", FileSize),
    ];

    private static TemplateValue Absolute(TemplateValue value, Arguments args) => value switch
    {
        IntegerValue integer when integer.Value >= 0 => value,
        IntegerValue { Value: > long.MinValue } integer => -integer.Value,
        FloatValue number => Math.Abs(number.Value),
        _ => throw args.Refuse(value),
    };

    // As C's stoi: the number that the text begins with, if it has one of 32 bits.
    public static TemplateValue ToInteger(TemplateValue value, Arguments args)
    {
        switch (value)
        {
            case IntegerValue:
                return value;
            case BooleanValue flag:
                return flag.Value ? 1L : 0L;
            case FloatValue number:
                return double.IsFinite(number.Value) ? (long)number.Value : 0L;
            case StringValue text:
                long radix = args.Integer(1, "base", 10);
                if (radix is not (0 or (>= 2 and <= 36))) throw args.Fail("takes a base of 0 or from 2 to 36");
                return Parsed(text.Text, (int)radix) ?? args.Integer(0, "default", 0);
            case NoneValue or ListValue or MapValue:
                return args.Integer(0, "default", 0);
            default:
                throw args.Refuse(value);
        }
    }

    private static TemplateValue ToFloat(TemplateValue value, Arguments args)
    {
        switch (value)
        {
            case IntegerValue or FloatValue or BooleanValue:
                return Numbers.ToDouble(value);
            case StringValue text when Real().Match(text.Text) is { Success: true } real:
                return double.Parse(real.ValueSpan, NumberStyles.Float, Invariant);
            case StringValue or NoneValue or ListValue or MapValue:
                return args.Get(0, "default") is (IntegerValue or FloatValue or BooleanValue) and var other ? Numbers.ToDouble(other) : 0.0;
            default:
                throw args.Refuse(value);
        }
    }

    private static TemplateValue Round(TemplateValue value, Arguments args)
    {
        if (!Numbers.IsNumber(value)) throw args.Refuse(value);
        int precision = (int)Math.Clamp(args.Integer(0, "precision", 0), -15, 15);
        string method = args.Text(1, "method")?.Text ?? "common";
        double number = Numbers.ToDouble(value);
        double scale = Math.Pow(10, precision);
        return method switch
        {
            "common" when value is IntegerValue => precision < 0 ? (long)(Math.Round(number * scale) / scale) : value,
            "common" when precision > 0 => double.Parse(number.ToString($"F{precision}", Invariant), Invariant),
            "common" => Math.Round(number * scale, MidpointRounding.ToEven) / scale,
            "ceil" => Math.Ceiling(number * scale) / scale,
            "floor" => Math.Floor(number * scale) / scale,
            _ => throw args.Fail("takes the methods common, ceil and floor"),
        };
    }

    private static TemplateValue FileSize(TemplateValue value, Arguments args)
    {
        if (!Numbers.IsNumber(value)) throw args.Refuse(value);
        bool binary = args.Flag(0, "binary");
        (double size, double unit) = (Numbers.ToDouble(value), binary ? 1024 : 1000);
        if (size == 1) return "1 Byte";
        if (size < unit) return string.Create(Invariant, $"{Math.Truncate(size)} Bytes");
        int power = 0;
        while (power < 8 && size >= unit)
        {
            size /= unit;
            power++;
        }
        string prefix = binary ? "KMGTPEZY"[power - 1] + "i" : "kMGTPEZY"[power - 1].ToString();
        return string.Create(Invariant, $"{size:F1} {prefix}B");
    }

    private static TemplateValue? Parsed(string text, int radix)
    {
        ReadOnlySpan<char> rest = text.AsSpan().TrimStart(" \t\n\v\f\r");
        bool negative = rest.StartsWith('-');
        if (negative || rest.StartsWith('+')) rest = rest[1..];
        bool hexadecimal = rest.Length > 2 && rest[0] == '0' && rest[1] is 'x' or 'X' && char.IsAsciiHexDigit(rest[2]);
        if (hexadecimal && radix is 0 or 16)
        {
            rest = rest[2..];
            radix = 16;
        }
        else if (radix == 0) radix = rest.StartsWith('0') ? 8 : 10;
        long number = 0;
        int digits = 0;
        for (; digits < rest.Length && Digit(rest[digits]) < radix; digits++)
        {
            number = (number * radix) + Digit(rest[digits]);
            if (number > 1L + int.MaxValue) return null;
        }
        if (negative) number = -number;
        return digits > 0 && number <= int.MaxValue ? number : null;
    }

    private static int Digit(char c) => c switch
    {
        >= '0' and <= '9' => c - '0',
        >= 'a' and <= 'z' => c - 'a' + 10,
        >= 'A' and <= 'Z' => c - 'A' + 10,
        _ => int.MaxValue,
    };

    [GeneratedRegex(@"^[ \t\n\v\f\r]*[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?")]
    private static partial Regex Real();
}
