namespace Cria.Cli.Commands;

/// <summary>What <c>cria run</c> shows while it grows: the continuation of a text, or the answer in a conversation.</summary>
internal abstract class Answer
{
    /// <summary>The pieces; they can be read once.</summary>
    public abstract IAsyncEnumerable<ChatDelta> Pieces { get; }

    /// <summary>Tells an answer that was cancelled from one that was cancelled before it began.</summary>
    public abstract bool HasResult { get; }

    public abstract GenerationResult Result { get; }

    public abstract string Text { get; }

    public abstract string? Reasoning { get; }
}

/// <summary>A text that goes on.</summary>
internal sealed class Continuation(GenerationStream stream) : Answer
{
    public override IAsyncEnumerable<ChatDelta> Pieces => ReadAsync();

    public override bool HasResult => stream.HasResult;

    public override GenerationResult Result => stream.Result;

    public override string Text => stream.Result.Text;

    public override string? Reasoning => null;

    private async IAsyncEnumerable<ChatDelta> ReadAsync()
    {
        await foreach (string piece in stream) yield return new ChatDelta { Content = piece };
    }
}

/// <summary>The answer to a question.</summary>
internal sealed class Reply(ChatStream stream) : Answer
{
    public override IAsyncEnumerable<ChatDelta> Pieces => stream;

    public override bool HasResult => stream.HasResult;

    public override GenerationResult Result => stream.Result.Generation;

    public override string Text => stream.Result.Message.Content ?? "";

    public override string? Reasoning => stream.Result.Message.ReasoningContent;
}
