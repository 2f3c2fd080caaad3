using Cria.Gguf;
using TestModels;

namespace Cria.Bench;

/// <summary>The model files of a run, written on first use.</summary>
internal sealed class ModelCache(string folder, bool isQuick, bool keep)
{
    public const string Experts = "moe";

    // Enough for every kind of layer to occur, small enough to be written and run at once.
    private const int QuickLayers = 2;

    /// <summary>The file of a 1.1B llama in that mix, or with <see cref="Experts"/> of a qwen3moe.</summary>
    public string Path(string model)
    {
        string path = FileOf(model);
        if (File.Exists(path)) return path;
        Directory.CreateDirectory(folder);
        // Written beside and moved, so that the file is whole whenever it exists.
        string fresh = $"{path}.{Environment.ProcessId}";
        try
        {
            if (model == Experts) BenchModel.WriteExperts(fresh, "Q4_K_M", layers: isQuick ? QuickLayers : BenchModel.ExpertLayers);
            else BenchModel.Write(fresh, model, layers: isQuick ? QuickLayers : BenchModel.DenseLayers);
            File.Move(fresh, path, overwrite: true);
        }
        finally
        {
            File.Delete(fresh);
        }

        return path;
    }

    /// <summary>Deletes a file that is no longer needed, unless files are to be kept.</summary>
    public void Release(string model)
    {
        if (!keep) File.Delete(FileOf(model));
    }

    /// <summary>The bytes of a file, and of the matrices that each token goes through: all but the embeddings, of which it takes one row.</summary>
    public static (long File, long PerToken) Sizes(string path)
    {
        using GgufFile file = GgufFile.Open(path);
        return (file.FileBytes, file.Tensors.Where(tensor => tensor.Name != "token_embd.weight").Sum(tensor => tensor.ByteLength));
    }

    private string FileOf(string model) => System.IO.Path.Combine(folder, $"{model.ToLowerInvariant()}{(isQuick ? "-quick" : "")}.gguf");
}
