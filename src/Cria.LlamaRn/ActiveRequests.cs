namespace Cria.LlamaRn;

/// <summary>The requests that run on a context, so that they can be stopped and waited for without disturbing others of the same model.</summary>
internal sealed class ActiveRequests
{
    private readonly HashSet<ActiveRequest> _running = [];
    private readonly Lock _lock = new();
    private bool _isClosed;

    public bool IsClosed => Volatile.Read(ref _isClosed);

    /// <summary>Enters a request; dispose it at its end.</summary>
    /// <exception cref="ObjectDisposedException">The context was released.</exception>
    public ActiveRequest Begin(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isClosed, typeof(LlamaContext));
            var request = new ActiveRequest(this, cancellationToken);
            _running.Add(request);
            return request;
        }
    }

    public void End(ActiveRequest request)
    {
        lock (_lock) _running.Remove(request);
    }

    /// <summary>Stops all that runs; it ends with what it has.</summary>
    public void StopAll()
    {
        foreach (ActiveRequest request in Running()) request.Stop();
    }

    /// <summary>Lets nothing begin any more, stops what runs and waits for it.</summary>
    public Task CloseAsync()
    {
        Volatile.Write(ref _isClosed, true);
        ActiveRequest[] running = Running();
        foreach (ActiveRequest request in running) request.Stop();
        return Task.WhenAll(running.Select(request => request.Ended));
    }

    private ActiveRequest[] Running()
    {
        lock (_lock) return [.. _running];
    }
}

/// <summary>A request that runs on a context.</summary>
internal sealed class ActiveRequest : IDisposable
{
    private readonly ActiveRequests _requests;
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenSource _either;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ActiveRequest(ActiveRequests requests, CancellationToken cancellationToken)
    {
        _requests = requests;
        _either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stop.Token);
    }

    /// <summary>Cancelled when the request is stopped or its caller cancels.</summary>
    public CancellationToken Token => _either.Token;

    /// <summary>Tells whether it was stopped, which is no failure.</summary>
    public bool IsStopped => _stop.IsCancellationRequested;

    /// <summary>The text of a completion, once it has ended.</summary>
    public SessionText? Text { get; set; }

    public Task Ended => _ended.Task;

    public void Stop() => _stop.Cancel();

    public void Dispose()
    {
        // What stops it may come at any time, so that only the link to the caller's token is cut.
        _either.Dispose();
        _requests.End(this);
        _ended.TrySetResult();
    }
}
