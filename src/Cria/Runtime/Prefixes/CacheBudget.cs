namespace Cria.Runtime.Prefixes;

/// <summary>How much memory the keys and values of running requests and of remembered beginnings may take together.</summary>
internal static class CacheBudget
{
    // Others live on the machine too, and more was seldom worth anything: a quarter holds many conversations.
    private const int PartOfSpare = 4;

    // What stays free for the system and for other programs, unless nothing can be given up for it.
    private const long MostFree = 512 << 20;
    private const int PartFree = 32;

    /// <summary>The number of pages that may be held.</summary>
    /// <param name="wanted">The bytes that were asked for; 0 for a part of what there is.</param>
    /// <param name="spare">The bytes that are left beside the weights and all else that the model needs.</param>
    /// <param name="pageBytes">The bytes of a page.</param>
    /// <param name="contextPages">The number of pages of one full context, which there are in any case if no number was asked for.</param>
    public static int Pages(long wanted, long spare, long pageBytes, int contextPages)
    {
        long pages = wanted > 0 ? Math.Max(1, wanted / pageBytes) : Math.Max(contextPages, spare / PartOfSpare / pageBytes);
        return (int)Math.Min(pages, int.MaxValue);
    }

    /// <summary>Whether the machine gets short of memory when so many bytes more are taken.</summary>
    /// <param name="bytes">The bytes to be taken.</param>
    /// <param name="machine">What the machine has now.</param>
    /// <param name="mappedBytes">What the system counts as free, but is in use: the weights.</param>
    public static bool IsTight(long bytes, MachineMemory machine, long mappedBytes) =>
        machine.AvailableBytes - mappedBytes - bytes < Math.Min(MostFree, machine.TotalBytes / PartFree);
}
