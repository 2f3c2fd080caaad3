namespace Cria;

/// <summary>What a model makes of a text: the vector that stands for it.</summary>
/// <param name="Vectors">The one vector of the text; without pooling, one for each token.</param>
/// <param name="Pooling">How the tokens were pooled.</param>
/// <param name="TokenCount">The number of tokens in the text.</param>
public sealed record TextEmbedding(IReadOnlyList<float[]> Vectors, PoolingType Pooling, int TokenCount)
{
    /// <summary>The vector of the text; without pooling, that of its last token.</summary>
    public float[] Vector => Vectors[^1];
}

/// <summary>How well a document answers a query.</summary>
/// <param name="Index">The place of the document among those given.</param>
/// <param name="Document">The document.</param>
/// <param name="Score">The model's score: the higher, the better; only scores of the same model compare.</param>
public sealed record RankedDocument(int Index, string Document, float Score);
