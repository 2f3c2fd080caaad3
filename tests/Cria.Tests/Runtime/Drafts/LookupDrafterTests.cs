using Cria.Runtime.Drafts;

namespace Cria.Tests.Runtime;

public class LookupDrafterTests
{
    [Fact]
    public void Goes_on_as_the_text_did_where_its_end_occurred_before()
    {
        Assert.Equal([3, 4, 5, 6], Guess([1, 2, 3, 4, 5, 6, 7, 1, 2], 4, out int evidence));
        Assert.Equal(2, evidence);
    }

    [Fact]
    public void Says_nothing_where_nothing_is_repeated()
    {
        Assert.Empty(Guess([1, 2, 3, 4, 5, 6, 7], 4, out _));
        Assert.Empty(Guess([1, 2, 3, 9, 2], 4, out _));
        Assert.Empty(Guess([1], 4, out _));
        Assert.Empty(Guess([], 4, out _));
    }

    [Fact]
    public void Prefers_the_place_with_more_tokens_in_common_and_of_equal_ones_the_latest()
    {
        Assert.Equal([10], Guess([7, 8, 9, 10, 0, 1, 8, 9, 11, 0, 2, 7, 8, 9], 1, out int evidence));
        Assert.Equal(3, evidence);
        Assert.Equal([11], Guess([6, 8, 9, 10, 0, 1, 8, 9, 11, 0, 2, 7, 8, 9], 1, out _));
    }

    [Fact]
    public void Finds_a_long_repetition_behind_many_short_ones()
    {
        int[] passage = [1, 2, 3, 4, 5, 6];
        int[] text = [.. passage, 99, .. Enumerable.Range(0, 1000).SelectMany(i => new[] { 100 + i, 5, 6, 50 }), 1, 2, 3, 4, 5, 6];
        Assert.Equal([99], Guess(text, 1, out int evidence));
        Assert.Equal(6, evidence);
    }

    [Fact]
    public void Repeats_what_is_still_being_guessed()
    {
        Assert.Equal([5, 6, 5, 6, 5, 6], Guess([5, 6, 5, 6], 6, out _));
        Assert.Equal([3, 3, 3], Guess([3, 3, 3], 3, out _));
    }

    [Fact]
    public void Follows_a_passage_and_trusts_it_more_with_each_token()
    {
        using LookupDrafter drafter = LookupDrafter.For([.. Enumerable.Range(0, 100), 500, 20, 21]);
        for (int token = 22; token < 60; token++)
        {
            Assert.Equal([token, token + 1], Guess(drafter, 2, out int evidence));
            Assert.Equal(token - 20, evidence);
            drafter.Accept(token);
        }
    }

    [Fact]
    public void Goes_on_behind_a_token_that_was_replaced()
    {
        using LookupDrafter drafter = LookupDrafter.For([.. Enumerable.Range(0, 100), 500, 20, 21]);
        Assert.Equal([22, 23], Guess(drafter, 2, out _));
        drafter.Accept(600);
        Assert.Equal([23, 24], Guess(drafter, 2, out int evidence));
        Assert.Equal(0, evidence);
        drafter.Accept(23);
        Assert.Equal([24, 25], Guess(drafter, 2, out evidence));
        Assert.Equal(1, evidence);
    }

    [Theory]
    [InlineData(new[] { 600, 601, 602, 22 }, 23)]   // three were put in
    [InlineData(new[] { 24 }, 25)]                  // two were left out
    [InlineData(new[] { 600, 601, 25 }, 26)]        // three became two
    public void Takes_the_passage_up_again_behind_a_difference(int[] difference, int next)
    {
        using LookupDrafter drafter = LookupDrafter.For([.. Enumerable.Range(0, 100), 500, 20, 21]);
        Assert.Equal([22], Guess(drafter, 1, out _));
        foreach (int token in difference)
        {
            drafter.Accept(token);
            Guess(drafter, 1, out _);
        }

        Assert.Equal([next], Guess(drafter, 1, out int evidence));
        Assert.Equal(1, evidence);
    }

    [Fact]
    public void Gives_a_passage_up_that_the_text_has_left()
    {
        using LookupDrafter drafter = LookupDrafter.For([.. Enumerable.Range(0, 100), 500, 20, 21]);
        Guess(drafter, 1, out _);
        for (int token = 600; token < 640; token++) drafter.Accept(token);
        drafter.Accept(22);
        Assert.Empty(Guess(drafter, 1, out _));
    }

    [Fact]
    public void What_it_claims_to_be_repeated_is_and_guesses_are_what_followed()
    {
        var random = new Random(3);
        var text = new List<int>();
        using LookupDrafter drafter = LookupDrafter.For([]);
        int[] draft = new int[5];
        int guessed = 0;
        for (int i = 0; i < 20_000; i++)
        {
            int token = random.Next(text.Count > 0 && random.Next(8) > 0 ? 4 : 400);
            text.Add(token);
            drafter.Accept(token);
            int count = drafter.Guess(draft, out int evidence);
            if (count == 0 || evidence < 2) continue;
            guessed++;
            int compared = Math.Min(evidence, 8);
            Assert.True(Enumerable.Range(compared, text.Count - compared).Any(place => Follows(text, place, compared, draft[0])), $"at {i}");
        }

        Assert.InRange(guessed, 1000, 20_000);

        static bool Follows(List<int> text, int place, int compared, int next)
        {
            if (text[place] != next) return false;
            for (int back = 1; back <= compared; back++)
                if (text[place - back] != text[^back]) return false;
            return true;
        }
    }

    [Fact]
    public void A_token_allocates_nothing_once_there_is_room()
    {
        using LookupDrafter drafter = LookupDrafter.For(new int[1000]);
        int[] draft = new int[8];
        Step(0);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 1; i < 400; i++) Step(i);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Step(int i)
        {
            drafter.Accept(i % 7);
            drafter.Guess(draft, out _);
        }
    }

    private static int[] Guess(int[] text, int count, out int evidence)
    {
        using LookupDrafter drafter = LookupDrafter.For(text.AsSpan(0, text.Length / 2));
        foreach (int token in text.AsSpan(text.Length / 2)) drafter.Accept(token);
        return Guess(drafter, count, out evidence);
    }

    private static int[] Guess(LookupDrafter drafter, int count, out int evidence)
    {
        int[] draft = new int[count];
        return draft[..drafter.Guess(draft, out evidence)];
    }
}
