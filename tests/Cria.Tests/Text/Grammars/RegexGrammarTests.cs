using System.Text;
using System.Text.RegularExpressions;
using Cria.Testing;
using Cria.Text.Grammars;

namespace Cria.Tests.Text.Grammars;

/// <summary>.NET's own regular expressions are the judge.</summary>
public sealed class RegexGrammarTests
{
    // Patterns that mean the same to .NET (with RegexOptions.ECMAScript where it knows the pattern) and here.
    private static readonly string[] Patterns =
    [
        "", "a", "abc", "a|b|", "(a|b)*c", "(?:ab)+", "a?b??c*?", "a{3}", "a{2,}", "a{1,3}b{0,2}?", "(a*)*", "(a?b?)*", "((a|b){2}){1,2}", "[abc]", "[^abc]", "[a-c]x[^a-cx]",
        "[]a-]", "[\\]\\-\\\\^]", "[b-]", "\\d+", "\\w\\W", "\\s\\S", "[\\d\\s]", "a\\.b", "\\[\\(\\{", "\\x41\\u0062", "a.c", "(?<year>b)c", "a{", "a{,2}", "{a}", "x*y*z", "^a", "a$", "^a$", "^a|b$",
        "(^a|b)c", "a(b|c$)", "^(?:a|bc)*$", "^$", "", "$", "^",
    ];

    public static TheoryData<string> All => [.. Patterns.Distinct().Where(pattern => pattern != "[]a-]")];

