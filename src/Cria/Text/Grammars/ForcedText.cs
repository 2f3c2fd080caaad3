using System.Numerics;

namespace Cria.Text.Grammars;

/// <summary>Finds tokens that must come next, so that no model need be asked for them.</summary>
/// <remarks>
/// Where the grammar leaves only one text, such as <c>{"name": "</c>, its tokens are taken as the tokenizer itself would cut it. What comes
/// after the forced text could join with its end, so the last token is left to the model, and so is each that would be cut otherwise if one of
/// the characters that may follow did. Whatever is taken spells the forced bytes, so the text stays within the grammar in any case.
/// </remarks>
internal sealed class ForcedText(Recognizer recognizer, TokenTrie trie)
{
    private const int LongestRun = 128;
    private const int MostContinuations = 8;

    private readonly List<byte> _run = [];

    /// <summary>The tokens that must come next, as far as bytes tell.</summary>
    public int[] Tokens(Situation situation)
    {
        _run.Clear();
        while (_run.Count < LongestRun && OnlyByte(situation) is { } value)
        {
            _run.Add(value);
            situation = recognizer.After(situation, value);
        }
        if (_run.Count == 0) return [];
        byte[] text = [.. _run];
        int[] tokens = Encode(text);
        if (situation is { IsComplete: true, Ways.Length: 0 }) return tokens;
        int count = tokens.Length - 1;
        foreach (byte next in Continuations(situation))
        {
            if (count <= 0) return [];
            count = Math.Min(count, tokens.AsSpan().CommonPrefixLength(Encode([.. text, next])));
        }
        return count <= 0 ? [] : tokens[..count];
    }

    /// <summary>The only token of a mask, or null where there are several.</summary>
    public static int? OnlyToken(ReadOnlySpan<ulong> mask)
    {
        int? only = null;
        for (int i = 0; i < mask.Length; i++)
        {
            if (mask[i] == 0) continue;
            if (only is not null || !BitOperations.IsPow2(mask[i])) return null;
            only = i * 64 + BitOperations.TrailingZeroCount(mask[i]);
        }
        return only;
    }

    private byte? OnlyByte(Situation situation)
    {
        if (situation.IsComplete || recognizer.TokenEdges(situation).Any()) return null;
        byte? only = null;
        for (int i = 0; i < recognizer.Classes.Count; i++)
        {
            if (recognizer.AfterClass(situation, i).IsDead) continue;
            ByteRange range = recognizer.Classes[i];
            if (only is not null || range.First != range.Last) return null;
            only = range.First;
        }
        return only;
    }

    // Some of the ASCII characters that may follow; the first of a class stands for the others.
    private IEnumerable<byte> Continuations(Situation situation) => Enumerable.Range(0, recognizer.Classes.Count)
        .Where(i => recognizer.Classes[i].First < 0x80 && !recognizer.AfterClass(situation, i).IsDead)
        .Select(i => recognizer.Classes[i].First).Take(MostContinuations);

    // Some tokenizers write a space before every text; where the text begins with one, theirs stands for it.
    private int[] Encode(byte[] text)
    {
        int[] tokens = trie.Encode(text);
        if (Spells(tokens, text)) return tokens;
        if (text[0] != (byte)' ') return [];
        tokens = trie.Encode(text.AsSpan(1));
        return Spells(tokens, text) ? tokens : [];
    }

    private bool Spells(int[] tokens, ReadOnlySpan<byte> text)
    {
        foreach (int token in tokens)
        {
            ReadOnlySpan<byte> piece = trie.BytesOf(token);
            if (!trie.Contains(token) || !text.StartsWith(piece)) return false;
            text = text[piece.Length..];
        }
        return text.IsEmpty;
    }
}
