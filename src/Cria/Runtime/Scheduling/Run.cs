namespace Cria.Runtime;

/// <summary>One request's work: an iterator that the <see cref="Scheduler"/> lets advance in turn with others.</summary>
internal abstract class Run
{
    private readonly CancellationTokenSource _cancellation = new();
    private readonly CancellationToken _callerToken;
    private readonly CancellationTokenRegistration _callerRegistration;
    private readonly TimeSpan? _timeout;
    private readonly Timer? _timer;
    private volatile bool _isTimedOut;
    private Action? _cancelled;
    private IEnumerator<Turn>? _work;
    private Exception? _failure;

    protected Run(CancellationToken cancellationToken, TimeSpan? timeout = null)
    {
        _callerToken = cancellationToken;
        _callerRegistration = cancellationToken.UnsafeRegister(static run => ((Run)run!).Cancel(), this);
        _timeout = timeout;
        if (timeout is { } time) _timer = new Timer(static run => ((Run)run!).TimeOut(), this, time, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Who goes first where not all can.</summary>
    public RequestPriority Priority { get; init; } = RequestPriority.Normal;

    /// <summary>The number of tokens that are to be read before the caller hears of anything.</summary>
    public virtual int PromptLength => int.MaxValue;

    /// <summary>What the run waits for, after it has advanced.</summary>
    public Turn Turn => _work!.Current;

    /// <summary>Fires when the caller cancels, stops reading, or the model is disposed.</summary>
    public CancellationToken Cancellation => _cancellation.Token;

    /// <summary>Asks the run to end as soon as it can.</summary>
    public void Cancel()
    {
        _cancellation.Cancel();
        Volatile.Read(ref _cancelled)?.Invoke();
    }

    /// <summary>Names who is to hear of a cancellation at once.</summary>
    public void WhenCancelled(Action notify) => Volatile.Write(ref _cancelled, notify);

    /// <summary>Works until the next turn and tells whether there is more to do; a failure is kept for <see cref="End()"/>.</summary>
    public bool Advance()
    {
        try
        {
            Cancellation.ThrowIfCancellationRequested();
            _work ??= Work();
            return _work.MoveNext();
        }
        catch (Exception exception)
        {
            Fail(exception);
            return false;
        }
    }

    /// <summary>Hears that the memory of its text was given up, which is read again when other requests have ended.</summary>
    public virtual void Suspended()
    {
    }

    /// <summary>Notes why the run cannot go on.</summary>
    public void Fail(Exception exception) => _failure = exception switch
    {
        // Callers look for their own token, not for ours.
        OperationCanceledException when _callerToken.IsCancellationRequested => new OperationCanceledException(_callerToken),
        OperationCanceledException when _isTimedOut => new RequestTimeoutException(_timeout!.Value),
        _ => exception,
    };

    /// <summary>Frees what the run holds and hands its outcome to the caller.</summary>
    public void End()
    {
        _callerRegistration.Dispose();
        _timer?.Dispose();
        _work?.Dispose();
        End(_failure);
    }

    /// <summary>The work; it yields where it waits for a pass through the network, and what it holds in usings is freed at the end.</summary>
    protected abstract IEnumerator<Turn> Work();

    /// <summary>Hands the outcome to the caller.</summary>
    protected abstract void End(Exception? failure);

    /// <summary>Cuts a number of tokens into ranges of at most <paramref name="size"/>.</summary>
    protected static IEnumerable<Range> Batches(int start, int end, int size)
    {
        for (; start < end; start += size) yield return start..Math.Min(end, start + size);
    }

    private void TimeOut()
    {
        _isTimedOut = true;
        Cancel();
    }
}

/// <summary>A run that ends with one value.</summary>
internal abstract class Run<TResult> : Run
    where TResult : class
{
    private readonly TaskCompletionSource<TResult> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    protected Run(CancellationToken cancellationToken, TimeSpan? timeout = null) : base(cancellationToken, timeout)
    {
    }

    /// <summary>Ends with the run.</summary>
    public Task<TResult> Completion => _completion.Task;

    /// <summary>The value, set by the work when it is done.</summary>
    protected TResult? Result { get; set; }

    protected override void End(Exception? failure)
    {
        if (failure is OperationCanceledException cancelled) _completion.SetCanceled(cancelled.CancellationToken);
        else if (failure is not null) _completion.SetException(failure);
        else _completion.SetResult(Result ?? throw new InvalidOperationException("The run ended without a result."));
    }
}
