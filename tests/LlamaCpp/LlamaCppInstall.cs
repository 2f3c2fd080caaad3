using System.Runtime.InteropServices;

namespace LlamaCpp;

/// <summary>The prebuilt llama.cpp that the tests compare with: set up on first use from its npm package.</summary>
public static class LlamaCppInstall
{
    /// <summary>The release; its source comes from the npm package of the same version.</summary>
    internal const string PackageVersion = "3.22.1";
    internal const string LlamaCppVersion = "0.5.0";

    private const string Package = "@node-llama-cpp/linux-x64";

    /// <summary>What is set up, in words.</summary>
    public const string Description = $"llama.cpp {LlamaCppVersion}, prebuilt (npm {Package} {PackageVersion})";

    private static readonly Lazy<string> Libraries = new(SetUp);

    /// <summary>The folder of the libraries; throws <see cref="LlamaCppUnavailableException"/> where they cannot be had.</summary>
    public static string Folder() => Libraries.Value;

    /// <summary>Why llama.cpp is not available here, or null where it is.</summary>
    public static string? WhyUnavailable()
    {
        try
        {
            Folder();
            return null;
        }
        catch (LlamaCppUnavailableException e)
        {
            return e.Message;
        }
    }

    private static string SetUp()
    {
        string system = RuntimeInformation.RuntimeIdentifier;
        if (!OperatingSystem.IsLinux() || RuntimeInformation.ProcessArchitecture != Architecture.X64 || system.Contains("musl"))
        {
            throw new LlamaCppUnavailableException(
                $"llama.cpp {LlamaCppVersion} comes as npm package {Package}, for Linux x64 with glibc; this is {system}.");
        }

        string home = ToolCache.Folder($"llama.cpp-{LlamaCppVersion}",
            fresh => ToolCache.InstallNpmPackages(fresh, $"{Package}@{PackageVersion}"));
        return Path.Combine(home, "node_modules", Package, "bins", "linux-x64");
    }
}
