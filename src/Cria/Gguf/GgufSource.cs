using System.Diagnostics.CodeAnalysis;
using System.IO.MemoryMappedFiles;

namespace Cria.Gguf;

/// <summary>The bytes of one GGUF file: mapped when reading, a header in memory when the writer checks what it is about to write.</summary>
internal sealed unsafe class GgufSource : IDisposable
{
    private readonly MemoryMappedFile? _map;
    private readonly MemoryMappedViewAccessor? _view;
    private readonly byte* _start;
    private readonly string _advice;
    private bool _disposed;

    /// <summary>A header that is not on disk yet, of a file that will be <paramref name="fileLength"/> bytes long.</summary>
    public GgufSource(string path, byte* header, long headerLength, long fileLength)
    {
        Path = path;
        Length = headerLength;
        FileLength = fileLength;
        _start = header;
        _advice = "Nothing was written.";
    }

    private GgufSource(string path, MemoryMappedFile map, MemoryMappedViewAccessor view, long length)
    {
        Path = path;
        Length = FileLength = length;
        _map = map;
        _view = view;
        _advice = "The file is damaged or incomplete; download it or convert it again.";
        byte* start = null;
        view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
        _start = start + view.PointerOffset;
    }

    public string Path { get; }

    /// <summary>How many bytes can be read here.</summary>
    public long Length { get; }

    /// <summary>How many bytes the file has, tensors included.</summary>
    public long FileLength { get; }

    /// <summary>The address of the first byte.</summary>
    public byte* Start
    {
        get
        {
            ObjectDisposedException.ThrowIf(_disposed, typeof(GgufFile));
            return _start;
        }
    }

    /// <summary>Maps the file, or says why it cannot be read and what to do.</summary>
    public static GgufSource Map(string path)
    {
        try
        {
            if (Directory.Exists(path))
                throw new ModelLoadException(path, $"{path} is a folder. Give the path of the .gguf file in it.");
            // Asked before opening, because opening a named pipe would wait for a writer for ever.
            if (new FileInfo(path).Length == 0) throw Empty(path);

            // Sharing only for reading keeps other .NET processes from cutting the file while it is mapped.
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 0);
            long length = stream.Length;
            if (length == 0) throw Empty(path);
            var map = MemoryMappedFile.CreateFromFile(stream, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: false);
            try
            {
                return new GgufSource(path, map, map.CreateViewAccessor(0, length, MemoryMappedFileAccess.Read), length);
            }
            catch
            {
                map.Dispose();
                throw;
            }
        }
        catch (Exception cause) when (cause is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new ModelLoadException(path, $"There is no file {System.IO.Path.GetFullPath(path)}. Check the path.", cause);
        }
        catch (UnauthorizedAccessException cause)
        {
            throw new ModelLoadException(path, $"{path} may not be read. Give this user permission to read it.", cause);
        }
        catch (Exception cause) when (cause is IOException or ArgumentException or NotSupportedException)
        {
            throw new ModelLoadException(path, $"{path} cannot be opened: {cause.Message} Check the path and that no other program locks it.", cause);
        }
    }

    public void Dispose()
    {
        if (_disposed) return;
        _disposed = true;
        if (_view is null) return;
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _map!.Dispose();
    }

    /// <summary>Makes the error for a field that breaks the format, with advice on what to do next.</summary>
    public GgufFormatException Error(string field, long offset, string problem) => new(Path, field, offset, $"{problem} {_advice}");

    [DoesNotReturn]
    public void Fail(string field, long offset, string problem) => throw Error(field, offset, problem);

    private static ModelLoadException Empty(string path) =>
        new(path, $"{path} is empty or is no regular file. If it is a download that did not finish, download it again.");
}
