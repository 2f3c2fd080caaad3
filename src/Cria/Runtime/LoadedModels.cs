using Cria.Gguf;

namespace Cria.Runtime;

/// <summary>
/// The models that this process has loaded. The system counts the pages of their mapped files as free, because it could drop
/// them; for another model they are not.
/// </summary>
internal static class LoadedModels
{
    private static readonly List<WeakReference<GgufFile>> s_files = [];

    /// <summary>Counts a model until its file is closed.</summary>
    public static void Add(GgufFile file)
    {
        lock (s_files)
        {
            s_files.RemoveAll(known => !known.TryGetTarget(out GgufFile? open) || open.IsDisposed);
            s_files.Add(new WeakReference<GgufFile>(file));
        }
    }

    /// <summary>The bytes of the other files that are mapped; a file that two models share is in memory once.</summary>
    public static long BytesBeside(GgufFile file)
    {
        string own = Path.GetFullPath(file.Path);
        var others = new Dictionary<string, long>(StringComparer.Ordinal);
        lock (s_files)
        {
            foreach (WeakReference<GgufFile> known in s_files)
            {
                if (!known.TryGetTarget(out GgufFile? open) || open.IsDisposed) continue;
                string path = Path.GetFullPath(open.Path);
                if (path != own) others[path] = open.FileBytes;
            }
        }

        return others.Values.Sum();
    }
}
