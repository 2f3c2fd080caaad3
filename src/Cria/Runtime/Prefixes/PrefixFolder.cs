using Microsoft.Win32.SafeHandles;

namespace Cria.Runtime.Prefixes;

/// <summary>
/// A folder of pages, a file each, which several processes may share. The files' times tell when each was last used; the oldest go when
/// the folder is full. Files that are no pages are left alone.
/// </summary>
internal sealed class PrefixFolder(string path, long maxBytes)
{
    private const string PageEnding = ".criakv", UnfinishedEnding = ".criakv.tmp";

    private static readonly TimeSpan s_longestWrite = TimeSpan.FromHours(1);

    private bool _isCreated;

    // Of all files as of the last look, and of those written since.
    private long? _bytes;

    public string Path => path;

    /// <summary>For tests: called when a file is written but does not have its name yet.</summary>
    internal Action? BeforeNaming { get; set; }

    public bool Has(PrefixKey key) => File.Exists(At(key));

    /// <summary>Reads a page, which counts as a use of it; a file that is not what it should be is removed.</summary>
    public bool TryRead(PrefixKey key, ReadOnlySpan<int> tokens, Span<byte> page)
    {
        string file = At(key);
        try
        {
            using (SafeFileHandle handle = File.OpenHandle(file, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete))
                if (PrefixFile.TryRead(handle, key, tokens, page)) return true;
            Remove(file);
        }
        catch (Exception trouble) when (trouble is IOException or UnauthorizedAccessException)
        {
            // Gone since, or not ours to read: then it is computed.
        }

        return false;
    }

    /// <summary>Writes a file that appears whole or not at all; false if it is too large for the folder.</summary>
    public bool Write(PrefixKey key, ReadOnlySpan<byte> content)
    {
        if (content.Length > maxBytes) return false;
        Create();
        if (_bytes is null || _bytes + content.Length > maxBytes) MakeRoom(content.Length);
        string file = At(key);
        // Another process may have come first.
        if (File.Exists(file)) return Touch(key);
        string unfinished = $"{file}.{Guid.NewGuid():n}{UnfinishedEnding}";
        try
        {
            using (var stream = new FileStream(unfinished, NewFile(content.Length))) stream.Write(content);
            BeforeNaming?.Invoke();
            File.Move(unfinished, file, overwrite: true);
        }
        catch
        {
            Remove(unfinished);
            throw;
        }

        _bytes += content.Length;
        return true;
    }

    /// <summary>Notes that a page is in use; false if there is none.</summary>
    public bool Touch(PrefixKey key)
    {
        string file = At(key);
        try
        {
            File.SetLastWriteTimeUtc(file, DateTime.UtcNow);
            return true;
        }
        catch (Exception trouble) when (trouble is IOException or UnauthorizedAccessException)
        {
            return File.Exists(file);
        }
    }

    /// <summary>Looks at what all processes have written, and removes the oldest if it is too much.</summary>
    public void Trim()
    {
        if (_isCreated) MakeRoom(0);
    }

    private string At(PrefixKey key) => System.IO.Path.Combine(path, key + PageEnding);

    private void Create()
    {
        // Created once: a folder that somebody removes meanwhile is not wanted.
        if (_isCreated) return;
        const UnixFileMode OnlyTheUser = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(path);
        else Directory.CreateDirectory(path, OnlyTheUser);
        _isCreated = true;
    }

    private static FileStreamOptions NewFile(long length)
    {
        // Room is asked for beforehand, so that a full disk is known before anything is written.
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.None, BufferSize = 0, PreallocationSize = length };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return options;
    }

    private void MakeRoom(long needed)
    {
        var pages = new List<(FileInfo File, DateTime Used)>();
        long bytes = 0;
        foreach (FileInfo file in new DirectoryInfo(path).EnumerateFiles("*.criakv*"))
        {
            bool isPage = file.Name.EndsWith(PageEnding, StringComparison.Ordinal), isUnfinished = file.Name.EndsWith(UnfinishedEnding, StringComparison.Ordinal);
            if (!file.Exists || !(isPage || isUnfinished)) continue;
            // What a process that ended left behind.
            if (isUnfinished && DateTime.UtcNow - file.LastWriteTimeUtc > s_longestWrite) Remove(file.FullName);
            else bytes += file.Length;
            if (isPage) pages.Add((file, file.LastWriteTimeUtc));
        }

        if (bytes + needed > maxBytes)
        {
            // A little more than needed, so that not every file has to look.
            long most = maxBytes - Math.Max(needed, maxBytes / 32);
            foreach ((FileInfo file, _) in pages.OrderBy(page => page.Used))
            {
                if (bytes <= most) break;
                if (Remove(file.FullName)) bytes -= file.Length;
            }
        }

        _bytes = bytes;
    }

    private static bool Remove(string file)
    {
        try
        {
            File.Delete(file);
            return true;
        }
        catch (Exception trouble) when (trouble is IOException or UnauthorizedAccessException)
        {
            // Another process uses it, or it is not ours: it stays.
            return false;
        }
    }
}
