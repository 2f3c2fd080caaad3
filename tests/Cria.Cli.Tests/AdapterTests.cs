using TestModels;

namespace Cria.Cli.Tests;

/// <summary>Adapters on the command line.</summary>
public sealed class AdapterTests(TinyModelFile model) : IClassFixture<TinyModelFile>
{
    [Fact]
    public async Task Adapters_act_with_their_scales()
    {
        string first = Write("first.gguf", 1), second = Write("second.gguf", 2);
        string[] common = ["logits", "-m", model.Path, "--tokens", "1,50,60"];
        float[] bare = await Logits(common), full = await Logits([.. common, "--lora", first]);
        Assert.NotEqual(bare, full);
        Assert.Equal(full, await Logits([.. common, "--lora", $"{first}:1"]));
        Assert.Equal(bare, await Logits([.. common, "--lora", $"{first}:0"]));
        float[] both = await Logits([.. common, "--lora", $"{first}:0.5", "--lora", $"{second}:-1e-1"]);
        Assert.NotEqual(await Logits([.. common, "--lora", $"{first}:0.5"]), both);

        await using LlamaModel loaded = await LlamaModel.LoadAsync(
            model.Path, new ModelOptions { Adapters = [new AdapterFile(first, 0.5f), new AdapterFile(second, -0.1f)] });
        Assert.Equal(await loaded.GetLogitsAsync(new[] { 1, 50, 60 }), both);
    }

    [Theory]
    [InlineData("run", "-n", "3", "text")]
    [InlineData("logits", "text")]
    [InlineData("perplexity", "-c", "8")]
    public async Task Each_command_that_computes_takes_adapters(string command, params string[] arguments)
    {
        string[] all = [command, "-m", model.Path, "--lora", Write("any.gguf", 1), .. arguments];
        Assert.Equal(0, (await CommandLineRun.WithInputAsync("some text that is long enough for two windows"u8.ToArray(), all)).ExitCode);
    }

    [Fact]
    public async Task A_file_that_is_no_adapter_is_named()
    {
        CommandLineRun missing = await CommandLineRun.Async("run", "-m", model.Path, "--lora", "none.gguf:half", "text");
        missing.AssertFails(1, "none.gguf:half");
        (await CommandLineRun.Async("run", "-m", model.Path, "--lora", model.Path, "text")).AssertFails(1, "tiny.gguf", "general.type");
        (await CommandLineRun.Async("run", "-m", model.Path, "--lora", "a.gguf:NaN", "text")).AssertFails(2, "--lora", "finite");
        (await CommandLineRun.Async("run", "-m", model.Path, "--lora", "a.gguf:1e99", "text")).AssertFails(2, "--lora", "finite");
    }

    private static async Task<float[]> Logits(params string[] arguments) =>
        (await CommandLineRun.JsonAsync(arguments)).GetProperty("logits").EnumerateArray().Select(value => value.GetSingle()).ToArray();

    private string Write(string name, int seed)
    {
        TinyAdapter.Write(model.InFolder(name), model.Path, seed: seed);
        return model.InFolder(name);
    }
}
