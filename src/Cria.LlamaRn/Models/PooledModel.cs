namespace Cria.LlamaRn;

/// <summary>A model in the pool, from the beginning of its load on; the pool's lock guards who shares it.</summary>
internal sealed class PooledModel : IProgress<LoadProgress>, IAsyncDisposable
{
    private readonly CancellationTokenSource _unwanted = new();
    private readonly List<IProgress<LoadProgress>> _listeners = [];
    private readonly List<string> _warnings = [];
    private readonly List<Action<string>> _warned = [];
    private int _holders = 1;

    public PooledModel(
        string path, ModelOptions options, Func<string, ModelOptions, IProgress<LoadProgress>, CancellationToken, Task<LlamaModel>> load,
        IProgress<LoadProgress>? progress)
    {
        if (progress is not null) _listeners.Add(progress);
        if (options.OnWarning is { } warn) _warned.Add(warn);
        Loading = LoadAsync(path, options with { OnWarning = Warn }, load);
    }

    /// <summary>The model, when it is loaded.</summary>
    public Task<LlamaModel> Loading { get; }

    /// <summary>Takes another share, unless the load failed or the last one was given back.</summary>
    public bool TryJoin(IProgress<LoadProgress>? progress, Action<string>? warn)
    {
        if (_holders == 0 || Loading.IsFaulted || Loading.IsCanceled) return false;
        _holders++;
        if (progress is not null)
            lock (_listeners) _listeners.Add(progress);
        if (warn is not null)
            lock (_warnings) _warned.Add(warn);
        return true;
    }

    /// <summary>Says again what was said before somebody listened.</summary>
    public void RepeatWarnings(Action<string>? warn)
    {
        string[] said;
        lock (_warnings) said = [.. _warnings];
        foreach (string warning in said) warn?.Invoke(warning);
    }

    public void WarnNoMore(Action<string>? warn)
    {
        if (warn is null) return;
        lock (_warnings) _warned.Remove(warn);
    }

    /// <summary>Gives a share back and tells whether it was the last.</summary>
    public bool Leave() => --_holders == 0;

    public void PurgeCache()
    {
        if (!Loading.IsCompletedSuccessfully) return;
        try
        {
            Loading.Result.PurgeCache();
        }
        catch (ObjectDisposedException)
        {
            // Its last context has just been released, and nothing is remembered any more.
        }
    }

    public void Report(LoadProgress value)
    {
        IProgress<LoadProgress>[] listeners;
        lock (_listeners) listeners = [.. _listeners];
        foreach (IProgress<LoadProgress> listener in listeners) listener.Report(value);
    }

    public async ValueTask DisposeAsync()
    {
        await _unwanted.CancelAsync().ConfigureAwait(false);
        await ((Task)Loading).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (Loading.IsCompletedSuccessfully) await Loading.Result.DisposeAsync().ConfigureAwait(false);
        _unwanted.Dispose();
    }

    // Failures belong into the task, where each who waits for the model finds them.
    private async Task<LlamaModel> LoadAsync(
        string path, ModelOptions options, Func<string, ModelOptions, IProgress<LoadProgress>, CancellationToken, Task<LlamaModel>> load) =>
        await load(path, options, this, _unwanted.Token).ConfigureAwait(false);

    private void Warn(string warning)
    {
        Action<string>[] warned;
        lock (_warnings)
        {
            _warnings.Add(warning);
            warned = [.. _warned];
        }

        foreach (Action<string> warn in warned) warn(warning);
    }
}
