namespace Cria.Text.Grammars;

/// <summary>Regular expressions as GBNF.</summary>
internal static class RegexGrammar
{
    /// <summary>The grammar of the texts that a pattern matches as a whole.</summary>
    public static string ToGbnf(string pattern)
    {
        ArgumentNullException.ThrowIfNull(pattern);
        RegexNode language = RegexParser.ParseWhole(pattern);
        if (language.IsNothing) throw new GrammarException(1, 1, "no text matches this regular expression");
        try
        {
            var rules = new GrammarRules("root");
            return rules.ToGbnf(new RegexWriter(rules).Write(language, "text").Text);
        }
        catch (GrammarTooLargeException)
        {
            throw new GrammarException(1, 1, "the grammar of this regular expression would be too large; use fewer or smaller repetitions");
        }
    }
}
