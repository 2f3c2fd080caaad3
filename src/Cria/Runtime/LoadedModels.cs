using Cria.Gguf;

namespace Cria.Runtime;

/// <summary>
/// The models that a process has loaded. The system counts the pages of their mapped files as free, because it could drop
/// them; for another model they are not.
/// </summary>
internal sealed class LoadedModels
{
    private readonly List<WeakReference<GgufFile>> _files = [];

    /// <summary>The models of this process.</summary>
    public static LoadedModels OfProcess { get; } = new();

    /// <summary>Counts a model until its file is closed.</summary>
    public void Add(GgufFile file)
    {
        lock (_files)
        {
            _files.RemoveAll(known => !known.TryGetTarget(out GgufFile? open) || open.IsDisposed);
            _files.Add(new WeakReference<GgufFile>(file));
        }
    }

    /// <summary>The bytes of the other files that are mapped; a file that two models share is in memory once.</summary>
    public long BytesBeside(GgufFile file)
    {
        string own = Path.GetFullPath(file.Path);
        var others = new Dictionary<string, long>(StringComparer.Ordinal);
        lock (_files)
        {
            foreach (WeakReference<GgufFile> known in _files)
            {
                if (!known.TryGetTarget(out GgufFile? open) || open.IsDisposed) continue;
                string path = Path.GetFullPath(open.Path);
                if (path != own) others[path] = open.FileBytes;
            }
        }

        return others.Values.Sum();
    }
}
