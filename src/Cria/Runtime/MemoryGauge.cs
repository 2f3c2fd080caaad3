namespace Cria.Runtime;

/// <summary>Tells how much memory is free while models run, without asking the system more often than it changes.</summary>
/// <remarks>
/// Asking takes tens of microseconds, because Linux answers in files; a token of a small model takes a hundred times that. Any number of
/// threads may ask.
/// </remarks>
internal sealed class MemoryGauge
{
    private static readonly TimeSpan s_shelfLife = TimeSpan.FromMilliseconds(250);

    private readonly Func<MachineMemory> _read;
    private readonly TimeProvider _clock;
    private readonly Lock _lock = new();
    private MachineMemory? _last;
    private long _readAt;

    /// <summary>Creates a gauge that asks <paramref name="read"/> when its last answer is too old.</summary>
    public MemoryGauge(Func<MachineMemory> read, TimeProvider clock)
    {
        _read = read;
        _clock = clock;
    }

    /// <summary>The gauge of this machine.</summary>
    public static MemoryGauge OfMachine { get; } = new(MachineMemory.Read, TimeProvider.System);

    /// <summary>The memory that was free at most a quarter of a second ago.</summary>
    public MachineMemory Read()
    {
        lock (_lock)
        {
            if (_last is not null && _clock.GetElapsedTime(_readAt) < s_shelfLife) return _last;
            _last = _read();
            _readAt = _clock.GetTimestamp();
            return _last;
        }
    }
}
