namespace Cria;

public sealed partial class LlamaModel
{
    /// <summary>Forgets the beginnings of texts that are kept in memory and gives that memory back to the system; running requests are not disturbed.</summary>
    /// <remarks>What the disk keeps stays there. Texts that come again are read again, or from the disk.</remarks>
    public void PurgeCache()
    {
        _engine.Scheduler.ThrowIfDisposed();
        _engine.Prefixes?.Purge();
    }
}
