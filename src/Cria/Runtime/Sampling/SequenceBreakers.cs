using System.Text;
using Cria.Text;

namespace Cria.Runtime.Sampling;

/// <summary>
/// The texts across which the DRY penalty sees no repetition, as tokens. A breaker may begin inside one token and end
/// in later ones: each entry is such a first token with the tokens that complete the breaker after it.
/// </summary>
internal sealed class SequenceBreakers
{
    // What is longer is cut: a tail is compared with the text at each of its tokens.
    private const int MaxBytes = 40;
    private const int MaxTail = 20;

    private readonly Dictionary<int, List<int[]>> _tailsByHead = [];

    public static SequenceBreakers None { get; } = new();

    /// <summary>The breakers as texts.</summary>
    public IReadOnlyList<string> Texts { get; private init; } = [];

    /// <summary>Finds all tokens in which one of the texts begins or lies.</summary>
    public static SequenceBreakers Find(IReadOnlyList<string> texts, Tokenizer tokenizer)
    {
        var breakers = new SequenceBreakers { Texts = [.. texts] };
        foreach (string text in texts)
        {
            byte[] bytes = Encoding.UTF8.GetBytes(text);
            Span<byte> wanted = bytes.AsSpan(0, Math.Min(bytes.Length, MaxBytes));
            for (int token = 0; token < tokenizer.Count; token++) breakers.Add(wanted, token, tokenizer);
        }

        return breakers;
    }

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

    private void Add(ReadOnlySpan<byte> breaker, int token, Tokenizer tokenizer)
    {
        ReadOnlySpan<byte> piece = tokenizer.PieceBytes(token, special: true);
        // As decoded alone, which takes away the space that encoding put before a text.
        if (tokenizer.AddSpacePrefix && piece.StartsWith(" "u8)) piece = piece[1..];
        if (piece.IndexOf(breaker) >= 0)
        {
            Add(token, []);
            return;
        }

        // The breaker may begin anywhere in the token's end.
        for (int start = Math.Max(0, piece.Length - breaker.Length + 1); start < piece.Length; start++)
        {
            ReadOnlySpan<byte> end = piece[start..];
            if (!breaker.StartsWith(end)) continue;
            int[] tail = tokenizer.Encode(breaker[end.Length..], addSpecial: false, parseSpecial: false);
            Add(token, tail.Length > MaxTail ? tail[..MaxTail] : tail);
        }
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
