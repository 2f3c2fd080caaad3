using Cria.Tensors;

namespace Cria.Models.Adapters;

/// <summary>Where adapters act on the products of one tensor, or of a part of its outputs that begins at <paramref name="firstOutput"/>.</summary>
internal sealed class LoraSite(LoraRouter router, int tensor, int firstOutput = 0)
{
    /// <summary>Adds to y, the tensor's product with x, what the adapters of the batch make of x.</summary>
    public void Add(Arithmetic math, Activations x, Activations y)
    {
        foreach (LoraRows rows in router.Active)
            if (rows.Adapter!.At(tensor) is { } added) math.AddLowRank(x, added, firstOutput, rows.Rows, rows.Scales, y);
    }

    /// <summary>The same for a stack of matrices, of which each row of y has met the chosen one.</summary>
    public void AddChosen(Arithmetic math, Activations x, ReadOnlySpan<int> chosen, int slots, Activations y)
    {
        foreach (LoraRows rows in router.Active)
            if (rows.Adapter!.At(tensor) is { } added) math.AddLowRankExperts(x, added, chosen, slots, rows.Rows, rows.Scales, y);
    }

    /// <summary>The same for an embedding table and the tokens' embeddings.</summary>
    public void AddEmbeddings(Arithmetic math, ReadOnlySpan<int> tokens, Activations y)
    {
        foreach (LoraRows rows in router.Active)
            if (rows.Adapter!.At(tensor) is { } added) math.EmbedLowRank(tokens, added, rows.Rows, rows.Scales, y);
    }

    /// <summary>The part of the outputs that starts at <paramref name="first"/>.</summary>
    public LoraSite Slice(int first) => new(router, tensor, firstOutput + first);
}
