using Cria.Runtime.Sampling;

namespace Cria.Tests.Runtime.Sampling;

public class PenaltyTests
{
    [Fact]
    public void Repetition_penalties_move_positive_and_negative_logits_down()
    {
        var penalties = new RepetitionPenalties(window: 10, repeat: 2, frequency: 0.5f, presence: 0.25f);
        foreach (int token in new[] { 0, 1, 1, 1 }) penalties.Accept(token);
        float[] logits = [4, -4, 4];

        penalties.Apply(logits);

        // 4/2 - 1·0.5 - 0.25; -4·2 - 3·0.5 - 0.25; untouched.
        Assert.Equal([1.25f, -9.75f, 4], logits);
    }

    [Fact]
    public void Repetition_penalties_forget_tokens_that_left_the_window()
    {
        var penalties = new RepetitionPenalties(window: 2, repeat: 1, frequency: 1, presence: 0.5f);
        foreach (int token in new[] { 0, 0, 1, 0 }) penalties.Accept(token);
        float[] logits = [0, 0];

        penalties.Apply(logits);
        Assert.Equal([-1.5f, -1.5f], logits);

        penalties.Accept(0);
        logits = [0, 0];
        penalties.Apply(logits);
        Assert.Equal([-2.5f, 0], logits);
    }

    [Fact]
    public void Dry_penalises_what_would_prolong_a_repetition()
    {
        // "1 2 3 3 2 3 9 1 2 3": after "1 2 3" came 3 (length 3), after "2 3" came 9 (2), after "3" came 2 and 3 (1).
        float[] penalty = Dry([1, 2, 3, 3, 2, 3, 9, 1, 2, 3], allowedLength: 1);

        Assert.Equal(4, penalty[3]);
        Assert.Equal(2, penalty[9]);
        Assert.Equal(1, penalty[2]);
        Assert.Equal(0, penalty[1]);
    }

    [Fact]
    public void Dry_leaves_short_repetitions_alone()
    {
        float[] penalty = Dry([1, 2, 3, 3, 2, 3, 9, 1, 2, 3], allowedLength: 3);

        Assert.Equal(1, penalty[3]);
        Assert.Equal(0, penalty[9]);
    }

    [Fact]
    public void Dry_sees_no_repetition_across_a_breaker()
    {
        var breakers = new SequenceBreakers();
        breakers.Add(2, []);

        // Only the last 3 counts: one token of "1 2 3".
        float[] penalty = Dry([1, 2, 3, 4, 1, 2, 3], allowedLength: 1, breakers);

        Assert.Equal(1, penalty[4]);
        Assert.Equal(0, penalty[2]);
    }

    [Fact]
    public void Dry_breakers_may_take_several_tokens()
    {
        var breakers = new SequenceBreakers();
        breakers.Add(1, [2]);

        Assert.Equal(1, Dry([1, 2, 3, 4, 1, 2, 3], allowedLength: 1, breakers)[4]);
        Assert.Equal(4, Dry([1, 5, 3, 4, 1, 5, 3], allowedLength: 1, breakers)[4]);
    }

    [Fact]
    public void Dry_never_penalises_a_breaker()
    {
        var breakers = new SequenceBreakers();
        breakers.Add(4, []);

        float[] penalty = Dry([4, 1, 2, 3, 4, 1, 2, 3], allowedLength: 1, breakers);

        Assert.Equal(0, penalty[4]);
    }

    [Fact]
    public void Dry_measures_overlapping_repetitions()
    {
        // Six times the same token: the repetition is five long and would go on with it.
        float[] penalty = Dry([7, 7, 7, 7, 7, 7], allowedLength: 1);

        Assert.Equal(16, penalty[7]);
    }

    [Fact]
    public void Dry_penalties_stay_finite_for_long_repetitions()
    {
        var dry = new DryPenalty(1000, multiplier: 1, growth: 2, allowedLength: 1, SequenceBreakers.None);
        for (int i = 0; i < 1000; i++) dry.Accept(1);
        float[] logits = [0, 0];

        dry.Apply(logits);

        Assert.True(float.IsFinite(logits[1]));
        Assert.True(logits[1] < -1e37f);
    }

    [Fact]
    public void Dry_finds_the_same_repetitions_as_a_naive_search()
    {
        var random = new Random(3);
        for (int round = 0; round < 200; round++)
        {
            int[] text = [.. Enumerable.Range(0, random.Next(3, 40)).Select(_ => random.Next(3))];
            float[] penalty = Dry(text, allowedLength: 1);
            for (int token = 0; token < 3; token++)
            {
                int longest = 0;
                for (int end = 0; end < text.Length - 1; end++)
                {
                    int length = 0;
                    while (length <= end && text[end - length] == text[text.Length - 1 - length]) length++;
                    if (text[end + 1] == token) longest = Math.Max(longest, length);
                }

                Assert.Equal(longest == 0 ? 0 : MathF.Pow(2, longest - 1), penalty[token]);
            }
        }
    }

    /// <summary>What each token loses, with multiplier 1 and base 2.</summary>
    private static float[] Dry(int[] text, int allowedLength, SequenceBreakers? breakers = null)
    {
        var dry = new DryPenalty(100, multiplier: 1, growth: 2, allowedLength, breakers ?? SequenceBreakers.None);
        foreach (int token in text) dry.Accept(token);
        float[] logits = new float[10];
        dry.Apply(logits);
        return [.. logits.Select(logit => 0 - logit)];
    }
}
