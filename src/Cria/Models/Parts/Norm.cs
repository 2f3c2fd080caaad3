using Cria.Tensors;

namespace Cria.Models.Parts;

/// <summary>A normalisation with its weight: a layer norm where there is a bias, else a root-mean-square norm.</summary>
internal sealed record Norm(float[] Weight, float Epsilon, float[]? Bias = null)
{
    /// <summary>y = normalised x.</summary>
    public void Run(Arithmetic math, Activations x, Activations y)
    {
        y.Resize(x.Rows);
        if (Bias is null) math.RmsNorm(x, Weight, Epsilon, y);
        else math.LayerNorm(x, Weight, Bias, Epsilon, y);
    }

    /// <summary>Normalises each row; without a bias, each stretch of the weight's length on its own: a row, or each head of a row.</summary>
    public void RunInPlace(Arithmetic math, Activations x)
    {
        if (Bias is null) math.RmsNormHeads(x, Weight.Length, Weight, Epsilon);
        else math.LayerNorm(x, Weight, Bias, Epsilon, x);
    }
}
