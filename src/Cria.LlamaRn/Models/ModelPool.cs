namespace Cria.LlamaRn;

/// <summary>The models that contexts share: the same file with the same options is loaded once, and freed after its last context.</summary>
internal sealed class ModelPool(Func<string, ModelOptions, IProgress<LoadProgress>, CancellationToken, Task<LlamaModel>> load)
{
    private readonly Dictionary<ModelKey, PooledModel> _models = [];
    private readonly Lock _lock = new();

    /// <summary>The models of this process.</summary>
    public static ModelPool OfProcess { get; } = new(LlamaModel.LoadAsync);

    /// <summary>Takes a share in a model, which is loaded if nobody has it yet; warnings come to each who shares it.</summary>
    public async Task<ModelLease> RentAsync(string path, ModelOptions options, IProgress<LoadProgress>? progress, CancellationToken cancellationToken)
    {
        ModelKey key = ModelKey.Of(path, options);
        PooledModel model;
        lock (_lock)
        {
            // A load that nobody waits for any more, or that failed, is no use to who comes now.
            if (!_models.TryGetValue(key, out model!) || !model.TryJoin(progress, options.OnWarning))
                _models[key] = model = new PooledModel(path, options, load, progress);
        }

        var lease = new ModelLease(this, key, model, options.OnWarning);
        try
        {
            model.RepeatWarnings(options.OnWarning);
            await model.Loading.WaitAsync(cancellationToken).ConfigureAwait(false);
            progress?.Report(new LoadProgress(1));
            return lease;
        }
        catch
        {
            await lease.ReturnAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Lets all models forget what they remember of texts.</summary>
    public void PurgeCaches()
    {
        PooledModel[] models;
        lock (_lock) models = [.. _models.Values];
        foreach (PooledModel model in models) model.PurgeCache();
    }

    /// <summary>Gives a share back; after the last one the model is freed.</summary>
    public async Task ReturnAsync(ModelKey key, PooledModel model)
    {
        lock (_lock)
        {
            if (!model.Leave()) return;
            if (_models.GetValueOrDefault(key) == model) _models.Remove(key);
        }

        await model.DisposeAsync().ConfigureAwait(false);
    }
}

/// <summary>What makes two loads the same: a file as it is on the disk now, and the options.</summary>
internal readonly record struct ModelKey(string Path, long Length, DateTime Written, ModelOptions Options)
{
    public static ModelKey Of(string path, ModelOptions options)
    {
        var file = new FileInfo(path);
        if (file.Exists && file.ResolveLinkTarget(returnFinalTarget: true) is FileInfo target) file = target;
        return new ModelKey(file.FullName, file.Exists ? file.Length : 0, file.LastWriteTimeUtc, options with { OnWarning = null });
    }
}

/// <summary>A share in a model.</summary>
internal sealed class ModelLease(ModelPool pool, ModelKey key, PooledModel model, Action<string>? warn)
{
    private int _isReturned;

    /// <summary>The model.</summary>
    public LlamaModel Model => model.Loading.Result;

    /// <summary>Lets the model forget what it remembers of texts.</summary>
    public void PurgeCache() => model.PurgeCache();

    public Task ReturnAsync()
    {
        if (Interlocked.Exchange(ref _isReturned, 1) != 0) return Task.CompletedTask;
        model.WarnNoMore(warn);
        return pool.ReturnAsync(key, model);
    }
}
