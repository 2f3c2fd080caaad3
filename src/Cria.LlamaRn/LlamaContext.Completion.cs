using System.Text.Json;

namespace Cria.LlamaRn;

public sealed partial class LlamaContext
{
    private Grammar? _grammar;

    /// <summary>Continues a prompt or answers a conversation.</summary>
    /// <param name="parameters">What is asked.</param>
    /// <param name="callback">Hears each new piece of text; text that may begin a stop word comes when that is decided.</param>
    /// <param name="cancellationToken">Gives the completion up; <see cref="StopCompletion"/> ends it with the text that it has.</param>
    /// <remarks>Where memory runs out before the first piece, caches are freed and half as many tokens are asked for.</remarks>
    /// <exception cref="LlamaException">A parameter is wrong, or the completion failed.</exception>
    public Task<CompletionResult> CompletionAsync(
        CompletionParams parameters, Action<TokenData>? callback = null, CancellationToken cancellationToken = default) =>
        CompletionAsync(parameters, default, callback, cancellationToken);

    internal async Task<CompletionResult> CompletionAsync(
        CompletionParams parameters, ReadOnlyMemory<int> prompt, Action<TokenData>? callback, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        using ActiveRequest request = BeginRequest(cancellationToken);
        return await CompleteAsync(parameters, prompt, callback, request).ConfigureAwait(false);
    }

    /// <summary>Writes the prompt of a conversation, as a completion with these messages would.</summary>
    /// <param name="messages">The conversation.</param>
    /// <param name="template">A chat template in place of the model's, in Jinja.</param>
    /// <param name="parameters">Tools, reasoning and whatever else of a completion changes its prompt.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    /// <exception cref="LlamaException">The conversation is ill-formed, or the template fails.</exception>
    public async Task<FormattedChatResult> GetFormattedChatAsync(
        IReadOnlyList<ChatMessage> messages, string? template = null, CompletionParams? parameters = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        parameters ??= new CompletionParams();
        using ActiveRequest request = BeginRequest(cancellationToken);
        return await ErrorRecovery.CodedAsync(async () =>
        {
            bool hasTemplate = HasTemplate || !string.IsNullOrEmpty(template);
            string prompt = await FormatAsync(messages, parameters with { ChatTemplate = template }, request.Token).ConfigureAwait(false);
            return new FormattedChatResult(hasTemplate && parameters.Jinja != false ? "jinja" : "llama-chat", prompt);
        }).ConfigureAwait(false);
    }

    /// <summary>Whether the model has a chat template in Jinja.</summary>
    public bool IsJinjaSupported() => HasTemplate;

    /// <summary>Runs a completion; tokens, where there are some, are its prompt.</summary>
    internal Task<CompletionResult> CompleteAsync(CompletionParams parameters, ReadOnlyMemory<int> prompt, Action<TokenData>? callback, ActiveRequest request)
    {
        bool hasBegun = false;
        Action<TokenData>? hear = callback is null || parameters.Stream == false ? null : callback;
        Action<TokenData> tell = data =>
        {
            hasBegun = true;
            hear?.Invoke(data);
        };
        return ErrorRecovery.RunAsync(
            () => RunAsync(parameters, prompt, tell, request),
            async () =>
            {
                await InitializeAsync(null, request.Token).ConfigureAwait(false);
                return await RunAsync(parameters, prompt, tell, request).ConfigureAwait(false);
            },
            _ =>
            {
                // What was heard cannot be taken back.
                if (hasBegun) return null;
                _pool.PurgeCaches();
                int most = parameters.NPredict is > 0 and { } asked ? asked : Model.ContextLength;
                return RunAsync(parameters with { NPredict = Math.Max(1, most / 2) }, prompt, tell, request);
            });
    }

