namespace Cria.Runtime.Sampling;

/// <summary>Makes the choice more or less random by dividing the logits.</summary>
internal static class Temperature
{
    /// <summary>Applies a fixed temperature; at 0 and below only the best token stays.</summary>
    public static void Apply(Candidates candidates, float temperature)
    {
        if (temperature <= 0)
        {
            candidates.SortHead(1);
            candidates.KeepFirst(1);
            return;
        }

        if (temperature == 1) return;
        foreach (ref Candidate candidate in candidates.Items)
        {
            candidate.Logit /= temperature;
            candidate.Rank = candidate.Logit;
        }
    }

    /// <summary>Applies a temperature that grows with the uncertainty of the model, within a range.</summary>
    public static void ApplyDynamic(Candidates candidates, float temperature, float range, float exponent)
    {
        if (candidates.Count <= 1) return;
        candidates.Normalize();
        float uncertainty = Truncation.Entropy(candidates) / MathF.Log(candidates.Count);
        float lowest = Math.Max(0, temperature - range), highest = temperature + range;
        Apply(candidates, lowest + (highest - lowest) * MathF.Pow(uncertainty, exponent));
    }
}
