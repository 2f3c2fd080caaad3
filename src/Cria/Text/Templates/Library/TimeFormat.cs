using System.Globalization;
using System.Text;

namespace Cria.Text.Templates.Library;

/// <summary>Formats a time as C's strftime does, in English.</summary>
internal static class TimeFormat
{
    private const int LongestFormat = 1000;

    private static readonly CultureInfo English = CultureInfo.InvariantCulture;

    public static string Format(Evaluation evaluation, string format, DateTimeOffset time)
    {
        if (format.Length > LongestFormat) throw evaluation.Fail($"A format of time is at most {LongestFormat} characters long.");
        var text = new StringBuilder();
        for (int i = 0; i < format.Length; i++)
        {
            if (format[i] != '%' || i + 1 == format.Length)
            {
                text.Append(format[i]);
                continue;
            }
            char flag = format[++i] is '-' or '_' or '0' or '^' && i + 1 < format.Length ? format[i++] : '\0';
            string field = Field(format[i], time) ?? throw evaluation.Fail($"The time has no format %{format[i]}.");
            text.Append(WithFlag(field, flag));
        }
        return text.ToString();
    }

    private static string WithFlag(string field, char flag)
    {
        if (flag == '^') return field.ToUpperInvariant();
        string bare = field.TrimStart('0', ' ');
        if (bare.Length == 0 && field.Length > 0) bare = field[^1..];
        return flag switch
        {
            '-' => bare,
            '_' => bare.PadLeft(field.Length),
            '0' => bare.PadLeft(field.Length, '0'),
            _ => field,
        };
    }

    private static string? Field(char name, DateTimeOffset time)
    {
        int hour12 = time.Hour % 12 == 0 ? 12 : time.Hour % 12;
        return name switch
        {
            'a' => time.ToString("ddd", English),
            'A' => time.ToString("dddd", English),
            'b' or 'h' => time.ToString("MMM", English),
            'B' => time.ToString("MMMM", English),
            'c' => time.ToString("ddd MMM ", English) + Blank(time.Day) + time.ToString(" HH:mm:ss yyyy", English),
            'C' => Zero(time.Year / 100),
            'd' => Zero(time.Day),
            'D' or 'x' => time.ToString("MM'/'dd'/'yy", English),
            'e' => Blank(time.Day),
            'f' => time.ToString("ffffff", English),
            'F' => time.ToString("yyyy-MM-dd", English),
            'g' => Zero(ISOWeek.GetYear(time.DateTime) % 100),
            'G' => ISOWeek.GetYear(time.DateTime).ToString(English),
            'H' => Zero(time.Hour),
            'I' => Zero(hour12),
            'j' => time.DayOfYear.ToString("000", English),
            'k' => Blank(time.Hour),
            'l' => Blank(hour12),
            'm' => Zero(time.Month),
            'M' => Zero(time.Minute),
            'n' => "\n",
            'p' => time.Hour < 12 ? "AM" : "PM",
            'P' => time.Hour < 12 ? "am" : "pm",
            'r' => $"{Zero(hour12)}:{time.ToString("mm:ss", English)} {(time.Hour < 12 ? "AM" : "PM")}",
            'R' => time.ToString("HH:mm", English),
            's' => time.ToUnixTimeSeconds().ToString(English),
            'S' => Zero(time.Second),
            't' => "\t",
            'T' or 'X' => time.ToString("HH:mm:ss", English),
            'u' => (time.DayOfWeek == DayOfWeek.Sunday ? 7 : (int)time.DayOfWeek).ToString(English),
            'U' => Zero((time.DayOfYear + 6 - (int)time.DayOfWeek) / 7),
            'V' => Zero(ISOWeek.GetWeekOfYear(time.DateTime)),
            'w' => ((int)time.DayOfWeek).ToString(English),
            'W' => Zero((time.DayOfYear + 6 - (((int)time.DayOfWeek + 6) % 7)) / 7),
            'y' => Zero(time.Year % 100),
            'Y' => time.Year.ToString(English),
            'z' => time.ToString("zzz", English).Replace(":", "", StringComparison.Ordinal),
            'Z' => time.Offset == TimeSpan.Zero ? "UTC" : time.ToString("zzz", English),
            '%' => "%",
            _ => null,
        };
    }

    private static string Zero(int number) => number.ToString("00", English);

    private static string Blank(int number) => number.ToString(English).PadLeft(2);
}
