using Cria.Models.Adapters;
using Cria.Tensors;

namespace Cria.Models.Parts;

/// <summary>A weight matrix with an optional bias, and the place where adapters act on it.</summary>
internal sealed record Linear(Weight Weight, float[]? Bias = null, LoraSite? Site = null)
{
    /// <summary>y = x · weightᵀ + what adapters add + bias.</summary>
    public void Run(Arithmetic math, Activations x, Activations y)
    {
        y.Resize(x.Rows);
        math.MatMul(x, Weight, y);
        Complete(math, x, y);
    }

    /// <summary>Adds all that belongs to y beside the product of x and the weight, which it already is.</summary>
    public void Complete(Arithmetic math, Activations x, Activations y)
    {
        Site?.Add(math, x, y);
        if (Bias is not null) math.AddBias(y, Bias);
    }

    /// <summary>The part of the outputs that starts at <paramref name="first"/>, sharing the weights.</summary>
    public Linear Slice(int first, int outputs) => new(Weight.Slice(first, outputs), Bias?[first..(first + outputs)], Site?.Slice(first));
}
