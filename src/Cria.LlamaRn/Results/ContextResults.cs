using System.Text.Json.Serialization;

namespace Cria.LlamaRn;

/// <summary>The tokens of a text.</summary>
/// <param name="Tokens">The tokens.</param>
public sealed record TokenizeResult(IReadOnlyList<int> Tokens)
{
    /// <summary>Whether there are pictures or sounds among them; there never are.</summary>
    public bool HasMedia => false;

    /// <summary>The hashes of pictures: none.</summary>
    public IReadOnlyList<long> BitmapHashes => [];

    /// <summary>Where texts and pictures begin: no list, because there is only text.</summary>
    public IReadOnlyList<int> ChunkPos => [];

    /// <summary>Where pictures begin: nowhere.</summary>
    public IReadOnlyList<int> ChunkPosMedia => [];

    /// <summary>The result as llama.rn's JavaScript callers read it.</summary>
    public string ToJson() => LlamaJson.Write(this, LlamaJson.Snake.TokenizeResult);
}

/// <summary>The vector of a text.</summary>
/// <param name="Embedding">The vector.</param>
public sealed record EmbeddingResult(IReadOnlyList<float> Embedding)
{
    /// <summary>The result as llama.rn's JavaScript callers read it.</summary>
    public string ToJson() => LlamaJson.Write(this, LlamaJson.Snake.EmbeddingResult);
}

/// <summary>How well a document answers a query.</summary>
/// <param name="Score">The model's score.</param>
/// <param name="Index">The document's place among those given.</param>
/// <param name="Document">The document.</param>
public sealed record RerankResult(float Score, int Index, string Document)
{
    /// <summary>The result as llama.rn's JavaScript callers read it.</summary>
    public string ToJson() => LlamaJson.Write(this, LlamaJson.Snake.RerankResult);
}

/// <summary>What a loaded session holds.</summary>
/// <param name="TokensLoaded">The number of its tokens.</param>
/// <param name="Prompt">Its text, which a prompt must begin with to go on from it.</param>
public sealed record SessionLoadResult(int TokensLoaded, string Prompt)
{
    /// <summary>The result as llama.rn's JavaScript callers read it.</summary>
    public string ToJson() => LlamaJson.Write(this, LlamaJson.Snake.SessionLoadResult);
}

/// <summary>The prompt of a conversation.</summary>
/// <param name="Type"><c>jinja</c> where a template wrote it, else <c>llama-chat</c>.</param>
/// <param name="Prompt">The prompt.</param>
public sealed record FormattedChatResult(string Type, string Prompt)
{
    /// <summary>Whether there are pictures or sounds in it; there never are.</summary>
    public bool HasMedia => false;

    /// <summary>The files of pictures and sounds: none.</summary>
    public IReadOnlyList<string> MediaPaths => [];

    /// <summary>The result as llama.rn's JavaScript callers read it.</summary>
    public string ToJson() => LlamaJson.Write(this, LlamaJson.Snake.FormattedChatResult);
}

/// <summary>How fast a model runs; times in seconds.</summary>
public sealed record BenchResult
{
    /// <summary>The tokens that the context holds.</summary>
    public int NKvMax { get; init; }

    /// <summary>The most tokens of a prompt that are read at once.</summary>
    public int NBatch { get; init; }

    /// <summary>The most tokens that are computed in one step.</summary>
    [JsonPropertyName("nUBatch")]
    public int NUbatch { get; init; }

    /// <summary>Whether attention streams over its keys: 1, it always does.</summary>
    public int FlashAttn => 1;

    /// <summary>Whether sequences share the prompt: 0.</summary>
    public int IsPpShared => 0;

    /// <summary>The layers on a graphics processor: 0.</summary>
    public int NGpuLayers => 0;

    /// <summary>The threads that generate.</summary>
    public int NThreads { get; init; }

    /// <summary>The threads that read prompts.</summary>
    public int NThreadsBatch { get; init; }

    /// <summary>The tokens of the prompt.</summary>
    public int Pp { get; init; }

    /// <summary>The tokens that were generated.</summary>
    public int Tg { get; init; }

    /// <summary>The sequences.</summary>
    public int Pl { get; init; }

    /// <summary>The tokens of prompt and text.</summary>
    public int NKv { get; init; }

    /// <summary>The time that the prompt took.</summary>
    public double TPp { get; init; }

    /// <summary>Tokens of the prompt per second.</summary>
    public double SpeedPp { get; init; }

    /// <summary>The time that generating took.</summary>
    public double TTg { get; init; }

    /// <summary>Generated tokens per second.</summary>
    public double SpeedTg { get; init; }

    /// <summary>The time that all took.</summary>
    public double T { get; init; }

    /// <summary>Tokens per second.</summary>
    public double Speed { get; init; }

    /// <summary>The result as llama.rn's JavaScript callers read it.</summary>
    public string ToJson() => LlamaJson.Write(this, LlamaJson.Camel.BenchResult);
}
