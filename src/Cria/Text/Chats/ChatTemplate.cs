using System.Globalization;
using System.Text.Json;
using Cria.Gguf;
using Cria.Text;
using Cria.Text.Chats;
using Cria.Text.Templates;

namespace Cria;

/// <summary>Turns a conversation into the prompt that a model was trained on.</summary>
/// <remarks>It renders what llama.cpp renders, byte for byte. A template does not change and may be used by several threads at once.</remarks>
public sealed class ChatTemplate
{
    private readonly Template _template;
    private readonly TemplateTokens _tokens;
    private readonly ChatTemplateFamily? _family;
    private readonly Lazy<TemplateCapabilities> _capabilities;
    private readonly Lazy<AnswerOpening> _opening;
    private readonly Lazy<ChatNotation> _notation;
    private readonly TimeProvider _clock;

    private ChatTemplate(string source, TemplateTokens tokens, ChatTemplate? withTools = null, TimeProvider? clock = null)
    {
        Source = ChatTemplateSource.Repair(source);
        _tokens = tokens;
        _template = Template.Parse(Source);
        _family = ChatTemplateFamily.Of(Source);
        _capabilities = new(() => TemplateCapabilities.Probe(_template));
        _opening = new(() => _family?.Opening ?? AnswerOpening.Probe(this));
        _notation = new(() => ChatNotationDetector.Detect(this));
        _clock = clock ?? TimeProvider.System;
        WithTools = withTools ?? this;
    }

    /// <summary>The Jinja source of the template.</summary>
    public string Source { get; }

    /// <summary>The template for conversations with tools, where the model has one of its own for them; else this one.</summary>
    public ChatTemplate WithTools { get; }

    internal TemplateCapabilities Capabilities => _capabilities.Value;

    /// <summary>How the template's model writes tool calls and reasoning.</summary>
    internal ChatNotation Notation => _notation.Value;