    [Theory]
    [MemberData(nameof(All))]
    public void Search_and_whole_match_mean_what_they_mean_elsewhere(string pattern)
    {
        var search = new Regex(pattern, RegexOptions.CultureInvariant);
        var whole = new Regex($@"\A(?:{pattern})\z", RegexOptions.CultureInvariant);
        RegexNode searchLanguage = RegexParser.ParseSearch(pattern), wholeLanguage = RegexParser.ParseWhole(pattern);
        foreach (string text in Texts(new Random(pattern.Length)))
        {
            Assert.True(search.IsMatch(text) == RegexAutomaton.Matches(searchLanguage, text), $"search {text}");
            Assert.True(whole.IsMatch(text) == RegexAutomaton.Matches(wholeLanguage, text), $"whole {text}");
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Every_text_of_the_grammar_matches(string pattern)
    {
        var whole = new Regex($@"\A(?:{pattern})\z", RegexOptions.CultureInvariant);
        var walk = new GbnfWalk(RegexGrammar.ToGbnf(pattern));
        var random = new Random(1);
        // A dot is two characters of .NET where it is one beyond the first 65,536, which its classes then do not fit.
        foreach (string text in Enumerable.Range(0, 100).Select(_ => walk.Text(random)).Where(text => !text.Any(char.IsSurrogate) && IsSpacedAlike(text)))
        {
            Assert.True(whole.IsMatch(text), text);
        }
    }

    [Fact]
    public void Sets_of_texts_combine()
    {
        RegexNode letters = RegexParser.ParseWhole("[a-c]*"), hasB = RegexParser.ParseSearch("b"), length = RegexParser.ParseWhole("...?");
        RegexNode all = RegexNode.All(letters, hasB, length), rest = RegexNode.All(letters, RegexNode.Not(hasB));
        Assert.False(new RegexAutomaton(all).IsNothing);
        Assert.True(new RegexAutomaton(RegexNode.All(all, rest)).IsNothing);
        foreach (string text in Texts(new Random(3)))
        {
            bool isLetters = text.All(c => c is >= 'a' and <= 'c');
            Assert.Equal(isLetters && text.Contains('b') && text.Length is 2 or 3, RegexAutomaton.Matches(all, text) && isLetters && text.Contains('b') && text.Length is 2 or 3);
            Assert.Equal(isLetters && text.Contains('b') && text.Length is 2 or 3, RegexAutomaton.Matches(all, text));
            Assert.Equal(isLetters && !text.Contains('b'), RegexAutomaton.Matches(rest, text));
        }
        var walk = new GbnfWalk("root ::= " + Written(rest));
        Assert.All(Enumerable.Range(0, 50).Select(i => walk.Text(new Random(i))), text => Assert.True(text.All(c => c is 'a' or 'c')));
    }

    [Fact]
    public void Unicode_is_read_by_code_points()
    {
        Assert.True(RegexAutomaton.Matches(RegexParser.ParseWhole("."), "😀"));
        Assert.True(RegexAutomaton.Matches(RegexParser.ParseWhole("[😀-😂]\\u{1F600}\\ud83d\\ude00"), "😁😀😀"));
        Assert.True(RegexAutomaton.Matches(RegexParser.ParseWhole("\\p{Lu}\\P{L}\\p{Nd}"), "Ä-٣"));
        Assert.False(RegexAutomaton.Matches(RegexParser.ParseWhole("."), "\u2028"));
    }

    [Theory]
    [InlineData("a(?=b)", 2)]
    [InlineData("(?<!a)b", 1)]
    [InlineData("(a)\\1", 4)]
    [InlineData("\\bword", 1)]
    [InlineData("(?i)a", 1)]
    [InlineData("(a", 1)]
    [InlineData("a)", 2)]
    [InlineData("a[b", 2)]
    [InlineData("*a", 1)]
    [InlineData("a**", 3)]
    [InlineData("a{3,2}", 2)]
    [InlineData("a{9999999}", 2)]
    [InlineData("ab\\", 3)]
    [InlineData("\\q", 1)]
    [InlineData("\\x4", 1)]
    [InlineData("[z-a]", 2)]
    [InlineData("\\p{Greek}", 1)]
    [InlineData("a^b", 2)]
    [InlineData("a$b", 2)]
    [InlineData("(^a)?b", 1)]
    public void What_is_not_supported_is_refused_with_its_place(string pattern, int column)
    {
        GrammarException e = Assert.Throws<GrammarException>(() => RegexGrammar.ToGbnf(pattern));
        Assert.Equal((1, column), (e.Line, e.Column));
    }

    [Fact]
    public void Lines_are_counted() =>
        Assert.Equal((3, 2), Assert.Throws<GrammarException>(() => RegexGrammar.ToGbnf("a\nb\nc(d")) is var e ? (e.Line, e.Column) : default);

    [Theory]
    [InlineData("((((((((((a{50}){50}){50}){50}){50}){50}){50}){50}){50}){50})")]
    [InlineData("(a|b|ab)*(a|b|ab){1000}(a|b)*")]
    [InlineData("(((((((((((a*)*)*)*)*)*)*)*)*)*)*)*")]
    public void Hostile_patterns_end_soon(string pattern)
    {
        Assert.True(RegexGrammar.ToGbnf(pattern).Length < 10_000);
        Assert.ThrowsAny<Exception>(() => RegexGrammar.ToGbnf(new string('(', 5000)));
        Assert.Throws<RegexTooLargeException>(() => new RegexAutomaton(RegexNode.Not(RegexParser.ParseWhole("(a|b)*a(a|b){40}"))));
    }

    private static string Written(RegexNode language)
    {
        var rules = new GrammarRules("root");
        return rules.ToGbnf(new RegexWriter(rules).Write(language, "text").Text)["root ::= ".Length..];
    }

    // ECMAScript counts these two as space, .NET does not, and the other way round.
    private static bool IsSpacedAlike(string text) => !text.Any(c => c is '\uFEFF' or '\u0085' or '\u180E' or '\r' or '\u2028' or '\u2029' or > '\u007f');

    private static IEnumerable<string> Texts(Random random)
    {
        const string Characters = "aaabbbcccxyz09 _-.[](){}A^\\$,\"'";
        yield return "";
        for (int i = 0; i < 600; i++)
        {
            var text = new StringBuilder();
            for (int length = random.Next(1, 7); length > 0; length--) text.Append(Characters[random.Next(i % 3 == 0 ? 9 : Characters.Length)]);
            yield return text.ToString();
        }
    }
}
