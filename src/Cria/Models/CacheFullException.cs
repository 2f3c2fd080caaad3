namespace Cria.Models;

/// <summary>The cache's limit leaves no room for a pass's keys and values; every sequence is as it was.</summary>
internal sealed class CacheFullException(long neededBytes, long limitBytes) : Exception
{
    public long NeededBytes => neededBytes;

    public long LimitBytes => limitBytes;
}
