namespace Cria.Cli;

/// <summary>Finds what someone probably meant to type.</summary>
internal static class Similarity
{
    /// <summary>The candidate that takes the fewest edits, if those are few for its length.</summary>
    public static string? Nearest(string value, IEnumerable<string> candidates)
    {
        (string? best, int fewest) = (null, int.MaxValue);

        // Two letters are like any other two.
        if (value.Length < 3) return null;
        foreach (string candidate in candidates)
        {
            int edits = Distance(value, candidate);
            if (edits < fewest && edits <= Math.Max(1, Math.Min(value.Length, candidate.Length) / 3)) (best, fewest) = (candidate, edits);
        }

        return best;
    }

    /// <summary>How many letters must be inserted, deleted, replaced or swapped with their neighbour, regardless of case.</summary>
    private static int Distance(string a, string b)
    {
        int[] beforeLast = new int[b.Length + 1], last = new int[b.Length + 1], row = new int[b.Length + 1];
        for (int j = 0; j <= b.Length; j++) last[j] = j;
        for (int i = 1; i <= a.Length; i++)
        {
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                bool same = Same(a[i - 1], b[j - 1]);
                row[j] = Math.Min(Math.Min(row[j - 1], last[j]) + 1, last[j - 1] + (same ? 0 : 1));
                bool swapped = i > 1 && j > 1 && Same(a[i - 1], b[j - 2]) && Same(a[i - 2], b[j - 1]);
                if (swapped) row[j] = Math.Min(row[j], beforeLast[j - 2] + 1);
            }

            (beforeLast, last, row) = (last, row, beforeLast);
        }

        return last[b.Length];
    }

    private static bool Same(char a, char b) => char.ToLowerInvariant(a) == char.ToLowerInvariant(b);
}
