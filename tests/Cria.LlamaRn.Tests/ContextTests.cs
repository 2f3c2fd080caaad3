namespace Cria.LlamaRn.Tests;

/// <summary>A context as a caller of llama.rn meets it.</summary>
public sealed class ContextTests(RnModels models) : IClassFixture<RnModels>
{
    private static readonly CompletionParams s_greedy = new() { Prompt = "the other one", Temperature = 0, NPredict = 16, IgnoreEos = true };

    [Fact]
    public async Task Progress_comes_in_whole_percents_up_to_100()
    {
        var heard = new List<int>();
        await using LlamaContext context = await LlamaRn.InitLlamaAsync(models.Params with { Model = $"file://{models.Path}" }, new Listener(heard));
        Assert.Equal(heard.Distinct().Order(), heard);
        Assert.Equal((0, 100), (heard[0], heard[^1]));
    }

    [Fact]
    public async Task A_completion_has_the_engines_text_its_tokens_and_its_times()
    {
        await using LlamaContext context = await models.OpenAsync();
        var heard = new List<TokenData>();
        CompletionResult result = await context.CompletionAsync(s_greedy, heard.Add);
        GenerationResult expected = await context.Model.GenerateAsync("the other one", new GenerationOptions { Temperature = 0, MaxTokens = 16, IgnoreEos = true });

        Assert.Equal((expected.Text, 16, true), (result.Text, result.TokensPredicted, result.StoppedLimit));
        Assert.Equal(expected.Tokens, result.Tokens);
        Assert.True(result.Timings is { PredictedMs: > 0, PredictedN: 16 });
        Assert.Null(result.Content);
        Assert.Equal(result.Text, string.Concat(heard.Select(data => data.Token)));
        Assert.Equal(result.Text, heard[^1].AccumulatedText);
    }

    [Fact]
    public async Task A_caller_that_wants_no_stream_hears_nothing()
    {
        await using LlamaContext context = await models.OpenAsync();
        await context.CompletionAsync(s_greedy with { Stream = false }, _ => Assert.Fail("heard"));
    }

    [Fact]
    public async Task Stopping_ends_a_completion_with_the_text_that_it_has()
    {
        await using LlamaContext context = await models.OpenAsync(models.Params with { CtxShift = true });
        string heard = "";
        CompletionResult result = await context.CompletionAsync(s_greedy with { NPredict = -1 }, data =>
        {
            heard = data.AccumulatedText!;
            context.StopCompletion();
        });
        Assert.True(result.Interrupted);
        Assert.StartsWith(heard, result.Text);
        Assert.NotEqual("", heard);
    }

    [Fact]
    public async Task Stopping_before_there_is_any_text_is_no_failure()
    {
        await using LlamaContext context = await models.OpenAsync(models.Params with { CtxShift = true });
        Task<CompletionResult> running = context.CompletionAsync(s_greedy with { NPredict = -1 });
        context.StopCompletion();
        Assert.True((await running).Interrupted);
    }

