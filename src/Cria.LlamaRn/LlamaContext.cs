namespace Cria.LlamaRn;

/// <summary>A context in llama.rn's sense: a model that is ready, with settings and adapters of its own.</summary>
/// <remarks>
/// All members may be used from several threads at once, and requests advance together. Contexts of the same file and options share the model.
/// Failures are <see cref="LlamaException"/>s; a cancelled token gives an <see cref="OperationCanceledException"/>, a released context an
/// <see cref="ObjectDisposedException"/>.
/// </remarks>
public sealed partial class LlamaContext : IAsyncDisposable
{
    private static int s_lastId;

    private readonly ModelPool _pool;
    private readonly ActiveRequests _requests = new();
    private readonly List<string> _warnings = [];
    private readonly SemaphoreSlim _changing = new(1, 1);
    private ModelLease? _lease;

    /// <summary>Makes a context that is not ready yet: <see cref="InitializeAsync"/> loads its model.</summary>
    /// <exception cref="LlamaException">A parameter has a value that nothing can be done with.</exception>
    public LlamaContext(ContextParams parameters) : this(parameters, ContextParams.LlamaRnDefaults, ModelPool.OfProcess)
    {
    }

    internal LlamaContext(ContextParams parameters, ContextParams defaults, ModelPool pool)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        if (string.IsNullOrEmpty(parameters.Model)) throw LlamaException.Invalid("model", "model is missing. Give the path of a GGUF file.");
        _pool = pool;
        Parameters = parameters.Or(defaults);
        Options = LlamaConversions.ConvertConfig(Parameters, Warn) with { OnWarning = Warn };
        SetGrammar(Parameters.Grammar);
        Parallel = new ParallelMode(this);
    }

    /// <summary>The number of the context in this process.</summary>
    public int Id { get; } = Interlocked.Increment(ref s_lastId);

    /// <summary>The parameters, with defaults for what was not given.</summary>
    public ContextParams Parameters { get; }

    /// <summary>Many requests at once, with numbers and a status.</summary>
    public ParallelMode Parallel { get; }

    /// <summary>Whether a graphics processor computes.</summary>
    public bool Gpu => Model.IsGpuEnabled;

    /// <summary>Why no graphics processor computes though one was asked for; empty if none was.</summary>
    public string ReasonNoGpu => Model.GpuDisabledReason ?? "";

    /// <summary>What should be known though it is no failure.</summary>
    public IReadOnlyList<string> Warnings
    {
        get
        {
            lock (_warnings) return [.. _warnings];
        }
    }

    /// <summary>What llama.rn tells of a context and its model.</summary>
    public ContextDescription Description => new()
    {
        Id = Id,
        Gpu = Gpu,
        ReasonNoGpu = ReasonNoGpu,
        Model = ModelDescription.Of(Model.Info, HasTemplate),
    };

    /// <summary>The model, for what llama.rn's interface does not offer; contexts may share it, so leave it open.</summary>
    /// <exception cref="LlamaException">The context is not ready.</exception>
    public LlamaModel Model
    {
        get
        {
            ObjectDisposedException.ThrowIf(_requests.IsClosed, this);
            return _lease?.Model ?? throw new LlamaException(LlamaErrorCodes.Initialization, "The context is not ready. Call InitializeAsync first.");
        }
    }

    /// <summary>How the model is loaded.</summary>
    internal ModelOptions Options { get; private set; }

    /// <summary>Called when the context has been released.</summary>
    internal Action<LlamaContext>? Released { get; set; }

    private bool HasTemplate => Options.ChatTemplate is not null || Model.Info.HasChatTemplate;

    /// <summary>Loads the model, or shares it with other contexts, and applies the adapters; of a context that was ready, anew.</summary>
    /// <param name="progress">Hears the progress from 0 to 100.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    /// <returns>This context.</returns>
    /// <remarks>A load that fails is tried once more, and one that lacks memory with a shorter context, which <see cref="Warnings"/> tell.</remarks>
    /// <exception cref="LlamaException">The model or an adapter could not be loaded.</exception>
    public async Task<LlamaContext> InitializeAsync(IProgress<int>? progress = null, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_requests.IsClosed, this);
        Percentage? percentage = progress is null ? null : new Percentage(progress);
        Func<Task<ModelLease>> rent = () => _pool.RentAsync(LlamaConversions.PathOf(Parameters.Model!), Options, percentage, cancellationToken);
        await _changing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await ReturnModelAsync().ConfigureAwait(false);
            _lease = await ErrorRecovery.RunAsync(rent, rent, error => TakeLess(error) ? rent() : null).ConfigureAwait(false);
            await ApplyGivenAdaptersAsync(cancellationToken).ConfigureAwait(false);
            ObjectDisposedException.ThrowIf(_requests.IsClosed, this);
            return this;
        }
        catch
        {
            await ReturnModelAsync().ConfigureAwait(false);
            throw;
        }
        finally
        {
            _changing.Release();
        }
    }

    /// <summary>Stops the completions that run on this context; each ends with the text that it has.</summary>
    public void StopCompletion() => _requests.StopAll();

    /// <summary>Forgets what is remembered of earlier texts, to free memory; contexts of the same model share that memory, and results do not depend on it.</summary>
    public void ClearCache() => Model.PurgeCache();

    /// <summary>Holds the completions that bring no grammar of their own to this one, in llama.cpp's notation; null frees them.</summary>
    /// <exception cref="LlamaException">The text is no grammar.</exception>
    public void SetGrammar(string? grammar)
    {
        try
        {
            _grammar = string.IsNullOrEmpty(grammar) ? null : Grammar.FromGbnf(grammar);
        }
        catch (GrammarException error)
        {
            throw LlamaErrors.ConvertError(error);
        }
    }

    /// <summary>Holds the completions that bring no grammar of their own to the JSON of a schema.</summary>
    /// <param name="schema">The JSON schema.</param>
    /// <param name="propOrder">Properties that come first in every object that has them, by ascending number.</param>
    /// <exception cref="LlamaException">The schema is ill-formed, or asks for something that a grammar cannot enforce.</exception>
    public void SetJsonSchema(string schema, IReadOnlyDictionary<string, int>? propOrder = null)
    {
        ArgumentNullException.ThrowIfNull(schema);
        try
        {
            SetGrammar(GrammarSpec.ConvertJsonSchemaToGrammar(schema, propOrder));
        }
        catch (JsonSchemaException error)
        {
            throw LlamaErrors.ConvertError(error);
        }
    }

    /// <summary>Frees memory where the system runs out of it: at a critical level, what is remembered of earlier texts.</summary>
    public void HandleMemoryPressure(MemoryPressure level)
    {
        if (level == MemoryPressure.Critical) _lease?.PurgeCache();
    }

    /// <summary>Stops what runs on this context, waits for it and frees what no other context needs.</summary>
    public async Task ReleaseAsync()
    {
        await _requests.CloseAsync().ConfigureAwait(false);
        await _changing.WaitAsync().ConfigureAwait(false);
        try
        {
            await ReturnModelAsync().ConfigureAwait(false);
        }
        finally
        {
            _changing.Release();
        }

        Released?.Invoke(this);
    }

    /// <summary>Does what <see cref="ReleaseAsync"/> does.</summary>
    public async ValueTask DisposeAsync() => await ReleaseAsync().ConfigureAwait(false);

    internal ActiveRequest BeginRequest(CancellationToken cancellationToken) => _requests.Begin(cancellationToken);

    private async Task ReturnModelAsync()
    {
        DisposeAdapters();
        if (_lease is not { } lease) return;
        _lease = null;
        await lease.ReturnAsync().ConfigureAwait(false);
    }

    /// <summary>Frees caches and lowers what the next load asks for; tells whether there is something lower.</summary>
    private bool TakeLess(LlamaException error)
    {
        _pool.PurgeCaches();
        ModelOptions? less = error.InnerException switch
        {
            ModelTooLargeException { LargestContext: > 0 and var fits } => Options with { ContextLength = fits },
            ModelTooLargeException { LargestContextWithQ8Cache: > 0 and var fits } =>
                Options with { ContextLength = fits, KeyType = CacheType.Q8_0, ValueType = CacheType.Q8_0 },
            ModelTooLargeException => null,
            _ => Options.ContextLength > 1 ? Options with { ContextLength = Options.ContextLength / 2 } : null,
        };
        if (less is null) return false;
        Options = less;
        Warn($"{error.Message} The context now holds {less.ContextLength} tokens.");
        return true;
    }

    private void Warn(string warning)
    {
        lock (_warnings)
        {
            if (_warnings.Contains(warning)) return;
            _warnings.Add(warning);
        }

        Parameters.OnWarning?.Invoke(warning);
    }
}
