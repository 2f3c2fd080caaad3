namespace Cria.Cli.Tests;

public class UsageTests
{
    [Fact]
    public async Task Alone_shows_help_with_examples()
    {
        CommandLineRun run = await CommandLineRun.Async();
        Assert.Equal(0, run.ExitCode);
        Assert.Contains("cria run \"Once upon a time\"", run.Output, StringComparison.Ordinal);
        Assert.Equal("", run.Error);
    }

    [Theory]
    [InlineData("run")]
    [InlineData("inspect")]
    [InlineData("tokenize")]
    [InlineData("detokenize")]
    [InlineData("logits")]
    [InlineData("perplexity")]
    [InlineData("bench")]
    [InlineData("quantize")]
    [InlineData("embed")]
    [InlineData("rerank")]
    public async Task Every_command_has_help_with_an_example_of_itself(string command)
    {
        CommandLineRun run = await CommandLineRun.Async(command, "--help");
        Assert.Equal(0, run.ExitCode);
        Assert.Contains($"  cria {command} ", run.Output, StringComparison.Ordinal);
        Assert.Contains("--json", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tells_its_version()
    {
        CommandLineRun run = await CommandLineRun.Async("--version");
        Assert.Equal(0, run.ExitCode);
        Assert.Matches(@"^\d+\.\d+\.\d+\s*$", run.Output);
    }

    [Theory]
    [InlineData("'rnu'", "'run'", "rnu", "hello")]
    [InlineData("'--tmep'", "'--temp'", "run", "--tmep", "0", "hello")]
    [InlineData("'--tempp'", "'--temp'", "run", "hello", "--tempp=0")]
    [InlineData("'--tensor'", "'--tensors'", "inspect", "x.gguf", "--tensor")]
    public async Task Suggests_what_a_typo_may_have_meant(string typo, string suggestion, params string[] arguments)
    {
        CommandLineRun run = await CommandLineRun.Async(arguments);
        run.AssertFails(2, typo, suggestion, "--help");
    }

    [Theory]
    [InlineData("-n", "run", "-n", "x", "hello")]
    [InlineData("-n", "run", "hello", "-n")]
    [InlineData("-n", "run", "-n", "1", "-n", "2", "hello")]
    [InlineData("--temp", "run", "--temp", "1,5", "hello")]
    [InlineData("--top-p", "run", "--top-p", "0.5x", "hello")]
    [InlineData("--cache-type-k", "run", "--cache-type-k", "Q3", "hello")]
    [InlineData("--logit-bias", "run", "--logit-bias", "5", "hello")]
    [InlineData("--logit-bias", "run", "--logit-bias", "-5=1", "hello")]
    [InlineData("'world'", "run", "hello", "world")]
    [InlineData("-m", "run", "model.gguf", "hello")]
    [InlineData("-m", "run", "model.gguf")]
    [InlineData("-m", "bench", "model.gguf")]
    [InlineData("-c", "inspect", "-c", "0")]
    [InlineData("'in'", "quantize")]
    [InlineData("'x'", "logits", "--tokens", "1,x")]
    [InlineData("'-1'", "detokenize", "1,-1")]
    [InlineData("-p", "bench", "-p", "-1")]
    [InlineData("-r", "bench", "-r", "0")]
    [InlineData("--parallel", "bench", "--parallel", "0")]
    [InlineData("--parallel", "bench", "--parallel", "")]
    [InlineData("--parallel", "bench", "--parallel", "1,x")]
    [InlineData("--busy", "bench", "--busy", "5")]
    [InlineData("--reopen", "bench", "--reopen", "5")]
    [InlineData("-c", "perplexity", "-f", "-", "-c", "3")]
    public async Task Names_the_argument_that_is_wrong(string culprit, params string[] arguments)
    {
        CommandLineRun run = await CommandLineRun.WithInputAsync("text"u8.ToArray(), arguments);
        run.AssertFails(2, culprit);
    }

    [Theory]
    [InlineData("run", "hello", "-f", "prompt.txt")]
    [InlineData("inspect", "a.gguf", "-m", "b.gguf")]
    [InlineData("logits", "hello", "--tokens", "1")]
    public async Task Refuses_a_text_that_is_given_twice(params string[] arguments)
    {
        CommandLineRun run = await CommandLineRun.Async(arguments);
        run.AssertFails(2, "Leave one out");
    }

    [Theory]
    [InlineData("run")]
    [InlineData("tokenize")]
    [InlineData("detokenize")]
    [InlineData("perplexity")]
    public async Task Refuses_an_empty_pipe(string command)
    {
        CommandLineRun run = await CommandLineRun.Async(command, "-m", "model.gguf");
        run.AssertFails(2, "Standard input is empty");
    }

    [Fact]
    public async Task Shows_where_an_error_came_from_only_when_asked()
    {
        CommandLineRun run = await CommandLineRun.Async("run", "-m", "nowhere/model.gguf", "hello", "--verbose");
        Assert.Equal(1, run.ExitCode);
        Assert.Contains(" at Cria.Cli.", run.Error, StringComparison.Ordinal);
    }
}
