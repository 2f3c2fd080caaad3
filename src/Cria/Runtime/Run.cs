namespace Cria.Runtime;

/// <summary>One request's work, cut into steps of at most one pass through the network.</summary>
internal abstract class Run
{
    private readonly CancellationTokenSource _cancellation = new();
    private readonly CancellationToken _callerToken;
    private readonly CancellationTokenRegistration _callerRegistration;
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

    /// <summary>Does one step and tells whether there are more; a failure is kept for <see cref="End()"/>.</summary>
    public bool Advance()
    {
        try
        {
            Cancellation.ThrowIfCancellationRequested();
            return Step();
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
        End(_failure);
    }

    /// <summary>Does one step and tells whether there are more.</summary>
    protected abstract bool Step();

    /// <summary>Frees what the run holds and hands its outcome to the caller.</summary>
    protected abstract void End(Exception? failure);
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

    /// <summary>The value, set by the last step.</summary>
    protected TResult? Result { get; set; }

    /// <summary>Frees what the run holds.</summary>
    protected abstract void Release();

    protected override void End(Exception? failure)
    {
        Release();
        if (failure is OperationCanceledException cancelled) _completion.SetCanceled(cancelled.CancellationToken);
        else if (failure is not null) _completion.SetException(failure);
        else _completion.SetResult(Result ?? throw new InvalidOperationException("The run ended without a result."));
    }
}
