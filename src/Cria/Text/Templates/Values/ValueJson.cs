using System.Globalization;

namespace Cria.Text.Templates;

/// <summary>How values are written as JSON.</summary>
/// <param name="Indent">The blanks of a level; null writes all in one line.</param>
/// <param name="ItemSeparator">What follows each item but the last.</param>
/// <param name="KeySeparator">What follows each key.</param>
/// <param name="Ascii">Whether other characters are escaped.</param>
/// <param name="SortKeys">Whether the entries of maps come in the order of their keys.</param>
internal sealed record JsonStyle(int? Indent, string ItemSeparator, string KeySeparator, bool Ascii, bool SortKeys)
{
    public static JsonStyle Plain { get; } = new(null, ", ", ": ", Ascii: false, SortKeys: false);
}

/// <summary>Writes values as JSON, spaced as Python does.</summary>
internal static class ValueJson
{
    public static void Append(Evaluation evaluation, TextBuilder text, TemplateValue value) =>
        Append(evaluation, text, value, JsonStyle.Plain, 0);

    public static void Append(Evaluation evaluation, TextBuilder text, TemplateValue value, JsonStyle style, int level)
    {
        evaluation.Charge(1);
        switch (value)
        {
            case BooleanValue flag:
                text.Append(flag.Value ? "true" : "false");
                break;
            case IntegerValue or FloatValue:
                text.Append(Numbers.ToJson(value));
                break;
            case StringValue s:
                AppendString(text, s, style.Ascii);
                break;
            case ListValue list:
                AppendAll(evaluation, text, '[', ']', list.Items.Count, style, level, i =>
                    Append(evaluation, text, list.Items[i], style, level + 1));
                break;
            case MapValue map:
                KeyValuePair<TemplateValue, TemplateValue>[] entries = [.. map.Entries];
                if (style.SortKeys) StableSort.Sort(entries, (a, b) => IsBefore(evaluation, a.Key, b.Key));
                AppendAll(evaluation, text, '{', '}', entries.Length, style, level, i =>
                {
                    AppendString(text, ValueText.Of(evaluation, entries[i].Key), style.Ascii);
                    text.Append(style.KeySeparator);
                    Append(evaluation, text, entries[i].Value, style, level + 1);
                });
                break;
            default:
                text.Append("null");
                break;
        }
    }

    private static bool IsBefore(Evaluation evaluation, TemplateValue x, TemplateValue y)
    {
        evaluation.Charge(ValueEquality.Cost(x, y));
        return ValueEquality.Compare(x, y) < 0;
    }

    private static void AppendAll(
        Evaluation evaluation, TextBuilder text, char open, char close, int count, JsonStyle style, int level, Action<int> append)
    {
        evaluation.Deepen();
        text.Append(open);
        for (int i = 0; i < count; i++)
        {
            if (i > 0) text.Append(style.ItemSeparator);
            AppendLine(text, style, level + 1);
            append(i);
        }
        if (count > 0) AppendLine(text, style, level);
        text.Append(close);
        evaluation.Leave();
    }

    private static void AppendLine(TextBuilder text, JsonStyle style, int level)
    {
        if (style.Indent is not { } indent) return;
        text.Append('\n');
        text.Append(' ', (long)indent * level);
    }

    private static void AppendString(TextBuilder text, StringValue value, bool ascii)
    {
        text.Append('"');
        int written = 0;
        for (int i = 0; i < value.Text.Length; i++)
        {
            if (Escape(value.Text[i], ascii) is not { } escape) continue;
            text.Append(value, written, i - written);
            text.AppendFor(value, i, escape);
            written = i + 1;
        }
        text.Append(value, written, value.Text.Length - written);
        text.Append('"');
    }

    private static string? Escape(char c, bool ascii) => c switch
    {
        '"' => "\\\"",
        '\\' => "\\\\",
        '\b' => "\\b",
        '\f' => "\\f",
        '\n' => "\\n",
        '\r' => "\\r",
        '\t' => "\\t",
        < ' ' => Unicode(c),
        >= '\x80' when ascii => Unicode(c),
        _ => null,
    };

    private static string Unicode(char c) => "\\u" + ((int)c).ToString("x4", CultureInfo.InvariantCulture);
}
