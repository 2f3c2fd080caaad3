using System.Security.Cryptography;

namespace LlamaCpp;

/// <summary>The program of <see cref="ChatOracle"/>: compiled on first use, and again whenever its source or llama.cpp's release changes.</summary>
internal static class ChatOracleInstall
{
    private static readonly string[] Headers = ["common", "include", "ggml/include", "src", "vendor"];
    private static readonly string[] Libraries = ["libllama-common.so", "libllama.v0.5.0.so", "libggml.v0.5.0.so", "libggml-base.so"];

    private static readonly Lazy<string> Built = new(SetUp);

    /// <summary>The path of the program; throws <see cref="LlamaCppUnavailableException"/> where it cannot be had.</summary>
    public static string Program() => Built.Value;

    private static string SetUp()
    {
        string libraries = LlamaCppInstall.Folder(), source = LlamaCppSource.Folder();
        string[] files = Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "chat-oracle"));
        Array.Sort(files, StringComparer.Ordinal);
        string folder = ToolCache.Folder($"chat-oracle-{LlamaCppInstall.LlamaCppVersion}-{Digest(files)}", fresh =>
            ToolCache.Run(fresh, "g++", "Install g++, which llama.cpp's chat oracle is compiled with.",
            [
                "-std=c++17",
                .. Headers.Select(folder => "-I" + Path.Combine(source, folder)),
                .. files.Where(file => file.EndsWith(".cpp", StringComparison.Ordinal)),
                .. Libraries.Select(library => Path.Combine(libraries, library)),
                "-Wl,-rpath," + libraries,
                "-o", "chat-oracle",
            ]));
        return Path.Combine(folder, "chat-oracle");
    }

    private static string Digest(string[] files)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (string file in files) hash.AppendData(File.ReadAllBytes(file));
        return Convert.ToHexStringLower(hash.GetHashAndReset())[..16];
    }
}
