using Cria.Gguf;
using TestModels;

namespace Cria.Cli.Tests;

/// <summary>A model of random weights, written once for all tests of a class.</summary>
public sealed class TinyModelFile : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("cria-cli-");

    public TinyModelFile() => TinyModel.Write(Path, "llama", TensorType.F16);

    public string Path => InFolder("tiny.gguf");

    public string InFolder(string name) => System.IO.Path.Combine(_folder.FullName, name);

    public void Dispose() => _folder.Delete(recursive: true);
}
