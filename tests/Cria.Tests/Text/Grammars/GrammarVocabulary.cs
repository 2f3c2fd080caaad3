using Cria.Text;
using TestModels;

namespace Cria.Tests.Text.Grammars;

/// <summary>Small vocabularies of tokens given by their bytes.</summary>
internal static class GrammarVocabulary
{
    public const string End = "<|end|>";
    public const string Control = "<|turn|>";

    /// <summary>A vocabulary of these tokens, an end of generation, and a control token.</summary>
    public static Tokenizer Of(IEnumerable<byte[]> tokens)
    {
        string[] texts = [.. tokens.Select(Disguise)];
        // Token 11 would end generations if no other one was named.
        return TinyTokenizer.Open(TinyVocabulary.Empty("gpt2").AddNormal(texts).AddControl(End, Control)
            .Set("tokenizer.ggml.bos_token_id", texts.Length).Set("tokenizer.ggml.eos_token_id", texts.Length)
            .Set("tokenizer.ggml.pre", "gpt-2").Set("tokenizer.ggml.merges", new string[] { "a b" }));
    }

    /// <summary>All single bytes of a text's characters, and random pieces of it.</summary>
    public static Tokenizer Random(Random random, IReadOnlyList<string> characters, int count)
    {
        byte[] all = System.Text.Encoding.UTF8.GetBytes(string.Concat(characters));
        IEnumerable<byte[]> pieces = Enumerable.Range(0, count).Select(_ =>
        {
            byte[] text = System.Text.Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 4).Select(_ => characters[random.Next(characters.Count)])));
            int start = random.Next(text.Length);
            return text[start..Math.Min(text.Length, start + 1 + random.Next(6))];
        });
        return Of(all.Select(b => new[] { b }).Concat(pieces).DistinctBy(Convert.ToHexString));
    }

    private static string Disguise(byte[] bytes)
    {
        Span<byte> utf8 = stackalloc byte[2];
        var text = new System.Text.StringBuilder();
        foreach (byte b in bytes) text.Append(System.Text.Encoding.UTF8.GetString(utf8[..ByteLevel.Encode(b, utf8)]));
        return text.ToString();
    }
}
