namespace Cria.LlamaRn.Tests;

/// <summary>Parameters, formats and errors of llama.rn and of the older adapter in the engine's words.</summary>
public sealed class ConversionTests
{
    [Fact]
    public void The_fallback_form_of_a_conversation_is_the_adapters() =>
        Assert.Equal(
            "[INST] <<SYS>>You are helpful.<</SYS>>\n\n[INST] Hi! [/INST]\nHello.\n[INST] Bye. [/INST]\n",
            LlamaConversions.FormatMessages([
                ChatMessage.System("You are helpful."), ChatMessage.User("Hi!"), ChatMessage.Assistant("Hello."), ChatMessage.Tool("not told"),
                new ChatMessage("user") { Parts = [new ChatContentPart("By"), new ChatContentPart("e.")] },
            ]));

    [Fact]
    public void A_completion_in_the_older_words_carries_what_was_given_and_the_backends_fixed_numbers()
    {
        GenerateParams converted = LlamaConversions.ConvertCompletionParams(new CompletionParams
        {
            Prompt = "Hello",
            Messages = [ChatMessage.User("not this")],
            NPredict = 9,
            Temperature = 0.7f,
            TopP = 0.5f,
            TopK = 3,
            Stop = ["x"],
            Stream = true,
            Grammar = "root ::= \"a\"",
        });
        Assert.Equal(("Hello", 9, 0.7f, 0.5f, 3, true, "root ::= \"a\"", 512, 4),
            (converted.Input, converted.MaxTokens, converted.Temperature, converted.TopP, converted.TopK, converted.Stream, converted.Grammar, converted.BatchSize, converted.Threads));
        Assert.Equal(["x"], converted.StopTokens!);
    }

    [Fact]
    public void Without_a_prompt_the_older_words_have_the_messages() =>
        Assert.Equal("[INST] Hi [/INST]\n", LlamaConversions.ConvertCompletionParams(new CompletionParams { Prompt = "", Messages = [ChatMessage.User("Hi")] }).Input);

    [Fact]
    public void Each_face_has_its_own_defaults_for_a_context()
    {
        var given = new ContextParams { Model = "m" };
        Assert.Equal((0, 512, 0, 0), Load(given.Or(ContextParams.LlamaRnDefaults)));
        Assert.Equal((0, 512, 4, 0), Load(given.Or(ContextParams.AdapterDefaults)));
        Assert.Equal((2048, 512, 4, 1), Load(given.Or(ContextParams.HandleDefaults)));
        Assert.Equal((64, 32, 3, 7), Load((given with { NCtx = 64, NBatch = 32, NThreads = 3, NGpuLayers = 7 }).Or(ContextParams.HandleDefaults)));
        Assert.Equal((500, 0.7f, 1f), (GenerateParams.Defaults.MaxTokens, GenerateParams.Defaults.Temperature, GenerateParams.Defaults.TopP));

        static (int, int, int, int) Load(ContextParams config)
        {
            ModelOptions options = LlamaConversions.ConvertConfig(config);
            Assert.Null(options.DiskCache);
            return (options.ContextLength, options.BatchSize, options.Threads, options.GpuLayers);
        }
    }

    [Theory]
    [InlineData(null, CacheType.F16, false)]
    [InlineData("f16", CacheType.F16, false)]
    [InlineData("f32", CacheType.F32, false)]
    [InlineData("q8_0", CacheType.Q8_0, false)]
    [InlineData("q4_0", CacheType.Q8_0, true)]
    [InlineData("bf16", CacheType.F16, true)]
    public void Cache_types_are_taken_or_replaced_by_more_exact_ones(string? name, CacheType type, bool warns)
    {
        var warnings = new List<string>();
        ModelOptions options = LlamaConversions.ConvertConfig(new ContextParams { Model = "m", CacheTypeK = name, CacheTypeV = name }, warnings.Add);
        Assert.Equal((type, type), (options.KeyType, options.ValueType));
        Assert.Equal(warns ? 2 : 0, warnings.Count);
    }

