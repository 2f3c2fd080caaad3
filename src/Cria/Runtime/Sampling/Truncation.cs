namespace Cria.Runtime.Sampling;

/// <summary>The stages that drop unlikely tokens, and XTC, which drops the likeliest. Each keeps at least one token.</summary>
internal static class Truncation
{
    /// <summary>Forbids tokens more than <paramref name="n"/> standard deviations below the best.</summary>
    public static void TopNSigma(Span<float> logits, float n)
    {
        double sum = 0;
        int count = 0;
        float max = float.NegativeInfinity;
        foreach (float logit in logits)
        {
            if (logit == float.NegativeInfinity) continue;
            max = Math.Max(max, logit);
            sum += logit;
            count++;
        }

        if (count == 0) return;
        double mean = sum / count, squares = 0;
        foreach (float logit in logits)
        {
            if (logit != float.NegativeInfinity) squares += (logit - mean) * (logit - mean);
        }

        float bound = max - n * (float)Math.Sqrt(squares / count);
        foreach (ref float logit in logits)
        {
            if (logit < bound) logit = float.NegativeInfinity;
        }
    }

    /// <summary>Keeps the tokens whose surprise is nearest to the expected one and that together have <paramref name="p"/>.</summary>
    public static void Typical(Candidates candidates, float p, int minKeep)
    {
        candidates.Normalize();
        float entropy = Entropy(candidates);
        foreach (ref Candidate candidate in candidates.Items)
            candidate.Rank = -MathF.Abs(-MathF.Log(candidate.Probability) - entropy);
        candidates.ForgetOrder();

        float sum = 0;
        for (int i = 0; i < candidates.Count; i++)
        {
            if (i == candidates.SortedCount) candidates.ExtendSortedHead();
            sum += candidates.Items[i].Probability;
            if (sum > p && i + 1 >= minKeep) candidates.KeepFirst(i + 1);
        }

        foreach (ref Candidate candidate in candidates.Items) candidate.Rank = candidate.Logit;
        candidates.ForgetOrder();
    }

    /// <summary>Keeps the likeliest tokens that together have <paramref name="p"/>.</summary>
    public static void TopP(Candidates candidates, float p, int minKeep)
    {
        candidates.Normalize();
        float sum = 0;
        for (int i = 0; i < candidates.Count; i++)
        {
            if (i == candidates.SortedCount) candidates.ExtendSortedHead();
            sum += candidates.Items[i].Probability;
            if (sum >= p && i + 1 >= minKeep) candidates.KeepFirst(i + 1);
        }
    }

    /// <summary>Drops tokens less likely than <paramref name="p"/> times the likeliest.</summary>
    public static void MinP(Candidates candidates, float p, int minKeep)
    {
        float bound = candidates.MaxLogit() + MathF.Log(p);
        int wanted = Math.Max(1, minKeep);
        if (candidates.CountAtLeast(bound) >= wanted)
        {
            candidates.KeepAtLeast(bound);
            return;
        }

        candidates.SortHead(wanted);
        candidates.KeepFirst(wanted);
    }

    /// <summary>Drops all but the least likely of the tokens that have at least <paramref name="threshold"/>.</summary>
    public static void Xtc(Candidates candidates, float threshold, int minKeep)
    {
        candidates.Normalize();
        int predictable = 0;
        while (predictable < candidates.Count)
        {
            if (predictable == candidates.SortedCount) candidates.ExtendSortedHead();
            if (candidates.Items[predictable].Probability < threshold) break;
            predictable++;
        }

        int dropped = predictable - 1;
        if (dropped > 0 && candidates.Count - dropped >= minKeep) candidates.DropFirst(dropped);
    }

    /// <summary>The expected surprise of the candidates, whose probabilities must be known.</summary>
    public static float Entropy(Candidates candidates)
    {
        double entropy = 0;
        foreach (ref readonly Candidate candidate in candidates.Items)
        {
            if (candidate.Probability > 0) entropy -= candidate.Probability * MathF.Log(candidate.Probability);
        }

        return (float)entropy;
    }
}
