using Cria.Tensors;

namespace Cria.Models.Parts;

/// <summary>A root-mean-square normalisation with its weight.</summary>
internal sealed record Norm(float[] Weight, float Epsilon)
{
    /// <summary>y = normalised x.</summary>
    public void Run(Arithmetic math, Activations x, Activations y)
    {
        y.Resize(x.Rows);
        math.RmsNorm(x, Weight, Epsilon, y);
    }

    /// <summary>Normalises each stretch of the weight's length on its own: a row, or each head of a row.</summary>
    public void RunInPlace(Arithmetic math, Activations x) => math.RmsNormHeads(x, Weight.Length, Weight, Epsilon);
}
