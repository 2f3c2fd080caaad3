using System.Text.Json;

namespace Cria.Text.Grammars;

/// <summary>The strings that a schema allows as plain texts: without quotes and escapes, up to a mark that ends them and that they do not contain.</summary>
internal static class SchemaTexts
{
    private const int MostCountedStates = 400;

    /// <summary>The grammar of the texts with the mark behind them; null where any text will do.</summary>
    /// <param name="schema">The schema.</param>
    /// <param name="end">The mark.</param>
    /// <param name="root">The rule for the whole, with whose name those of all others begin.</param>
    /// <exception cref="JsonSchemaException">The schema is ill-formed, allows no text, or asks for something that a grammar cannot enforce.</exception>
    public static string? ToGbnf(JsonElement schema, string end, string root)
    {
        var document = new SchemaDocument(schema);
        try
        {
            RegexNode texts = new SchemaReader(document).StringsOf(SchemaGoal.Schema(document.Root));
            if (texts.IsAnyText) return null;
            texts = WithoutMark(texts, end);
            if (texts.IsAnyText) return null;
            if (texts is RegexAll or RegexNot ? new RegexAutomaton(texts).IsNothing : texts.IsNothing) throw document.Root.Refuse("no text satisfies this schema");
            var rules = new GrammarRules(root);
            GbnfElement written = new RegexWriter(rules).Write(texts, "text");
            return rules.ToGbnf(GbnfElement.Sequence(written, GbnfElement.Literal(end)).Text);
        }
        catch (Exception e) when (e is GrammarTooLargeException or RegexTooLargeException)
        {
            throw new JsonSchemaException("", "its grammar would be too large; use smaller limits or simpler patterns");
        }
    }

    private static RegexNode WithoutMark(RegexNode texts, string mark)
    {
        RegexCharSet chars = texts.Alphabet();
        if (mark.EnumerateRunes().Any(rune => !chars.Contains(rune.Value))) return texts;
        // To count the characters of a text and to look for the mark at once takes a state for each pair of both: long texts go without their
        // limit, because the alternative is to forbid them what they need, such as line ends.
        if (texts is RegexRepeat { Body: RegexSet { Chars.IsAll: true } set } repeat && (repeat.Max ?? repeat.Min) * mark.Length > MostCountedStates)
            texts = RegexNode.Repeat(set, repeat.Min * mark.Length > MostCountedStates ? 0 : repeat.Min, null);
        if (texts.IsAnyText) return texts;
        RegexNode withMark = RegexNode.Sequence(RegexNode.AnyText, RegexNode.Literal(mark), RegexNode.AnyText);
        return new RegexAutomaton(RegexNode.All(texts, withMark)).IsNothing ? texts : RegexNode.All(texts, RegexNode.Not(withMark));
    }
}
