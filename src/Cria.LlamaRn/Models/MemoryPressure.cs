namespace Cria.LlamaRn;

/// <summary>How short a machine is of memory.</summary>
public enum MemoryPressure
{
    /// <summary>There is enough.</summary>
    Normal,

    /// <summary>Less than a tenth is free.</summary>
    Warning,

    /// <summary>Less than a twentieth is free.</summary>
    Critical,
}

/// <summary>Looks at the machine's memory now and then, and tells when the pressure changes.</summary>
internal sealed class MemoryPressureWatch(Action<MemoryPressure> changed, Func<MachineMemory>? read = null, TimeProvider? clock = null)
{
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(5);

    private readonly Func<MachineMemory> _read = read ?? MachineMemory.Read;
    private readonly TimeProvider _clock = clock ?? TimeProvider.System;
    private ITimer? _timer;
    private MemoryPressure _last;

    /// <summary>How short a machine with this memory is of it.</summary>
    public static MemoryPressure Of(MachineMemory memory) => ((double)memory.AvailableBytes / Math.Max(1, memory.TotalBytes)) switch
    {
        < 0.05 => MemoryPressure.Critical,
        < 0.1 => MemoryPressure.Warning,
        _ => MemoryPressure.Normal,
    };

    /// <summary>Begins to look, unless it does.</summary>
    public void Start() => _timer ??= _clock.CreateTimer(_ => Look(), null, s_interval, s_interval);

    /// <summary>Ends to look.</summary>
    public void Stop()
    {
        _timer?.Dispose();
        _timer = null;
    }

    /// <summary>Looks once.</summary>
    public void Look()
    {
        MemoryPressure now = Of(_read());
        if (now == _last) return;
        _last = now;
        changed(now);
    }
}
