namespace Cria.Cli.Tests;

public sealed class InputTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("cria-cli-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Suggests_the_model_with_the_most_similar_name()
    {
        File.WriteAllText(InFolder("qwen3-0.6b.gguf"), "");
        File.WriteAllText(InFolder("gemma.gguf"), "");
        CommandLineRun run = await CommandLineRun.Async("run", "-m", InFolder("qwen-0.6b.gguf"), "hello");
        run.AssertFails(1, "There is no file", $"Did you mean '{InFolder("qwen3-0.6b.gguf")}'?");
    }

    [Fact]
    public async Task Lists_the_models_of_a_folder_but_only_the_first_part_of_a_split_one()
    {
        File.WriteAllText(InFolder("small.gguf"), "");
        File.WriteAllText(InFolder("big-00001-of-00002.gguf"), "");
        File.WriteAllText(InFolder("big-00002-of-00002.gguf"), "");
        CommandLineRun run = await CommandLineRun.Async("inspect", _folder.FullName);
        run.AssertFails(1, "is a folder", "small.gguf", "big-00001-of-00002.gguf");
        Assert.DoesNotContain("big-00002-of-00002.gguf", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Says_that_a_folder_has_no_model()
    {
        CommandLineRun run = await CommandLineRun.Async("inspect", InFolder("model.gguf"));
        run.AssertFails(1, "There is no file", "holds no .gguf file");
    }

    [Theory]
    [InlineData(new byte[] { (byte)'a', 0xFF, (byte)'b' }, "not UTF-8", "byte 1")]
    [InlineData(new byte[] { 0xEF, 0xBB, 0xBF, (byte)'a', 0xC3 }, "not UTF-8", "byte 4")]
    [InlineData(new byte[] { 0xFF, 0xFE, (byte)'a', 0 }, "UTF-16", "iconv")]
    public async Task Refuses_text_that_is_not_utf8(byte[] content, params string[] fragments)
    {
        File.WriteAllBytes(InFolder("text.txt"), content);
        CommandLineRun fromFile = await CommandLineRun.Async("tokenize", "-m", "model.gguf", "--file", InFolder("text.txt"));
        fromFile.AssertFails(1, [.. fragments, "text.txt"]);
        CommandLineRun fromPipe = await CommandLineRun.WithInputAsync(content, "tokenize", "-m", "model.gguf");
        fromPipe.AssertFails(1, fragments);
    }

    [Fact]
    public async Task Says_that_a_text_file_is_missing()
    {
        CommandLineRun run = await CommandLineRun.Async("run", "-f", InFolder("prompt.txt"));
        run.AssertFails(1, "There is no file", "prompt.txt");
    }

    [Theory]
    [InlineData("1,2,3")]
    [InlineData("1 2 3")]
    [InlineData(" [1, 2,\n3]\n")]
    [InlineData("1\t2\r\n3")]
    public void Reads_tokens_as_people_and_programs_write_them(string text) => Assert.Equal([1, 2, 3], TokenList.Parse(text));

    [Fact]
    public void Takes_one_line_break_from_the_end_of_a_piped_prompt()
    {
        Assert.Equal("a\n", TextSource.WithoutLastLineBreak("a\n\n"));
        Assert.Equal("a", TextSource.WithoutLastLineBreak("a\r\n"));
        Assert.Equal("a ", TextSource.WithoutLastLineBreak("a "));
    }

    private string InFolder(string name) => Path.Combine(_folder.FullName, name);
}
