using System.Diagnostics;

namespace Cria.Cli.Tests;

/// <summary>What only shows in a process of its own: signals, closed pipes and the streams themselves.</summary>
public sealed class ProcessTests(TinyModelFile model) : IClassFixture<TinyModelFile>
{
    /// <summary>Far more text than a pipe holds, so that the process is still at work whatever the test does meanwhile.</summary>
    private string[] Endless => ["run", "-m", model.Path, "-n", "-1", "--ignore-eos", "-c", "1000000", "--allow-longer-context", "text"];

    [SkippableFact]
    public async Task Control_c_stops_the_text_and_keeps_what_there_is()
    {
        Skip.If(OperatingSystem.IsWindows(), "Windows has no signals to send.");
        using Process process = Start(Endless);
        char[] first = new char[1];
        Assert.Equal(1, await process.StandardOutput.ReadAsync(first));
        using (Process kill = Process.Start("kill", ["-INT", $"{process.Id}"])) await kill.WaitForExitAsync();
        string rest = await process.StandardOutput.ReadToEndAsync();
        string error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.Equal(130, process.ExitCode);
        Assert.NotEqual("", rest);
        Assert.Equal("", error);
    }

    [SkippableFact]
    public async Task A_reader_who_leaves_ends_the_work_quietly()
    {
        Skip.If(OperatingSystem.IsWindows(), "Windows reports a closed pipe as success.");
        using Process process = Start(Endless);
        char[] first = new char[1];
        Assert.Equal(1, await process.StandardOutput.ReadAsync(first));
        process.StandardOutput.Close();
        Assert.Equal("", await process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        Assert.Equal(0, process.ExitCode);
    }

    [Fact]
    public async Task A_pipe_gets_the_text_and_nothing_else()
    {
        using Process process = Start("run", "-m", model.Path, "-n", "8", "--seed", "1");
        await process.StandardInput.WriteAsync("text\n");
        process.StandardInput.Close();
        string output = await process.StandardOutput.ReadToEndAsync();
        Assert.Equal("", await process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        Assert.Equal(0, process.ExitCode);
        CommandLineRun same = await CommandLineRun.Async("run", "-m", model.Path, "-n", "8", "--seed", "1", "text");
        Assert.NotEqual("", output);
        Assert.Equal(same.Output, output);
    }

    [Fact]
    public async Task A_failure_is_one_line_on_standard_error()
    {
        using Process process = Start("inspect", model.Path + ".missing", "--json");
        string output = await process.StandardOutput.ReadToEndAsync();
        string error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        new CommandLineRun { ExitCode = process.ExitCode, Output = output, Error = error }.AssertFails(1, "There is no file");
    }

    private static Process Start(params string[] arguments)
    {
        string program = Path.Combine(AppContext.BaseDirectory, "cria.dll");
        return Process.Start(new ProcessStartInfo("dotnet", [program, .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = System.Text.Encoding.UTF8,
        })!;
    }
}