    [Fact]
    public async Task A_callers_own_cancellation_is_one()
    {
        await using LlamaContext context = await models.OpenAsync(models.Params with { CtxShift = true });
        using var giveUp = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => context.CompletionAsync(s_greedy with { NPredict = -1 }, _ => giveUp.Cancel(), giveUp.Token));
        Assert.Equal(16, (await context.CompletionAsync(s_greedy)).TokensPredicted);
    }

    [Fact]
    public async Task Without_a_shift_a_full_context_ends_the_text_and_refuses_a_longer_prompt()
    {
        await using LlamaContext context = await models.OpenAsync(models.Params with { NCtx = 64 });
        CompletionResult result = await context.CompletionAsync(s_greedy with { NPredict = -1 });
        Assert.True(result is { ContextFull: true, Truncated: false, TokensCached: 64 });
        LlamaException error = await Assert.ThrowsAsync<LlamaException>(() => context.CompletionAsync(s_greedy with { Prompt = new string('q', 100) }));
        Assert.Equal("context_full", error.Code);
    }

    [Fact]
    public async Task With_a_shift_the_older_half_is_dropped()
    {
        await using LlamaContext context = await models.OpenAsync(models.Params with { NCtx = 64, CtxShift = true });
        CompletionResult result = await context.CompletionAsync(s_greedy with { NPredict = 100 });
        Assert.True(result is { ContextFull: false, Truncated: true, TokensPredicted: 100 });
    }

    [Fact]
    public async Task A_conversation_takes_the_contexts_template_or_the_requests_or_the_fallback()
    {
        await using LlamaContext bare = await models.OpenAsync();
        await using LlamaContext chat = await models.OpenAsync(models.Params with { ChatTemplate = RnModels.Template });
        IReadOnlyList<ChatMessage> messages = [ChatMessage.System("Be kind."), ChatMessage.User("Hi")];

        Assert.Equal((false, true), (bare.IsJinjaSupported(), chat.IsJinjaSupported()));
        Assert.Equal(new FormattedChatResult("llama-chat", "[INST] <<SYS>>Be kind.<</SYS>>\n\n[INST] Hi [/INST]\n"), await bare.GetFormattedChatAsync(messages));
        Assert.Equal(
            new FormattedChatResult("jinja", "<|im_start|>system\nBe kind.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n"),
            await chat.GetFormattedChatAsync(messages));
        const string Own = "{% for message in messages %}{{ message.role }}: {{ message.content }};{% endfor %}";
        Assert.Equal("system: Be kind.;user: Hi;", (await chat.GetFormattedChatAsync(messages, Own)).Prompt);

        CompletionResult fallback = await bare.CompletionAsync(s_greedy with { Messages = messages });
        Assert.Equal((await bare.CompletionAsync(s_greedy with { Prompt = "[INST] <<SYS>>Be kind.<</SYS>>\n\n[INST] Hi [/INST]\n" })).Tokens, fallback.Tokens);
        CompletionResult own = await bare.CompletionAsync(s_greedy with { Messages = messages, ChatTemplate = Own });
        Assert.Equal((await bare.CompletionAsync(s_greedy with { Prompt = "system: Be kind.;user: Hi;" })).Tokens, own.Tokens);
    }

    [Fact]
    public async Task A_forced_call_of_a_tool_arrives_as_one()
    {
        await using LlamaContext context = await models.OpenAsync(models.Params with { ChatTemplate = RnModels.Template });
        CompletionParams request = CompletionParams.FromJson(
            """
            {"messages": [{"role": "user", "content": "How warm is it?"}], "tool_choice": "required", "temperature": 0, "n_predict": 200,
             "tools": [{"type": "function", "function": {"name": "warmth", "parameters": {"type": "object", "properties": {"unit": {"enum": ["C"]}},
                        "required": ["unit"], "additionalProperties": false}}}]}
            """);
        TokenData? last = null;
        CompletionResult result = await context.CompletionAsync(request, data => last = data);
        ToolCallFunction call = Assert.Single(result.ToolCalls!).Function;
        Assert.Equal(("warmth", """{"unit":"C"}"""), (call.Name, string.Concat(call.Arguments.Where(c => !char.IsWhiteSpace(c)))));
        Assert.Equal(call, Assert.Single(last!.ToolCalls!).Function);
        Assert.Contains("<tool_call>", result.Text);
    }

    [Fact]
    public async Task A_grammar_goes_before_a_schema_and_a_request_before_the_context()
    {
        await using LlamaContext context = await models.OpenAsync(models.Params with { Grammar = "root ::= \"from the context\"" });
        CompletionParams free = s_greedy with { IgnoreEos = false, NPredict = 50 };
        CompletionParams schema = free with { JsonSchema = """{"const": 17}""" };
        Assert.Equal("from the context", (await context.CompletionAsync(free)).Text);
        Assert.Equal("17", (await context.CompletionAsync(schema)).Text.Trim());
        Assert.Equal("g", (await context.CompletionAsync(schema with { Grammar = "root ::= \"g\"" })).Text);
        context.SetJsonSchema("""{"type": "object", "properties": {"a": {"const": 1}, "b": {"const": 2}}, "required": ["a", "b"]}""", new Dictionary<string, int> { ["b"] = 0 });
        Assert.Equal("""{"b":2,"a":1}""", (await context.CompletionAsync(free)).Text.Replace(" ", "").Replace("\n", ""));
        CompletionParams format = CompletionParams.FromJson("""{"prompt": "a", "temperature": 0, "n_predict": 50, "response_format": {"type": "json_schema", "json_schema": {"schema": {"const": true}}}}""");
        Assert.Equal("true", (await context.CompletionAsync(format)).Text.Trim());
    }

    [Theory]
    [InlineData("{}", "prompt")]
    [InlineData("""{"prompt": "a", "top_p": 7}""", "top_p")]
    [InlineData("""{"prompt": "a", "grammar": "root ::= ("}""", "grammar")]
    [InlineData("""{"prompt": "a", "json_schema": "{"}""", "json_schema")]
    [InlineData("""{"prompt": "a", "grammar": "root ::= \"a\"", "grammar_lazy": true}""", "grammar_lazy")]
    [InlineData("""{"prompt": "a", "response_format": {"type": "xml"}}""", "response_format.type")]
    [InlineData("""{"messages": [{"role": "user", "content": "a"}], "chat_template": "a", "reasoning_format": "loud"}""", "reasoning_format")]
    public async Task A_wrong_request_names_its_field(string json, string field)
    {
        await using LlamaContext context = await models.OpenAsync();
        LlamaException error = await Assert.ThrowsAsync<LlamaException>(() => context.CompletionAsync(CompletionParams.FromJson(json)));
        Assert.Equal(("invalid_input", field), (error.Code, error.Field));
    }

    [Fact]
    public async Task Biases_of_texts_act_on_their_tokens()
    {
        await using LlamaContext context = await models.OpenAsync();
        CompletionParams request = CompletionParams.FromJson("""{"prompt": "a", "temperature": 0, "n_predict": 3, "logit_bias": [["the", 100]]}""");
        IReadOnlyList<int> the = (await context.TokenizeAsync("the")).Tokens;
        Assert.All((await context.CompletionAsync(request)).Tokens, token => Assert.Contains(token, the));
    }

    [Fact]
    public async Task Tokens_become_the_text_again()
    {
        await using LlamaContext context = await models.OpenAsync();
        IReadOnlyList<int> tokens = (await context.TokenizeAsync("the other")).Tokens;
        Assert.DoesNotContain(1, tokens);
        Assert.Equal("the other", (await context.DetokenizeAsync(tokens.ToArray())).TrimStart());
        Assert.Equal("</s>", await context.DetokenizeAsync(new[] { 2 }));
    }

    [Fact]
    public async Task Vectors_are_pooled_and_divided_as_the_context_or_the_request_says()
    {
        await using LlamaContext context = await models.OpenAsync(models.Params with { PoolingType = "mean" });
        IReadOnlyList<float> unit = (await context.EmbeddingAsync("the other")).Embedding;
        TextEmbedding raw = await context.Model.EmbedAsync("the other", new EmbeddingOptions { Pooling = PoolingType.Mean, Normalization = -1 });
        Assert.Equal(1, Math.Sqrt(unit.Sum(value => (double)value * value)), 4);
        Assert.Equal(raw.Vector, (await context.EmbeddingAsync("the other", new EmbeddingParams(-1))).Embedding);
    }

    [Fact]
    public async Task Documents_are_ranked_best_first_and_only_by_a_reranker()
    {
        await using LlamaContext ranker = await models.OpenAsync(models.Params with { Model = models.Ranker });
        IReadOnlyList<RerankResult> ranked = await ranker.RerankAsync("the", ["one", "another", "the other"]);
        Assert.Equal(ranked.OrderByDescending(result => result.Score), ranked);
        Assert.All(ranked, result => Assert.Equal(new[] { "one", "another", "the other" }[result.Index], result.Document));

        await using LlamaContext other = await models.OpenAsync();
        Assert.Equal("generation_error", (await Assert.ThrowsAsync<LlamaException>(() => other.RerankAsync("the", ["one"]))).Code);
    }

    [Fact]
    public async Task Adapters_replace_each_other_and_act_on_their_own_context()
    {
        await using LlamaContext context = await models.OpenAsync();
        await using LlamaContext neighbour = await models.OpenAsync(models.Params with { Lora = $"file://{models.OtherAdapter}" });
        IReadOnlyList<int> bare = (await context.CompletionAsync(s_greedy)).Tokens, other = (await neighbour.CompletionAsync(s_greedy)).Tokens;
        Assert.NotEqual(bare, other);

        await context.ApplyLoraAdaptersAsync([new LoraAdapterParams(models.Adapter, 0.5f)]);
        IReadOnlyList<int> adapted = (await context.CompletionAsync(s_greedy)).Tokens;
        Assert.NotEqual(bare, adapted);
        await context.ApplyLoraAdaptersAsync([new LoraAdapterParams(models.OtherAdapter)]);
        Assert.Equal(other, (await context.CompletionAsync(s_greedy)).Tokens);
        Assert.Equal([new LoraAdapterParams(models.OtherAdapter, 1)], context.GetLoadedLoraAdapters());

        LlamaException error = await Assert.ThrowsAsync<LlamaException>(() => context.ApplyLoraAdaptersAsync([new LoraAdapterParams("/none")]));
        Assert.Equal("lora_error", error.Code);
        Assert.Equal(other, (await context.CompletionAsync(s_greedy)).Tokens);
        await context.RemoveLoraAdaptersAsync();
        Assert.Equal(bare, (await context.CompletionAsync(s_greedy)).Tokens);
        Assert.Empty(context.GetLoadedLoraAdapters());
    }

    [Fact]
    public async Task Clearing_and_critical_pressure_forget_texts_and_lesser_pressure_does_not()
    {
        await using LlamaContext context = await models.OpenAsync(models.Params with { NCtx = 500 });
        CompletionParams request = s_greedy with { Prompt = string.Concat(Enumerable.Repeat("the other one ", 25)), NPredict = 2 };
        Assert.Equal(0, (await context.CompletionAsync(request)).Timings.CacheN);
        Assert.NotEqual(0, (await context.CompletionAsync(request)).Timings.CacheN);
        context.ClearCache();
        Assert.Equal(0, (await context.CompletionAsync(request)).Timings.CacheN);
        context.HandleMemoryPressure(MemoryPressure.Warning);
        Assert.NotEqual(0, (await context.CompletionAsync(request)).Timings.CacheN);
        context.HandleMemoryPressure(MemoryPressure.Critical);
        Assert.Equal(0, (await context.CompletionAsync(request)).Timings.CacheN);
    }

    [Fact]
    public async Task A_missing_gpu_is_a_warning_and_a_reason()
    {
        var heard = new List<string>();
        await using LlamaContext context = await models.OpenAsync(models.Params with { NGpuLayers = 99, OnWarning = heard.Add });
        Assert.Equal((false, false), (context.Gpu, LlamaRn.IsGpuSupported));
        Assert.Contains("99 GPU layers", context.ReasonNoGpu);
        Assert.Equal([context.ReasonNoGpu], heard);
        Assert.Equal(16, (await context.CompletionAsync(s_greedy)).TokensPredicted);
    }

    [Fact]
    public async Task A_benchmark_measures_what_it_is_asked()
    {
        await using LlamaContext context = await models.OpenAsync();
        BenchResult result = await context.BenchAsync(8, 4, 1, 1);
        Assert.Equal((8, 4, 1, 12, 512, 1), (result.Pp, result.Tg, result.Pl, result.NKv, result.NKvMax, result.NThreads));
        Assert.True(result is { SpeedPp: > 0, SpeedTg: > 0, T: > 0 });
        Assert.Equal("pl", (await Assert.ThrowsAsync<LlamaException>(() => context.BenchAsync(8, 4, 2))).Field);
    }

    [Fact]
    public async Task A_context_describes_its_model()
    {
        await using LlamaContext context = await models.OpenAsync(models.Params with { ChatTemplate = RnModels.Template });
        ContextDescription description = context.Description;
        Assert.Equal((context.Id, false, ""), (description.Id, description.Gpu, description.ReasonNoGpu));
        Assert.Equal((new FileInfo(models.Path).Length, 96, true), (description.Model.Size, description.Model.NEmbd, description.Model.ChatTemplates.Jinja.Default));
        Assert.Contains("\"reasonNoGPU\":\"\"", description.ToJson());
        Assert.Contains("\"nEmbd\":96", description.ToJson());
        IReadOnlyDictionary<string, string> info = await LlamaRn.LoadLlamaModelInfoAsync($"file://{models.Path}");
        Assert.Equal("llama", info["general.architecture"]);
        Assert.DoesNotContain("tokenizer.ggml.tokens", info.Keys);
    }

    [Fact]
    public async Task A_missing_or_damaged_file_is_a_load_error_and_a_missing_path_a_wrong_input()
    {
        File.WriteAllText(models.InFolder("damaged.gguf"), "GGUF");
        foreach (string path in (string[])["/none.gguf", models.InFolder("damaged.gguf")])
        {
            Assert.Equal("model_load_error", (await Assert.ThrowsAsync<LlamaException>(() => LlamaRn.InitLlamaAsync(new ContextParams { Model = path }))).Code);
            Assert.Equal("model_load_error", (await Assert.ThrowsAsync<LlamaException>(() => LlamaRn.LoadLlamaModelInfoAsync(path))).Code);
        }

        Assert.Equal("model", (await Assert.ThrowsAsync<LlamaException>(() => LlamaRn.InitLlamaAsync(new ContextParams()))).Field);
        Assert.Equal("n_threads", (await Assert.ThrowsAsync<LlamaException>(() => LlamaRn.InitLlamaAsync(models.Params with { NThreads = -1 }))).Field);
    }

    [Fact]
    public async Task The_older_adapters_way_loads_with_its_own_defaults()
    {
        await using LlamaContext context = await LlamaRn.LoadModelAsync(models.Path, new ContextParams { NCtx = 64 });
        Assert.Equal((64, 4, 512), (context.Model.ContextLength, context.Model.Threads, context.Options.BatchSize));
    }

    [Fact]
    public async Task Releasing_stops_what_runs_and_refuses_what_comes()
    {
        LlamaContext context = await models.OpenAsync(models.Params with { CtxShift = true });
        await using LlamaContext neighbour = await models.OpenAsync(models.Params with { CtxShift = true });
        var hasBegun = new TaskCompletionSource();
        Task<CompletionResult> running = context.CompletionAsync(s_greedy with { NPredict = -1 }, _ => hasBegun.TrySetResult());
        await hasBegun.Task;
        await context.ReleaseAsync();
        Assert.True((await running).Interrupted);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => context.CompletionAsync(s_greedy));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => context.InitializeAsync());
        await context.ReleaseAsync();
        Assert.Equal(16, (await neighbour.CompletionAsync(s_greedy)).TokensPredicted);
    }

    [Fact]
    public async Task A_context_that_was_not_made_ready_says_so()
    {
        var context = new LlamaContext(models.Params);
        Assert.Equal("initialization_error", (await Assert.ThrowsAsync<LlamaException>(() => context.CompletionAsync(s_greedy))).Code);
        await context.InitializeAsync();
        Assert.Equal(16, (await context.CompletionAsync(s_greedy)).TokensPredicted);
        await context.ReleaseAsync();
    }

    private sealed class Listener(List<int> heard) : IProgress<int>
    {
        public void Report(int value)
        {
            lock (heard) heard.Add(value);
        }
    }
}
