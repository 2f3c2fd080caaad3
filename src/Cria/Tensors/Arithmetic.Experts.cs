using System.Numerics;

namespace Cria.Tensors;

internal sealed unsafe partial class Arithmetic
{
    /// <summary>
    /// Chooses the highest of each row's scores: their columns go to <paramref name="experts"/>, <paramref name="slots"/>
    /// per row and best first, and their softmax among themselves, or among all, to <paramref name="shares"/>.
    /// </summary>
    public void ChooseExperts(Activations scores, int slots, Span<int> experts, Span<float> shares, bool amongAll = false)
    {
        Check(slots <= scores.Columns && experts.Length == scores.Rows * slots && shares.Length == experts.Length, "ChooseExperts: shapes differ.");
        for (int t = 0; t < scores.Rows; t++)
        {
            Span<int> chosen = experts.Slice(t * slots, slots);
            Span<float> share = shares.Slice(t * slots, slots);
            ChooseHighest(scores[t], chosen, share);
            float sum = 0, best = share[0];
            if (amongAll)
                foreach (float score in scores[t]) sum += MathF.Exp(score - best);
            for (int s = slots - 1; s >= 0; s--)
            {
                share[s] = MathF.Exp(share[s] - best);
                if (!amongAll) sum += share[s];
            }

            foreach (ref float value in share) value /= sum;
        }
    }

    /// <summary>Adds to row r the bias row that experts[r] names; <paramref name="biases"/> holds a row per expert.</summary>
    public void AddExpertBias(Activations x, ReadOnlySpan<float> biases, ReadOnlySpan<int> experts)
    {
        Check(x.Rows == experts.Length && biases.Length % x.Columns == 0, "AddExpertBias: shapes differ.");
        for (int r = 0; r < x.Rows; r++) AddScaled(x[r], biases.Slice(experts[r] * x.Columns, x.Columns), 1);
    }

    /// <summary>y[t] = Σ x[t · slots + s] · shares[t · slots + s] over the slots s.</summary>
    public void MixExperts(Activations x, ReadOnlySpan<float> shares, int slots, Activations y)
    {
        Check(x.Rows == y.Rows * slots && x.Columns == y.Columns && shares.Length == x.Rows, "MixExperts: shapes differ.");
        for (int t = 0; t < y.Rows; t++)
        {
            Span<float> sum = y[t];
            sum.Clear();
            for (int s = 0; s < slots; s++) AddScaled(sum, x[t * slots + s], shares[t * slots + s]);
        }
    }

    private static void ChooseHighest(ReadOnlySpan<float> scores, Span<int> chosen, Span<float> best)
    {
        int count = 0;
        for (int i = 0; i < scores.Length; i++)
        {
            // Of equal scores the first wins; NaN never does, so damaged weights still give valid columns.
            float score = float.IsNaN(scores[i]) ? float.NegativeInfinity : scores[i];
            int place = count;
            while (place > 0 && score > best[place - 1]) place--;
            if (place == chosen.Length) continue;
            for (int j = Math.Min(count, chosen.Length - 1); j > place; j--) (chosen[j], best[j]) = (chosen[j - 1], best[j - 1]);
            (chosen[place], best[place]) = (i, score);
            if (count < chosen.Length) count++;
        }
    }

    private static void AddScaled(Span<float> sum, ReadOnlySpan<float> values, float scale)
    {
        int i = 0;
        for (; i <= sum.Length - Vector<float>.Count; i += Vector<float>.Count)
            (new Vector<float>(sum[i..]) + new Vector<float>(values[i..]) * scale).CopyTo(sum[i..]);
        for (; i < sum.Length; i++) sum[i] += values[i] * scale;
    }
}
