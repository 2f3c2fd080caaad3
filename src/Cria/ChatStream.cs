using Cria.Runtime;

namespace Cria;

/// <summary>The pieces of an answer while it is generated; after the last one <see cref="Result"/> holds the whole.</summary>
/// <remarks>The work starts with the enumeration and stops when the enumerator is disposed. It can be enumerated once.</remarks>
public sealed class ChatStream : IAsyncEnumerable<ChatDelta>
{
    private readonly Func<CancellationToken, Task<ChatPlan>> _plan;
    private readonly Func<ChatPlan, GenerationStream> _start;
    private readonly CancellationToken _cancellation;
    private int _isEnumerated;
    private ChatResult? _result;

    internal ChatStream(Func<CancellationToken, Task<ChatPlan>> plan, Func<ChatPlan, GenerationStream> start, CancellationToken cancellation)
    {
        _plan = plan;
        _start = start;
        _cancellation = cancellation;
    }

    /// <summary>The whole answer, once the enumeration has ended, also after a cancellation.</summary>
    /// <exception cref="InvalidOperationException">The answer has not ended, or it failed.</exception>
    public ChatResult Result =>
        _result ?? throw new InvalidOperationException("There is no result: the stream has not been read to its end, or the generation failed.");

    /// <inheritdoc/>
    public async IAsyncEnumerator<ChatDelta> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        if (Interlocked.Exchange(ref _isEnumerated, 1) != 0)
            throw new InvalidOperationException("A stream can be read once. Call StreamChatAsync again for another answer.");

        _cancellation.ThrowIfCancellationRequested();
        ChatPlan plan = await _plan(cancellationToken).ConfigureAwait(false);
        GenerationStream text = _start(plan);
        int read = 0;
        try
        {
            await foreach (string piece in text.WithCancellation(cancellationToken).ConfigureAwait(false))
            {
                read += piece.Length;
                foreach (ChatDelta delta in plan.Reader.Append(piece)) yield return delta;
            }

            foreach (ChatDelta delta in plan.Reader.Finish()) yield return delta;
        }
        finally
        {
            if (text.Outcome is { } generation)
            {
                // Where reading stopped early, what else was generated is still part of the answer.
                plan.Reader.Append(generation.Text[read..]);
                plan.Reader.Finish();
                _result = new ChatResult(plan.Reader.Message, Reason(plan.Reader.Message, generation), generation);
            }
        }
    }

    private static FinishReason Reason(ChatMessage message, GenerationResult generation) =>
        message.ToolCalls is { Count: > 0 } && generation.FinishReason is FinishReason.EndOfText or FinishReason.StopSequence
            ? FinishReason.ToolCalls
            : generation.FinishReason;
}
