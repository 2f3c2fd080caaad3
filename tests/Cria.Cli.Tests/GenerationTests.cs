using System.Text;
using System.Text.Json;

namespace Cria.Cli.Tests;

/// <summary>The commands that compute with a model, and the JSON documents that scripts rely on.</summary>
public sealed class GenerationTests(TinyModelFile model) : IClassFixture<TinyModelFile>
{
    [Fact]
    public async Task Run_writes_the_document_that_scripts_rely_on()
    {
        JsonElement document = await CommandLineRun.JsonAsync(
            "run", "-m", model.Path, "--raw", "-n", "6", "--temp", "0", "--seed", "1", "--ignore-eos", "text");
        Assert.Equal(JsonValueKind.String, document.GetProperty("text").ValueKind);
        Assert.Equal(6, document.GetProperty("tokens").GetArrayLength());
        Assert.Equal("length", document.GetProperty("finish_reason").GetString());
        Assert.Equal(1, document.GetProperty("seed").GetInt64());
        Assert.Equal(6, document.GetProperty("usage").GetProperty("completion_tokens").GetInt32());
        JsonElement timings = document.GetProperty("timings");
        foreach (string name in (string[])["load_ms", "prompt_ms", "predicted_ms", "prompt_per_second", "predicted_per_second"])
            Assert.True(timings.GetProperty(name).GetDouble() >= 0);
        Assert.False(document.TryGetProperty("stopping_text", out _));
        Assert.False(document.TryGetProperty("probabilities", out _));
    }

    [Fact]
    public async Task A_context_beyond_the_memory_is_an_error_that_names_the_flags_and_a_shorter_one_is_taken_if_allowed()
    {
        // 1024 GB of keys and values.
        string[] arguments = ["run", "-m", model.Path, "-n", "1", "-c", "2000000000", "--allow-longer-context", "text"];
        (await CommandLineRun.Async(arguments)).AssertFails(1, "are missing. -c ", " fits", "--allow-smaller-context takes ");

        CommandLineRun run = await CommandLineRun.Async([.. arguments, "--allow-smaller-context"]);
        Assert.Equal(0, run.ExitCode);
        Assert.StartsWith("warning: The context has ", run.Error, StringComparison.Ordinal);
        Assert.Single(run.Error.TrimEnd().Split('\n'));
    }

    [Fact]
    public async Task GPU_layers_are_answered_with_a_line_on_standard_error()
    {
        CommandLineRun run = await CommandLineRun.Async("run", "-m", model.Path, "-n", "3", "--temp", "0", "-ngl", "99", "text");
        Assert.Equal(0, run.ExitCode);
        Assert.StartsWith("warning: This version computes on the CPU only; 99 GPU layers were asked for", run.Error, StringComparison.Ordinal);
        Assert.Equal((await CommandLineRun.Async("run", "-m", model.Path, "-n", "3", "--temp", "0", "text")).Output, run.Output);
    }

    [Fact]
    public async Task Run_takes_the_prompt_from_argument_file_and_pipe_alike()
    {
        File.WriteAllText(model.InFolder("prompt.txt"), "some text\n");
        string[] common = ["run", "-m", model.Path, "-n", "5", "--temp", "0"];
        CommandLineRun argument = await CommandLineRun.Async([.. common, "some text"]);
        CommandLineRun file = await CommandLineRun.Async([.. common, "-f", model.InFolder("prompt.txt")]);
        CommandLineRun pipe = await CommandLineRun.WithInputAsync("some text\n"u8.ToArray(), common);
        CommandLineRun dash = await CommandLineRun.WithInputAsync("some text\n"u8.ToArray(), [.. common, "-"]);
        Assert.Equal(0, argument.ExitCode);
        Assert.NotEqual("", argument.Output);
        Assert.All([file, pipe, dash], run => Assert.Equal((argument.Output, 0), (run.Output, run.ExitCode)));
    }

    [Fact]
    public async Task Run_lists_probabilities_when_asked()
    {
        JsonElement document = await CommandLineRun.JsonAsync(
            "run", "-m", model.Path, "-n", "2", "--seed", "1", "--n-probs", "3", "--ignore-eos", "text");
        JsonElement step = document.GetProperty("probabilities")[1];
        Assert.Equal(document.GetProperty("tokens")[1].GetInt32(), step.GetProperty("token").GetInt32());
        Assert.Equal(3, step.GetProperty("likeliest").GetArrayLength());
        Assert.InRange(step.GetProperty("likeliest")[0].GetProperty("probability").GetDouble(), 0, 1);
    }

