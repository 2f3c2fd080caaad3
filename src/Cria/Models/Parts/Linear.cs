using Cria.Tensors;

namespace Cria.Models.Parts;

/// <summary>A weight matrix with an optional bias.</summary>
internal sealed record Linear(Weight Weight, float[]? Bias = null)
{
    /// <summary>y = x · weightᵀ + bias.</summary>
    public void Run(Arithmetic math, Activations x, Activations y)
    {
        y.Resize(x.Rows);
        math.MatMul(x, Weight, y);
        AddBias(math, y);
    }

    public void AddBias(Arithmetic math, Activations y)
    {
        if (Bias is not null) math.AddBias(y, Bias);
    }

    /// <summary>The part of the outputs that starts at <paramref name="first"/>, sharing the weights.</summary>
    public Linear Slice(int first, int outputs) => new(Weight.Slice(first, outputs), Bias?[first..(first + outputs)]);
}
