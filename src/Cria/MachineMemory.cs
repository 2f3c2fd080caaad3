using Cria.Runtime;

namespace Cria;

/// <summary>The memory that this process can use, the limits of a container included.</summary>
/// <param name="TotalBytes">All memory that the process may ever have.</param>
/// <param name="AvailableBytes">The part that is free now, or that the system only uses to remember files.</param>
public sealed record MachineMemory(long TotalBytes, long AvailableBytes)
{
    /// <summary>Looks at the machine and the container that the process runs in.</summary>
    public static MachineMemory Read()
    {
        if (OperatingSystem.IsLinux() && MemoryLimits.Read("/") is { } limits) return new MachineMemory(limits.Total, limits.Available);
        GCMemoryInfo info = GC.GetGCMemoryInfo();
        return new MachineMemory(info.TotalAvailableMemoryBytes, Math.Max(0, info.TotalAvailableMemoryBytes - info.MemoryLoadBytes));
    }

    /// <summary>Tells whether something of <paramref name="bytes"/> can run here without swapping.</summary>
    public bool Fits(long bytes) => bytes <= AvailableBytes;
}
