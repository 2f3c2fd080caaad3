namespace Cria.Testing;

/// <summary>The working tree that the tests were built from.</summary>
internal static class Repository
{
    /// <summary>The folder of Cria.slnx.</summary>
    public static string Root { get; } = Find();

    private static string Find()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Cria.slnx"))) return folder.FullName;
        }

        throw new InvalidOperationException($"Cria.slnx is in no folder above {AppContext.BaseDirectory}.");
    }
}
