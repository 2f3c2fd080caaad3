namespace Cria.Gguf;

/// <summary>What the well-known metadata keys must obey, checked once at opening so that no later room sees nonsense.</summary>
internal static class GgufMetadataRules
{
    public const int MaximumLayers = 1024;

    private const int ByteTokenType = 6;

    // Keys below general.architecture, with the least and the most that any model could mean.
    private static readonly (string Key, long Least, long Most)[] s_ranges =
    [
        ("block_count", 1, MaximumLayers),
        ("context_length", 1, int.MaxValue),
        ("embedding_length", 1, 1 << 20),
        ("vocab_size", 0, 1 << 27),
        ("feed_forward_length", 0, 1 << 24),
        ("attention.head_count", 0, 4096),
        ("attention.head_count_kv", 0, 4096),
        ("attention.key_length", 0, 1 << 16),
        ("attention.value_length", 0, 1 << 16),
        ("rope.dimension_count", 0, 1 << 16),
        ("expert_count", 0, 4096),
        ("expert_used_count", 0, 4096),
    ];

    /// <summary>Throws on the first value that makes no sense.</summary>
    public static void Check(GgufMetadata metadata)
    {
        if (metadata.GetString("general.architecture") is { } architecture) CheckShape(metadata, architecture);
        CheckVocabulary(metadata);
    }

    private static void CheckShape(GgufMetadata metadata, string architecture)
    {
        long layers = metadata.GetInteger($"{architecture}.block_count") ?? 0;
        foreach ((string name, long least, long most) in s_ranges)
        {
            if (!metadata.TryGetValue($"{architecture}.{name}", out GgufValue? value)) continue;
            if (value.Type != GgufValueType.Array)
            {
                CheckRange(value, value.AsInteger(), least, most);
                continue;
            }

            // One value for each layer.
            if (value.Count < layers || value.Count > MaximumLayers)
                throw value.Error($"it has {value.Count} elements for {layers} layers; it needs one for each, and at most {MaximumLayers}.");
            foreach (int element in value.AsIntegers()) CheckRange(value, element, least, most);
        }

        CheckParts(metadata, $"{architecture}.attention.head_count", $"{architecture}.attention.head_count_kv", mustDivide: true);
        CheckParts(metadata, $"{architecture}.expert_count", $"{architecture}.expert_used_count", mustDivide: false);
    }

    /// <summary>Refuses more parts than there are of the whole: key-value heads share query heads evenly, used experts are some of all.</summary>
    private static void CheckParts(GgufMetadata metadata, string wholeKey, string partKey, bool mustDivide)
    {
        if (!metadata.TryGetValue(wholeKey, out GgufValue? whole) || !metadata.TryGetValue(partKey, out GgufValue? part)) return;
        if (whole.Type == GgufValueType.Array || part.Type == GgufValueType.Array || part.AsInteger() == 0) return;
        (long all, long some) = (whole.AsInteger(), part.AsInteger());
        if (some > all || (mustDivide && all % some != 0))
            throw part.Error($"it is {some}, which does not fit {wholeKey}, {all}.");
    }

    private static void CheckRange(GgufValue value, long number, long least, long most)
    {
        if (number < least || number > most) throw value.Error($"it is {number}, but must be between {least} and {most}.");
    }

    private static void CheckVocabulary(GgufMetadata metadata)
    {
        GgufStrings? tokens = metadata.GetStrings("tokenizer.ggml.tokens");
        metadata.GetStrings("tokenizer.ggml.merges");
        int count = tokens?.Count ?? 0;

        if (metadata.TryGetValue("tokenizer.ggml.scores", out GgufValue? scores))
        {
            if (scores.ElementType?.IsFloat() != true) throw scores.Wanted("an array of floats");
            CheckOnePerToken(scores, count);
        }

        if (metadata.TryGetValue("tokenizer.ggml.token_type", out GgufValue? types))
        {
            CheckOnePerToken(types, count);
            CheckByteTokens(types, tokens);
        }

        foreach (GgufValue value in metadata.Values)
        {
            if (!value.Key.StartsWith("tokenizer.ggml.", StringComparison.Ordinal) || !value.Key.EndsWith("_token_id", StringComparison.Ordinal)) continue;
            long id = value.AsInteger();
            if (id < 0 || (tokens is not null && id >= count))
                throw value.Error(tokens is null ? $"{id} is no token." : $"{id} is no token; there are {count} tokens.");
        }
    }

    private static void CheckOnePerToken(GgufValue value, int tokens)
    {
        if (value.Count != tokens) throw value.Error($"it has {value.Count} elements for {tokens} tokens; there must be one for each.");
    }

    private static void CheckByteTokens(GgufValue types, GgufStrings? tokens)
    {
        int[] numbers = types.AsIntegers();
        for (int i = 0; i < numbers.Length; i++)
        {
            if (numbers[i] == ByteTokenType && !IsByteToken(tokens!.Utf8(i)))
                throw types.Error($"token {i} is marked as a byte, but its text is not <0x00> to <0xFF>.");
        }
    }

    private static bool IsByteToken(ReadOnlySpan<byte> text) =>
        text.Length == 6 && text.StartsWith("<0x"u8) && text[5] == '>' && char.IsAsciiHexDigit((char)text[3]) && char.IsAsciiHexDigit((char)text[4]);
}
