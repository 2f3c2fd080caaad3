using Microsoft.Extensions.AI;

namespace Cria.Extensions.AI;

/// <summary>Shows a model through the interfaces of Microsoft.Extensions.AI.</summary>
public static class CriaModelExtensions
{
    /// <summary>A chat client of this model; disposing it leaves the model as it is.</summary>
    public static IChatClient AsIChatClient(this LlamaModel model) => new CriaChatClient(model);

    /// <summary>An embedding generator of this model; disposing it leaves the model as it is.</summary>
    public static IEmbeddingGenerator<string, Embedding<float>> AsIEmbeddingGenerator(this LlamaModel model) => new CriaEmbeddingGenerator(model);
}
