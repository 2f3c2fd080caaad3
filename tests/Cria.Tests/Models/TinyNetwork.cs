using Cria.Gguf;
using Cria.Models;
using TestModels;

namespace Cria.Tests.Models;

/// <summary>A network of a tiny model in a file of its own, which goes with it.</summary>
internal sealed class TinyNetwork : IDisposable
{
    private readonly string _path = Path.Combine(Path.GetTempPath(), $"cria-network-{Guid.NewGuid():n}.gguf");

    public TinyNetwork(NetworkOptions? options = null, string architecture = "llama", TensorType type = TensorType.F32, TinyVariants variants = TinyVariants.None)
    {
        TinyModel.Write(_path, architecture, type, seed: 1, variants);
        File = GgufFile.Open(_path);
        Network = Network.Load(File, options ?? new NetworkOptions { Threads = 1, MaxBatch = 64 });
    }

    public GgufFile File { get; }

    public Network Network { get; }

    /// <summary>Some valid tokens, different for each salt.</summary>
    public static int[] Tokens(int count, int salt = 0) => [.. Enumerable.Range(0, count).Select(i => (i * 7919 + 13 + salt * 101) % 307)];

    /// <summary>Loads a random adapter of all matrices.</summary>
    public LoraAdapter LoadAdapter()
    {
        string path = _path + ".adapter";
        TinyAdapter.Write(path, _path);
        LoraAdapter adapter = Network.LoadAdapter(path);
        System.IO.File.Delete(path);
        return adapter;
    }

    /// <summary>The logits after the last of the tokens, appended to the sequence in slices.</summary>
    public float[] Run(KvSequence sequence, ReadOnlySpan<int> tokens, int slice = 64)
    {
        using var batch = new Batch(64);
        for (int at = 0; at < tokens.Length; at += slice)
        {
            batch.Clear();
            batch.Add(sequence, tokens.Slice(at, Math.Min(slice, tokens.Length - at)), at + slice >= tokens.Length ? LogitsOf.Last : LogitsOf.None);
            Network.Forward(batch, CancellationToken.None);
        }

        return batch.Logits(0).ToArray();
    }

    public void Dispose()
    {
        Network.Dispose();
        File.Dispose();
        System.IO.File.Delete(_path);
    }
}
