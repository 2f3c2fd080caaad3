using Cria.Runtime;

namespace Cria.Tests.Runtime;

public class StopSequenceMatcherTests
{
    [Fact]
    public void Passes_everything_on_without_stop_sequences()
    {
        var matcher = new StopSequenceMatcher([]);
        Assert.Equal("abc", matcher.Append("abc"));
        Assert.Equal("", matcher.Flush());
    }

    [Fact]
    public void Holds_back_what_may_become_a_stop_sequence()
    {
        var matcher = new StopSequenceMatcher(["###"]);
        Assert.Equal("a", matcher.Append("a#"));
        Assert.Equal("", matcher.Append("#"));
        Assert.Equal("##b", matcher.Append("b"));
        Assert.Equal("", matcher.Append("#"));
        Assert.Null(matcher.Match);
        Assert.Equal("#", matcher.Flush());
    }

    [Fact]
    public void Stops_across_pieces_and_drops_what_follows()
    {
        var matcher = new StopSequenceMatcher(["User:"]);
        Assert.Equal("Hi ", matcher.Append("Hi Us"));
        Assert.Equal("", matcher.Append("er"));
        Assert.Equal("", matcher.Append(": tail"));
        Assert.Equal("User:", matcher.Match);
        Assert.Equal("", matcher.Flush());
    }

    [Fact]
    public void Finds_a_sequence_inside_another_that_fails()
    {
        var matcher = new StopSequenceMatcher(["abcd", "bc"]);
        Assert.Equal("xa", matcher.Append("xabc"));
        Assert.Equal("bc", matcher.Match);
    }

    [Fact]
    public void Prefers_the_longest_of_sequences_that_end_together()
    {
        var matcher = new StopSequenceMatcher(["c", "bc", "abc"]);
        Assert.Equal("x", matcher.Append("xabc"));
        Assert.Equal("abc", matcher.Match);
    }

    [Fact]
    public void Finds_the_same_whatever_the_borders_of_the_pieces()
    {
        var random = new Random(11);
        for (int round = 0; round < 500; round++)
        {
            string[] stops = [.. Enumerable.Range(0, random.Next(1, 5)).Select(_ => RandomText(random, random.Next(1, 6)))];
            string text = RandomText(random, 60);
            (string expected, string? match) = Search(text, stops);

            var matcher = new StopSequenceMatcher(stops);
            string found = "";
            for (int at = 0; at < text.Length && matcher.Match is null;)
            {
                int length = Math.Min(random.Next(1, 6), text.Length - at);
                found += matcher.Append(text.Substring(at, length));
                // What was shown can never be taken back.
                Assert.StartsWith(found, expected);
                at += length;
            }

            Assert.Equal(expected, found + matcher.Flush());
            Assert.Equal(match, matcher.Match);
        }
    }

    /// <summary>The text before the sequence that ends first, by trying every end.</summary>
    private static (string Text, string? Match) Search(string text, string[] stops)
    {
        for (int end = 1; end <= text.Length; end++)
        {
            string? match = stops.Where(stop => text[..end].EndsWith(stop, StringComparison.Ordinal)).MaxBy(stop => stop.Length);
            if (match is not null) return (text[..(end - match.Length)], match);
        }

        return (text, null);
    }

    private static string RandomText(Random random, int length) =>
        string.Concat(Enumerable.Range(0, length).Select(_ => (char)('a' + random.Next(3))));
}
