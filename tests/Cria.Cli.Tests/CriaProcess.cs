using System.Diagnostics;
using System.Text;

namespace Cria.Cli.Tests;

/// <summary>The program in a process of its own, which ends with the test at the latest.</summary>
internal sealed class CriaProcess : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly CancellationTokenSource _limit = new(Patience);
    private readonly Process _process;

    public CriaProcess(params string[] arguments)
    {
        string program = Path.Combine(AppContext.BaseDirectory, "cria.dll");
        _process = Process.Start(new ProcessStartInfo("dotnet", [program, .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
        })!;
    }

    /// <summary>Waits until the output begins.</summary>
    public async Task<string> ReadFirstAsync()
    {
        char[] first = new char[1];
        Assert.Equal(1, await _process.StandardOutput.ReadAsync(first, _limit.Token));
        return new string(first);
    }

    /// <summary>Gives the process a line of its input, with more to come.</summary>
    public async Task WriteLineAsync(string line)
    {
        await _process.StandardInput.WriteLineAsync(line);
        await _process.StandardInput.FlushAsync(_limit.Token);
    }

    /// <summary>Sends what Ctrl-C sends.</summary>
    public async Task InterruptAsync()
    {
        using Process kill = Process.Start("kill", ["-INT", $"{_process.Id}"]);
        await kill.WaitForExitAsync(_limit.Token);
    }

    /// <summary>Gives the process its input, if any, and waits until it has ended; without reading on, its output pipe is closed.</summary>
    public async Task<CommandLineRun> EndAsync(string input = "", bool readOutput = true)
    {
        await _process.StandardInput.WriteAsync(input);
        _process.StandardInput.Close();
        if (!readOutput) _process.StandardOutput.Close();
        Task<string> error = _process.StandardError.ReadToEndAsync(_limit.Token);
        string output = readOutput ? await _process.StandardOutput.ReadToEndAsync(_limit.Token) : "";
        await _process.WaitForExitAsync(_limit.Token);
        return new CommandLineRun { ExitCode = _process.ExitCode, Output = output, Error = await error };
    }

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill();
        _process.Dispose();
        _limit.Dispose();
    }
}
