namespace Cria;

/// <summary>The memory that this process can use, the limits of a container included.</summary>
/// <param name="TotalBytes">All memory that the process may ever have.</param>
/// <param name="AvailableBytes">The part that is free now.</param>
public sealed record MachineMemory(long TotalBytes, long AvailableBytes)
{
    /// <summary>Looks at the machine and the container that the process runs in.</summary>
    public static MachineMemory Read() => throw new NotImplementedException();

    /// <summary>Tells whether something of <paramref name="bytes"/> can run here without swapping.</summary>
    public bool Fits(long bytes) => bytes <= AvailableBytes;
}
