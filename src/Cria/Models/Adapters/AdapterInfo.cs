using Cria.Gguf;

namespace Cria;

/// <summary>What an adapter's file says about itself.</summary>
public sealed record AdapterInfo
{
    private AdapterInfo()
    {
    }

    /// <summary>The file, or the folder of an MLX adapter.</summary>
    public required string Path { get; init; }

    /// <summary>The name that the file gives the adapter, or else the file's own name.</summary>
    public required string Name { get; init; }

    /// <summary>The kind of network that it belongs to, as <c>general.architecture</c> names it.</summary>
    public required string Architecture { get; init; }

    /// <summary>The highest rank among its matrices.</summary>
    public required int Rank { get; init; }

    /// <summary>Its changes are multiplied by this and divided by the rank; 0 takes them as they are.</summary>
    public required float Alpha { get; init; }

    /// <summary>What it is for, in a word, where the file says so.</summary>
    public required string? TaskName { get; init; }

    /// <summary>What prompts for it should begin with, where the file says so.</summary>
    public required string? PromptPrefix { get; init; }

    /// <summary>
    /// The tokens after which an activated adapter (aLoRA) is meant to begin; empty for others. Cria does not look for them: an adapter
    /// acts on all tokens of the requests that name it.
    /// </summary>
    public required IReadOnlyList<int> InvocationTokens { get; init; }

    /// <summary>The tensors of the model that it changes.</summary>
    public required IReadOnlyList<string> Tensors { get; init; }

    /// <summary>Reads an adapter's file without a model to use it with.</summary>
    /// <exception cref="ModelLoadException">The file is missing, damaged or no adapter.</exception>
    public static AdapterInfo Read(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using Models.Adapters.LoraFile file = Models.Adapters.LoraFile.Open(path);
        return file.Info;
    }

    internal static AdapterInfo From(GgufFile file, float alpha, int[] invocationTokens, IReadOnlyCollection<Models.Adapters.LoraPair> pairs) => new()
    {
        Path = file.Path,
        Name = file.Metadata.GetString("general.name") is { Length: > 0 } name ? name : System.IO.Path.GetFileNameWithoutExtension(file.Path),
        Architecture = file.Metadata.GetString("general.architecture") ?? "",
        Rank = pairs.Max(pair => pair.Rank),
        Alpha = alpha,
        TaskName = file.Metadata.GetString("adapter.lora.task_name"),
        PromptPrefix = file.Metadata.GetString("adapter.lora.prompt_prefix"),
        InvocationTokens = invocationTokens,
        Tensors = [.. pairs.Select(pair => pair.Tensor)],
    };
}
