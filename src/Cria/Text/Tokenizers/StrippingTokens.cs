using Cria.Gguf;

namespace Cria.Text;

/// <summary>Marks the tokens that swallow white space beside them, which files do not tell: it goes by the names of models.</summary>
internal static class StrippingTokens
{
    public static void Mark(GgufMetadata metadata, Vocabulary vocabulary, IEnumerable<int> specialTokens)
    {
        string name = (metadata.GetString("general.name") ?? "").ToLowerInvariant();
        string splitting = metadata.GetString("tokenizer.ggml.pre") ?? "";
        string architecture = metadata.GetString("general.architecture") ?? "";
        if (ContainsAny(splitting, "jina-v2-de", "jina-v2-es", "jina-v2-code")
            || ContainsAny(architecture, "nomic-bert-moe", "jina-bert-v3"))
        {
            Set("<mask>", TokenAttributes.StripsLeft);
        }
        else if (ContainsAny(name, "phi-3", "phi3"))
        {
            foreach (int token in specialTokens) vocabulary.Attributes[token] |= TokenAttributes.StripsRight;
            Set("</s>", TokenAttributes.StripsRight);
            foreach (string text in (string[])["<unk>", "<s>", "<|endoftext|>"])
            {
                if (vocabulary.Find(text) is var token and >= 0) vocabulary.Attributes[token] &= ~TokenAttributes.StripsRight;
            }
        }
        else if (ContainsAny(name, "modern-bert"))
        {
            Set("[MASK]", TokenAttributes.StripsLeft);
        }

        void Set(string text, TokenAttributes attribute)
        {
            if (vocabulary.Find(text) is var token and >= 0) vocabulary.Attributes[token] |= attribute;
        }
    }

    private static bool ContainsAny(string text, params string[] parts) => parts.Any(text.Contains);
}
