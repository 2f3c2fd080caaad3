using Cria.Gguf;

namespace Cria.Tests.Gguf;

/// <summary>A folder for the files of one test, gone afterwards.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("cria-gguf-").FullName;

    public string At(string name) => System.IO.Path.Combine(Path, name);

    public string Write(GgufWriter writer, string name = "model.gguf")
    {
        writer.Write(At(name));
        return At(name);
    }

    public string Write(byte[] bytes, string name = "model.gguf")
    {
        // File systems such as ext4 wait for the disk when a file is cut and written again, but not when it is a new one.
        File.Delete(At(name));
        File.WriteAllBytes(At(name), bytes);
        return At(name);
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
