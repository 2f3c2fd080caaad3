namespace Cria.Models.Parts;

/// <summary>
/// One layer of a transformer: x = output(x + post(attention(pre(x)))), then the same with the feed-forward part. Architectures
/// differ in which of the norms they have and in what the two halves are.
/// </summary>
internal sealed class Block
{
    /// <summary>The norm before attention.</summary>
    public Norm? AttentionNorm { get; init; }

    public required Attention Attention { get; init; }

    /// <summary>The norm between attention and the residual stream.</summary>
    public Norm? AttentionPostNorm { get; init; }

    /// <summary>The norm of the residual stream once attention has joined it.</summary>
    public Norm? AttentionOutputNorm { get; init; }

    /// <summary>The norm before the feed-forward part.</summary>
    public Norm? FeedForwardNorm { get; init; }

    public required IFeedForward FeedForward { get; init; }

    /// <summary>The norm between the feed-forward part and the residual stream.</summary>
    public Norm? FeedForwardPostNorm { get; init; }

    /// <summary>The norm of the residual stream once the feed-forward part has joined it.</summary>
    public Norm? FeedForwardOutputNorm { get; init; }

    /// <summary>What both halves' outputs are multiplied by before they join the residual stream.</summary>
    public float ResidualScale { get; init; } = 1;
}
