using System.Text.Json.Serialization;

namespace Cria.LlamaRn;

/// <summary>What is asked of a context behind a handle, in the words of the older backend.</summary>
public sealed record GenerateParams
{
    /// <summary>What is taken where nothing is given: 500 tokens, temperature 0.7, no cut by probability.</summary>
    public static GenerateParams Defaults { get; } = new() { MaxTokens = 500, Temperature = 0.7f, TopP = 1 };

    /// <summary>The text to continue.</summary>
    public string? Input { get; init; }

    /// <summary>The tokens to continue, in place of <see cref="Input"/>; they are not copied.</summary>
    [JsonIgnore]
    public ReadOnlyMemory<int> InputTokens { get; init; }

    /// <summary>The most tokens to generate.</summary>
    public int? MaxTokens { get; init; }

    /// <summary>How random the choice of tokens is.</summary>
    public float? Temperature { get; init; }

    /// <summary>Keeps the likeliest tokens that together have this probability.</summary>
    public float? TopP { get; init; }

    /// <summary>Keeps only this many of the likeliest tokens.</summary>
    public int? TopK { get; init; }

    /// <summary>Texts that end the generation and are not part of it.</summary>
    public IReadOnlyList<string>? StopTokens { get; init; }

    /// <summary>The grammar of the text in llama.cpp's notation.</summary>
    public string? Grammar { get; init; }

    /// <summary>Whether the text is wanted piece by piece.</summary>
    public bool? Stream { get; init; }

    /// <summary>The tokens in a step, which a context fixes when it is made.</summary>
    public int BatchSize { get; init; } = 512;

    /// <summary>The threads, which a context fixes when it is made.</summary>
    public int Threads { get; init; } = 4;

    /// <summary>Reads parameters from JSON; fields that are not known are left aside.</summary>
    /// <exception cref="LlamaException">The text is no JSON object, or a field has the wrong type.</exception>
    public static GenerateParams FromJson(string json) => LlamaJson.Read(json, LlamaJson.Camel.GenerateParams);

    /// <summary>The same in llama.rn's words, with this face's defaults.</summary>
    internal CompletionParams ToCompletion() => new()
    {
        Prompt = Input,
        NPredict = MaxTokens ?? Defaults.MaxTokens,
        Temperature = Temperature ?? Defaults.Temperature,
        TopP = TopP ?? Defaults.TopP,
        TopK = TopK,
        Stop = StopTokens,
        Grammar = Grammar,
    };
}
