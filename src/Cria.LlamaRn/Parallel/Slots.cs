namespace Cria.LlamaRn;

/// <summary>A number of slots that may change; who finds none free waits in the order of arrival.</summary>
internal sealed class Slots
{
    private readonly LinkedList<TaskCompletionSource> _waiting = [];
    private readonly Lock _lock = new();
    private int _limit = 1;
    private int _taken;

    public int Limit
    {
        get
        {
            lock (_lock) return _limit;
        }

        set
        {
            lock (_lock)
            {
                _limit = value;
                Admit();
            }
        }
    }

    /// <summary>Waits for a slot; dispose what is returned to free it.</summary>
    public async Task<IDisposable> TakeAsync(CancellationToken cancellationToken)
    {
        var turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            _waiting.AddLast(turn);
            Admit();
        }

        using (cancellationToken.UnsafeRegister(_ => GiveUp(turn, cancellationToken), null))
            await turn.Task.ConfigureAwait(false);
        return new Slot(this);
    }

    private void GiveUp(TaskCompletionSource turn, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            // Who has been admitted meanwhile has a slot to free.
            if (_waiting.Remove(turn)) turn.SetCanceled(cancellationToken);
        }
    }

    private void Free()
    {
        lock (_lock)
        {
            _taken--;
            Admit();
        }
    }

    private void Admit()
    {
        while (_taken < _limit && _waiting.First is { } first)
        {
            _waiting.RemoveFirst();
            _taken++;
            first.Value.SetResult();
        }
    }

    private sealed class Slot(Slots slots) : IDisposable
    {
        private int _isFreed;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _isFreed, 1) == 0) slots.Free();
        }
    }
}
