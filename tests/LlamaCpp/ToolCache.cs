using System.ComponentModel;
using System.Diagnostics;

namespace LlamaCpp;

/// <summary>The per-user cache of what the tests fetch and build, shared by all test runs of this user.</summary>
internal static class ToolCache
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    /// <summary>A folder of the cache, filled on first use by one process while others wait; whenever it exists, it is complete.</summary>
    public static string Folder(string name, Action<string> fill)
    {
        try
        {
            string cache = Path.Combine(CacheFolder(), "cria-tests");
            string folder = Path.Combine(cache, name);
            if (Directory.Exists(folder)) return folder;

            Directory.CreateDirectory(cache);
            using FileStream turn = WaitForTurn(folder + ".lock");
            if (!Directory.Exists(folder)) Fill(folder, fill);
            return folder;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new LlamaCppUnavailableException(e.Message);
        }
    }

    /// <summary>Runs a program to its end in a folder; throws where it is missing, saying what to install, and where it fails.</summary>
    public static void Run(string folder, string program, string install, params IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Start(start, $"{program} is not installed. {install}");
        process.OutputDataReceived += static (_, _) => { };
        process.BeginOutputReadLine();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(Patience))
        {
            process.Kill(entireProcessTree: true);
            throw new LlamaCppUnavailableException($"{program} {start.ArgumentList[0]} did not end within {Patience.TotalMinutes} minutes.");
        }

        if (process.ExitCode != 0)
        {
            throw new LlamaCppUnavailableException($"{program} {string.Join(' ', start.ArgumentList)} failed: {errors.Result.Trim()}");
        }
    }

    /// <summary>Fetches packages from npm into the folder's node_modules, running none of their scripts.</summary>
    public static void InstallNpmPackages(string folder, params IEnumerable<string> packages)
    {
        File.WriteAllText(Path.Combine(folder, "package.json"), """{ "private": true }""");
        Npm(folder, ["install", .. packages, "--ignore-scripts", "--no-audit", "--no-fund"]);
    }

    /// <summary>Runs npm in a folder.</summary>
    public static void Npm(string folder, params IEnumerable<string> arguments) =>
        Run(folder, "npm", "Install Node.js with npm.", arguments);

    /// <summary>Starts a program; throws <see cref="LlamaCppUnavailableException"/> where there is none.</summary>
    public static Process Start(ProcessStartInfo start, string missing)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception)
        {
            throw new LlamaCppUnavailableException(missing);
        }
    }

    // Filled beside and moved.
    private static void Fill(string folder, Action<string> fill)
    {
        string fresh = $"{folder}.{Environment.ProcessId}";
        try
        {
            Directory.CreateDirectory(fresh);
            fill(fresh);
            Directory.Move(fresh, folder);
        }
        finally
        {
            if (Directory.Exists(fresh)) Directory.Delete(fresh, recursive: true);
        }
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
}

/// <summary>What the tests compare with cannot be had on this machine; the message says why.</summary>
public sealed class LlamaCppUnavailableException(string message) : Exception(message);