    private async Task<CompletionResult> RunAsync(CompletionParams parameters, ReadOnlyMemory<int> tokens, Action<TokenData> tell, ActiveRequest request)
    {
        try
        {
            GenerationOptions options = await OptionsAsync(parameters, request.Token).ConfigureAwait(false);
            (options, JsonElement? schema) = WithForm(options, parameters);
            if (parameters.Messages is { } messages && HasTemplate && string.IsNullOrEmpty(parameters.ChatTemplate))
                return await AnswerAsync(LlamaConversions.ConvertChat(messages, parameters) with { ResponseSchema = schema }, options, tell, request).ConfigureAwait(false);

            if (schema is { } form) options = options with { Grammar = Grammar.FromJsonSchema(form) };
            if (!tokens.IsEmpty) return await ContinueAsync(Model.StreamAsync(tokens, options, request.Token), new SessionPrompt(null, tokens), tell, request).ConfigureAwait(false);
            string? prompt = parameters.Messages is { } others ? await FormatAsync(others, parameters, request.Token).ConfigureAwait(false) : parameters.Prompt;
            if (string.IsNullOrEmpty(prompt)) throw LlamaException.Invalid("prompt", "Prompt is required: give prompt or messages.");
            return await ContinueAsync(Model.StreamAsync(prompt, options, request.Token), new SessionPrompt(() => prompt), tell, request).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (request.IsStopped)
        {
            // It was stopped before there was any text.
            return new CompletionResult { Text = "", Interrupted = true };
        }
    }

    private async Task<CompletionResult> AnswerAsync(ChatRequest chat, GenerationOptions options, Action<TokenData> tell, ActiveRequest request)
    {
        ChatStream stream = Model.StreamChatAsync(chat, options, request.Token);
        var progress = new TokenProgress();
        try
        {
            await foreach (ChatDelta delta in stream.ConfigureAwait(false)) tell(progress.Add(delta));
        }
        catch (OperationCanceledException) when (request.IsStopped && stream.HasResult)
        {
            // The result tells what there is.
        }

        _text = request.Text = new SessionText(new SessionPrompt(() => Model.ChatTemplate.RenderText(chat)), stream.Result.Generation.Tokens);
        return LlamaConversions.ConvertCompletionResult(stream.Result);
    }

    private async Task<CompletionResult> ContinueAsync(GenerationStream stream, SessionPrompt prompt, Action<TokenData> tell, ActiveRequest request)
    {
        var progress = new TokenProgress();
        try
        {
            await foreach (string piece in stream.ConfigureAwait(false)) tell(progress.Add(piece));
        }
        catch (OperationCanceledException) when (request.IsStopped && stream.HasResult)
        {
            // The result tells what there is.
        }

        _text = request.Text = new SessionText(prompt, stream.Result.Tokens);
        return LlamaConversions.ConvertCompletionResult(stream.Result);
    }

    private async Task<GenerationOptions> OptionsAsync(CompletionParams parameters, CancellationToken cancellationToken)
    {
        GenerationOptions options = LlamaConversions.ConvertSampling(parameters) with
        {
            Adapters = Adapters,
            WhenFull = Parameters.CtxShift == true ? ContextOverflow.DropOldest : ContextOverflow.Stop,
        };
        if (parameters.LogitBias is not { } given || given.All(bias => bias.Text is null)) return options;
        var biases = new Dictionary<int, float>(options.LogitBias);
        foreach (LogitBias bias in given)
        {
            if (bias.Text is not { } text) continue;
            foreach (int token in await Model.TokenizeAsync(text, cancellationToken: cancellationToken).ConfigureAwait(false)) biases[token] = bias.Bias;
        }

        return options with { LogitBias = biases };
    }

    /// <summary>The form that the answer must have: a grammar, or else a schema, or else what the context asks for.</summary>
    private (GenerationOptions Options, JsonElement? Schema) WithForm(GenerationOptions options, CompletionParams parameters)
    {
        if (parameters.GrammarLazy == true)
        {
            throw LlamaException.Invalid("grammar_lazy",
                "grammar_lazy is not supported. Give tools, whose calls are held to their schemas from the moment they begin, or a grammar for all of the answer.");
        }

        if (!string.IsNullOrEmpty(parameters.Grammar)) return (options with { Grammar = Grammar.FromGbnf(parameters.Grammar) }, null);
        switch (parameters.ResponseFormat)
        {
            case { Type: "json_schema" } format:
                return (options, format.JsonSchema?.Schema
                    ?? throw LlamaException.Invalid("response_format.json_schema", "response_format.json_schema.schema is missing."));
            case { Type: "json_object", Schema: { } schema } when schema.ValueKind != JsonValueKind.Null:
                return (options, schema);
            case { Type: "json_object" }:
                return (options with { Grammar = Grammar.Json }, null);
            case { Type: not "text" } other:
                throw LlamaException.Invalid("response_format.type", $"response_format.type is \"{other.Type}\", but must be text, json_object or json_schema.");
        }

        if (!string.IsNullOrEmpty(parameters.JsonSchema)) return (options, ParseSchema(parameters.JsonSchema));
        // Calls of tools have a grammar of their own.
        return parameters.Tools is { Count: > 0 } ? (options, null) : (options with { Grammar = _grammar }, null);
    }

    private static JsonElement ParseSchema(string schema)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(schema);
            return document.RootElement.Clone();
        }
        catch (JsonException error)
        {
            throw LlamaException.Invalid("json_schema", $"json_schema is no JSON: {error.Message}", error);
        }
    }

    private async Task<string> FormatAsync(IReadOnlyList<ChatMessage> messages, CompletionParams parameters, CancellationToken cancellationToken)
    {
        ChatRequest chat = LlamaConversions.ConvertChat(messages, parameters);
        if (!string.IsNullOrEmpty(parameters.ChatTemplate))
        {
            if (chat.Tools.Count > 0)
                throw LlamaException.Invalid("chat_template", "chat_template and tools cannot both be given to a request. Give the template to the context.");
            return (await TemplateAsync(parameters.ChatTemplate, cancellationToken).ConfigureAwait(false)).RenderText(chat);
        }

        if (HasTemplate) return Model.ChatTemplate.RenderText(chat);
        if (chat.Tools.Count > 0) throw LlamaException.Invalid("tools", "The model has no chat template that could tell it of tools.");
        return LlamaConversions.FormatMessages(messages);
    }

    private async Task<ChatTemplate> TemplateAsync(string source, CancellationToken cancellationToken)
    {
        // The first token is the tokenizer's to add where it does so by itself.
        bool isAdded = (await Model.TokenizeAsync("", addSpecial: true, cancellationToken: cancellationToken).ConfigureAwait(false)).Length > 0;
        string bos = isAdded ? "" : await SpecialTokenAsync("tokenizer.ggml.bos_token_id", cancellationToken).ConfigureAwait(false);
        return ChatTemplate.Parse(source, bos, await SpecialTokenAsync("tokenizer.ggml.eos_token_id", cancellationToken).ConfigureAwait(false));
    }

    private async Task<string> SpecialTokenAsync(string key, CancellationToken cancellationToken) =>
        Model.Info.Metadata.TryGetValue(key, out string? id) && int.TryParse(id, out int token)
            ? await Model.DetokenizeAsync(new[] { token }, special: true, cancellationToken).ConfigureAwait(false)
            : "";
}
