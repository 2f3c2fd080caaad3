using System.Text;
using System.Text.Json;

namespace Cria.Cli.Tests;

/// <summary>One run of the command line inside the test's process, with its streams redirected as by a script.</summary>
internal sealed class CommandLineRun
{
    public required int ExitCode { get; init; }

    public required string Output { get; init; }

    public required string Error { get; init; }

    public static async Task<CommandLineRun> WithInputAsync(byte[] input, params string[] arguments)
    {
        var output = new MemoryStream();
        var error = new StringWriter();
        var terminal = new Terminal
        {
            Input = new MemoryStream(input),
            Output = output,
            Out = new StreamWriter(output, new UTF8Encoding(false)) { NewLine = "\n" },
            Error = error,
        };
        int code = await CommandLine.RunAsync(arguments, terminal, CancellationToken.None);
        return new CommandLineRun { ExitCode = code, Output = Encoding.UTF8.GetString(output.ToArray()), Error = error.ToString() };
    }

    public static Task<CommandLineRun> Async(params string[] arguments) => WithInputAsync([], arguments);

    /// <summary>The document of a run with <c>--json</c> that succeeds.</summary>
    public static async Task<JsonElement> JsonAsync(params string[] arguments)
    {
        CommandLineRun run = await Async([.. arguments, "--json"]);
        Assert.Equal(("", 0), (run.Error, run.ExitCode));
        return JsonDocument.Parse(run.Output).RootElement;
    }

    /// <summary>Checks that the run failed as scripts expect: nothing on standard output, one line on standard error.</summary>
    public void AssertFails(int exitCode, params string[] fragments)
    {
        Assert.Equal("", Output);
        string line = Assert.Single(Error.TrimEnd('\n').Split('\n'));
        Assert.StartsWith("cria: ", line, StringComparison.Ordinal);
        foreach (string fragment in fragments) Assert.Contains(fragment, line, StringComparison.Ordinal);
        Assert.Equal(exitCode, ExitCode);
    }
}
