using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Cria.Runtime;

namespace Cria;

public sealed partial class LlamaModel
{
    /// <summary>How the model wants conversations written: its own template, or a common form where its file has none.</summary>
    /// <exception cref="TemplateException">The file's template cannot be parsed.</exception>
    public ChatTemplate ChatTemplate => _engine.ChatTemplate;

    /// <summary>Answers a conversation and hands out the answer while it grows.</summary>
    /// <exception cref="InvalidOptionException">An option is outside its range.</exception>
    public ChatStream StreamChatAsync(ChatRequest request, GenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        options = Checked(options);
        long requested = Stopwatch.GetTimestamp();
        return new ChatStream(
            token => Task.Run(() => ChatPlan.Make(_engine, request, options, requested), token),
            plan => new GenerationStream(token => Task.FromResult(Start(plan.Request, token)), cancellationToken),
            cancellationToken);
    }

    /// <summary>Answers a conversation and hands out the answer while it grows.</summary>
    /// <exception cref="InvalidOptionException">An option is outside its range.</exception>
    public ChatStream StreamChatAsync(
        IReadOnlyList<ChatMessage> messages, GenerationOptions? options = null, CancellationToken cancellationToken = default) =>
        StreamChatAsync(new ChatRequest(messages), options, cancellationToken);

    /// <summary>Answers a conversation.</summary>
    /// <exception cref="InvalidOptionException">An option is outside its range.</exception>
    /// <exception cref="ChatException">The request is ill-formed.</exception>
    /// <exception cref="TemplateException">The model's template fails, or refuses the conversation.</exception>
    /// <exception cref="ContextFullException">The conversation does not fit the context.</exception>
    public async Task<ChatResult> ChatAsync(ChatRequest request, GenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        ChatStream stream = StreamChatAsync(request, options, cancellationToken);
        await foreach (ChatDelta _ in stream.ConfigureAwait(false))
        {
            // Only the whole is asked for.
        }

        return stream.Result;
    }

    /// <summary>Answers a conversation.</summary>
    /// <exception cref="InvalidOptionException">An option is outside its range.</exception>
    /// <exception cref="TemplateException">The model's template fails, or refuses the conversation.</exception>
    /// <exception cref="ContextFullException">The conversation does not fit the context.</exception>
    public Task<ChatResult> ChatAsync(
        IReadOnlyList<ChatMessage> messages, GenerationOptions? options = null, CancellationToken cancellationToken = default) =>
        ChatAsync(new ChatRequest(messages), options, cancellationToken);

    /// <summary>Asks the model for a value: its answer is JSON of the type's own schema, whatever the model would rather say.</summary>
    /// <param name="prompt">What is asked, as a user would ask it.</param>
    /// <param name="type">The type's JSON contract, made by source generation.</param>
    /// <param name="options">How the answer is chosen and how long it may be.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    /// <exception cref="JsonSchemaException">The type allows what no grammar can enforce.</exception>
    /// <exception cref="UnfinishedAnswerException">A limit cut the answer off.</exception>
    public async Task<T> GenerateAsync<T>(
        string prompt, JsonTypeInfo<T> type, GenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        ArgumentNullException.ThrowIfNull(type);
        ChatResult answer = await ChatAsync(TypedAnswer.Ask(prompt, type), options, cancellationToken).ConfigureAwait(false);
        return TypedAnswer.Read(answer, type);
    }

    /// <summary>Asks the model for a value: its answer is JSON of the type's own schema, whatever the model would rather say.</summary>
    /// <remarks>The type is looked at by reflection. Trimmed and ahead-of-time compiled programs use the overload that takes its JSON contract.</remarks>
    /// <exception cref="JsonSchemaException">The type allows what no grammar can enforce.</exception>
    /// <exception cref="UnfinishedAnswerException">A limit cut the answer off.</exception>
    [RequiresUnreferencedCode("Looks at the type by reflection. Use the overload that takes its JsonTypeInfo.")]
    [RequiresDynamicCode("Looks at the type by reflection. Use the overload that takes its JsonTypeInfo.")]
    public Task<T> GenerateAsync<T>(string prompt, GenerationOptions? options = null, CancellationToken cancellationToken = default) =>
        GenerateAsync(prompt, (JsonTypeInfo<T>)JsonSerializerOptions.Web.GetTypeInfo(typeof(T)), options, cancellationToken);
}
