using Cria.Extensions.AI.Telemetry;

namespace Cria.Extensions.AI;

/// <summary>A model that is loaded when it is first needed, once for all who use it, and that goes when its host is disposed.</summary>
/// <remarks>
/// All members may be used from several threads at once. A failure to load is told to all who waited for it and is not kept: the next
/// request tries again, so that a service recovers when its file arrives.
/// </remarks>
public sealed class CriaModelHost : IAsyncDisposable, IDisposable
{
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _disposal = new();
    private readonly CriaOptions? _options;
    private Task<LlamaModel>? _loading;
    private bool _isDisposed;

    /// <summary>Makes a host that will load the model that the options name.</summary>
    /// <exception cref="ArgumentException">The options name no file.</exception>
    public CriaModelHost(CriaOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentException.ThrowIfNullOrWhiteSpace(options.ModelPath, nameof(options) + "." + nameof(CriaOptions.ModelPath));
        _options = options;
        ModelId = options.ModelId ?? Path.GetFileNameWithoutExtension(options.ModelPath);
        RecordsContent = options.EnableSensitiveData ?? GenAi.RecordsContentByDefault;
    }

    /// <summary>Wraps a model that is there already; it stays when this is disposed.</summary>
    internal CriaModelHost(LlamaModel model)
    {
        _loading = Task.FromResult(model);
        ModelId = Path.GetFileNameWithoutExtension(model.Info.Path);
        RecordsContent = GenAi.RecordsContentByDefault;
        CriaMeter.Watch(model, ModelId);
    }

    /// <summary>The name of the model.</summary>
    public string ModelId { get; }

    /// <summary>The model, or null if it has not been loaded or could not be.</summary>
    public LlamaModel? Model => Volatile.Read(ref _loading) is { IsCompletedSuccessfully: true } loaded ? loaded.Result : null;

    /// <summary>Why the last attempt to load the model failed, for checks of health; null while there was none, it goes on or it succeeded.</summary>
    public Exception? LoadError => Volatile.Read(ref _loading)?.Exception?.InnerException;

    internal bool RecordsContent { get; }

    /// <summary>Gives the model, after loading it if nobody has; called at the start of a program, it makes the first request faster.</summary>
    /// <exception cref="ModelLoadException">The file is missing, damaged or of an unknown kind.</exception>
    /// <exception cref="ObjectDisposedException">The host is disposed.</exception>
    public Task<LlamaModel> GetModelAsync(CancellationToken cancellationToken = default)
    {
        Task<LlamaModel> loading;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            if (_loading is null or { IsFaulted: true } or { IsCanceled: true }) _loading = LoadAsync(_options!);
            loading = _loading;
        }

        // Others wait for the same model: who gives up does not stop it.
        return loading.WaitAsync(cancellationToken);
    }

    /// <summary>Ends what runs and frees the model, if it was loaded here.</summary>
    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

    /// <summary>Ends what runs and frees the model, if it was loaded here.</summary>
    public async ValueTask DisposeAsync()
    {
        Task<LlamaModel>? loading;
        lock (_gate)
        {
            if (_isDisposed) return;
            _isDisposed = true;
            loading = _loading;
        }

        await _disposal.CancelAsync().ConfigureAwait(false);
        if (_options is not null && loading is not null)
        {
            await ((Task)loading).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (loading.IsCompletedSuccessfully) await loading.Result.DisposeAsync().ConfigureAwait(false);
        }

        _disposal.Dispose();
    }

    private async Task<LlamaModel> LoadAsync(CriaOptions options)
    {
        LlamaModel model = await LlamaModel
            .LoadAsync(options.ModelPath, options.ToModelOptions(), cancellationToken: _disposal.Token).ConfigureAwait(false);
        CriaMeter.Watch(model, ModelId);
        return model;
    }
}
