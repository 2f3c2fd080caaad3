namespace Cria.Tensors;

internal sealed unsafe partial class Arithmetic
{
    /// <summary>y = x · weight / rms(x), over whole rows; x and y may be the same.</summary>
    public void RmsNorm(Activations x, ReadOnlySpan<float> weight, float epsilon, Activations y)
    {
        for (int t = 0; t < x.Rows; t++) RmsNorm(x[t], weight, epsilon, y[t]);
    }

    /// <summary>The same for each head of a row on its own, in place; the weight has one head's length.</summary>
    public void RmsNormHeads(Activations x, int headLength, ReadOnlySpan<float> weight, float epsilon)
    {
        for (int t = 0; t < x.Rows; t++)
        {
            Span<float> row = x[t];
            for (int i = 0; i < row.Length; i += headLength) RmsNorm(row.Slice(i, headLength), weight, epsilon, row.Slice(i, headLength));
        }
    }

    /// <summary>x += y · scale.</summary>
    public void Add(Activations x, Activations y, float scale = 1)
    {
        for (int t = 0; t < x.Rows; t++)
            for (int i = 0; i < x.Columns; i++) x[t][i] += y[t][i] * scale;
    }

    /// <summary>Adds the same vector to each row.</summary>
    public void AddBias(Activations x, ReadOnlySpan<float> bias)
    {
        for (int t = 0; t < x.Rows; t++)
            for (int i = 0; i < x.Columns; i++) x[t][i] += bias[i];
    }

    /// <summary>x *= scale.</summary>
    public void Scale(Activations x, float scale)
    {
        for (int t = 0; t < x.Rows; t++)
            for (int i = 0; i < x.Columns; i++) x[t][i] *= scale;
    }

    /// <summary>gate = silu(gate) · up.</summary>
    public void SwiGlu(Activations gate, Activations up)
    {
        for (int t = 0; t < gate.Rows; t++)
            for (int i = 0; i < gate.Columns; i++) gate[t][i] = gate[t][i] / (1 + MathF.Exp(-gate[t][i])) * up[t][i];
    }

    /// <summary>gate = gelu(gate) · up, with the tanh form of gelu.</summary>
    public void GeGlu(Activations gate, Activations up)
    {
        for (int t = 0; t < gate.Rows; t++)
        {
            for (int i = 0; i < gate.Columns; i++)
            {
                float g = gate[t][i];
                gate[t][i] = 0.5f * g * (1 + MathF.Tanh(0.79788456f * g * (1 + 0.044715f * g * g))) * up[t][i];
            }
        }
    }

    /// <summary>gpt-oss's gate: min(gate, limit) · sigmoid(alpha · gate) · (1 + clamp(up, ±limit)).</summary>
    public void SwiGluClamped(Activations gate, Activations up, float alpha, float limit)
    {
        for (int t = 0; t < gate.Rows; t++)
        {
            for (int i = 0; i < gate.Columns; i++)
            {
                float g = MathF.Min(gate[t][i], limit);
                float u = Math.Clamp(up[t][i], -limit, limit);
                gate[t][i] = g / (1 + MathF.Exp(-alpha * g)) * (1 + u);
            }
        }
    }

    /// <summary>x = cap · tanh(x / cap).</summary>
    public void SoftCap(Activations x, float cap)
    {
        for (int t = 0; t < x.Rows; t++)
            for (int i = 0; i < x.Columns; i++) x[t][i] = cap * MathF.Tanh(x[t][i] / cap);
    }

    private static void RmsNorm(ReadOnlySpan<float> x, ReadOnlySpan<float> weight, float epsilon, Span<float> y)
    {
        double sum = 0;
        foreach (float value in x) sum += (double)value * value;
        float scale = 1 / MathF.Sqrt((float)(sum / x.Length) + epsilon);
        for (int i = 0; i < x.Length; i++) y[i] = x[i] * scale * weight[i];
    }
}
