using System.Formats.Tar;
using System.IO.Compression;

namespace LlamaCpp;

/// <summary>
/// llama.cpp's source, of the same release as the libraries: its headers, published chat templates (<c>models/templates</c>)
/// and grammars (<c>grammars</c>). It is set up on first use from the git bundle in npm package node-llama-cpp.
/// </summary>
public static class LlamaCppSource
{
    private const string Bundle = "package/llama/gitRelease.bundle";

    private static readonly string[] Parts =
        ["LICENSE", "common", "ggml/include", "grammars", "include", "models/templates", "src", "vendor"];

    private static readonly Lazy<string> Tree = new(() => ToolCache.Folder($"llama.cpp-{LlamaCppInstall.LlamaCppVersion}-source", Fetch));

    /// <summary>The root of the source tree; throws <see cref="LlamaCppUnavailableException"/> where it cannot be had.</summary>
    public static string Folder() => Tree.Value;

    private static void Fetch(string folder)
    {
        ToolCache.Npm(folder, "pack", $"node-llama-cpp@{LlamaCppInstall.PackageVersion}", "--silent");
        string package = Directory.GetFiles(folder, "*.tgz").Single();
        string bundle = Path.Combine(folder, "llama.cpp.bundle");
        Unpack(package, Bundle, bundle);

        string repository = Path.Combine(folder, "repository");
        Git(folder, "clone", "--quiet", "--bare", bundle, repository);
        Git(folder, ["--git-dir", repository, "--work-tree", folder, "checkout", "--quiet", "HEAD", "--", .. Parts]);

        Directory.Delete(repository, recursive: true);
        File.Delete(bundle);
        File.Delete(package);
    }

    private static void Unpack(string package, string path, string target)
    {
        using var reader = new TarReader(new GZipStream(File.OpenRead(package), CompressionMode.Decompress));
        while (reader.GetNextEntry() is { } entry)
        {
            if (entry.Name != path) continue;
            entry.ExtractToFile(target, overwrite: false);
            return;
        }

        throw new LlamaCppUnavailableException($"{Path.GetFileName(package)} holds no {path}.");
    }

    private static void Git(string folder, params IEnumerable<string> arguments) =>
        ToolCache.Run(folder, "git", "Install git, which llama.cpp's source is unpacked with.", arguments);
}
