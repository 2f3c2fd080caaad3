using System.Text;

namespace Cria.Runtime.Conversations;

/// <summary>A question and its answer, as long as that grows.</summary>
internal sealed class Exchange
{
    private readonly CancellationTokenSource _cancellation;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly StringBuilder _content = new(), _reasoning = new();

    public Exchange(ConversationId id, Task? predecessor, CancellationToken callerToken)
    {
        ConversationId = id;
        Predecessor = predecessor;
        CallerToken = callerToken;
        _cancellation = CancellationTokenSource.CreateLinkedTokenSource(callerToken);
        Cancellation = _cancellation.Token;
    }

    public ConversationId ConversationId { get; }

    /// <summary>Ends with the exchange before, which was cancelled but had not ended; null where there is none to wait for.</summary>
    public Task? Predecessor { get; }

    public CancellationToken CallerToken { get; }

    /// <summary>Fires when the answer is not wanted any more.</summary>
    public CancellationToken Cancellation { get; }

    public bool IsCancelled => _cancellation.IsCancellationRequested;

    /// <summary>Ends when the conversation is free again.</summary>
    public Task Ended => _ended.Task;

    /// <summary>The conversation before the question; null until that is asked.</summary>
    public Conversation? Before { get; set; }

    public bool HasSaid => _content.Length + _reasoning.Length > 0;

    /// <summary>What the model has said so far.</summary>
    public ChatMessage Said => new("assistant")
    {
        Content = _content.ToString(),
        ReasoningContent = _reasoning.Length > 0 ? _reasoning.ToString() : null,
    };

    public void Say(ChatDelta delta)
    {
        _content.Append(delta.Content);
        _reasoning.Append(delta.Reasoning);
    }

    /// <summary>Asks for the end; later calls, and calls after the end, change nothing.</summary>
    public void Cancel()
    {
        try
        {
            _cancellation.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It has ended meanwhile.
        }
    }

    public void End()
    {
        _cancellation.Dispose();
        _ended.TrySetResult();
    }
}
