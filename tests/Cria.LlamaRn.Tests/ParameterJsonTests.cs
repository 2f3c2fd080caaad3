using System.Text.Json;

namespace Cria.LlamaRn.Tests;

/// <summary>Parameters as JavaScript callers of llama.rn write them.</summary>
public sealed class ParameterJsonTests
{
    [Fact]
    public void Context_parameters_have_their_names()
    {
        ContextParams read = ContextParams.FromJson(
            """
            {"model": "file:///models/a.gguf", "chat_template": "{{ 1 }}", "n_ctx": 1024, "n_batch": 256, "n_ubatch": 128, "n_parallel": 3, "n_threads": 2,
             "n_gpu_layers": 99, "flash_attn_type": "auto", "cache_type_k": "q8_0", "cache_type_v": "f32", "use_mlock": true, "use_mmap": false,
             "lora": "/a", "lora_scaled": 0.5, "lora_list": [{"path": "/b", "scaled": 0.25}, {"path": "/c"}], "rope_freq_base": 0, "rope_freq_scale": 0,
             "pooling_type": "mean", "ctx_shift": true, "kv_unified": true, "embedding": true, "embd_normalize": 1, "grammar": "root ::= \"a\"", "of_tomorrow": {}}
            """);
        Assert.Equal(("file:///models/a.gguf", "{{ 1 }}", 1024, 256, 128, 3, 2), (read.Model, read.ChatTemplate, read.NCtx, read.NBatch, read.NUbatch, read.NParallel, read.NThreads));
        Assert.Equal((99, "q8_0", "f32", true, false), (read.NGpuLayers, read.CacheTypeK, read.CacheTypeV, read.UseMlock, read.UseMmap));
        Assert.Equal(("/a", 0.5f), (read.Lora, read.LoraScaled));
        Assert.Equal([new LoraAdapterParams("/b", 0.25f), new LoraAdapterParams("/c")], read.LoraList!);
        Assert.Equal((0f, 0f, "mean", true, true, 1, "root ::= \"a\""),
            (read.RopeFreqBase, read.RopeFreqScale, read.PoolingType, read.CtxShift, read.Embedding, read.EmbdNormalize, read.Grammar));
    }

    [Fact]
    public void Completion_parameters_have_their_names_and_arrive_in_the_engines_options()
    {
        CompletionParams read = CompletionParams.FromJson(
            """
            {"n_predict": 7, "temperature": 0.1, "top_k": 5, "top_p": 0.6, "min_p": 0.2, "typical_p": 0.7, "top_n_sigma": 1.5, "xtc_probability": 0.3,
             "xtc_threshold": 0.4, "penalty_last_n": 11, "penalty_repeat": 1.1, "penalty_freq": 0.12, "penalty_present": 0.13, "mirostat": 2,
             "mirostat_tau": 4, "mirostat_eta": 0.2, "seed": 42, "n_probs": 3, "ignore_eos": true, "stop": ["\n\n", "", "END"],
             "logit_bias": [[5, 1.5], [6, false], ["the", -2]], "dry_multiplier": 0.8, "dry_base": 1.5, "dry_allowed_length": 3,
             "dry_penalty_last_n": 100, "dry_sequence_breakers": ["x"], "emit_partial_completion": true, "n_threads": 4}
            """);
        GenerationOptions options = LlamaConversions.ConvertSampling(read);
        Assert.Equal((7, 0.1f, 5, 0.6f, 0.2f, 0.7f, 1.5f), (options.MaxTokens, options.Temperature, options.TopK, options.TopP, options.MinP, options.TypicalP, options.TopNSigma));
        Assert.Equal((0.3f, 0.4f, 11, 1.1f, 0.12f, 0.13f),
            (options.XtcProbability, options.XtcThreshold, options.RepeatLastN, options.RepeatPenalty, options.FrequencyPenalty, options.PresencePenalty));
        Assert.Equal((2, 4f, 0.2f, 42L, 3, true), (options.Mirostat, options.MirostatTau, options.MirostatEta, options.Seed, options.ProbabilityCount, options.IgnoreEos));
        Assert.Equal((0.8f, 1.5f, 3, 100), (options.DryMultiplier, options.DryBase, options.DryAllowedLength, options.DryLastN));
        Assert.Equal(["x"], options.DrySequenceBreakers);
        Assert.Equal(["\n\n", "END"], options.StopSequences);
        Assert.Equal(new Dictionary<int, float> { [5] = 1.5f, [6] = float.NegativeInfinity }, options.LogitBias);
        Assert.Equal(new LogitBias(null, "the", -2), read.LogitBias![2]);
    }

    [Fact]
    public void What_is_not_given_takes_the_defaults_of_llama_rn()
    {
        GenerationOptions options = LlamaConversions.ConvertSampling(CompletionParams.FromJson("{}"));
        Assert.Equal((-1, 0.8f, 40, 0.95f, 0.05f, 1f, -1f), (options.MaxTokens, options.Temperature, options.TopK, options.TopP, options.MinP, options.TypicalP, options.TopNSigma));
        Assert.Equal((0f, 0.1f, 64, 1f, 0f, 0f),
            (options.XtcProbability, options.XtcThreshold, options.RepeatLastN, options.RepeatPenalty, options.FrequencyPenalty, options.PresencePenalty));
        Assert.Equal((0, 5f, 0.1f, -1L, 0, false), (options.Mirostat, options.MirostatTau, options.MirostatEta, options.Seed, options.ProbabilityCount, options.IgnoreEos));
        Assert.Equal((0f, 1.75f, 2, -1), (options.DryMultiplier, options.DryBase, options.DryAllowedLength, options.DryLastN));
        Assert.Equal(["\n", ":", "\"", "*"], options.DrySequenceBreakers);
        Assert.Empty(options.StopSequences);
    }

