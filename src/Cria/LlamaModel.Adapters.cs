namespace Cria;

public sealed partial class LlamaModel
{
    /// <summary>Loads a LoRA adapter, for requests that name it in <see cref="GenerationOptions.Adapters"/>; the model stays as it is.</summary>
    /// <param name="path">A GGUF file, or a folder with the <c>adapters.safetensors</c> and <c>adapter_config.json</c> of mlx-lm.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    /// <remarks>Any number may be loaded at once. The file is not needed afterwards. Dispose the adapter when no later request needs it.</remarks>
    /// <exception cref="ModelLoadException">The file is missing or damaged, or uses something unknown.</exception>
    /// <exception cref="AdapterException">The file is no LoRA adapter, or one for another model.</exception>
    public Task<LoraAdapter> LoadAdapterAsync(string path, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        _engine.Scheduler.ThrowIfDisposed();
        return Task.Run(() => _engine.Network!.LoadAdapter(path, cancellationToken), cancellationToken);
    }

    /// <summary>Checks, without loading it, that a LoRA adapter is sound and was made for a model like this one.</summary>
    /// <param name="path">A GGUF file, or a folder with the <c>adapters.safetensors</c> and <c>adapter_config.json</c> of mlx-lm.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    /// <exception cref="ModelLoadException">The file is missing or damaged, or uses something unknown.</exception>
    /// <exception cref="AdapterException">The file is no LoRA adapter, or one for another model.</exception>
    public Task<AdapterInfo> CheckAdapterAsync(string path, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        _engine.Scheduler.ThrowIfDisposed();
        return Task.Run(() => _engine.Network!.CheckAdapter(path, cancellationToken), cancellationToken);
    }

    /// <summary>Refuses adapters that are disposed or belong to another model.</summary>
    private void CheckOwnership(IReadOnlyList<ScaledAdapter> adapters)
    {
        foreach (ScaledAdapter scaled in adapters)
        {
            ObjectDisposedException.ThrowIf(scaled.Adapter.IsDisposed, scaled.Adapter);
            if (_engine.Network?.Owns(scaled.Adapter) != true)
                throw new InvalidOptionException(nameof(GenerationOptions.Adapters), scaled.Adapter.Info.Name, "adapters that this model has loaded");
        }
    }
}
