using System.Diagnostics;
using System.Text;

namespace LlamaCpp;

/// <summary>A child process that answers every line with a line, one at a time.</summary>
internal sealed class LineProcess : IDisposable
{
    private readonly Process _process;
    private readonly string _name;
    private readonly TimeSpan _patience;
    private readonly Lock _turn = new();
    private readonly StringBuilder _errors = new();

    /// <summary>Starts the process; it is ended when an answer takes longer than <paramref name="patience"/>.</summary>
    public LineProcess(string name, ProcessStartInfo start, TimeSpan patience)
    {
        _name = name;
        _patience = patience;
        start.RedirectStandardInput = start.RedirectStandardOutput = start.RedirectStandardError = true;
        start.StandardInputEncoding = start.StandardOutputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
        _process = ToolCache.Start(start, $"{start.FileName}, which {name} runs in, is not installed.");
        _process.ErrorDataReceived += (_, e) =>
        {
            if (e.Data is null) return;
            lock (_errors) _errors.AppendLine(e.Data);
        };
        _process.BeginErrorReadLine();
    }

    public bool IsAlive => !_process.HasExited;

    /// <summary>The answer to a line; throws <see cref="LlamaCppException"/> with the last words of a process that ended instead.</summary>
    public string Ask(string line, string what)
    {
        lock (_turn) return Exchange(line) ?? throw Ended(what);
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.StandardInput.Close();
            if (!_process.WaitForExit(TimeSpan.FromSeconds(5))) _process.Kill();
        }

        _process.Dispose();
    }

    private string? Exchange(string line)
    {
        try
        {
            _process.StandardInput.WriteLine(line);
            _process.StandardInput.Flush();
        }
        catch (IOException)
        {
            return null;
        }

        // A native hang cannot be interrupted: end the process, and the read ends with it.
        using var watch = new CancellationTokenSource(_patience);
        using CancellationTokenRegistration end = watch.Token.Register(_process.Kill);
        return _process.StandardOutput.ReadLine();
    }

    private LlamaCppException Ended(string what)
    {
        _process.WaitForExit();
        lock (_errors)
        {
            return new LlamaCppException(
                $"{_name}'s process ended with code {_process.ExitCode} during {what}. Its last words: {_errors.ToString().Trim()}");
        }
    }
}
