using Cria.Models.Adapters;
using Cria.Tensors;

namespace Cria.Models.Parts;

/// <summary>A stack of weight matrices, one per expert, with optional biases, and the place where adapters act on it.</summary>
internal sealed record LinearStack(Weight Weight, float[]? Biases, LoraSite Site)
{
    /// <summary>Row r of y = input of r · weight[chosen[r]]ᵀ + what adapters add + bias; <paramref name="slots"/> rows of y may share a row of x.</summary>
    public void Run(Arithmetic math, Activations x, ReadOnlySpan<int> chosen, int slots, Activations y)
    {
        y.Resize(chosen.Length);
        math.MatMulExperts(x, Weight, chosen, slots, y);
        Site.AddChosen(math, x, chosen, slots, y);
        if (Biases is not null) math.AddExpertBias(y, Biases, chosen);
    }
}