    [Fact]
    public async Task Run_ends_before_a_stop_text_and_names_it()
    {
        string[] common = ["run", "-m", model.Path, "-n", "12", "--temp", "0", "--ignore-eos", "text"];
        string whole = (await CommandLineRun.JsonAsync(common)).GetProperty("text").GetString()!;
        string stop = whole[^2..];
        JsonElement document = await CommandLineRun.JsonAsync([.. common, "--stop", stop, "--stop", "never in the text"]);
        Assert.Equal("stop_sequence", document.GetProperty("finish_reason").GetString());
        Assert.Equal(stop, document.GetProperty("stopping_text").GetString());
        Assert.Equal(whole[..whole.IndexOf(stop, StringComparison.Ordinal)], document.GetProperty("text").GetString());
    }

    [Theory]
    [InlineData("--top-p", "1.5")]
    [InlineData("--mirostat", "3")]
    [InlineData("-n", "-7")]
    [InlineData("-t", "-1")]
    [InlineData("-b", "0")]
    [InlineData("-c", "-1")]
    public async Task Run_names_the_flag_whose_value_is_out_of_range(string flag, string value)
    {
        CommandLineRun run = await CommandLineRun.Async("run", "-m", model.Path, flag, value, "text");
        run.AssertFails(2, $"{flag} is {value}");
    }

    [Fact]
    public async Task Run_refuses_a_context_beyond_the_trained_one_and_names_the_flag_that_permits_it()
    {
        string[] common = ["run", "-m", model.Path, "-n", "1", "-c", "5000", "text"];
        (await CommandLineRun.Async(common)).AssertFails(2, "-c is 5000", "--allow-longer-context");
        Assert.Equal(0, (await CommandLineRun.Async([.. common, "--allow-longer-context"])).ExitCode);
    }

    [Fact]
    public async Task Run_names_the_flag_that_makes_room_for_a_long_text()
    {
        CommandLineRun run = await CommandLineRun.Async("run", "-m", model.Path, "-c", "4", "more than four tokens");
        run.AssertFails(1, "holds 4 tokens", "-c");
    }

    [Fact]
    public async Task Tokenize_writes_ids_and_detokenize_takes_them_back()
    {
        CommandLineRun tokens = await CommandLineRun.WithInputAsync("ab cd\r\n"u8.ToArray(), "tokenize", "-m", model.Path, "--json");
        Assert.Equal(0, tokens.ExitCode);
        Assert.NotEmpty(JsonSerializer.Deserialize<int[]>(tokens.Output)!);
        CommandLineRun text = await CommandLineRun.WithInputAsync(Encoding.UTF8.GetBytes(tokens.Output), "detokenize", "-m", model.Path);
        Assert.Equal((" ab cd\r\n".TrimStart(), 0), (text.Output.TrimStart(' '), text.ExitCode));
    }

