namespace Cria.LlamaRn;

/// <summary>llama.rn's parameters and results as the engine's, each by itself.</summary>
public static class LlamaConversions
{
    private const string FilePrefix = "file://";

    /// <summary>Tells how the engine loads a model for a context; what has no effect here is said to <paramref name="warn"/>.</summary>
    /// <exception cref="LlamaException">A parameter has a value that nothing can be done with.</exception>
    public static ModelOptions ConvertConfig(ContextParams config, Action<string>? warn = null)
    {
        ArgumentNullException.ThrowIfNull(config);
        ContextParams given = config.Or(ContextParams.LlamaRnDefaults);
        if (given.RopeFreqBase is not (null or 0)) throw OnlyTheFilesOwn("rope_freq_base");
        if (given.RopeFreqScale is not (null or 0)) throw OnlyTheFilesOwn("rope_freq_scale");
        if (given.UseMlock == true) warn?.Invoke("use_mlock has no effect: the model is mapped from its file, and the system decides what stays in memory.");
        return new ModelOptions
        {
            ContextLength = given.NCtx!.Value,
            AllowLongerContext = true,
            BatchSize = Math.Min(given.NBatch!.Value, given.NUbatch!.Value),
            Threads = given.NThreads!.Value,
            GpuLayers = given.NGpuLayers!.Value,
            KeyType = Cache("cache_type_k", given.CacheTypeK, warn),
            ValueType = Cache("cache_type_v", given.CacheTypeV, warn),
            ChatTemplate = string.IsNullOrEmpty(given.ChatTemplate) ? null : given.ChatTemplate,
            // llama.rn writes nothing to the disk that is not asked for: sessions are.
            DiskCache = null,
        };
    }

    /// <summary>
    /// Tells a completion in the words of the older backend: the prompt, or else the messages in their fallback form, and the settings that
    /// it knows.
    /// </summary>
    public static GenerateParams ConvertCompletionParams(CompletionParams completion)
    {
        ArgumentNullException.ThrowIfNull(completion);
        return new GenerateParams
        {
            Input = !string.IsNullOrEmpty(completion.Prompt) ? completion.Prompt : FormatMessages(completion.Messages ?? []),
            MaxTokens = completion.NPredict,
            Temperature = completion.Temperature,
            TopP = completion.TopP,
            TopK = completion.TopK,
            StopTokens = completion.Stop,
            Stream = completion.Stream,
            Grammar = completion.Grammar,
        };
    }

    /// <summary>Tells a completion's settings, with llama.rn's defaults for what is not given, in the engine's words.</summary>
    /// <remarks>Biases of texts are left out: only a model knows their tokens.</remarks>
    public static GenerationOptions ConvertSampling(CompletionParams completion)
    {
        ArgumentNullException.ThrowIfNull(completion);
        return new GenerationOptions
        {
            MaxTokens = completion.NPredict ?? -1,
            StopSequences = [.. (completion.Stop ?? []).Where(text => text.Length > 0)],
            ProbabilityCount = completion.NProbs ?? 0,
            Temperature = completion.Temperature ?? 0.8f,
            TopK = completion.TopK ?? 40,
            TopP = completion.TopP ?? 0.95f,
            MinP = completion.MinP ?? 0.05f,
            TypicalP = completion.TypicalP ?? 1,
            TopNSigma = completion.TopNSigma ?? -1,
            XtcProbability = completion.XtcProbability ?? 0,
            XtcThreshold = completion.XtcThreshold ?? 0.1f,
            RepeatLastN = completion.PenaltyLastN ?? 64,
            RepeatPenalty = completion.PenaltyRepeat ?? 1,
            FrequencyPenalty = completion.PenaltyFreq ?? 0,
            PresencePenalty = completion.PenaltyPresent ?? 0,
            Mirostat = completion.Mirostat ?? 0,
            MirostatTau = completion.MirostatTau ?? 5,
            MirostatEta = completion.MirostatEta ?? 0.1f,
            DryMultiplier = completion.DryMultiplier ?? 0,
            DryBase = completion.DryBase ?? 1.75f,
            DryAllowedLength = completion.DryAllowedLength ?? 2,
            DryLastN = completion.DryPenaltyLastN ?? -1,
            DrySequenceBreakers = completion.DrySequenceBreakers ?? ["\n", ":", "\"", "*"],
            IgnoreEos = completion.IgnoreEos ?? false,
            LogitBias = Biases(completion.LogitBias ?? []),
            Seed = completion.Seed ?? -1,
        };
    }

    /// <summary>Tells what a conversation asks for in the engine's words; llama.rn leaves reasoning in the answer unless told otherwise.</summary>
    /// <exception cref="LlamaException">The way of reading reasoning is unknown.</exception>
    public static ChatRequest ConvertChat(IReadOnlyList<ChatMessage> messages, CompletionParams completion)
    {
        ArgumentNullException.ThrowIfNull(messages);
        ArgumentNullException.ThrowIfNull(completion);
        return new ChatRequest(messages)
        {
            Tools = completion.Tools ?? [],
            ToolChoice = completion.ToolChoice ?? ToolChoice.Auto,
            ParallelToolCalls = completion.ParallelToolCalls ?? false,
            SeparateReasoning = completion.ReasoningFormat switch
            {
                null or "" or "none" => false,
                "auto" or "deepseek" => true,
                var other => throw LlamaException.Invalid("reasoning_format", $"reasoning_format is \"{other}\", but must be none, auto or deepseek."),
            },
            EnableThinking = completion.EnableThinking ?? true,
            AddGenerationPrompt = completion.AddGenerationPrompt ?? true,
            TemplateVariables = completion.ChatTemplateKwargs ?? [],
        };
    }

