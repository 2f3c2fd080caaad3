namespace Cria.Cli;

/// <summary>What Ctrl-C does: the first one stops the work and keeps what there is; a second one ends the process as usual.</summary>
internal sealed class Interrupts : IDisposable
{
    private readonly CancellationTokenSource _ending = new();
    private Action? _stop;

    /// <summary>Fires when the program is to end.</summary>
    public CancellationToken Token => _ending.Token;

    /// <summary>Lets the next Ctrl-C stop a part of the work only, until the returned object is disposed.</summary>
    public IDisposable Divert(Action stop)
    {
        Interlocked.Exchange(ref _stop, stop);
        return new Diversion(this);
    }

    /// <summary>Takes note of a Ctrl-C and tells whether the process goes on.</summary>
    public bool Interrupt()
    {
        if (Interlocked.Exchange(ref _stop, null) is { } stop)
        {
            stop();
            return true;
        }

        bool isFirst = !_ending.IsCancellationRequested;
        _ending.Cancel();
        return isFirst;
    }

    public void Dispose() => _ending.Dispose();

    private sealed class Diversion(Interrupts interrupts) : IDisposable
    {
        public void Dispose() => Interlocked.Exchange(ref interrupts._stop, null);
    }
}
