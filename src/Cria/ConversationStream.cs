using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Cria.Runtime.Conversations;

namespace Cria;

/// <summary>The pieces of an answer in a conversation while it grows.</summary>
/// <remarks>
/// The work goes on whether or not the pieces are read; who stops reading early cancels it. They can be read once. When the enumeration has
/// ended, the conversation holds the answer and is free for the next question.
/// </remarks>
public sealed class ConversationStream : IAsyncEnumerable<ChatDelta>
{
    private readonly Exchange _exchange;
    private readonly ChannelReader<ChatDelta> _pieces;
    private int _isEnumerated;

    internal ConversationStream(Exchange exchange, ChannelReader<ChatDelta> pieces) => (_exchange, _pieces) = (exchange, pieces);

    /// <summary>The conversation that the answer belongs to.</summary>
    public ConversationId ConversationId => _exchange.ConversationId;

    /// <summary>Ends, without a failure, when the conversation is free for the next question.</summary>
    public Task Ended => _exchange.Ended;

    /// <summary>The answer and how it came about; null until it has ended, and where it failed or was cancelled before it began.</summary>
    public ChatResult? Result { get; internal set; }

    /// <summary>Stops the answer as soon as possible; what was said stays in the conversation. Called twice, or after the end, it changes nothing.</summary>
    public void Cancel() => _exchange.Cancel();

    /// <summary>Reads the pieces; a cancellation ends them with an <see cref="OperationCanceledException"/>.</summary>
    public async IAsyncEnumerator<ChatDelta> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        if (Interlocked.Exchange(ref _isEnumerated, 1) != 0)
            throw new InvalidOperationException("A stream can be read once. Ask the question again for another answer.");

        using CancellationTokenRegistration registration = cancellationToken.UnsafeRegister(static stream => ((ConversationStream)stream!).Cancel(), this);
        try
        {
            await foreach (ChatDelta piece in Pieces(cancellationToken).ConfigureAwait(false)) yield return piece;
        }
        finally
        {
            Cancel();
            await Ended.ConfigureAwait(false);
        }
    }

    private async IAsyncEnumerable<ChatDelta> Pieces([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (await _pieces.WaitToReadAsync(CancellationToken.None).ConfigureAwait(false))
        {
            while (_pieces.TryRead(out ChatDelta? piece))
            {
                cancellationToken.ThrowIfCancellationRequested();
                // The answer may be far ahead of its reader: who cancels wants no more of it.
                _exchange.Cancellation.ThrowIfCancellationRequested();
                yield return piece;
            }
        }
    }
}
