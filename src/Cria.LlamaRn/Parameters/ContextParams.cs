using System.Text.Json.Serialization;

namespace Cria.LlamaRn;

/// <summary>How a context is made, in llama.rn's names; what is not given takes the default of the face that is used.</summary>
public sealed record ContextParams
{
    /// <summary>llama.rn's own defaults, with which <see cref="LlamaRn.InitLlamaAsync"/> completes what it is given.</summary>
    public static ContextParams LlamaRnDefaults { get; } = new() { NCtx = 0, NBatch = 2048, NUbatch = 512, NParallel = 8, NThreads = 0, NGpuLayers = 0, EmbdNormalize = 2 };

    /// <summary>The defaults of the older adapter, with which <see cref="LlamaRn.LoadModelAsync"/> completes what it is given.</summary>
    public static ContextParams AdapterDefaults { get; } = LlamaRnDefaults with { NBatch = 512, NThreads = 4 };

    /// <summary>The defaults of contexts behind handles, with which <see cref="ContextRegistry.InitializeAsync"/> completes what it is given.</summary>
    public static ContextParams HandleDefaults { get; } = LlamaRnDefaults with { NCtx = 2048, NBatch = 512, NThreads = 4, NGpuLayers = 1 };

    /// <summary>The GGUF file, with or without <c>file://</c> before it.</summary>
    public string? Model { get; init; }

    /// <summary>A chat template, in Jinja, to use in place of the file's own.</summary>
    public string? ChatTemplate { get; init; }

    /// <summary>The most tokens that a text and its continuation may have together; 0 takes the trained length.</summary>
    public int? NCtx { get; init; }

    /// <summary>The most tokens of a prompt that are read at once.</summary>
    public int? NBatch { get; init; }

    /// <summary>The most tokens that are computed in one step; never more than <see cref="NBatch"/>.</summary>
    public int? NUbatch { get; init; }

    /// <summary>The most requests that <see cref="LlamaContext.Parallel"/> lets advance together.</summary>
    public int? NParallel { get; init; }

    /// <summary>How many threads compute; 0 takes the physical cores that this process may use.</summary>
    public int? NThreads { get; init; }

    /// <summary>How many layers a graphics processor should compute; this version computes all on the CPU and says so.</summary>
    public int? NGpuLayers { get; init; }

    /// <summary>The number format of cached keys: <c>f16</c>, <c>f32</c>, <c>q8_0</c>; others that llama.rn knows take the next that is at least as exact.</summary>
    public string? CacheTypeK { get; init; }

    /// <summary>The number format of cached values; see <see cref="CacheTypeK"/>.</summary>
    public string? CacheTypeV { get; init; }

    /// <summary>Whether the model is to stay in memory; it is mapped from its file in any case.</summary>
    public bool? UseMlock { get; init; }

    /// <summary>Whether the model is mapped from its file, which it is in any case.</summary>
    public bool? UseMmap { get; init; }

    /// <summary>The file of a LoRA adapter that acts on all requests.</summary>
    public string? Lora { get; init; }

    /// <summary>How strongly <see cref="Lora"/> acts.</summary>
    public float? LoraScaled { get; init; }

    /// <summary>Further LoRA adapters that act on all requests.</summary>
    public IReadOnlyList<LoraAdapterParams>? LoraList { get; init; }

    /// <summary>The base of the rotation; only the file's own (0) is supported.</summary>
    public float? RopeFreqBase { get; init; }

    /// <summary>The scale of the rotation; only the file's own (0) is supported.</summary>
    public float? RopeFreqScale { get; init; }

    /// <summary>How vectors of tokens become that of a text: <c>none</c>, <c>mean</c>, <c>cls</c>, <c>last</c> or <c>rank</c>; by default the file's way.</summary>
    public string? PoolingType { get; init; }

    /// <summary>Whether the oldest half of a text is dropped when it has filled the context, instead of ending it.</summary>
    public bool? CtxShift { get; init; }

    /// <summary>Whether the context is for vectors; here every context can make them.</summary>
    public bool? Embedding { get; init; }

    /// <summary>What vectors are divided by: 2 their length, any other p above 0 their p-norm, 0 the largest value, -1 nothing.</summary>
    public int? EmbdNormalize { get; init; }

    /// <summary>A grammar in llama.cpp's notation that all requests follow which bring none.</summary>
    public string? Grammar { get; init; }

    /// <summary>Hears of what should be known though it is no failure, such as a GPU that is asked for but absent; each matter once, on any thread.</summary>
    [JsonIgnore]
    public Action<string>? OnWarning { get; init; }

    /// <summary>Reads parameters as llama.rn's JavaScript callers write them; fields that are not known are left aside.</summary>
    /// <exception cref="LlamaException">The text is no JSON object, or a field has the wrong type.</exception>
    public static ContextParams FromJson(string json) => LlamaJson.Read(json, LlamaJson.Snake.ContextParams);

    /// <summary>Takes from <paramref name="defaults"/> what is not given.</summary>
    internal ContextParams Or(ContextParams defaults) => this with
    {
        NCtx = NCtx ?? defaults.NCtx,
        NBatch = NBatch ?? defaults.NBatch,
        NUbatch = NUbatch ?? defaults.NUbatch,
        NParallel = NParallel ?? defaults.NParallel,
        NThreads = NThreads ?? defaults.NThreads,
        NGpuLayers = NGpuLayers ?? defaults.NGpuLayers,
        EmbdNormalize = EmbdNormalize ?? defaults.EmbdNormalize,
    };
}

/// <summary>A LoRA adapter in llama.rn's names.</summary>
/// <param name="Path">The GGUF file, with or without <c>file://</c> before it, or the folder of an MLX adapter.</param>
/// <param name="Scaled">How strongly it acts; 1 as it was trained.</param>
public sealed record LoraAdapterParams(string Path, float? Scaled = null);
