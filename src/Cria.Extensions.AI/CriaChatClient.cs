using System.Runtime.CompilerServices;
using Cria.Extensions.AI.Telemetry;
using Microsoft.Extensions.AI;
using AIChatMessage = Microsoft.Extensions.AI.ChatMessage;

namespace Cria.Extensions.AI;

/// <summary>Talks to a model in this process through the interface that all of .NET's chat clients have.</summary>
/// <remarks>
/// All members may be used from several threads at once; requests advance together. The client keeps no conversations: send all messages each
/// time, their common beginning is not computed again. Disposing it leaves the model as it is.
/// </remarks>
public sealed class CriaChatClient : IChatClient
{
    internal const string Provider = "cria";

    private readonly CriaModelHost _host;
    private readonly ChatClientMetadata _metadata;
    private bool _isDisposed;

    /// <summary>Makes a client of a model that is loaded with its first request.</summary>
    public CriaChatClient(CriaModelHost host)
    {
        ArgumentNullException.ThrowIfNull(host);
        _host = host;
        _metadata = new ChatClientMetadata(Provider, providerUri: null, host.ModelId);
    }

    /// <summary>Makes a client of a model.</summary>
    public CriaChatClient(LlamaModel model) : this(new CriaModelHost(model ?? throw new ArgumentNullException(nameof(model))))
    {
    }

    /// <inheritdoc/>
    /// <exception cref="NotSupportedException">A message or tool is of a kind that the model cannot take.</exception>
    /// <exception cref="CriaException">The model cannot be loaded, or the request is one that it cannot answer.</exception>
    public async Task<ChatResponse> GetResponseAsync(
        IEnumerable<AIChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        using var operation = ChatOperation.Start(_host, options);
        try
        {
            LlamaModel model = await _host.GetModelAsync(cancellationToken).ConfigureAwait(false);
            ChatRequest request = ChatRequests.From(messages, options);
            operation.Asked(request);
            ChatResult result = await model.ChatAsync(request, GenerationChoices.From(options, this), cancellationToken).ConfigureAwait(false);
            if (result.FinishReason == Cria.FinishReason.Cancelled) throw new OperationCanceledException(cancellationToken);
            operation.Answered(result);
            return ChatAnswers.Response(result, _host.ModelId, options);
        }
        catch (Exception failure)
        {
            operation.Failed(failure);
            throw;
        }
    }

    /// <inheritdoc/>
    /// <exception cref="NotSupportedException">A message or tool is of a kind that the model cannot take.</exception>
    /// <exception cref="CriaException">The model cannot be loaded, or the request is one that it cannot answer.</exception>
    public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<AIChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        return StreamAsync(messages, options, cancellationToken);
    }

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        return serviceKey is not null ? null
            : serviceType == typeof(ChatClientMetadata) ? _metadata
            : serviceType == typeof(CriaModelHost) ? _host
            : serviceType == typeof(LlamaModel) ? _host.Model
            : serviceType.IsInstanceOfType(this) ? this
            : null;
    }

    /// <summary>Ends the use of this client; the model stays.</summary>
    public void Dispose() => _isDisposed = true;

    private async IAsyncEnumerable<ChatResponseUpdate> StreamAsync(
        IEnumerable<AIChatMessage> messages, ChatOptions? options, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var operation = ChatOperation.Start(_host, options);
        var answers = new ChatAnswers(_host.ModelId, options);
        ChatStream? stream = null;
        IAsyncEnumerator<ChatDelta>? deltas = null;
        try
        {
            while (true)
            {
                ChatDelta delta;
                try
                {
                    if (deltas is null)
                    {
                        LlamaModel model = await _host.GetModelAsync(cancellationToken).ConfigureAwait(false);
                        ChatRequest request = ChatRequests.From(messages, options);
                        operation.Asked(request);
                        stream = model.StreamChatAsync(request, GenerationChoices.From(options, this), cancellationToken);
                        deltas = stream.GetAsyncEnumerator(cancellationToken);
                    }

                    if (!await deltas.MoveNextAsync().ConfigureAwait(false)) break;
                    delta = deltas.Current;
                }
                catch (Exception failure)
                {
                    operation.Failed(failure);
                    throw;
                }

                if (answers.Update(delta) is { } update) yield return update;
            }

            operation.Answered(stream!.Result);
            yield return answers.Last(stream.Result);
        }
        finally
        {
            // Whoever stops reading stops the model, before this returns.
            if (deltas is not null) await deltas.DisposeAsync().ConfigureAwait(false);
            if (stream is { HasResult: true }) operation.Answered(stream.Result);
        }
    }
}
