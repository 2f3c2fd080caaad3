namespace Cria.Testing;

/// <summary>Public data files from outside the repository, in the folder that CRIA_TEST_DATA names.</summary>
internal static class TestData
{
    /// <summary>The folder; skips the test where there is none.</summary>
    public static string Folder
    {
        get
        {
            string? folder = Environment.GetEnvironmentVariable("CRIA_TEST_DATA");
            Require.That(!string.IsNullOrEmpty(folder), "Set CRIA_TEST_DATA to the folder of the test data (vocab/, templates/).");
            Require.That(Directory.Exists(folder), $"CRIA_TEST_DATA names {folder}, which does not exist.");
            return Path.GetFullPath(folder!);
        }
    }

    /// <summary>The files of a subfolder that match a pattern, in order; skips the test where there are none.</summary>
    public static IReadOnlyList<string> Files(string subfolder, string pattern)
    {
        string folder = Path.Combine(Folder, subfolder);
        string[] files = Directory.Exists(folder) ? Directory.GetFiles(folder, pattern) : [];
        Require.That(files.Length > 0, $"{folder} holds no {pattern}.");
        Array.Sort(files, StringComparer.Ordinal);
        return files;
    }
}
