using System.Text.Json;
using Cria.Gguf;
using Cria.Testing;

namespace Cria.Cli.Tests;

/// <summary>The commands that read and write model files without computing with them.</summary>
public sealed class FileTests(TinyModelFile model) : IClassFixture<TinyModelFile>
{
    [Fact]
    public async Task Inspect_tells_what_a_script_needs_to_choose_a_model()
    {
        JsonElement document = await CommandLineRun.JsonAsync(
            "inspect", model.Path, "-c", "128", "-c", "1000000000", "--tensors", "--metadata");
        Assert.Equal("llama", document.GetProperty("architecture").GetString());
        Assert.True(document.GetProperty("parameters").GetInt64() > 100_000);
        Assert.Equal(30, document.GetProperty("types").GetProperty("F16").GetInt32());
        Assert.Equal(1024, document.GetProperty("context_length").GetInt32());
        JsonElement memory = document.GetProperty("memory");
        Assert.Equal((128, true), (memory[0].GetProperty("context").GetInt32(), memory[0].GetProperty("fits").GetBoolean()));
        Assert.Equal((1_000_000_000, false), (memory[1].GetProperty("context").GetInt32(), memory[1].GetProperty("fits").GetBoolean()));
        Assert.True(document.GetProperty("fits").GetBoolean());
        long Bytes(string name) => memory[0].GetProperty(name).GetInt64();
        Assert.Equal(document.GetProperty("file_bytes").GetInt64(), Bytes("weight_bytes"));
        Assert.Equal(Bytes("bytes"), Bytes("weight_bytes") + Bytes("cache_bytes") + Bytes("table_bytes") + Bytes("work_bytes"));
        Assert.Equal("llama", document.GetProperty("metadata").GetProperty("general.architecture").GetString());
        Assert.Equal("F16", document.GetProperty("tensors").EnumerateArray()
            .Single(tensor => tensor.GetProperty("name").GetString() == "token_embd.weight").GetProperty("type").GetString());
    }

    [Fact]
    public async Task Inspect_lists_facts_as_lines_in_a_pipe()
    {
        CommandLineRun run = await CommandLineRun.Async("inspect", model.Path);
        Assert.Equal(("", 0), (run.Error, run.ExitCode));
        Assert.Contains("architecture\tllama\n", run.Output, StringComparison.Ordinal);
        Assert.Contains("fits this machine", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("\u001b", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Inspect_counts_the_cache_in_the_format_that_is_given()
    {
        JsonElement halves = await CommandLineRun.JsonAsync("inspect", model.Path, "-c", "640");
        JsonElement floats = await CommandLineRun.JsonAsync("inspect", model.Path, "-c", "640", "-ctk", "f32", "-ctv", "F32");
        long CacheBytes(JsonElement document) => document.GetProperty("memory")[0].GetProperty("cache_bytes").GetInt64();
        Assert.Equal(2 * CacheBytes(halves), CacheBytes(floats));
    }

    [Fact]
    public async Task Inspect_says_why_a_file_cannot_run()
    {
        var writer = new GgufWriter();
        writer.Set("general.architecture", "strange");
        writer.AddTensor("t", TensorType.F32, [4], new byte[16]);
        writer.Write(model.InFolder("strange.gguf"));
        JsonElement document = await CommandLineRun.JsonAsync("inspect", model.InFolder("strange.gguf"));
        Assert.Contains("strange is not known", document.GetProperty("problem").GetString(), StringComparison.Ordinal);
        Assert.False(document.TryGetProperty("fits", out _));
        CommandLineRun run = await CommandLineRun.Async("inspect", model.InFolder("strange.gguf"));
        Assert.Contains("cannot run\tstrange.gguf: the architecture", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Names_in_a_file_cannot_break_lines_or_steer_the_terminal()
    {
        var writer = new GgufWriter();
        writer.Set("general.architecture", "llama\u001b[2J");
        writer.Set("general.name", "evil\n\u001b]0;title\u0007");
        writer.Write(model.InFolder("evil.gguf"));
        CommandLineRun inspected = await CommandLineRun.Async("inspect", model.InFolder("evil.gguf"), "--metadata");
        Assert.Equal(0, inspected.ExitCode);
        Assert.Contains("name\tevil\\n\\x1B]0;title\\x07\n", inspected.Output, StringComparison.Ordinal);
        CommandLineRun run = await CommandLineRun.Async("run", "-m", model.InFolder("evil.gguf"), "hello");
        Assert.All(inspected.Output + run.Error, c => Assert.True(c is '\n' or '\t' || !char.IsControl(c)));
    }

    [SkippableFact]
    public async Task Vocabulary_files_can_be_inspected_and_tokenised_with()
    {
        string vocabulary = Path.Combine(TestData.Folder, "vocab", "ggml-vocab-llama-bpe.gguf");
        JsonElement document = await CommandLineRun.JsonAsync("inspect", vocabulary);
        Assert.Equal(128_256, document.GetProperty("vocabulary_size").GetInt32());
        Assert.Equal(0, document.GetProperty("parameters").GetInt64());
        Assert.False(document.TryGetProperty("fits", out _));

        Assert.Equal((int[])[9906, 1917], await TokensAsync("tokenize", "-m", vocabulary, "Hello world"));
        Assert.Equal((int[])[128000, 9906], await TokensAsync("tokenize", "-m", vocabulary, "Hello", "--add-special"));
        Assert.Equal((int[])[128009], await TokensAsync("tokenize", "-m", vocabulary, "<|eot_id|>", "--parse-special"));
        (await CommandLineRun.Async("run", "-m", vocabulary, "Hello")).AssertFails(1, "ggml-vocab-llama-bpe.gguf");
    }

    [Fact]
    public async Task Quantize_writes_a_smaller_file_and_keeps_an_existing_one_unless_told()
    {
        string target = model.InFolder("small.gguf");
        JsonElement document = await CommandLineRun.JsonAsync("quantize", model.Path, target, "--type", "q8_0");
        Assert.Equal("Q8_0", document.GetProperty("type").GetString());
        Assert.True(document.GetProperty("bytes_after").GetInt64() < document.GetProperty("bytes_before").GetInt64());
        Assert.True(document.GetProperty("types_after").GetProperty("Q8_0").GetInt32() > 0);
        Assert.True(new FileInfo(target).Length < new FileInfo(model.Path).Length);

        (await CommandLineRun.Async("quantize", model.Path, target)).AssertFails(2, target, "--overwrite");
        Assert.Equal(0, (await CommandLineRun.Async("quantize", model.Path, target, "--overwrite")).ExitCode);
        string other = model.InFolder("other.gguf");
        (await CommandLineRun.Async("quantize", target, other, "--type", "F16")).AssertFails(1, "--allow-requantize");
        (await CommandLineRun.Async("quantize", model.Path, target, "--type", "Q3_K")).AssertFails(2, "--type", "Q4_K_M");
    }

    private static async Task<int[]> TokensAsync(params string[] arguments) =>
        JsonSerializer.Deserialize<int[]>(await CommandLineRun.JsonAsync(arguments))!;
}
