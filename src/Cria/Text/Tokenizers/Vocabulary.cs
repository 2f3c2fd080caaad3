using System.Text;
using Cria.Gguf;

namespace Cria.Text;

/// <summary>The tokens of a model: their texts, scores and attributes, and how to find one by its text.</summary>
internal sealed class Vocabulary
{
    private const string TokensKey = "tokenizer.ggml.tokens";
    private const string ScoresKey = "tokenizer.ggml.scores";
    private const string TypesKey = "tokenizer.ggml.token_type";

    private readonly ByteStrings _texts;

    private Vocabulary(ByteStrings texts, float[]? scores, TokenAttributes[] attributes)
    {
        _texts = texts;
        Scores = scores ?? new float[texts.Count];
        Attributes = attributes;
    }

    public int Count => _texts.Count;

    /// <summary>The length in bytes of the longest token.</summary>
    public int MaxLength => _texts.MaxLength;

    public float[] Scores { get; }

    public TokenAttributes[] Attributes { get; }

    public ReadOnlySpan<byte> Text(int token) => _texts[token];

    /// <summary>The token with exactly this text, or -1.</summary>
    public int Find(ReadOnlySpan<byte> text) => _texts.Find(text);

    /// <summary>The token with exactly this text, or -1.</summary>
    public int Find(string text) => _texts.Find(Encoding.UTF8.GetBytes(text));

    public bool Is(int token, TokenAttributes attributes) => (Attributes[token] & attributes) != 0;

    /// <summary>Reads the tokens of a file; that there is a score and a type for each was checked when it was opened.</summary>
    public static Vocabulary Read(GgufMetadata metadata, string path)
    {
        GgufStrings tokens = metadata.GetStrings(TokensKey)
            ?? throw new ModelLoadException(path,
                $"{Path.GetFileName(path)} has no {TokensKey}: it cannot turn text into tokens. Use a file with a vocabulary.");
        long bytes = 0;
        for (int i = 0; i < tokens.Count; i++) bytes += tokens.Utf8(i).Length;
        if (tokens.Count == 0) throw metadata[TokensKey].Error("there are no tokens.");
        if (bytes > Array.MaxLength / 2) throw metadata[TokensKey].Error("the tokens' texts are larger than a gigabyte.");

        var texts = new ByteStrings(tokens.Count, (int)bytes);
        for (int i = 0; i < tokens.Count; i++)
        {
            ReadOnlySpan<byte> text = tokens.Utf8(i);
            texts.Add(text.IsEmpty ? Encoding.UTF8.GetBytes($"[EMPTY_{i}]") : text);
        }
        return new Vocabulary(texts, metadata.GetFloats(ScoresKey), ReadAttributes(metadata, tokens.Count));
    }

    private static TokenAttributes[] ReadAttributes(GgufMetadata metadata, int count)
    {
        int[]? types = metadata.GetIntegers(TypesKey);
        var attributes = new TokenAttributes[count];
        for (int i = 0; i < count; i++)
        {
            attributes[i] = types?[i] switch
            {
                null or 1 => TokenAttributes.Normal,
                2 => TokenAttributes.Unknown,
                3 => TokenAttributes.Control,
                4 => TokenAttributes.UserDefined,
                5 => TokenAttributes.Unused,
                6 => TokenAttributes.Byte,
                _ => TokenAttributes.None,
            };
        }
        return attributes;
    }
}
