using Cria.Models;
using Cria.Models.Adapters;

namespace Cria.Runtime.Prefixes;

/// <summary>
/// Keeps remembered pages on the disk, where later processes find them: writes on a thread of its own, which lives only while there is
/// something to write, and reads on the caller's. When the disk fails, it says so once and is off from then on.
/// </summary>
internal sealed class PrefixStore : IDisposable
{
    // Pages that wait hold memory, and a disk so slow is better spared.
    private const long MostWaitingBytes = 256 << 20;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private readonly KvCache _cache;
    private readonly PrefixFolder _folder;
    private readonly Lazy<byte[]> _model;
    private readonly Action<string>? _warn;
    private readonly Queue<Job> _waiting = [];
    private Task? _writing;
    private bool _isOff;

    /// <summary>Creates a store of pages of a cache.</summary>
    /// <param name="cache">Whose pages are kept.</param>
    /// <param name="folder">Where they are kept.</param>
    /// <param name="model">What tells the model from others, found out with the first text that fills a page.</param>
    /// <param name="warn">Hears why the store has gone off.</param>
    public PrefixStore(KvCache cache, PrefixFolder folder, Lazy<byte[]> model, Action<string>? warn = null)
    {
        _cache = cache;
        _folder = folder;
        _model = model;
        _warn = warn;
    }

    private int PageBytes => checked((int)_cache.Pages.PageBytes);

    /// <summary>The key before the first page of texts that go through some adapters.</summary>
    public PrefixKey RootKey(AdapterSet? adapters) => PrefixKey.Root(_model.Value, _cache.Pages, adapters);

    /// <summary>Whether there is a file of that name, be it sound or not.</summary>
    public bool Has(PrefixKey key) => !Volatile.Read(ref _isOff) && _folder.Has(key);

    /// <summary>Reads a page; what is found damaged is removed.</summary>
    public bool TryRead(PrefixKey key, ReadOnlySpan<int> tokens, int page) => _folder.TryRead(key, tokens, _cache.Pages.Bytes(page));

    /// <summary>Sees to it that the disk has a node and all above it.</summary>
    /// <remarks>The nodes must be in the tree, and stay so during the call. What there is no room to wait for comes with a later call.</remarks>
    public void Keep(PrefixNode node)
    {
        var missing = new Stack<PrefixNode>();
        for (PrefixNode at = node; at.Parent is not null; at = at.Parent)
            if (!at.IsStored) missing.Push(at);
        if (missing.Count == 0) return;
        lock (_lock)
        {
            while (HasRoom && missing.TryPop(out PrefixNode? next))
            {
                _cache.Hold(next.Page);
                next.IsStored = true;
                Enqueue(new Job(next, IsNew: true));
            }
        }

        Use(node);
    }

    /// <summary>Notes that a node and all above it are in use.</summary>
    public void Use(PrefixNode node)
    {
        lock (_lock)
        {
            if (HasRoom) Enqueue(new Job(node, IsNew: false));
        }
    }

    /// <summary>Gives up what waits to be written, and tells whether that was anything.</summary>
    public bool Abandon()
    {
        lock (_lock)
        {
            bool isAny = false;
            while (_waiting.TryDequeue(out Job job))
            {
                if (!job.IsNew) continue;
                job.Node.IsStored = false;
                _cache.Release(job.Node.Page);
                isAny = true;
            }

            return isAny;
        }
    }

    /// <summary>Waits until all is written, but not for ever.</summary>
    public bool Finish()
    {
        Task? writing;
        lock (_lock) writing = _writing;
        return writing is null || Task.WaitAny([writing], s_patience) == 0;
    }

    /// <summary>Finishes what was begun, within some seconds; the cache's pages are not needed afterwards.</summary>
    public void Dispose()
    {
        Finish();
        lock (_lock)
        {
            _isOff = true;
            Abandon();
        }
    }

    private bool HasRoom => !_isOff && _waiting.Count < Math.Max(2, MostWaitingBytes / PageBytes);

    private void Enqueue(Job job)
    {
        _waiting.Enqueue(job);
        _writing ??= Task.Factory.StartNew(Work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    private void Work()
    {
        try
        {
            byte[] file = GC.AllocateUninitializedArray<byte>(PrefixFile.Length(PageBytes));
            do
            {
                while (Next(file) is { } job)
                {
                    if (!job.IsNew) Touch(job.Node);
                    else if (!Write(job.Node, file)) job.Node.IsStored = false;
                }

                _folder.Trim();
            }
            while (!IsDone());
        }
        catch (Exception trouble)
        {
            // Whatever it is, nobody waits for this thread, and the answers do not depend on it.
            SwitchOff(trouble);
        }
    }

    /// <summary>Takes the next job and fills in its file; the page is not needed afterwards, so that a disk that hangs keeps no memory.</summary>
    private Job? Next(Span<byte> file)
    {
        lock (_lock)
        {
            if (!_waiting.TryDequeue(out Job job)) return null;
            if (!job.IsNew) return job;
            PrefixFile.Write(file, job.Node.Key!, job.Node.Tokens, _cache.Pages.Bytes(job.Node.Page));
            _cache.Release(job.Node.Page);
            return job;
        }
    }

    private bool Write(PrefixNode node, Span<byte> file)
    {
        PrefixFile.Seal(file);
        return _folder.Write(node.Key!, file);
    }

    private bool IsDone()
    {
        lock (_lock)
        {
            if (_waiting.Count > 0) return false;
            _writing = null;
            return true;
        }
    }

    /// <summary>Makes each page above younger than those below, for without what comes before it a page is worth nothing.</summary>
    private void Touch(PrefixNode node)
    {
        for (PrefixNode at = node; at.Parent is not null; at = at.Parent)
            if (!_folder.Touch(at.Key!)) at.IsStored = false;
    }

    private void SwitchOff(Exception trouble)
    {
        lock (_lock)
        {
            _writing = null;
            _isOff = true;
            Abandon();
        }

        _warn?.Invoke(
            $"Conversations are no longer kept in {_folder.Path}: {trouble.Message} They are answered all the same, but later processes " +
            $"read them anew. Make room there, or choose another folder or none in {nameof(ModelOptions)}.{nameof(ModelOptions.DiskCache)}.");
    }

    /// <summary>A page to write, or else one whose file and those above it are in use.</summary>
    private readonly record struct Job(PrefixNode Node, bool IsNew);
}
