using System.Text.Json;
using TestModels;

namespace Cria.Cli.Tests;

/// <summary>The commands that turn texts into vectors and scores.</summary>
public sealed class EmbeddingTests(EmbeddingTests.RankerFile model) : IClassFixture<EmbeddingTests.RankerFile>
{
    [Fact]
    public async Task Embed_writes_the_document_that_scripts_rely_on()
    {
        JsonElement document = await CommandLineRun.JsonAsync("embed", "-m", model.Path, "--pooling", "mean", "the of");
        Assert.Equal(("mean", 4), (document.GetProperty("pooling").GetString(), document.GetProperty("tokens").GetInt32()));
        double[] vector = [.. document.GetProperty("embedding").EnumerateArray().Select(value => value.GetDouble())];
        Assert.Equal(TinyEncoder.Embedding, vector.Length);
        Assert.Equal(1, vector.Sum(value => value * value), 1e-5);
        Assert.False(document.TryGetProperty("embeddings", out _));

        JsonElement unpooled = await CommandLineRun.JsonAsync("embed", "-m", model.Path, "--pooling", "none", "the of");
        Assert.Equal(4, unpooled.GetProperty("embeddings").GetArrayLength());
        Assert.False(unpooled.TryGetProperty("embedding", out _));
    }

    [Fact]
    public async Task Embed_writes_a_line_for_each_vector_from_argument_and_pipe_alike()
    {
        string[] common = ["embed", "-m", model.Path, "--pooling", "cls", "--embd-normalize", "0"];
        CommandLineRun argument = await CommandLineRun.Async([.. common, "the of"]);
        CommandLineRun pipe = await CommandLineRun.WithInputAsync("the of\n"u8.ToArray(), [.. common, "-"]);
        Assert.Equal(("", 0), (argument.Error, argument.ExitCode));
        Assert.Equal(argument.Output, pipe.Output);
        float[] vector = [.. Assert.Single(argument.Output.TrimEnd('\n').Split('\n')).Split(' ').Select(value => float.Parse(value, System.Globalization.CultureInfo.InvariantCulture))];
        Assert.Equal(32760, vector.Max(Math.Abs), 1.0);
    }

    [Fact]
    public async Task Rerank_lists_documents_best_first_from_arguments_and_lines_alike()
    {
        JsonElement document = await CommandLineRun.JsonAsync("rerank", "-m", model.Path, "the", "one of", "and", "the word");
        JsonElement[] results = [.. document.GetProperty("results").EnumerateArray()];
        Assert.Equal(3, results.Length);
        Assert.Equal(results.OrderByDescending(result => result.GetProperty("score").GetDouble()), results);
        string[] texts = ["one of", "and", "the word"];
        Assert.All(results, result => Assert.Equal(texts[result.GetProperty("index").GetInt32()], result.GetProperty("document").GetString()));

        CommandLineRun lines = await CommandLineRun.WithInputAsync("one of\r\nand\nthe word\n"u8.ToArray(), "rerank", "-m", model.Path, "the");
        Assert.Equal(results.Select(result => result.GetProperty("document").GetString()), lines.Output.TrimEnd('\n').Split('\n').Select(line => line.Split('\t')[2]));
    }

    [Fact]
    public async Task Inspect_tells_how_a_model_pools() =>
        Assert.Equal("rank", (await CommandLineRun.JsonAsync("inspect", model.Path)).GetProperty("pooling").GetString());

    [Fact]
    public async Task Says_what_a_model_or_an_option_cannot_do()
    {
        (await CommandLineRun.Async("run", "-m", model.Path, "the")).AssertFails(1, "bert", "generative");
        (await CommandLineRun.Async("rerank", "the", "of")).AssertFails(1, "reranker");
        (await CommandLineRun.Async("embed", "-m", model.Path, "--pooling", "median", "the")).AssertFails(2, "--pooling", "Mean");
        (await CommandLineRun.Async("embed", "-m", model.Path, "--embd-normalize", "-2", "the")).AssertFails(2, "--embd-normalize");
        (await CommandLineRun.Async("embed", "-m", model.Path, new string('.', 300))).AssertFails(1, "256 tokens");
        (await CommandLineRun.Async("rerank", "-m", model.Path, "the")).AssertFails(2, "Standard input is empty");
    }

    /// <summary>An encoder that ranks.</summary>
    public sealed class RankerFile : IDisposable
    {
        private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("cria-cli-ranker-");

        public RankerFile() => new TinyEncoder("bert") { Pooling = 4, HasDenseHead = true, Labels = 1 }.Write(Path);

        public string Path => System.IO.Path.Combine(_folder.FullName, "ranker.gguf");

        public void Dispose() => _folder.Delete(recursive: true);
    }
}
