namespace Cria.Cli.Tests;

/// <summary>What only shows in a process of its own: signals, closed pipes and the streams themselves.</summary>
public sealed class ProcessTests(TinyModelFile model) : IClassFixture<TinyModelFile>
{
    /// <summary>Far more text than a pipe holds, so that the process is still at work whatever the test does meanwhile.</summary>
    private string[] Endless => ["run", "-m", model.Path, "-n", "-1", "--ignore-eos", "-c", "1000000", "--allow-longer-context", "text"];

    private string[] EndlessChat => ["chat", "-m", model.Path, "-n", "-1", "--ignore-eos", "-c", "1000000", "--allow-longer-context"];

    [SkippableFact]
    public async Task Control_c_stops_the_text_and_keeps_what_there_is()
    {
        Skip.If(OperatingSystem.IsWindows(), "Windows has no signals to send.");
        using var run = new CriaProcess([.. Endless, "--verbose"]);
        string first = await run.ReadFirstAsync();
        await run.InterruptAsync();
        CommandLineRun end = await run.EndAsync();
        Assert.Equal(130, end.ExitCode);
        Assert.NotEqual("", first + end.Output);
        Assert.Contains("cancelled", end.Error, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Control_c_stops_an_answer_in_a_chat_which_goes_on()
    {
        Skip.If(OperatingSystem.IsWindows(), "Windows has no signals to send.");
        string history = model.InFolder("interrupted.json");
        using var run = new CriaProcess([.. EndlessChat, "--history", history]);
        await run.WriteLineAsync("text");
        await run.ReadFirstAsync();
        await run.InterruptAsync();
        CommandLineRun end = await run.EndAsync("/system Be kind.\n/exit\n");
        Assert.Equal(("", 0), (end.Error, end.ExitCode));
        Conversation conversation = Assert.Single(await Conversations.LoadAsync(history));
        Assert.Equal(["system", "user", "assistant"], conversation.Messages.Select(message => message.Role));
        Assert.True(conversation.Messages[2].IsCutOff);
        Assert.NotEqual("", conversation.Messages[2].Text);
    }

    [SkippableFact]
    public async Task A_second_control_c_leaves_the_chat_and_keeps_what_was_said()
    {
        Skip.If(OperatingSystem.IsWindows(), "Windows has no signals to send.");
        string history = model.InFolder("left.json");
        using var run = new CriaProcess([.. EndlessChat, "--history", history]);
        await run.WriteLineAsync("text");
        await run.ReadFirstAsync();
        await run.InterruptAsync();
        await run.InterruptAsync();
        CommandLineRun end = await run.EndAsync("more\n");
        Assert.Equal(("", 130), (end.Error, end.ExitCode));
        Assert.Equal(2, Assert.Single(await Conversations.LoadAsync(history)).Messages.Count);
    }

    [SkippableFact]
    public async Task A_reader_who_leaves_ends_the_work_quietly()
    {
        Skip.If(OperatingSystem.IsWindows(), "Windows reports a closed pipe as success.");
        using var run = new CriaProcess(Endless);
        await run.ReadFirstAsync();
        CommandLineRun end = await run.EndAsync(readOutput: false);
        Assert.Equal(("", 0), (end.Error, end.ExitCode));
    }

    [Fact]
    public async Task A_pipe_gets_the_text_and_nothing_else()
    {
        string[] common = ["run", "-m", model.Path, "-n", "8", "--seed", "1"];
        using var run = new CriaProcess(common);
        CommandLineRun piped = await run.EndAsync(input: "text\n");
        CommandLineRun argument = await CommandLineRun.Async([.. common, "text"]);
        Assert.NotEqual("", argument.Output);
        Assert.Equal((argument.Output, "", 0), (piped.Output, piped.Error, piped.ExitCode));
    }

    [Fact]
    public async Task A_failure_is_one_line_on_standard_error()
    {
        using var run = new CriaProcess("inspect", model.Path + ".missing", "--json");
        (await run.EndAsync()).AssertFails(1, "There is no file");
    }
}
