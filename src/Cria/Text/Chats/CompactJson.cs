using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Cria.Text.Chats;

/// <summary>Writes JSON without spaces, with every character as it is and numbers as llama.cpp spells them.</summary>
internal static class CompactJson
{
    /// <exception cref="InvalidOperationException">A string holds half a surrogate pair.</exception>
    public static string Write(JsonElement value)
    {
        var text = new StringBuilder();
        Append(value, text);
        return text.ToString();
    }

    private static void Append(JsonElement value, StringBuilder text)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                char opener = '{';
                foreach (JsonProperty member in value.EnumerateObject())
                {
                    text.Append(opener);
                    Append(member.Name, text);
                    text.Append(':');
                    Append(member.Value, text);
                    opener = ',';
                }
                text.Append(opener == '{' ? "{}" : "}");
                break;
            case JsonValueKind.Array:
                opener = '[';
                foreach (JsonElement item in value.EnumerateArray())
                {
                    text.Append(opener);
                    Append(item, text);
                    opener = ',';
                }
                text.Append(opener == '[' ? "[]" : "]");
                break;
            case JsonValueKind.String:
                Append(value.GetString()!, text);
                break;
            case JsonValueKind.Number:
                text.Append(Number(value));
                break;
            default:
                text.Append(value.GetRawText());
                break;
        }
    }

    private static void Append(string value, StringBuilder text)
    {
        text.Append('"');
        foreach (char c in value)
        {
            text.Append(c switch
            {
                '"' => "\\\"",
                '\\' => "\\\\",
                '\b' => "\\b",
                '\f' => "\\f",
                '\n' => "\\n",
                '\r' => "\\r",
                '\t' => "\\t",
                < ' ' => $"\\u{(int)c:x4}",
                _ => null,
            });
            if (c is >= ' ' and not ('"' or '\\')) text.Append(c);
        }
        text.Append('"');
    }

    // Integers keep their digits where they fit 64 bits; all else becomes a float.
    private static string Number(JsonElement value)
    {
        if (value.TryGetInt64(out long signed)) return signed.ToString(CultureInfo.InvariantCulture);
        if (value.TryGetUInt64(out ulong unsigned)) return unsigned.ToString(CultureInfo.InvariantCulture);
        double number = value.GetDouble();
        return double.IsFinite(number) ? Float(number) : "null";
    }

    // The shortest digits that read back as the same number, in plain notation where the point falls among the first fifteen digits or
    // after at most three leading zeros.
    private static string Float(double number)
    {
        if (number == 0) return double.IsNegative(number) ? "-0.0" : "0.0";
        string[] shortest = Math.Abs(number).ToString("R", CultureInfo.InvariantCulture).Split('E');
        string[] mantissa = shortest[0].Split('.');
        string all = string.Concat(mantissa);
        string digits = all.TrimStart('0');
        int exponent = shortest.Length > 1 ? int.Parse(shortest[1], CultureInfo.InvariantCulture) : 0;
        int point = mantissa[0].Length - (all.Length - digits.Length) + exponent;
        digits = digits.TrimEnd('0');
        string text = point switch
        {
            > 15 or <= -4 => Scientific(digits, point - 1),
            <= 0 => $"0.{new string('0', -point)}{digits}",
            _ when digits.Length <= point => $"{digits.PadRight(point, '0')}.0",
            _ => $"{digits[..point]}.{digits[point..]}",
        };
        return number < 0 ? $"-{text}" : text;
    }

    private static string Scientific(string digits, int exponent)
    {
        string fraction = digits.Length > 1 ? $".{digits[1..]}" : "";
        return FormattableString.Invariant($"{digits[0]}{fraction}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent):00}");
    }
}
