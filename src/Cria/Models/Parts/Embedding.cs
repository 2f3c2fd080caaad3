using Cria.Models.Adapters;
using Cria.Tensors;

namespace Cria.Models.Parts;

/// <summary>A table with a row for each token, and the place where adapters act on it.</summary>
internal sealed record Embedding(Weight Table, LoraSite Site)
{
    /// <summary>y = the tokens' rows + what adapters add.</summary>
    public void Run(Arithmetic math, ReadOnlySpan<int> tokens, Activations y)
    {
        y.Resize(tokens.Length);
        math.Embed(Table, tokens, y);
        Site.AddEmbeddings(math, tokens, y);
    }
}
