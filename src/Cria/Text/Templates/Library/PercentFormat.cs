using System.Globalization;
using System.Text.RegularExpressions;

namespace Cria.Text.Templates.Library;

/// <summary>Python's operator % of strings, which formats as C's printf does.</summary>
internal static partial class PercentFormat
{
    public static StringValue Format(Evaluation evaluation, StringValue format, TemplateValue values)
    {
        var args = new Arguments(evaluation, "The format", values is ListValue { IsTuple: true } tuple
            ? [.. tuple.Items.Select(item => new Argument(null, item))]
            : [new Argument(null, values)]);
        var formatted = new TextBuilder(evaluation);
        int next = 0;
        int at = 0;
        for (int percent; (percent = format.Text.IndexOf('%', at)) >= 0;)
        {
            formatted.Append(format, at, percent - at);
            Match match = Field().Match(format.Text, percent);
            if (!match.Success) throw args.Fail("has a % without a type");
            at = percent + match.Length;
            if (match.Groups["type"].Value == "%") formatted.Append('%');
            else AppendField(formatted, match, args, values, ref next);
        }
        formatted.Append(format, at, format.Text.Length - at);
        if (next < args.Count && values is not MapValue) throw args.Fail("has fewer fields than values");
        return formatted.ToValue();
    }

    private static void AppendField(TextBuilder formatted, Match field, Arguments args, TemplateValue values, ref int next)
    {
        TemplateValue value = field.Groups["key"] is { Success: true } key
            ? values is MapValue map ? map.Get(key.Value) : throw args.Fail("needs a map for its names")
            : args.Require(next++);
        string flags = field.Groups["flags"].Value;
        char type = field.Groups["type"].Value[0];
        string width = field.Groups["width"].Value;
        bool left = flags.Contains('-');
        bool isText = type is 's' or 'r' or 'a';
        var text = new TextBuilder(args.Evaluation);
        if (isText && type != 's') ValueText.AppendShown(args.Evaluation, text, value);
        else ValueText.Append(args.Evaluation, text, value);
        if (type is 'd' or 'i' or 'u' && value is FloatValue number) value = (long)number.Value;
        var spec = new FormatSpec(
            flags.Contains('0') && !left && !isText ? '0' : null,
            left ? '<' : flags.Contains('0') && !isText ? '=' : '>',
            flags.Contains('+') ? '+' : flags.Contains(' ') ? ' ' : '-',
            flags.Contains('#'),
            Number(width),
            null,
            field.Groups["precision"] is { Success: true } precision ? Number(precision.Value) : null,
            isText ? 's' : type is 'i' or 'u' ? 'd' : type);
        StringValue shown = text.ToValue();
        spec.Append(formatted, isText ? shown : value, shown, args);
    }

    private static int Number(string digits) => digits.Length == 0 ? 0 : int.Parse(digits, NumberStyles.None, CultureInfo.InvariantCulture);

    [GeneratedRegex(
        @"\G%(\((?<key>[^)]*)\))?(?<flags>[-+ #0]*)(?<width>[0-9]{0,6})(\.(?<precision>[0-9]{0,3}))?"
        + "(?<type>[diuoxXeEfFgGcrsa%])",
        RegexOptions.ExplicitCapture)]
    private static partial Regex Field();
}
