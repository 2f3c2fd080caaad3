namespace Cria.Runtime;

/// <summary>What a run yields when it lets others go on: at most one pass through the network later.</summary>
internal readonly struct Turn
{
    public static Turn Over => default;
}

/// <summary>One request's work: an iterator that the <see cref="Scheduler"/> lets advance in turn with others.</summary>
internal abstract class Run
{
    private readonly CancellationTokenSource _cancellation = new();
    private readonly CancellationToken _callerToken;
    private readonly CancellationTokenRegistration _callerRegistration;
    private IEnumerator<Turn>? _work;
    private Exception? _failure;

    protected Run(CancellationToken cancellationToken)
    {
        _callerToken = cancellationToken;
        _callerRegistration = cancellationToken.UnsafeRegister(static run => ((Run)run!).Cancel(), this);
    }

    /// <summary>Fires when the caller cancels, stops reading, or the model is disposed.</summary>
    protected CancellationToken Cancellation => _cancellation.Token;

    /// <summary>Asks the run to end as soon as it can.</summary>
    public void Cancel() => _cancellation.Cancel();

    /// <summary>Works for one turn and tells whether there is more to do; a failure is kept for <see cref="End()"/>.</summary>
    public bool Advance()
    {
        try
        {
            Cancellation.ThrowIfCancellationRequested();
            _work ??= Work();
            return _work.MoveNext();
        }
        catch (OperationCanceledException) when (_callerToken.IsCancellationRequested)
        {
            // Callers look for their own token, not for ours.
            _failure = new OperationCanceledException(_callerToken);
        }
        catch (Exception exception)
        {
            _failure = exception;
        }

        return false;
    }

    /// <summary>Frees what the run holds and hands its outcome to the caller.</summary>
    public void End()
    {
        _callerRegistration.Dispose();
        _work?.Dispose();
        End(_failure);
    }

    /// <summary>The work; it yields before each pass through the network, and what it holds in usings is freed at the end.</summary>
    protected abstract IEnumerator<Turn> Work();

    /// <summary>Hands the outcome to the caller.</summary>
    protected abstract void End(Exception? failure);

    /// <summary>Cuts a number of tokens into ranges of at most <paramref name="size"/>.</summary>
    protected static IEnumerable<Range> Batches(int start, int end, int size)
    {
        for (; start < end; start += size) yield return start..Math.Min(end, start + size);
    }
}

/// <summary>A run that ends with one value.</summary>
internal abstract class Run<TResult> : Run
    where TResult : class
{
    private readonly TaskCompletionSource<TResult> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    protected Run(CancellationToken cancellationToken) : base(cancellationToken)
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
