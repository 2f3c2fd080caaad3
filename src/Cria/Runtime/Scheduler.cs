namespace Cria.Runtime;

/// <summary>
/// The one place that uses the network: a thread that lets every running request advance a step in turn. The thread
/// lives only while there are requests, so that a forgotten model can be collected.
/// </summary>
internal sealed class Scheduler
{
    private readonly Lock _gate = new();
    private readonly List<Run> _runs = [];
    private readonly ManualResetEventSlim _idle = new(initialState: true);
    private readonly Action _release;
    private readonly string _owner;
    private Thread? _worker;
    private bool _isDisposed;
    private bool _isReleased;

    /// <summary>Creates a scheduler for the model named <paramref name="owner"/>.</summary>
    /// <param name="owner">The name that errors after disposal give.</param>
    /// <param name="release">Frees what the runs use; called once, when no run uses it any more.</param>
    public Scheduler(string owner, Action release)
    {
        _owner = owner;
        _release = release;
    }

    public void ThrowIfDisposed()
    {
        if (_isDisposed) throw new ObjectDisposedException(_owner);
    }

    /// <summary>Lets a run take part from now on.</summary>
    public void Start(Run run)
    {
        lock (_gate)
        {
            ThrowIfDisposed();
            _runs.Add(run);
            if (_worker is not null) return;
            _idle.Reset();
            _worker = new Thread(Work) { IsBackground = true, Name = "Cria " + _owner };
            _worker.Start();
        }
    }

    /// <summary>Cancels all runs, waits until they have ended and frees everything; twice is harmless.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _isDisposed = true;
            foreach (Run run in _runs) run.Cancel();
            if (_worker is null) ReleaseOnce();
            // Called from a progress report, this very thread ends the runs and frees everything later.
            if (_worker == Thread.CurrentThread) return;
        }

        _idle.Wait();
    }

    private void Work()
    {
        int turn = 0;
        while (NextRun(ref turn) is { } run)
        {
            if (run.Advance()) continue;
            lock (_gate) _runs.Remove(run);
            run.End();
        }
    }

    private Run? NextRun(ref int turn)
    {
        lock (_gate)
        {
            if (_runs.Count > 0) return _runs[turn++ % _runs.Count];
            _worker = null;
            if (_isDisposed) ReleaseOnce();
            _idle.Set();
            return null;
        }
    }

    private void ReleaseOnce()
    {
        if (_isReleased) return;
        _isReleased = true;
        _release();
    }
}
