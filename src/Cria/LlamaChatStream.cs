namespace Cria;

/// <summary>The text of an answer, piece by piece.</summary>
/// <remarks>The pieces can be read once; who stops reading early cancels the answer. Reasoning is not among them; see <see cref="Answer"/>.</remarks>
public sealed class LlamaChatStream : IAsyncEnumerable<string>
{
    internal LlamaChatStream(ConversationStream answer) => Answer = answer;

    /// <summary>The conversation that the answer belongs to.</summary>
    public ConversationId ConversationId => Answer.ConversationId;

    /// <summary>The answer with all that is known about it.</summary>
    public ConversationStream Answer { get; }

    /// <summary>Stops the answer as soon as possible; what was said stays in the conversation. Called twice, or after the end, it changes nothing.</summary>
    public void Cancel() => Answer.Cancel();

    /// <summary>Reads the pieces; failures are <see cref="GenerationException"/>s, a cancellation included.</summary>
    public async IAsyncEnumerator<string> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        await using IAsyncEnumerator<ChatDelta> pieces = Answer.GetAsyncEnumerator(cancellationToken);
        while (await MoveNextAsync().ConfigureAwait(false))
            if (pieces.Current.Content.Length > 0) yield return pieces.Current.Content;

        async ValueTask<bool> MoveNextAsync()
        {
            try
            {
                return await pieces.MoveNextAsync().ConfigureAwait(false);
            }
            catch (Exception failure) when (GenerationException.Covers(failure) && !cancellationToken.IsCancellationRequested)
            {
                throw GenerationException.From(failure);
            }
        }
    }
}
