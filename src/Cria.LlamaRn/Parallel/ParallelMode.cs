namespace Cria.LlamaRn;

/// <summary>Many requests at once on a context: each has a number, waits for a free slot, and can be stopped by itself.</summary>
public sealed class ParallelMode
{
    private const int UsualSlots = 2;

    private readonly LlamaContext _context;
    private readonly Lock _lock = new();
    private readonly List<ParallelEntry> _entries = [];
    private readonly List<Action<ParallelStatus>> _listeners = [];
    private readonly Slots _slots = new();
    private int _lastRequest;
    private bool _isEnabled;

    internal ParallelMode(LlamaContext context) => _context = context;

    /// <summary>Whether requests are taken.</summary>
    public bool IsEnabled => Volatile.Read(ref _isEnabled);

    /// <summary>Takes requests from now on, 2 at once unless said otherwise.</summary>
    /// <exception cref="LlamaException">More are asked for at once than the context was made for.</exception>
    public void Enable(ParallelParams? parameters = null)
    {
        int slots = parameters?.NParallel ?? UsualSlots;
        int most = _context.Parameters.NParallel!.Value;
        if (slots < 1 || slots > most)
            throw LlamaException.Invalid("n_parallel", $"n_parallel is {slots}, but must be from 1 to {most}, the context's own n_parallel.");
        _slots.Limit = slots;
        Volatile.Write(ref _isEnabled, true);
        Tell();
    }

    /// <summary>Changes how many requests advance together.</summary>
    /// <exception cref="LlamaException">More are asked for at once than the context was made for.</exception>
    public void Configure(ParallelParams parameters)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        Enable(parameters);
    }

    /// <summary>Takes no more requests and stops those that run or wait.</summary>
    public void Disable()
    {
        Volatile.Write(ref _isEnabled, false);
        ParallelEntry[] entries;
        lock (_lock) entries = [.. _entries];
        foreach (ParallelEntry entry in entries) entry.Stop();
        Tell();
    }

    /// <summary>Continues a prompt or answers a conversation, when there is a free slot.</summary>
    /// <param name="parameters">What is asked; a session may be loaded before and saved after.</param>
    /// <param name="onToken">Hears the number of the request and each new piece of text.</param>
    /// <exception cref="LlamaException">Parallel mode is not enabled.</exception>
    public ParallelRequest<CompletionResult> Completion(CompletionParams parameters, Action<int, TokenData>? onToken = null)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        return Start("completion", async (entry, request) =>
        {
            if (!string.IsNullOrEmpty(parameters.LoadStatePath)) await _context.LoadSessionAsync(parameters.LoadStatePath, request.Token).ConfigureAwait(false);
            CompletionResult result = await _context.CompleteAsync(parameters, default, data =>
            {
                entry.Generated();
                Tell();
                onToken?.Invoke(entry.Id, data with { RequestId = entry.Id });
            }, request).ConfigureAwait(false);
            entry.Read(result);
            if (!string.IsNullOrEmpty(parameters.SaveStatePath) && !result.Interrupted)
                await _context.SaveSessionAsync(parameters.SaveStatePath, request.Text, -1, request.Token).ConfigureAwait(false);
            return result;
        }, () => new CompletionResult { Text = "", Interrupted = true });
    }

    /// <summary>Turns a text into a vector, when there is a free slot.</summary>
    /// <exception cref="LlamaException">Parallel mode is not enabled.</exception>
    public ParallelRequest<EmbeddingResult> Embedding(string text, EmbeddingParams? parameters = null)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Start("embedding", (_, request) => _context.EmbedAsync(text, parameters, request.Token));
    }

    /// <summary>Scores how well each document answers a query, when there is a free slot.</summary>
    /// <exception cref="LlamaException">Parallel mode is not enabled.</exception>
    public ParallelRequest<IReadOnlyList<RerankResult>> Rerank(string query, IReadOnlyList<string> documents)
    {
        ArgumentNullException.ThrowIfNull(query);
        ArgumentNullException.ThrowIfNull(documents);
        return Start("rerank", (_, request) => _context.RankAsync(query, documents, request.Token));
    }

    /// <summary>What runs and what waits.</summary>
    public ParallelStatus GetStatus()
    {
        lock (_lock)
        {
            ParallelRequestStatus[] requests = [.. _entries.Select(entry => entry.Status)];
            int queued = requests.Count(request => request.State == ParallelEntry.Queued);
            int active = requests.Count(request => request.State is ParallelEntry.ProcessingPrompt or ParallelEntry.Generating);
            return new ParallelStatus(_slots.Limit, active, queued, requests);
        }
    }

    /// <summary>Calls back whenever the status changes, until the returned subscription is disposed.</summary>
    public IDisposable SubscribeToStatus(Action<ParallelStatus> callback)
    {
        ArgumentNullException.ThrowIfNull(callback);
        lock (_lock) _listeners.Add(callback);
        return new Subscription(() =>
        {
            lock (_lock) _listeners.Remove(callback);
        });
    }

    private ParallelRequest<T> Start<T>(string type, Func<ParallelEntry, ActiveRequest, Task<T>> work, Func<T>? stopped = null)
    {
        if (!IsEnabled) throw new LlamaException(LlamaErrorCodes.Generation, "Parallel mode is not enabled. Call Enable first.");
        ActiveRequest request = _context.BeginRequest(CancellationToken.None);
        var entry = new ParallelEntry(Interlocked.Increment(ref _lastRequest), type, request.Stop);
        lock (_lock) _entries.Add(entry);
        return new ParallelRequest<T>(entry.Id, Task.Run(() => RunAsync(entry, request, work, stopped)), entry.Stop);
    }

    private async Task<T> RunAsync<T>(ParallelEntry entry, ActiveRequest request, Func<ParallelEntry, ActiveRequest, Task<T>> work, Func<T>? stopped)
    {
        using ActiveRequest running = request;
        try
        {
            Tell();
            using IDisposable slot = await _slots.TakeAsync(request.Token).ConfigureAwait(false);
            entry.Begun();
            Tell();
            return await ErrorRecovery.CodedAsync(() => work(entry, request)).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (stopped is not null && request.IsStopped)
        {
            return stopped();
        }
        finally
        {
            entry.Ended();
            Tell();
            lock (_lock) _entries.Remove(entry);
            Tell();
        }
    }

    private void Tell()
    {
        Action<ParallelStatus>[] listeners;
        lock (_lock) listeners = [.. _listeners];
        if (listeners.Length == 0) return;
        ParallelStatus status = GetStatus();
        foreach (Action<ParallelStatus> listener in listeners) listener(status);
    }

    private sealed class Subscription(Action remove) : IDisposable
    {
        public void Dispose() => remove();
    }
}