    [Fact]
    public void Conversations_tools_and_forms_are_read_as_OpenAIs_interface_writes_them()
    {
        CompletionParams read = CompletionParams.FromJson(
            """
            {"messages": [{"role": "user", "content": [{"type": "text", "text": "Hi"}]}, {"role": "assistant", "content": "Ho", "reasoning_content": "Hm"}],
             "jinja": true, "tools": [{"type": "function", "function": {"name": "f", "description": "does", "parameters": {"type": "object"}}}],
             "tool_choice": "required", "parallel_tool_calls": true, "response_format": {"type": "json_schema", "json_schema": {"strict": true, "schema": {"type": "object"}}},
             "json_schema": "{\"type\": \"string\"}", "grammar": "root ::= \"a\"", "enable_thinking": false, "reasoning_format": "auto", "add_generation_prompt": false,
             "chat_template_kwargs": {"mood": "good", "level": 3}}
            """);
        Assert.Equal(["user", "assistant"], read.Messages!.Select(message => message.Role));
        Assert.Equal(("Hi", "Ho", "Hm"), (read.Messages![0].Parts![0].Text, read.Messages[1].Content, read.Messages[1].ReasoningContent));
        Assert.Equal("object", read.ResponseFormat!.JsonSchema!.Schema!.Value.GetProperty("type").GetString());
        Assert.Equal("string", JsonDocument.Parse(read.JsonSchema!).RootElement.GetProperty("type").GetString());

        ChatRequest chat = LlamaConversions.ConvertChat(read.Messages, read);
        Assert.Equal("f", Assert.Single(chat.Tools).Name);
        Assert.Equal((ToolChoice.Required, true, true, false, false), (chat.ToolChoice, chat.ParallelToolCalls, chat.SeparateReasoning, chat.EnableThinking, chat.AddGenerationPrompt));
        Assert.Equal(3, chat.TemplateVariables["level"].GetInt32());
    }

    [Fact]
    public void A_conversation_says_nothing_of_tools_or_thoughts_by_default()
    {
        ChatRequest chat = LlamaConversions.ConvertChat([ChatMessage.User("Hi")], new CompletionParams());
        Assert.Equal((ToolChoice.Auto, false, false, true, true), (chat.ToolChoice, chat.ParallelToolCalls, chat.SeparateReasoning, chat.EnableThinking, chat.AddGenerationPrompt));
    }

    [Fact]
    public void A_choice_of_a_tool_may_be_an_object_and_a_schema_too()
    {
        CompletionParams read = CompletionParams.FromJson("""{"tool_choice": {"type": "function", "function": {"name": "f"}}, "json_schema": {"type": "null"}}""");
        Assert.Equal("f", read.ToolChoice!.FunctionName);
        Assert.Equal("null", JsonDocument.Parse(read.JsonSchema!).RootElement.GetProperty("type").GetString());
    }

    [Theory]
    [InlineData("""{"temperature": "hot"}""", "temperature", "a number")]
    [InlineData("""{"top_k": 1.5}""", "top_k", "a whole number")]
    [InlineData("""{"n_predict": true}""", "n_predict", "a whole number")]
    [InlineData("""{"stop": "END"}""", "stop", "an array")]
    [InlineData("""{"stop": ["a", 3]}""", "stop[1]", "")]
    [InlineData("""{"ignore_eos": 1}""", "ignore_eos", "true or false")]
    [InlineData("""{"prompt": {}}""", "prompt", "a string")]
    [InlineData("""{"response_format": []}""", "response_format", "an object")]
    [InlineData("""{"response_format": {"type": 3}}""", "response_format.type", "")]
    [InlineData("""{"tool_choice": 3}""", "tool_choice", "required")]
    [InlineData("""{"logit_bias": [[1]]}""", "logit_bias[0]", "")]
    [InlineData("""{"messages": "Hi"}""", "messages", "an array")]
    [InlineData("""{"messages": [{"role": "user", "content": 3}]}""", "messages[0].content", "a string")]
    [InlineData("""{"tools": [{"type": "function", "function": {}}]}""", "tools[0].function.name", "missing")]
    [InlineData("""[]""", "", "no JSON object")]
    [InlineData("""{"temperature": 0.8""", "", "no JSON object")]
    [InlineData("""null""", "", "JSON object")]
    public void A_wrong_type_is_refused_with_the_name_of_the_field(string json, string field, string words)
    {
        LlamaException error = Assert.Throws<LlamaException>(() => CompletionParams.FromJson(json));
        Assert.Equal((LlamaErrorCodes.InvalidInput, field), (error.Code, error.Field));
        Assert.Contains(field, error.Message);
        Assert.Contains(words, error.Message);
    }

    [Fact]
    public void A_wrong_type_in_a_configuration_is_refused_with_the_name_of_the_field()
    {
        Assert.Equal("n_ctx", Assert.Throws<LlamaException>(() => ContextParams.FromJson("""{"model": "a", "n_ctx": "2048"}""")).Field);
        Assert.Equal("maxTokens", Assert.Throws<LlamaException>(() => GenerateParams.FromJson("""{"maxTokens": []}""")).Field);
        Assert.Equal("n_parallel", Assert.Throws<LlamaException>(() => ParallelParams.FromJson("""{"n_parallel": "2"}""")).Field);
        Assert.Equal("embd_normalize", Assert.Throws<LlamaException>(() => EmbeddingParams.FromJson("""{"embd_normalize": {}}""")).Field);
    }
}
