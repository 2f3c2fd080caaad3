using System.Text.Json;

namespace Cria.Cli.Tests;

public sealed class GrammarTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("cria-cli-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Says_that_a_text_is_accepted()
    {
        CommandLineRun run = await CommandLineRun.Async("grammar", "check", "--gbnf", Write("root ::= \"yes\" | \"no\""), "--text", "yes");
        Assert.Equal((0, "accepted\n", ""), (run.ExitCode, run.Output, run.Error));
    }

    [Fact]
    public async Task Says_where_a_text_fails_and_what_was_expected()
    {
        CommandLineRun run = await CommandLineRun.Async("grammar", "check", "--gbnf", Write("root ::= \"a\\n\" [0-9]"), "--text", "a\nx");
        Assert.Equal((1, "not accepted: line 2, column 1: expected '0' to '9'\n"), (run.ExitCode, run.Output));
        run = await CommandLineRun.Async("grammar", "check", "--regex", "[0-9]+", "--text", "", "--json");
        JsonElement report = JsonDocument.Parse(run.Output).RootElement;
        Assert.False(report.GetProperty("accepted").GetBoolean());
        Assert.True(report.GetProperty("beginning").GetBoolean());
        Assert.Equal(0, report.GetProperty("position").GetInt32());
    }

    [Fact]
    public async Task Prints_the_grammar_of_a_schema_which_accepts_its_documents()
    {
        string schema = Write("""{ "type": "object", "properties": { "a": { "type": "integer" } }, "required": ["a"] }""");
        CommandLineRun print = await CommandLineRun.Async("grammar", "print", "--schema", schema);
        Assert.Equal(0, print.ExitCode);
        string gbnf = Write(print.Output);
        JsonElement report = await CommandLineRun.JsonAsync("grammar", "check", "--gbnf", gbnf, "--text", """{"a":1}""");
        Assert.True(report.GetProperty("accepted").GetBoolean());
    }

    [Fact]
    public async Task Refuses_a_grammar_with_line_and_column()
    {
        CommandLineRun run = await CommandLineRun.Async("grammar", "check", "--gbnf", Write("root ::= (\"a\""), "--text", "a");
        run.AssertFails(1, "Line 1, column 14");
    }

    [Fact]
    public async Task Refuses_two_grammars_or_none()
    {
        string file = Write("root ::= \"a\"");
        (await CommandLineRun.Async("grammar", "check", "--gbnf", file, "--regex", "a", "--text", "a")).AssertFails(2, "--gbnf and --regex are both given");
        (await CommandLineRun.Async("grammar", "check", "--text", "a")).AssertFails(2, "The grammar is missing");
    }

    [Fact]
    public async Task Measures_how_long_masks_take()
    {
        JsonElement report = await CommandLineRun.JsonAsync("grammar", "bench", "-n", "50");
        Assert.True(report.GetProperty("tokens").GetInt32() >= 50);
        Assert.True(report.GetProperty("p99_us").GetDouble() >= report.GetProperty("median_us").GetDouble());
        Assert.True(report.GetProperty("first_mask_ms").GetDouble() > 0);
        Assert.True(report.GetProperty("generation_ratio").GetDouble() > 0);
    }

    private string Write(string text)
    {
        string path = Path.Combine(_folder.FullName, Path.GetRandomFileName());
        File.WriteAllText(path, text);
        return path;
    }
}