    /// <summary>Writes a conversation in the form for models without a chat template; who is none of system, user and assistant is left out.</summary>
    public static string FormatMessages(IReadOnlyList<ChatMessage> messages)
    {
        ArgumentNullException.ThrowIfNull(messages);
        return string.Concat(messages.Select(message => message.Role switch
        {
            "system" => $"[INST] <<SYS>>{TextOf(message)}<</SYS>>\n\n",
            "user" => $"[INST] {TextOf(message)} [/INST]\n",
            "assistant" => $"{TextOf(message)}\n",
            _ => "",
        }));
    }

    /// <summary>Tells a new piece of a text, and those before it, as a callback hears it.</summary>
    public static TokenData ConvertProgressData(string piece, string before = "") => new() { Token = piece, AccumulatedText = before + piece };

    /// <summary>Tells how a completion ended.</summary>
    public static CompletionResult ConvertCompletionResult(GenerationResult generation)
    {
        ArgumentNullException.ThrowIfNull(generation);
        FinishReason reason = generation.FinishReason;
        return new CompletionResult
        {
            Text = generation.Text,
            Tokens = generation.Tokens,
            TokensPredicted = generation.Usage.CompletionTokens,
            TokensEvaluated = generation.Usage.PromptTokens,
            TokensCached = generation.Usage.PromptTokens + generation.Tokens.Count - generation.DroppedTokens,
            Truncated = generation.DroppedTokens > 0,
            ContextFull = reason == FinishReason.ContextFull,
            Interrupted = reason == FinishReason.Cancelled,
            StoppedEos = reason is FinishReason.EndOfText or FinishReason.ToolCalls,
            StoppedWord = reason == FinishReason.StopSequence,
            StoppedLimit = reason == FinishReason.Length,
            StoppingWord = generation.StoppingText ?? "",
            CompletionProbabilities = generation.Probabilities.Count == 0 ? null : [.. generation.Probabilities.Select(step =>
                new CompletionProbability(step.Chosen.Text, [.. step.Likeliest.Select(token => new TokenChance(token.Text, token.Probability))]))],
            Timings = Timings(generation),
        };
    }

    /// <summary>Tells how an answer in a conversation ended.</summary>
    public static CompletionResult ConvertCompletionResult(ChatResult chat)
    {
        ArgumentNullException.ThrowIfNull(chat);
        ChatMessage message = chat.Message;
        return ConvertCompletionResult(chat.Generation) with
        {
            Content = message.Content ?? "",
            ReasoningContent = string.IsNullOrEmpty(message.ReasoningContent) ? null : message.ReasoningContent,
            ToolCalls = message.ToolCalls is { Count: > 0 } calls ? [.. calls.Select(Call)] : null,
        };
    }

    internal static ToolCallResult Call(ToolCall call) => new(call.Id.Length > 0 ? call.Id : null, new ToolCallFunction(call.Name, call.Arguments));

    /// <summary>The path behind what may be the address of a file.</summary>
    internal static string PathOf(string path) => path.StartsWith(FilePrefix, StringComparison.Ordinal) ? path[FilePrefix.Length..] : path;

    private static string TextOf(ChatMessage message) =>
        message.Content ?? string.Concat((message.Parts ?? []).Select(part => part.Text));

    private static Dictionary<int, float> Biases(IReadOnlyList<LogitBias> given)
    {
        var biases = new Dictionary<int, float>();
        foreach (LogitBias bias in given)
            if (bias.Token is { } token) biases[token] = bias.Bias;
        return biases;
    }

    private static CompletionTimings Timings(GenerationResult generation)
    {
        GenerationTimings timings = generation.Timings;
        double prompt = timings.PromptTime.TotalMilliseconds, predicted = timings.PredictedTime.TotalMilliseconds;
        return new CompletionTimings
        {
            CacheN = generation.Usage.CachedTokens,
            PromptN = timings.PromptTokens,
            PromptMs = prompt,
            PromptPerTokenMs = prompt / Math.Max(1, timings.PromptTokens),
            PromptPerSecond = timings.PromptPerSecond,
            PredictedN = timings.PredictedTokens,
            PredictedMs = predicted,
            PredictedPerTokenMs = predicted / Math.Max(1, timings.PredictedTokens),
            PredictedPerSecond = timings.PredictedPerSecond,
        };
    }

    private static CacheType Cache(string field, string? name, Action<string>? warn)
    {
        switch (name)
        {
            case null or "" or "f16":
                return CacheType.F16;
            case "f32":
                return CacheType.F32;
            case "q8_0":
                return CacheType.Q8_0;
            case "bf16":
                warn?.Invoke($"{field} bf16 is taken as f16.");
                return CacheType.F16;
            case "q4_0" or "q4_1" or "iq4_nl" or "q5_0" or "q5_1":
                warn?.Invoke($"{field} {name} is taken as q8_0, which is more exact and larger.");
                return CacheType.Q8_0;
            default:
                throw LlamaException.Invalid(field, $"{field} is \"{name}\", but must be f16, f32, bf16, q8_0, q4_0, q4_1, iq4_nl, q5_0 or q5_1.");
        }
    }

    private static LlamaException OnlyTheFilesOwn(string field) =>
        LlamaException.Invalid(field, $"{field} must be 0, the file's own. Leave it out, or write the value into the model's file.");
}
