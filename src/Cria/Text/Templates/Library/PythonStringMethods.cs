using System.Globalization;
using System.Text;

namespace Cria.Text.Templates.Library;

/// <summary>Methods of Python's strings that llama.cpp lacks. Their places are counted in bytes, as all are.</summary>
internal static class PythonStringMethods
{
    public static KeyValuePair<string, Operation>[] All { get; } =
    [
        new("center", (value, args) => Padded(value, args, width => (width / 2) + (width & 1 & (int)args.Integer(0, "width", 80)), ' ')),
        new("count", (value, args) => Count(Text(value), args)),
        new("find", (value, args) => Find(value, args, last: false)),
        new("index", (value, args) => Found(Find(value, args, last: false), args)),
        new("isalnum", (value, args) => Every(value, args, Rune.IsLetterOrDigit)),
        new("isalpha", (value, args) => Every(value, args, Rune.IsLetter)),
        new("isascii", (value, _) => ((StringValue)value).IsAscii),
        new("isdecimal", (value, args) => Every(value, args, Rune.IsDigit)),
        new("isdigit", (value, args) => Every(value, args, Rune.IsDigit)),
        new("islower", (value, args) => HasCase(value, args, Rune.IsLower, Rune.IsUpper)),
        new("isnumeric", (value, args) => Every(value, args, Rune.IsNumber)),
        new("isspace", (value, args) => Every(value, args, Rune.IsWhiteSpace)),
        new("isupper", (value, args) => HasCase(value, args, Rune.IsUpper, Rune.IsLower)),
        new("join", (value, args) => StringMethods.Join(
            args.Evaluation,
            (StringValue)value,
            ListFilters.Items(args.Require(0), args).Select(item => item as StringValue ?? throw args.Fail($"joins strings, not {item.Kind}")))),
        new("ljust", (value, args) => Padded(value, args, _ => 0, ' ')),
        new("partition", (value, args) => Partition((StringValue)value, args, last: false)),
        new("removeprefix", (value, args) => Without((StringValue)value, args, atEnd: false)),
        new("removesuffix", (value, args) => Without((StringValue)value, args, atEnd: true)),
        new("rfind", (value, args) => Find(value, args, last: true)),
        new("rindex", (value, args) => Found(Find(value, args, last: true), args)),
        new("rjust", (value, args) => Padded(value, args, width => width, ' ')),
        new("rpartition", (value, args) => Partition((StringValue)value, args, last: true)),
        new("splitlines", (value, args) => Lines((StringValue)value, args)),
        new("swapcase", (value, args) => TextFilters.WithCase(
            args.Evaluation, (StringValue)value, (_, c) => char.IsAsciiLetterUpper(c) ? TextFilters.Lower(c) : TextFilters.Upper(c))),
        new("casefold", (value, args) => TextFilters.WithCase(args.Evaluation, (StringValue)value, (_, c) => TextFilters.Lower(c))),
        new("zfill", ZeroFilled),
    ];

