using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace LlamaCpp;

/// <summary>
/// The prebuilt llama.cpp that the tests compare with: set up on first use from its npm package into a per-user cache
/// folder, and shared by all test runs of this user.
/// </summary>
public static class LlamaCppInstall
{
    private const string Package = "@node-llama-cpp/linux-x64";
    private const string PackageVersion = "3.22.1";
    private const string LlamaCppVersion = "0.5.0";

    /// <summary>What is set up, in words.</summary>
    public const string Description = $"llama.cpp {LlamaCppVersion}, prebuilt (npm {Package} {PackageVersion})";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private static readonly Lazy<(string? Folder, string Reason)> Result = new(() =>
    {
        try
        {
            return (SetUp(), "");
        }
        catch (Exception e) when (e is LlamaCppUnavailableException or IOException or UnauthorizedAccessException)
        {
            return (null, e.Message);
        }
    });

    /// <summary>The folder of the libraries; throws, saying why, where they cannot be had.</summary>
    public static string Folder() => Result.Value.Folder ?? throw new LlamaCppUnavailableException(Result.Value.Reason);

    /// <summary>Why llama.cpp is not available here, or null where it is.</summary>
    public static string? WhyUnavailable() => Result.Value.Folder is null ? Result.Value.Reason : null;

    private static string SetUp()
    {
        string system = RuntimeInformation.RuntimeIdentifier;
        if (!OperatingSystem.IsLinux() || RuntimeInformation.ProcessArchitecture != Architecture.X64 || system.Contains("musl"))
        {
            throw new LlamaCppUnavailableException(
                $"llama.cpp {LlamaCppVersion} comes as npm package {Package}, for Linux x64 with glibc; this is {system}.");
        }

        string cache = Path.Combine(CacheFolder(), "cria-tests");
        string home = Path.Combine(cache, $"llama.cpp-{LlamaCppVersion}");
        string libraries = Path.Combine(home, "node_modules", Package, "bins", "linux-x64");
        if (Directory.Exists(home)) return libraries;

        Directory.CreateDirectory(cache);
        using FileStream turn = WaitForTurn(home + ".lock");
        if (Directory.Exists(home)) return libraries;

        // Installed beside and moved, so that the folder is complete whenever it exists.
        string fresh = $"{home}.{Environment.ProcessId}";
        try
        {
            Directory.CreateDirectory(fresh);
            File.WriteAllText(Path.Combine(fresh, "package.json"), """{ "private": true }""");
            Npm(fresh, "install", $"{Package}@{PackageVersion}", "--ignore-scripts", "--no-audit", "--no-fund");
            Directory.Move(fresh, home);
        }
        finally
        {
            if (Directory.Exists(fresh)) Directory.Delete(fresh, recursive: true);
        }

        return libraries;
    }

    private static string CacheFolder()
    {
        string? chosen = Environment.GetEnvironmentVariable("XDG_CACHE_HOME");
        if (!string.IsNullOrEmpty(chosen)) return chosen;
        string home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        return home.Length > 0 ? Path.Combine(home, ".cache") : Path.GetTempPath();
    }

    private static FileStream WaitForTurn(string path)
    {
        long started = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (Stopwatch.GetElapsedTime(started) < Patience)
            {
                Thread.Sleep(100);
            }
        }
    }

    private static void Npm(string folder, params string[] arguments)
    {
        var start = new ProcessStartInfo("npm", arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        Process npm;
        try
        {
            npm = Process.Start(start)!;
        }
        catch (Win32Exception)
        {
            throw new LlamaCppUnavailableException(
                $"llama.cpp {LlamaCppVersion} is set up with npm, which is not installed. Install Node.js with npm.");
        }

        using (npm)
        {
            npm.OutputDataReceived += static (_, _) => { };
            npm.BeginOutputReadLine();
            Task<string> errors = npm.StandardError.ReadToEndAsync();
            if (!npm.WaitForExit(Patience))
            {
                npm.Kill(entireProcessTree: true);
                throw new LlamaCppUnavailableException($"npm install {Package} did not end within {Patience.TotalMinutes} minutes.");
            }

            if (npm.ExitCode != 0)
            {
                throw new LlamaCppUnavailableException(
                    $"npm install {Package}@{PackageVersion} failed (is there a network?): {errors.Result.Trim()}");
            }
        }
    }
}

/// <summary>llama.cpp cannot be had on this machine; the message says why.</summary>
public sealed class LlamaCppUnavailableException(string message) : Exception(message);
