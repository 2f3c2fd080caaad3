namespace Cria.LlamaRn;

public sealed partial class LlamaContext
{
    private readonly Lock _adaptersLock = new();
    private IReadOnlyList<(LoraAdapterParams Given, LoraAdapter Loaded)> _adapters = [];

    private IReadOnlyList<ScaledAdapter> Adapters
    {
        get
        {
            lock (_adaptersLock) return [.. _adapters.Select(adapter => new ScaledAdapter(adapter.Loaded, adapter.Given.Scaled ?? 1))];
        }
    }

    /// <summary>Lets LoRA adapters act on the requests that begin from now on, in place of those that did; other contexts are not touched.</summary>
    /// <exception cref="LlamaException">An adapter could not be loaded, and the ones before stay.</exception>
    public Task ApplyLoraAdaptersAsync(IReadOnlyList<LoraAdapterParams> adapters, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(adapters);
        return DoAsync(async token =>
        {
            await ApplyAsync(adapters, token).ConfigureAwait(false);
            return true;
        }, cancellationToken);
    }

    /// <summary>Lets no adapter act on the requests that begin from now on.</summary>
    public Task RemoveLoraAdaptersAsync()
    {
        ObjectDisposedException.ThrowIf(_requests.IsClosed, this);
        DisposeAdapters();
        return Task.CompletedTask;
    }

    /// <summary>The adapters that act.</summary>
    public IReadOnlyList<LoraAdapterParams> GetLoadedLoraAdapters()
    {
        lock (_adaptersLock) return [.. _adapters.Select(adapter => adapter.Given)];
    }

    private Task ApplyGivenAdaptersAsync(CancellationToken cancellationToken)
    {
        IEnumerable<LoraAdapterParams> given = Parameters.LoraList ?? [];
        if (!string.IsNullOrEmpty(Parameters.Lora)) given = given.Prepend(new LoraAdapterParams(Parameters.Lora, Parameters.LoraScaled));
        return ErrorRecovery.CodedAsync(async () =>
        {
            await ApplyAsync([.. given], cancellationToken).ConfigureAwait(false);
            return true;
        });
    }

    private async Task ApplyAsync(IReadOnlyList<LoraAdapterParams> adapters, CancellationToken cancellationToken)
    {
        var loaded = new List<(LoraAdapterParams Given, LoraAdapter Loaded)>();
        try
        {
            foreach (LoraAdapterParams adapter in adapters)
            {
                if (string.IsNullOrEmpty(adapter.Path)) throw LlamaException.Invalid("lora_list", "An adapter's path is missing.");
                string path = LlamaConversions.PathOf(adapter.Path);
                loaded.Add((new LoraAdapterParams(path, adapter.Scaled ?? 1), await LoadAdapterAsync(path, cancellationToken).ConfigureAwait(false)));
            }
        }
        catch
        {
            foreach ((_, LoraAdapter adapter) in loaded) adapter.Dispose();
            throw;
        }

        Replace(loaded);
    }

    // Of an adapter, a missing or damaged file is no failure of the model.
    private async Task<LoraAdapter> LoadAdapterAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            return await Model.LoadAdapterAsync(path, cancellationToken).ConfigureAwait(false);
        }
        catch (ModelLoadException error)
        {
            throw new LlamaException(LlamaErrorCodes.Adapter, error.Message, error);
        }
    }

    private void DisposeAdapters() => Replace([]);

    // Requests that run keep the adapters that they have.
    private void Replace(IReadOnlyList<(LoraAdapterParams Given, LoraAdapter Loaded)> adapters)
    {
        IReadOnlyList<(LoraAdapterParams Given, LoraAdapter Loaded)> before;
        lock (_adaptersLock) (before, _adapters) = (_adapters, adapters);
        foreach ((_, LoraAdapter adapter) in before) adapter.Dispose();
    }
}