    [Fact]
    public async Task Tokenize_lists_a_token_a_line_in_a_pipe()
    {
        CommandLineRun run = await CommandLineRun.Async("tokenize", "-m", model.Path, "a\nb");
        Assert.All(run.Output.TrimEnd('\n').Split('\n'), line => Assert.Matches(@"^\d+\t'.*'$", line));
        Assert.Contains("\\n", run.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("@a", "@a")]
    [InlineData("--a", "--", "--a")]
    [InlineData("-1 - a", "-1 - a")]
    public async Task Texts_may_begin_with_any_character(string text, params string[] arguments)
    {
        CommandLineRun tokens = await CommandLineRun.Async(["tokenize", "-m", model.Path, "--json", .. arguments]);
        Assert.Equal(("", 0), (tokens.Error, tokens.ExitCode));
        CommandLineRun back = await CommandLineRun.Async("detokenize", "-m", model.Path, tokens.Output);
        Assert.Equal(text, back.Output.TrimStart(' '));
    }

    [Fact]
    public async Task Logits_have_a_value_with_all_its_digits_for_each_token()
    {
        JsonElement document = await CommandLineRun.JsonAsync("logits", "-m", model.Path, "--tokens", "1,2,3");
        await using LlamaModel loaded = await LlamaModel.LoadAsync(model.Path);
        float[] expected = await loaded.GetLogitsAsync(new[] { 1, 2, 3 });
        Assert.Equal(expected, document.GetProperty("logits").EnumerateArray().Select(value => value.GetSingle()));
    }

    [Fact]
    public async Task Logits_of_a_text_are_listed_best_first()
    {
        CommandLineRun run = await CommandLineRun.Async("logits", "-m", model.Path, "text");
        string[] lines = run.Output.TrimEnd('\n').Split('\n');
        Assert.Equal(10, lines.Length);
        float[] logits = [.. lines.Select(line => float.Parse(line.Split('\t')[2], System.Globalization.CultureInfo.InvariantCulture))];
        Assert.Equal(logits.OrderDescending(), logits);
    }

    [Fact]
    public async Task Perplexity_tells_the_tokens_it_scored()
    {
        File.WriteAllText(model.InFolder("long.txt"), string.Concat(Enumerable.Range(0, 200).Select(i => $"{i} words ")));
        JsonElement document = await CommandLineRun.JsonAsync("perplexity", "-m", model.Path, "-f", model.InFolder("long.txt"), "-c", "64");
        Assert.True(document.GetProperty("perplexity").GetDouble() > 1);
        Assert.True(document.GetProperty("tokens").GetInt32() > 0);
        Assert.True(document.GetProperty("windows").GetInt32() > 1);
    }

    [Fact]
    public async Task Bench_reports_every_repetition()
    {
        JsonElement document = await CommandLineRun.JsonAsync("bench", "-m", model.Path, "-p", "16", "-n", "4", "-t", "1", "-r", "2");
        JsonElement prefill = document.GetProperty("prefill"), decode = document.GetProperty("decode");
        Assert.Equal((16, 2), (prefill.GetProperty("tokens").GetInt32(), prefill.GetProperty("tok_per_s").GetArrayLength()));
        Assert.Equal((4, 2), (decode.GetProperty("tokens").GetInt32(), decode.GetProperty("tok_per_s").GetArrayLength()));
        Assert.True(document.GetProperty("load_ms").GetDouble() > 0);
        Assert.True(document.GetProperty("peak_rss_mb").GetDouble() > 1);
    }

    [Fact]
    public async Task Bench_measures_requests_at_once()
    {
        JsonElement document = await CommandLineRun.JsonAsync("bench", "-m", model.Path, "--parallel", "1,4", "-p", "8", "-n", "4", "-t", "1", "-r", "2");
        Assert.Equal([1, 4], document.GetProperty("speeds").EnumerateArray().Select(speed => speed.GetProperty("requests").GetInt32()));
        Assert.All(document.GetProperty("speeds").EnumerateArray(), speed =>
        {
            Assert.Equal(2, speed.GetProperty("each").GetArrayLength());
            Assert.True(speed.GetProperty("tok_per_s").GetDouble() > 0);
        });
    }

    [Fact]
    public async Task Bench_opens_a_conversation_again()
    {
        JsonElement document = await CommandLineRun.JsonAsync("bench", "-m", model.Path, "--reopen", "600", "-t", "1", "-r", "1");
        int prompt = document.GetProperty("prompt_tokens").GetInt32(), cached = document.GetProperty("cached_tokens").GetInt32();
        Assert.InRange(prompt, 400, 900);
        Assert.InRange(cached, prompt - 64, prompt - 1);
        Assert.True(document.GetProperty("ratio").GetDouble() > 0);
    }

    [Fact]
    public async Task A_full_context_forgets_if_asked_and_says_so()
    {
        string[] arguments = ["run", "--raw", "-m", model.Path, "-c", "64", "-n", "100", "--temp", "0", "--ignore-eos", "-t", "1", "hello"];
        JsonElement stopped = await CommandLineRun.JsonAsync(arguments);
        Assert.Equal("context_full", stopped.GetProperty("finish_reason").GetString());
        Assert.False(stopped.GetProperty("usage").TryGetProperty("dropped_tokens", out _));

        JsonElement shifted = await CommandLineRun.JsonAsync([.. arguments, "--context-shift", "--keep", "2"]);
        Assert.Equal(("length", 100), (shifted.GetProperty("finish_reason").GetString(), shifted.GetProperty("tokens").GetArrayLength()));
        Assert.True(shifted.GetProperty("usage").GetProperty("dropped_tokens").GetInt32() > 30);
    }
}
