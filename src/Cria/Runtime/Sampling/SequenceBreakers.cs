namespace Cria.Runtime.Sampling;

/// <summary>
/// The texts across which the DRY penalty sees no repetition, as tokens. A breaker may begin inside one token and end
/// in later ones: each entry is such a first token with the tokens that complete the breaker after it.
/// </summary>
internal sealed class SequenceBreakers
{
    private readonly Dictionary<int, List<int[]>> _tailsByHead = [];

    public static SequenceBreakers None { get; } = new();

    /// <summary>Adds a breaker that begins in <paramref name="head"/> and goes on with <paramref name="tail"/>.</summary>
    public void Add(int head, int[] tail)
    {
        if (!_tailsByHead.TryGetValue(head, out List<int[]>? tails)) _tailsByHead[head] = tails = [];
        if (!tails.Exists(known => known.AsSpan().SequenceEqual(tail))) tails.Add(tail);
    }

    /// <summary>Tells whether the token alone holds a whole breaker.</summary>
    public bool IsBreaker(int token) =>
        _tailsByHead.TryGetValue(token, out List<int[]>? tails) && tails.Exists(static tail => tail.Length == 0);

    /// <summary>How many tokens stand after the last breaker; all, if there is none.</summary>
    public int TokensSinceLast(TokenWindow window)
    {
        for (int age = 0; age < window.Count; age++)
        {
            if (!_tailsByHead.TryGetValue(window[age], out List<int[]>? tails)) continue;
            int longest = -1;
            foreach (int[] tail in tails)
            {
                if (tail.Length > longest && tail.Length <= age && Follows(window, age, tail)) longest = tail.Length;
            }

            if (longest >= 0) return age - longest;
        }

        return window.Count;
    }

    private static bool Follows(TokenWindow window, int age, int[] tail)
    {
        for (int i = 0; i < tail.Length; i++)
        {
            if (window[age - 1 - i] != tail[i]) return false;
        }

        return true;
    }
}