    /// <summary>Makes a template of its Jinja source.</summary>
    /// <param name="source">The source, or <c>chatml</c> for the template of that name.</param>
    /// <param name="bosToken">What the template writes where a text begins.</param>
    /// <param name="eosToken">What the template writes where a text ends.</param>
    /// <exception cref="TemplateException">The source cannot be parsed.</exception>
    public static ChatTemplate Parse(string source, string bosToken = "", string eosToken = "")
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(bosToken);
        ArgumentNullException.ThrowIfNull(eosToken);
        return Parse(source, new TemplateTokens(bosToken, eosToken), TimeProvider.System);
    }

    /// <summary>Makes a template for a model that has another one or none.</summary>
    /// <param name="tokenizer">The model's tokenizer.</param>
    /// <param name="source">The source, or <c>chatml</c> for the template of that name.</param>
    /// <exception cref="TemplateException">The source cannot be parsed.</exception>
    public static ChatTemplate For(Tokenizer tokenizer, string source)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        ArgumentNullException.ThrowIfNull(source);
        return new ChatTemplate(source, TemplateTokens.Of(tokenizer));
    }

    internal static ChatTemplate Parse(string source, TemplateTokens tokens, TimeProvider clock) => new(source, tokens, clock: clock);

    /// <summary>Reads the template of a model file; a file that has none gets ChatML if it has its tokens, else the form <c>[INST] … [/INST]</c>.</summary>
    /// <param name="file">The file, which may be closed afterwards.</param>
    /// <param name="tokenizer">The tokenizer of the file.</param>
    /// <param name="variant">The name of one of the file's further templates; null for the default, with <c>tool_use</c> where tools are given.</param>
    /// <exception cref="TemplateException">The template cannot be parsed.</exception>
    /// <exception cref="ChatException">The file has no template of that name.</exception>
    public static ChatTemplate FromFile(GgufFile file, Tokenizer tokenizer, string? variant = null)
    {
        ArgumentNullException.ThrowIfNull(file);
        ArgumentNullException.ThrowIfNull(tokenizer);
        GgufMetadata metadata = file.Metadata;
        TemplateTokens tokens = TemplateTokens.Of(tokenizer);
        if (variant is not null)
        {
            return new ChatTemplate(ChatTemplateSource.Named(metadata, variant) ?? throw new ChatException($"Chat template \"{variant}\"",
                $"is not in {Path.GetFileName(file.Path)}. {Known(ChatTemplateSource.Names(metadata))}"), tokens);
        }
        return new ChatTemplate(ChatTemplateSource.Default(metadata, tokenizer), tokens, ToolUse(metadata, tokens));
    }

    /// <summary>Renders the prompt of a conversation as text; tokens that the model's tokenizer adds by itself are left out.</summary>
    /// <exception cref="TemplateException">The template fails, or refuses the conversation.</exception>
    /// <exception cref="ChatException">The conversation is ill-formed.</exception>
    public string RenderText(ChatRequest request) => Render(request).Text;

    /// <summary>Renders the prompt of a conversation.</summary>
    internal RenderedText Render(ChatRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (request.Tools.Count > 0 && WithTools != this) return WithTools.Render(request);
        if (request.Continuation == ChatContinuation.None) return RenderOnce(request);

        ChatMessage last = LastOf(request);
        ChatRequest before = request with { Messages = [.. request.Messages.SkipLast(1)], AddGenerationPrompt = false };
        RenderedText prompt = RenderOnce(before);
        return new PromptBuilder().Append(prompt).Append(Opening(request, last, before, prompt)).ToPrompt();
    }

    /// <summary>The end of the prompt that begins the assistant's message: what the model says goes on after it.</summary>
    internal string GenerationPrompt(ChatRequest request)
    {
        if (request.Tools.Count > 0 && WithTools != this) return WithTools.GenerationPrompt(request);
        if (request.Continuation == ChatContinuation.None) return GenerationPromptOf(request);

        ChatRequest before = request with { Messages = [.. request.Messages.SkipLast(1)], AddGenerationPrompt = false };
        return Opening(request, LastOf(request), before, RenderOnce(before)).Text;
    }

    private static ChatMessage LastOf(ChatRequest request) =>
        request.Messages is [.., { Role: "assistant" } last]
            ? last
            : throw new ChatException("messages", "must end with an assistant's message if that is to be continued.");

    private RenderedText Opening(ChatRequest request, ChatMessage message, ChatRequest before, RenderedText prompt)
    {
        bool withContent = request.Continuation == ChatContinuation.Content || (request.Continuation == ChatContinuation.Auto
            && (string.IsNullOrEmpty(message.ReasoningContent) || ChatTemplateMessages.TextOf(message, "").Length > 0));
        return _opening.Value.Of(message, withContent, prompt, GenerationPromptOf(before));
    }

    private string GenerationPromptOf(ChatRequest request)
    {
        string without = RenderOnce(request with { AddGenerationPrompt = false }).Text;
        string with = RenderOnce(request with { AddGenerationPrompt = true }).Text;
        return with[with.AsSpan().CommonPrefixLength(without)..];
    }

    private RenderedText RenderOnce(ChatRequest request)
    {
        RenderedText prompt = _tokens.TakeOff(_template.Render(Variables(request), clock: _clock));
        return _family?.Repair is { } repair ? repair(prompt, request.AddGenerationPrompt) : prompt;
    }

    // Made anew for every rendering, because templates may change lists and maps.
    private Dictionary<string, TemplateValue> Variables(ChatRequest request)
    {
        List<MapValue> messages = new ChatTemplateMessages(Source, Capabilities).Convert(request.Messages);
        _family?.Adapt?.Invoke(messages);
        DateTimeOffset now = _clock.GetLocalNow();
        var variables = new Dictionary<string, TemplateValue>
        {
            ["messages"] = new ListValue(messages),
            ["bos_token"] = _tokens.Bos,
            ["eos_token"] = _tokens.Eos,
            ["enable_thinking"] = request.EnableThinking,
            ["datetime"] = now.ToString("MMM dd yyyy", CultureInfo.InvariantCulture),
            ["date_string"] = now.ToString("dd MMM yyyy", CultureInfo.InvariantCulture),
        };
        if (request.Tools.Count > 0) variables["tools"] = ChatTemplateMessages.Convert(request.Tools);
        if (!request.EnableThinking)
        {
            foreach (ThinkingSwitch choice in ThinkingSwitch.In(Source)) variables[choice.Variable] = choice.Off;
        }
        foreach ((string name, TemplateValue value) in VariableAliases.Of(request.TemplateVariables)) variables[name] = value;
        foreach ((string name, JsonElement value) in request.TemplateVariables) variables[name] = TemplateValues.Input(value);
        if (request.ResponseSchema is { } schema && _family?.ResponseSchemaVariable is { } schemaVariable)
            variables[schemaVariable] = TemplateValues.Input(schema);
        if (request.AddGenerationPrompt) variables["add_generation_prompt"] = true;
        return variables;
    }

    private static ChatTemplate? ToolUse(GgufMetadata metadata, TemplateTokens tokens)
    {
        if (ChatTemplateSource.Named(metadata, ChatTemplateSource.ToolUse) is not { } source) return null;
        try
        {
            return new ChatTemplate(source, tokens);
        }
        catch (TemplateException)
        {
            // The default template can be used all the same, and often knows tools too.
            return null;
        }
    }

    private static string Known(IReadOnlyList<string> names) =>
        names.Count == 0 ? "It has no named templates." : $"Those there: {string.Join(", ", names)}.";
}