    private static bool Every(TemplateValue value, Arguments args, Func<Rune, bool> holds)
    {
        string text = Text(value);
        args.Evaluation.ChargeText(0, text.Length);
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (!holds(rune)) return false;
        }
        return text.Length > 0;
    }

    private static bool HasCase(TemplateValue value, Arguments args, Func<Rune, bool> wanted, Func<Rune, bool> refused)
    {
        args.Evaluation.ChargeText(0, Text(value).Length);
        bool any = false;
        foreach (Rune rune in Text(value).EnumerateRunes())
        {
            if (refused(rune)) return false;
            any |= wanted(rune);
        }
        return any;
    }

    private static long Count(string text, Arguments args)
    {
        string sought = args.RequireText(0).Text;
        args.Evaluation.ChargeSearch(text, sought);
        return sought.Length == 0 ? text.EnumerateRunes().Count() + 1 : text.AsSpan().Count(sought);
    }

    private static long Find(TemplateValue value, Arguments args, bool last)
    {
        string text = Text(value);
        string sought = args.RequireText(0).Text;
        args.Evaluation.ChargeSearch(text, sought);
        int start = Units(text, Math.Max(args.Integer(1, "start", 0), 0));
        int end = args.Has(2, "end") ? Units(text, args.Integer(2, "end", 0)) : text.Length;
        if (start > end) return -1;
        int found = last ? text.AsSpan(start, end - start).LastIndexOf(sought) : text.AsSpan(start, end - start).IndexOf(sought);
        return found < 0 ? -1 : Encoding.UTF8.GetByteCount(text.AsSpan(0, start + found));
    }

    private static long Found(long place, Arguments args) => place >= 0 ? place : throw args.Fail("does not find the text");

    // The place in the string that lies so many bytes behind its start, or before its end where the number is negative.
    private static int Units(string text, long bytes)
    {
        if (bytes < 0) bytes += Encoding.UTF8.GetByteCount(text);
        int units = 0;
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (bytes <= 0) break;
            bytes -= rune.Utf8SequenceLength;
            units += rune.Utf16SequenceLength;
        }
        return units;
    }

    private static StringValue Padded(TemplateValue value, Arguments args, Func<int, int> before, char otherwise)
    {
        var text = (StringValue)value;
        char fill = args.Text(1, "fillchar") is { Text: [var own] } ? own : otherwise;
        long missing = Math.Max(0, args.Integer(0, "width", 80) - new StringInfo(text.Text).LengthInTextElements);
        var padded = new TextBuilder(args.Evaluation);
        int first = before((int)Math.Min(missing, int.MaxValue));
        padded.Append(fill, first);
        padded.Append(text);
        padded.Append(fill, missing - first);
        return padded.ToValue();
    }

    private static StringValue ZeroFilled(TemplateValue value, Arguments args)
    {
        var text = (StringValue)value;
        int sign = text.Text is ['+' or '-', ..] ? 1 : 0;
        var filled = new TextBuilder(args.Evaluation);
        filled.Append(text, 0, sign);
        filled.Append('0', Math.Max(0, args.Integer(0, "width", 0) - text.Text.Length));
        filled.Append(text, sign, text.Text.Length - sign);
        return filled.ToValue();
    }

    private static ListValue Partition(StringValue text, Arguments args, bool last)
    {
        StringValue separator = args.RequireText(0, "sep");
        if (separator.Text.Length == 0) throw args.Fail("cannot split at an empty text");
        args.Evaluation.ChargeSearch(text.Text, separator.Text);
        int at = last ? text.Text.AsSpan().LastIndexOf(separator.Text) : text.Text.IndexOf(separator.Text, StringComparison.Ordinal);
        if (at < 0) return last ? ListValue.Tuple("", "", text) : ListValue.Tuple(text, "", "");
        int after = at + separator.Text.Length;
        return ListValue.Tuple(
            text.Substring(args.Evaluation, 0, at),
            text.Substring(args.Evaluation, at, separator.Text.Length),
            text.Substring(args.Evaluation, after, text.Text.Length - after));
    }

    private static StringValue Without(StringValue text, Arguments args, bool atEnd)
    {
        string part = args.RequireText(0).Text;
        bool has = atEnd ? text.Text.EndsWith(part, StringComparison.Ordinal) : text.Text.StartsWith(part, StringComparison.Ordinal);
        if (!has) return text;
        return text.Substring(args.Evaluation, atEnd ? 0 : part.Length, text.Text.Length - part.Length);
    }

    private static ListValue Lines(StringValue text, Arguments args)
    {
        bool keepEnds = args.Flag(0, "keepends");
        var lines = new List<TemplateValue>();
        for (int start = 0; start < text.Text.Length;)
        {
            int end = text.Text.AsSpan(start).IndexOfAny("\n\r") is var found and >= 0 ? start + found : text.Text.Length;
            int next = Math.Min(text.Text.Length, end + (text.Text.AsSpan(end).StartsWith("\r\n") ? 2 : 1));
            args.Evaluation.ChargeItems(1);
            lines.Add(text.Substring(args.Evaluation, start, (keepEnds ? next : end) - start));
            start = next;
        }
        return new ListValue(lines);
    }

    private static string Text(TemplateValue value) => ((StringValue)value).Text;
}
