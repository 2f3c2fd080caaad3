using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace Cria.LlamaRn;

/// <summary>Owns any number of contexts, each behind a handle; those of the same file and options share the model in memory.</summary>
/// <remarks>All members may be used from several threads at once. Failures are <see cref="LlamaException"/>s with codes.</remarks>
public sealed class ContextRegistry : IAsyncDisposable
{
    private readonly Dictionary<ContextHandle, LlamaContext> _contexts = [];
    private readonly Lock _lock = new();
    private readonly ModelPool _pool;
    private readonly MemoryPressureWatch _watch;
    private int _opening;
    private int? _limit;

    /// <summary>Makes a registry without contexts.</summary>
    public ContextRegistry() : this(ModelPool.OfProcess)
    {
    }

    internal ContextRegistry(ModelPool pool)
    {
        _pool = pool;
        _watch = new MemoryPressureWatch(HandleMemoryPressure);
    }

    /// <summary>The number of contexts.</summary>
    public int Count
    {
        get
        {
            lock (_lock) return _contexts.Count;
        }
    }

    /// <summary>Loads a model, or shares it with the contexts that use it already.</summary>
    /// <param name="config">How; what is not given is 2048 tokens of context, 512 in a batch, 4 threads and 1 GPU layer.</param>
    /// <param name="progress">Hears the progress from 0 to 100.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    /// <exception cref="LlamaException">A parameter is wrong, or the model could not be loaded.</exception>
    public async Task<ContextHandle> InitializeAsync(ContextParams config, IProgress<int>? progress = null, CancellationToken cancellationToken = default) =>
        (await OpenAsync(config, ContextParams.HandleDefaults, progress, cancellationToken).ConfigureAwait(false)).Handle;

    /// <summary>Continues a text.</summary>
    /// <param name="handle">The context.</param>
    /// <param name="parameters">What is asked; see <see cref="GenerateParams.Defaults"/>.</param>
    /// <param name="cancellationToken">Gives the work up.</param>
    /// <exception cref="LlamaException">The handle is not valid, a parameter is wrong, or the work failed.</exception>
    public Task<GenerateResponse> GenerateAsync(ContextHandle handle, GenerateParams parameters, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        return GenerateAsync(Find(handle), parameters, null, cancellationToken);
    }

    /// <summary>Continues a text and hands out an event for each new piece, and a last one with the response.</summary>
    /// <param name="handle">The context.</param>
    /// <param name="parameters">What is asked; see <see cref="GenerateParams.Defaults"/>.</param>
    /// <param name="cancellationToken">Gives the work up, as leaving the enumeration does.</param>
    /// <exception cref="LlamaException">The handle is not valid, a parameter is wrong, or the work failed.</exception>
    public IAsyncEnumerable<GenerateEvent> GenerateStreamAsync(ContextHandle handle, GenerateParams parameters, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        return StreamAsync(Find(handle), parameters, cancellationToken);
    }

    /// <summary>Stops what runs on a context and frees it; the handle is not valid any more.</summary>
    /// <exception cref="LlamaException">The handle is not valid.</exception>
    public Task ReleaseAsync(ContextHandle handle) => Find(handle).ReleaseAsync();

    /// <summary>Releases all contexts.</summary>
    public async Task ReleaseAllAsync()
    {
        LlamaContext[] contexts;
        lock (_lock) contexts = [.. _contexts.Values];
        await Task.WhenAll(contexts.Select(context => context.ReleaseAsync())).ConfigureAwait(false);
    }

    /// <summary>The context behind a handle, for all that it can do.</summary>
    /// <exception cref="LlamaException">The handle was released, or is none of this registry.</exception>
    public LlamaContext Find(ContextHandle handle)
    {
        lock (_lock)
        {
            return _contexts.GetValueOrDefault(handle)
                ?? throw new LlamaException(LlamaErrorCodes.InvalidHandle, "There is no such context: it was released, or the handle belongs to another registry.");
        }
    }

    /// <summary>Lets at most so many contexts be open at once; those that are stay.</summary>
    public void SetContextLimit(int limit)
    {
        if (limit < 1) throw LlamaException.Invalid("limit", $"The limit is {limit}, but must be 1 or more.");
        lock (_lock) _limit = limit;
    }

    /// <summary>Lets all contexts free memory where the system runs out of it.</summary>
    public void HandleMemoryPressure(MemoryPressure level)
    {
        LlamaContext[] contexts;
        lock (_lock) contexts = [.. _contexts.Values];
        foreach (LlamaContext context in contexts) context.HandleMemoryPressure(level);
    }

    /// <summary>Releases all contexts.</summary>
    public async ValueTask DisposeAsync() => await ReleaseAllAsync().ConfigureAwait(false);

    internal async Task<(ContextHandle Handle, LlamaContext Context)> OpenAsync(
        ContextParams config, ContextParams defaults, IProgress<int>? progress, CancellationToken cancellationToken)
    {
        var context = new LlamaContext(config, defaults, _pool);
        lock (_lock)
        {
            if (_limit <= _contexts.Count + _opening)
                throw new LlamaException(LlamaErrorCodes.Initialization, $"Context limit reached: {_limit} are open. Release one, or raise the limit.");
            _opening++;
        }

        var handle = ContextHandle.New();
        try
        {
            await context.InitializeAsync(progress, cancellationToken).ConfigureAwait(false);
            context.Released = _ => Remove(handle);
            lock (_lock)
            {
                _contexts.Add(handle, context);
                _watch.Start();
            }
        }
        finally
        {
            lock (_lock) _opening--;
        }

        return (handle, context);
    }

    private void Remove(ContextHandle handle)
    {
        lock (_lock)
        {
            _contexts.Remove(handle);
            if (_contexts.Count == 0) _watch.Stop();
        }
    }

    private static async Task<GenerateResponse> GenerateAsync(
        LlamaContext context, GenerateParams parameters, Action<TokenData>? callback, CancellationToken cancellationToken)
    {
        DateTimeOffset start = DateTimeOffset.UtcNow;
        long started = Stopwatch.GetTimestamp();
        CompletionResult result = await context.CompletionAsync(parameters.ToCompletion(), parameters.InputTokens, callback, cancellationToken).ConfigureAwait(false);
        return GenerateResponse.Of(result, start, Stopwatch.GetElapsedTime(started));
    }

    private static async IAsyncEnumerable<GenerateEvent> StreamAsync(
        LlamaContext context, GenerateParams parameters, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var events = Channel.CreateUnbounded<GenerateEvent>(new() { SingleReader = true, SingleWriter = true });
        Task work = Task.Run(async () =>
        {
            try
            {
                GenerateResponse response = await GenerateAsync(
                    context, parameters, data => events.Writer.TryWrite(new GenerateEvent(data.Token)), leaving.Token).ConfigureAwait(false);
                events.Writer.TryWrite(new GenerateEvent("", response));
                events.Writer.Complete();
            }
            catch (Exception failure)
            {
                events.Writer.Complete(failure);
            }
        }, CancellationToken.None);
        try
        {
            await foreach (GenerateEvent happened in events.Reader.ReadAllAsync(CancellationToken.None).ConfigureAwait(false)) yield return happened;
        }
        finally
        {
            // Whoever leaves early stops the work.
            await leaving.CancelAsync().ConfigureAwait(false);
            await work.ConfigureAwait(false);
        }
    }
}
