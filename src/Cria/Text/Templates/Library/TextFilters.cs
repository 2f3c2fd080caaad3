using System.Text;

namespace Cria.Text.Templates.Library;

/// <summary>The filters for texts that are no methods of strings; those of <see cref="StringMethods"/> are filters too.</summary>
internal static class TextFilters
{
    public static KeyValuePair<string, Operation>[] All { get; } =
    [
        new("escape", Escape),
        new("forceescape", Escape),
        new("indent", Indent),
        new("truncate", Truncate),
        new("wordcount", (value, args) => Words(value, args).Length),
        new("urlencode", UrlEncode),
        new("striptags", StripTags),
        new("pprint", (value, args) =>
        {
            var text = new TextBuilder(args.Evaluation);
            ValueText.AppendShown(args.Evaluation, text, value);
            return text.ToValue();
        }),
        new("wordwrap", WordWrap),
    ];

    // Lines are told apart as llama.cpp does: what precedes the first line that is not empty is lost.
    public static TemplateValue Indent(TemplateValue value, Arguments args)
    {
        if (value is not StringValue text) throw args.Refuse(value);
        var indented = new TextBuilder(args.Evaluation);
        TemplateValue width = args.Get(0, "width");
        bool indentFirst = args.Flag(1, "first");
        bool indentBlank = args.Flag(2, "blank");
        if (width is IntegerValue { Value: < 0 }) throw args.Fail("takes a width that is not negative");
        void AppendIndent()
        {
            if (width is IntegerValue blanks) indented.Append(' ', blanks.Value);
            else if (width is StringValue own) indented.Append(own);
            else indented.Append("    ");
        }

        for (int start = 0; start < text.Text.Length;)
        {
            int end = text.Text.IndexOf('\n', start) is var found and >= 0 ? found : text.Text.Length;
            bool first = indented.Length == 0;
            if (!first) indented.Append(text, start - 1, 1);
            if (first ? indentFirst : end > start || indentBlank) AppendIndent();
            indented.Append(text, start, end - start);
            start = end + 1;
        }
        if (text.Text.EndsWith('\n'))
        {
            indented.Append(text, text.Text.Length - 1, 1);
            if (indentBlank) AppendIndent();
        }
        return indented.ToValue();
    }

    private static TemplateValue Escape(TemplateValue value, Arguments args)
    {
        StringValue text = ValueText.Of(args.Evaluation, value);
        var escaped = new TextBuilder(args.Evaluation);
        for (int i = 0; i < text.Text.Length; i++)
        {
            escaped.AppendFor(text, i, text.Text[i] switch
            {
                '&' => "&amp;",
                '<' => "&lt;",
                '>' => "&gt;",
                '\'' => "&#39;",
                '"' => "&#34;",
                _ => text.Text.AsSpan(i, 1),
            });
        }
        return escaped.ToValue();
    }

    private static TemplateValue UrlEncode(TemplateValue value, Arguments args)
    {
        StringValue text = ValueText.Of(args.Evaluation, value);
        var encoded = new TextBuilder(args.Evaluation);
        for (int i = 0; i < text.Text.Length;)
        {
            Rune.DecodeFromUtf16(text.Text.AsSpan(i), out Rune rune, out int units);
            encoded.AppendFor(text, i, rune.Value == '/' ? "/" : Uri.EscapeDataString(rune.ToString()));
            i += units;
        }
        return encoded.ToValue();
    }

    private static TemplateValue Truncate(TemplateValue value, Arguments args)
    {
        StringValue text = ValueText.Of(args.Evaluation, value);
        long length = args.Integer(0, "length", 255);
        string end = args.Text(2, "end")?.Text ?? "...";
        if (length < end.Length) throw args.Fail("takes a length that leaves room for the end");
        if (text.Text.Length <= length + args.Integer(3, "leeway", 5)) return text;
        StringValue kept = text.Substring(args.Evaluation, 0, (int)length - end.Length);
        int blank = kept.Text.LastIndexOf(' ');
        if (!args.Flag(1, "killwords") && blank >= 0) kept = kept.Substring(args.Evaluation, 0, blank);
        var truncated = new TextBuilder(args.Evaluation);
        truncated.Append(kept);
        truncated.Append(end);
        return truncated.ToValue();
    }

    private static TemplateValue StripTags(TemplateValue value, Arguments args)
    {
        StringValue text = ValueText.Of(args.Evaluation, value);
        var bare = new TextBuilder(args.Evaluation);
        for (int i = 0; i < text.Text.Length;)
        {
            int open = text.Text.IndexOf('<', i);
            int close = open < 0 ? -1 : text.Text.IndexOf('>', open);
            if (close < 0) open = text.Text.Length;
            bare.Append(text, i, open - i);
            i = close < 0 ? text.Text.Length : close + 1;
        }
        return StringMethods.Join(args.Evaluation, new StringValue(" "), StringMethods.SplitAtSpace(args.Evaluation, bare.ToValue(), -1));
    }

    private static TemplateValue WordWrap(TemplateValue value, Arguments args)
    {
        StringValue text = ValueText.Of(args.Evaluation, value);
        long width = Math.Max(1, args.Integer(0, "width", 79));
        string lineEnd = args.Text(2, "wrapstring")?.Text ?? "\n";
        var wrapped = new TextBuilder(args.Evaluation);
        long column = 0;
        foreach (StringValue word in StringMethods.SplitAtSpace(args.Evaluation, text, -1))
        {
            if (column > 0 && column + 1 + word.Text.Length > width)
            {
                wrapped.Append(lineEnd);
                column = 0;
            }
            else if (column > 0)
            {
                wrapped.Append(' ');
                column++;
            }
            wrapped.Append(word);
            column += word.Text.Length;
        }
        return wrapped.ToValue();
    }

    private static StringValue[] Words(TemplateValue value, Arguments args) =>
        [.. StringMethods.SplitAtSpace(args.Evaluation, ValueText.Of(args.Evaluation, value), -1)];

    /// <summary>The text in other letters of the same number: only those of ASCII change, as in llama.cpp.</summary>
    public static StringValue WithCase(Evaluation evaluation, StringValue text, Func<char, char, char> letter)
    {
        evaluation.ChargeText(0, text.Text.Length);
        return text.WithText(string.Create(text.Text.Length, (text.Text, letter), static (span, state) =>
        {
            char before = '\0';
            for (int i = 0; i < span.Length; i++)
            {
                span[i] = state.letter(before, state.Text[i]);
                before = state.Text[i];
                if (before == '\0') before = '\x1';
            }
        }));
    }

    public static char Upper(char c) => char.IsAsciiLetterLower(c) ? (char)(c - 32) : c;

    public static char Lower(char c) => char.IsAsciiLetterUpper(c) ? (char)(c + 32) : c;

    public static bool IsSpace(char c) => c is ' ' or (>= '\t' and <= '\r');

    /// <summary>The characters of a text, each with its origin; a pair of surrogates is one.</summary>
    public static IEnumerable<StringValue> Characters(Evaluation evaluation, StringValue text)
    {
        for (int i = 0; i < text.Text.Length;)
        {
            Rune.DecodeFromUtf16(text.Text.AsSpan(i), out _, out int units);
            evaluation.ChargeItems(1);
            yield return text.Substring(evaluation, i, units);
            i += units;
        }
    }
}
