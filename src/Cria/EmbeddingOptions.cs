namespace Cria;

/// <summary>How the vectors of a text's tokens become what stands for the text.</summary>
public enum PoolingType
{
    /// <summary>They do not: there is a vector for each token.</summary>
    None,

    /// <summary>Their mean.</summary>
    Mean,

    /// <summary>That of the first token.</summary>
    Cls,

    /// <summary>That of the last token.</summary>
    Last,

    /// <summary>No vector, but the scores that the model's head gives: what reranking uses.</summary>
    Rank,
}

/// <summary>How texts are turned into vectors.</summary>
public sealed record EmbeddingOptions
{
    /// <summary>How tokens are pooled; null does as the model's file says, or else not at all.</summary>
    public PoolingType? Pooling { get; init; }

    /// <summary>
    /// What vectors are divided by: 2 their Euclidean length, 1 the sum of their absolute values, any higher p their p-norm; 0 makes the
    /// largest absolute value 32760, which suits 16-bit integers, and -1 leaves vectors as they are. Scores are always left as they are.
    /// </summary>
    public int Normalization { get; init; } = 2;

    /// <summary>Puts the tokens that the model wants at the start or end of a text around it.</summary>
    public bool AddSpecial { get; init; } = true;

    /// <summary>Reads the names of special tokens in a text as those tokens.</summary>
    public bool ParseSpecial { get; init; } = true;
}
