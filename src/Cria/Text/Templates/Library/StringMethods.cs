namespace Cria.Text.Templates.Library;

/// <summary>The methods of strings that llama.cpp has too; <see cref="PythonStringMethods"/> has the others.</summary>
internal static class StringMethods
{
    public static KeyValuePair<string, Operation>[] All { get; } =
    [
        .. PythonStringMethods.All,
        new("capitalize", (value, args) => TextFilters.WithCase(
            args.Evaluation, (StringValue)value, (before, c) => before == '\0' ? TextFilters.Upper(c) : TextFilters.Lower(c))),
        new("endswith", (value, args) => Candidates(args).Any(end => Text(value).EndsWith(end, StringComparison.Ordinal))),
        new("format", (value, args) => BraceFormat.Format((StringValue)value, args)),
        new("lower", (value, args) => TextFilters.WithCase(args.Evaluation, (StringValue)value, (_, c) => TextFilters.Lower(c))),
        new("lstrip", (value, args) => Strip((StringValue)value, args, start: true, end: false)),
        new("replace", Replace),
        new("rsplit", (value, args) => Split((StringValue)value, args, fromEnd: true)),
        new("rstrip", (value, args) => Strip((StringValue)value, args, start: false, end: true)),
        new("split", (value, args) => Split((StringValue)value, args, fromEnd: false)),
        new("startswith", (value, args) => Candidates(args).Any(start => Text(value).StartsWith(start, StringComparison.Ordinal))),
        new("strip", (value, args) => Strip((StringValue)value, args, start: true, end: true)),
        new("title", (value, args) => TextFilters.WithCase(
            args.Evaluation, (StringValue)value,
            (before, c) => before == '\0' || TextFilters.IsSpace(before) ? TextFilters.Upper(c) : TextFilters.Lower(c))),
        new("upper", (value, args) => TextFilters.WithCase(args.Evaluation, (StringValue)value, (_, c) => TextFilters.Upper(c))),
    ];

    public static StringValue Join(Evaluation evaluation, StringValue separator, IEnumerable<StringValue> parts)
    {
        var joined = new TextBuilder(evaluation);
        bool first = true;
        foreach (StringValue part in parts)
        {
            if (!first) joined.Append(separator);
            joined.Append(part);
            first = false;
        }
        return joined.ToValue();
    }

    /// <summary>The words between white space, at most as many splits as given where that is not negative.</summary>
    public static IEnumerable<StringValue> SplitAtSpace(Evaluation evaluation, StringValue text, long splits)
    {
        string s = text.Text;
        int start = 0;
        evaluation.ChargeText(0, s.Length);
        while (true)
        {
            while (start < s.Length && char.IsWhiteSpace(s[start])) start++;
            if (start == s.Length) yield break;
            int end = start;
            if (splits == 0) end = s.AsSpan().TrimEnd().Length;
            else while (end < s.Length && !char.IsWhiteSpace(s[end])) end++;
            evaluation.ChargeItems(1);
            yield return text.Substring(evaluation, start, end - start);
            if (splits-- == 0) yield break;
            start = end;
        }
    }

    // Without a separator llama.cpp splits at every blank, where Python splits at runs of white space.
    private static ListValue Split(StringValue text, Arguments args, bool fromEnd)
    {
        string separator = args.Text(0, "sep")?.Text ?? " ";
        if (separator.Length == 0) throw args.Fail("cannot split at an empty text");
        long splits = args.Integer(1, "maxsplit", -1);
        args.Evaluation.ChargeSearch(text.Text, separator);
        var parts = new List<TemplateValue>();
        (int start, int end) = (0, text.Text.Length);
        for (; splits != 0; splits--)
        {
            int found = fromEnd
                ? text.Text.AsSpan(0, end).LastIndexOf(separator)
                : text.Text.IndexOf(separator, start, StringComparison.Ordinal);
            if (found < 0) break;
            args.Evaluation.ChargeItems(1);
            if (fromEnd)
            {
                parts.Add(text.Substring(args.Evaluation, found + separator.Length, end - found - separator.Length));
                end = found;
            }
            else
            {
                parts.Add(text.Substring(args.Evaluation, start, found - start));
                start = found + separator.Length;
            }
        }
        parts.Add(text.Substring(args.Evaluation, start, end - start));
        if (fromEnd) parts.Reverse();
        return new ListValue(parts);
    }

    private static TemplateValue Replace(TemplateValue value, Arguments args)
    {
        var text = (StringValue)value;
        StringValue old = args.RequireText(0, "old");
        StringValue with = args.RequireText(1, "new");
        long times = args.Integer(2, "count", -1);
        if (times <= 0) times = long.MaxValue;
        args.Evaluation.ChargeSearch(text.Text, old.Text);
        var replaced = new TextBuilder(args.Evaluation);
        int at = 0;
        if (old.Text.Length == 0)
        {
            replaced.Append(with);
            foreach (StringValue c in TextFilters.Characters(args.Evaluation, text))
            {
                replaced.Append(c);
                replaced.Append(with);
            }
            return replaced.ToValue();
        }
        for (; times > 0 && text.Text.IndexOf(old.Text, at, StringComparison.Ordinal) is var found and >= 0; times--)
        {
            replaced.Append(text, at, found - at);
            replaced.Append(with);
            at = found + old.Text.Length;
            args.Evaluation.Charge(1);
        }
        replaced.Append(text, at, text.Text.Length - at);
        return replaced.ToValue();
    }

    private static StringValue Strip(StringValue text, Arguments args, bool start, bool end)
    {
        string? chars = args.Get(0, "chars") is NoneValue ? null : args.Text(0, "chars")?.Text;
        bool Stripped(char c) => chars is null ? TextFilters.IsSpace(c) : chars.Contains(c);
        (int from, int to) = (0, text.Text.Length);
        args.Evaluation.ChargeSearch(text.Text, chars ?? " ");
        while (start && from < to && Stripped(text.Text[from])) from++;
        while (end && from < to && Stripped(text.Text[to - 1])) to--;
        return text.Substring(args.Evaluation, from, to - from);
    }

    // What a text may begin or end with: one string, or any of a tuple.
    private static string[] Candidates(Arguments args)
    {
        TemplateValue given = args.Require(0);
        IReadOnlyList<TemplateValue> candidates = given is ListValue { IsTuple: true } several ? several.Items : [given];
        return
        [
            .. candidates.Select(candidate =>
            {
                args.Evaluation.Charge(ValueEquality.Cost(candidate));
                return candidate is StringValue text ? text.Text : throw args.Refuse(candidate);
            }),
        ];
    }

    private static string Text(TemplateValue value) => ((StringValue)value).Text;
}
