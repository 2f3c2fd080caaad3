namespace Cria.Extensions.AI.Telemetry;

/// <summary>A call of the embedding generator, as it is traced and measured.</summary>
internal sealed class EmbeddingOperation : Operation
{
    private EmbeddingOperation(string model) : base("embeddings", model)
    {
    }

    public static EmbeddingOperation Start(CriaModelHost host) => new(host.ModelId);

    public void Answered(int tokens, int dimensions)
    {
        Activity?.SetTag(GenAi.EmbeddingDimensions, dimensions);
        Answered(tokens, output: null);
    }
}
