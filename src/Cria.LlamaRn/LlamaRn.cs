namespace Cria.LlamaRn;

/// <summary>llama.rn's functions.</summary>
public static class LlamaRn
{
    /// <summary>The contexts that these functions open, those behind handles among them.</summary>
    public static ContextRegistry Contexts { get; } = new();

    /// <summary>Whether a graphics processor can be used; this version uses none.</summary>
    public static bool IsGpuSupported => false;

    /// <summary>Makes a context, with llama.rn's defaults for what is not given.</summary>
    /// <param name="parameters">The model's file, and how it is loaded.</param>
    /// <param name="progress">Hears the progress from 0 to 100.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    /// <exception cref="LlamaException">A parameter is wrong, or the model could not be loaded.</exception>
    public static async Task<LlamaContext> InitLlamaAsync(
        ContextParams parameters, IProgress<int>? progress = null, CancellationToken cancellationToken = default) =>
        (await Contexts.OpenAsync(parameters, ContextParams.LlamaRnDefaults, progress, cancellationToken).ConfigureAwait(false)).Context;

    /// <summary>Makes a context for a file, with the older adapter's defaults for what is not given: 512 tokens in a batch and 4 threads.</summary>
    /// <param name="path">The GGUF file.</param>
    /// <param name="config">How it is loaded.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    /// <exception cref="LlamaException">A parameter is wrong, or the model could not be loaded.</exception>
    public static async Task<LlamaContext> LoadModelAsync(string path, ContextParams? config = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ContextParams parameters = (config ?? new ContextParams()) with { Model = path };
        return (await Contexts.OpenAsync(parameters, ContextParams.AdapterDefaults, null, cancellationToken).ConfigureAwait(false)).Context;
    }

    /// <summary>Reads the metadata of a model's file, without arrays such as its tokens, and without loading the model.</summary>
    /// <exception cref="LlamaException">The file is missing or damaged.</exception>
    public static Task<IReadOnlyDictionary<string, string>> LoadLlamaModelInfoAsync(string path, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return ErrorRecovery.CodedAsync(() => Task.Run(() => ModelInfo.Read(LlamaConversions.PathOf(path)).Metadata, cancellationToken));
    }

    /// <summary>Releases all contexts.</summary>
    public static Task ReleaseAllLlamaAsync() => Contexts.ReleaseAllAsync();

    /// <summary>Lets at most so many contexts be open at once.</summary>
    /// <exception cref="LlamaException">The limit is below 1.</exception>
    public static void SetContextLimit(int limit) => Contexts.SetContextLimit(limit);
}
