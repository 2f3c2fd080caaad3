using Cria.Runtime.Sampling;

namespace Cria.Tests.Runtime.Sampling;

public class CandidatesTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(7, 3)]
    [InlineData(1000, 40)]
    [InlineData(1000, 1000)]
    [InlineData(1000, 5000)]
    [InlineData(50_000, 2000)]
    public void Takes_the_likeliest_tokens_in_order(int vocabulary, int count)
    {
        float[] logits = RandomLogits(vocabulary);
        var candidates = new Candidates(vocabulary);

        candidates.FillTop(logits, count);

        Assert.Equal(BestTokens(logits, count), Tokens(candidates));
        Assert.Equal(candidates.Count, candidates.SortedCount);
    }

    [Fact]
    public void Sorts_the_head_further_each_time_it_is_asked()
    {
        float[] logits = RandomLogits(5000);
        var candidates = new Candidates(logits.Length);
        candidates.Fill(logits);

        foreach (int head in new[] { 1, 10, 11, 500, 4999, 5000 })
        {
            candidates.SortHead(head);
            Assert.Equal(BestTokens(logits, head), Tokens(candidates).Take(head));
        }
    }

    [Fact]
    public void Orders_equal_logits_by_token()
    {
        float[] logits = [1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2];
        var all = new Candidates(logits.Length);
        all.Fill(logits);
        all.SortHead(12);
        var top = new Candidates(logits.Length);
        top.FillTop(logits, 12);

        int[] expected = [1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 0, 2];
        Assert.Equal(expected, Tokens(all).Take(12));
        Assert.Equal(expected, Tokens(top));
    }

    [Fact]
    public void Keeps_its_sorted_head_when_unlikely_tokens_go()
    {
        float[] logits = RandomLogits(300);
        var candidates = new Candidates(logits.Length);
        candidates.Fill(logits);
        candidates.SortHead(50);
        float bound = candidates.Items[20].Logit;

        candidates.KeepAtLeast(bound);

        int[] expected = BestTokens(logits, logits.Count(logit => logit >= bound));
        Assert.Equal(expected, Tokens(candidates));
        Assert.Equal(expected.Length, candidates.SortedCount);
    }

    [Fact]
    public void Turns_logits_into_probabilities_whatever_their_size()
    {
        var candidates = new Candidates(3);
        candidates.Fill([1000, 1000 + MathF.Log(2), float.NegativeInfinity]);

        candidates.Normalize();

        Assert.Equal([1f / 3, 2f / 3, 0], candidates.Items.ToArray().Select(item => item.Probability), new Near(1e-4f));
    }

    private static float[] RandomLogits(int count)
    {
        var random = new Random(5);
        // Coarse steps, so that there are many equal ones.
        return [.. Enumerable.Range(0, count).Select(_ => MathF.Round((float)random.NextDouble() * 400) / 10)];
    }

    private static int[] BestTokens(float[] logits, int count) =>
        [.. Enumerable.Range(0, logits.Length).OrderByDescending(token => logits[token]).ThenBy(token => token).Take(count)];

    private static int[] Tokens(Candidates candidates) => [.. candidates.Items.ToArray().Select(item => item.Token)];
}

internal sealed class Near(float tolerance) : IEqualityComparer<float>
{
    public bool Equals(float x, float y) => MathF.Abs(x - y) <= tolerance;

    public int GetHashCode(float value) => 0;
}
