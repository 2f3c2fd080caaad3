using System.Globalization;

namespace Cria.Text.Templates.Library;

/// <summary>Python's <c>str.format</c>.</summary>
internal static class BraceFormat
{
    public static TemplateValue Format(StringValue format, Arguments args)
    {
        string text = format.Text;
        var formatted = new TextBuilder(args.Evaluation);
        bool onlyEmptyFields = OnlyEmptyFields(text);
        int next = 0;
        for (int i = 0; i < text.Length; i++)
        {
            bool doubled = i + 1 < text.Length && text[i + 1] == text[i];
            if (text[i] == '{' && (onlyEmptyFields || !doubled))
            {
                int end = FieldEnd(text, i, args);
                AppendField(formatted, text.AsSpan(i + 1, end - i - 1).ToString(), args, ref next);
                i = end;
                continue;
            }
            formatted.Append(format, i, 1);
            if (!onlyEmptyFields && text[i] is '{' or '}' && !onlyEmptyFields)
            {
                if (!doubled) throw args.Fail("finds a } without {");
                i++;
            }
        }
        return formatted.ToValue();
    }

    // Such a format is all that llama.cpp knows; a closing brace is not doubled there.
    private static bool OnlyEmptyFields(string text)
    {
        for (int i = 0; (i = text.IndexOf('{', i)) >= 0; i++)
        {
            if (i + 1 >= text.Length || text[i + 1] != '}') return false;
        }
        return true;
    }

    private static int FieldEnd(string text, int start, Arguments args)
    {
        int depth = 0;
        for (int i = start; i < text.Length; i++)
        {
            depth += text[i] switch { '{' => 1, '}' => -1, _ => 0 };
            if (depth == 0) return i;
        }
        throw args.Fail("finds a { without }");
    }

    private static void AppendField(TextBuilder formatted, string field, Arguments args, ref int next)
    {
        int colon = field.IndexOf(':');
        string spec = colon < 0 ? "" : field[(colon + 1)..];
        string name = colon < 0 ? field : field[..colon];
        int conversion = name.IndexOf('!');
        string shown = conversion < 0 ? "" : name[(conversion + 1)..];
        if (conversion >= 0) name = name[..conversion];
        if (spec.Contains('{')) throw args.Fail("takes no fields in fields");

        TemplateValue value = Lookup(name, args, ref next);
        var text = new TextBuilder(args.Evaluation);
        if (shown == "r") ValueText.AppendShown(args.Evaluation, text, value);
        else if (shown is "" or "s") ValueText.Append(args.Evaluation, text, value);
        else throw args.Fail($"knows no conversion !{shown}");
        if (spec.Length == 0) formatted.Append(text.ToValue());
        else FormatSpec.Parse(spec, args).Append(formatted, shown == "" ? value : text.ToValue(), text.ToValue(), args);
    }

    private static TemplateValue Lookup(string name, Arguments args, ref int next)
    {
        int end = name.AsSpan().IndexOfAny(".[");
        string first = end < 0 ? name : name[..end];
        TemplateValue value = first.Length == 0 ? args.Require(next++)
            : int.TryParse(first, NumberStyles.None, CultureInfo.InvariantCulture, out int place) ? args.Require(place)
            : args.Require(int.MaxValue, first);
        ReadOnlySpan<char> path = end < 0 ? "" : name.AsSpan(end);
        while (!path.IsEmpty)
        {
            bool isIndex = path[0] == '[';
            int close = isIndex ? path.IndexOf(']') : path[1..].IndexOfAny(".[") + 1;
            if (close <= 0) close = path.Length;
            string key = path[1..close].ToString();
            TemplateValue attribute = isIndex && long.TryParse(key, NumberStyles.None, CultureInfo.InvariantCulture, out long index) ? index : key;
            value = ListFilters.Attribute(value, attribute) ?? throw args.Fail($"finds no {key}");
            path = path[Math.Min(path.Length, close + (isIndex ? 1 : 0))..];
        }
        return value;
    }
}
