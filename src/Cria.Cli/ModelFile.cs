namespace Cria.Cli;

/// <summary>Finds the model that a path means, and suggests one if there is none.</summary>
internal static class ModelFile
{
    private static string Starter => Path.Combine(AppContext.BaseDirectory, "Models", "starter.gguf");

    /// <summary>The path of an existing file; without <paramref name="path"/>, that of the model that comes with the program.</summary>
    public static string Find(string? path)
    {
        if (path is null)
        {
            return File.Exists(Starter) ? Starter : throw new UsageException("No model is given. Name a GGUF file with -m.");
        }

        if (File.Exists(path)) return path;
        if (Directory.Exists(path)) throw new ModelLoadException(path, $"'{path}' is a folder, not a model. {Offer(path, ModelsIn(path))}");

        string folder = Path.GetDirectoryName(path) is { Length: > 0 } parent ? parent : ".";
        if (!Directory.Exists(folder)) throw new ModelLoadException(path, $"There is no folder '{folder}'. Check the path of the model.");

        List<string> models = ModelsIn(folder);
        string? nearest = Similarity.Nearest(Path.GetFileName(path), models);
        throw new ModelLoadException(path, $"There is no file '{path}'. {Offer(folder, nearest is null ? models : [nearest])}");
    }

    private static string Offer(string folder, List<string> models)
    {
        string InFolder(string model) => $"'{(folder == "." ? model : Path.Combine(folder, model))}'";
        return models switch
        {
            [] => $"The folder '{folder}' holds no .gguf file; check the path of the model.",
            [string only] => $"Did you mean {InFolder(only)}?",
            _ => $"Models there: {string.Join(", ", models.Take(3).Select(InFolder))}{(models.Count > 3 ? ", …" : ".")}",
        };
    }

    /// <summary>The names of the models in a folder; of a split model, only the first file.</summary>
    private static List<string> ModelsIn(string folder)
    {
        try
        {
            return [.. Directory.EnumerateFiles(folder, "*.gguf")
                .Select(file => Path.GetFileName(file))
                .Where(name => !name.Contains("-of-", StringComparison.Ordinal) || name.Contains("-00001-of-", StringComparison.Ordinal))
                .Order(StringComparer.OrdinalIgnoreCase)];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
