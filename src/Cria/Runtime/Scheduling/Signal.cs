namespace Cria.Runtime;

/// <summary>What a run may wait for that happens outside of its scheduler; set by any thread.</summary>
internal sealed class Signal
{
    private volatile bool _isSet;
    private volatile Action? _wake;

    public bool IsSet => _isSet;

    /// <summary>Lets the run that waits go on.</summary>
    public void Set()
    {
        _isSet = true;
        _wake?.Invoke();
    }

    public void Reset() => _isSet = false;

    /// <summary>Names who is to hear of it; who looks afterwards whether it is set misses nothing.</summary>
    public void Wakes(Action wake) => _wake = wake;
}