    [Fact]
    public void What_would_change_results_unseen_is_refused()
    {
        Assert.Equal("cache_type_k", Refused(new ContextParams { CacheTypeK = "q2_k" }));
        Assert.Equal("rope_freq_base", Refused(new ContextParams { RopeFreqBase = 1e6f }));
        Assert.Equal("rope_freq_scale", Refused(new ContextParams { RopeFreqScale = 0.5f }));

        static string? Refused(ContextParams config) => Assert.Throws<LlamaException>(() => LlamaConversions.ConvertConfig(config)).Field;
    }

    [Fact]
    public void Every_failure_of_the_engine_has_a_code()
    {
        var needed = new MemoryEstimate { ContextLength = 100 };
        (Exception Error, string Code)[] expected =
        [
            (new ModelLoadException("a", "m"), "model_load_error"),
            (new GgufFormatException("a", "f", 1, "p"), "model_load_error"),
            (new AdapterException("a", null, "m"), "lora_error"),
            (new ModelTooLargeException("a", needed, 1, 0, 0), "out_of_memory"),
            (new CacheMemoryException(2, 1), "out_of_memory"),
            (new OutOfMemoryException(), "out_of_memory"),
            (new ContextFullException(2, 1), "context_full"),
            (new InvalidOptionException("TopK", 1, "2"), "invalid_input"),
            (new ChatException("messages", "m"), "invalid_input"),
            (new TemplateException(1, 1, "m"), "invalid_input"),
            (new GrammarException("m"), "invalid_input"),
            (new JsonSchemaException("", "m"), "invalid_input"),
            (new NoPredictionException(), "generation_error"),
            (new QueueFullException(1), "generation_error"),
            (new RequestTimeoutException(TimeSpan.FromSeconds(1)), "generation_error"),
            (new UnsupportedTaskException("t", "m"), "generation_error"),
            (new InvalidOperationException("m"), "unknown_error"),
        ];
        foreach ((Exception error, string code) in expected)
        {
            LlamaException converted = LlamaErrors.ConvertError(error);
            Assert.Equal((code, error), (converted.Code, converted.InnerException));
            Assert.Contains(error.Message, converted.Message);
        }

        var coded = new LlamaException("session_error", "m");
        Assert.Same(coded, Migration.HandleErrors(coded));
        Assert.StartsWith("Context is full", LlamaErrors.ConvertError(new ContextFullException(2, 1)).Message);
    }

    [Theory]
    [InlineData("MaxTokens", "n_predict")]
    [InlineData("RepeatPenalty", "penalty_repeat")]
    [InlineData("TopNSigma", "top_n_sigma")]
    [InlineData("ContextLength", "n_ctx")]
    public void A_refused_option_is_named_as_the_caller_named_it(string option, string field) =>
        Assert.Equal(field, LlamaErrors.ConvertError(new InvalidOptionException(option, 1, "2")).Field);

    [Fact]
    public void A_configuration_moves_to_the_engines_own_interface()
    {
        (string path, ModelOptions options) = Migration.ConvertConfig(ContextParams.FromJson(
            """{"model": "file:///m/a.gguf", "n_ctx": 4096, "lora": "file:///m/l.gguf", "lora_scaled": 0.5, "lora_list": [{"path": "/m/k.gguf"}]}"""));
        Assert.Equal(("/m/a.gguf", 4096), (path, options.ContextLength));
        Assert.Equal([new AdapterFile("/m/l.gguf", 0.5f), new AdapterFile("/m/k.gguf")], options.Adapters);
        Assert.Equal("model", Assert.Throws<LlamaException>(() => Migration.ConvertConfig(new ContextParams())).Field);
    }

    [Fact]
    public void A_conversation_moves_whether_it_is_a_list_or_a_request()
    {
        const string Messages = """[{"role": "user", "content": "Hi"}]""";
        Assert.Equal([ChatMessage.User("Hi")], Migration.ConvertFormat(Messages));
        Assert.Equal([ChatMessage.User("Hi")], Migration.ConvertFormat($$"""{"temperature": 1, "messages": {{Messages}}}"""));
        Assert.Equal("invalid_input", Assert.Throws<LlamaException>(() => Migration.ConvertFormat("{")).Code);
        Assert.Equal("messages[0].role", Assert.Throws<LlamaException>(() => Migration.ConvertFormat("[{}]")).Field);
    }
}
