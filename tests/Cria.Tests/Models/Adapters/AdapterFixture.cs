using Cria.Gguf;
using Cria.Models;
using TestModels;

namespace Cria.Tests.Models.Adapters;

/// <summary>A tiny network and a folder for adapters of it.</summary>
internal sealed class AdapterFixture : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("cria-adapter-");

    public AdapterFixture(string architecture = "llama", TinyVariants variants = TinyVariants.None, NetworkOptions? options = null) =>
        Tiny = new TinyNetwork(options, architecture, TensorType.F32, variants);

    public TinyNetwork Tiny { get; }

    public Network Network => Tiny.Network;

    public string At(string name) => Path.Combine(_folder.FullName, name);

    /// <summary>Writes a random adapter, different for each seed, and gives its path.</summary>
    public string Write(int seed = 1, int rank = 6, Func<string, bool>? changes = null)
    {
        string path = At($"adapter-{seed}-{rank}.gguf");
        TinyAdapter.Write(path, Tiny.File.Path, rank, seed: seed, changes: changes);
        return path;
    }

    public LoraAdapter Load(int seed = 1, int rank = 6) => Network.LoadAdapter(Write(seed, rank));

    /// <summary>The logits after some tokens in a sequence of its own that goes through the adapters.</summary>
    public float[] Logits(ReadOnlySpan<int> tokens, params ScaledAdapter[] adapters)
    {
        using KvSequence sequence = Network.NewSequence(adapters);
        return Tiny.Run(sequence, tokens);
    }

    public void Dispose()
    {
        Tiny.Dispose();
        _folder.Delete(recursive: true);
    }
}
