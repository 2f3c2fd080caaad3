using System.Numerics;

namespace Cria.Tensors;

internal sealed unsafe partial class Arithmetic
{
    /// <summary>y = x · weightᵀ, row by row.</summary>
    public void MatMul(Activations x, Weight weight, Activations y)
    {
        Check(x.Columns == weight.Columns && y.Columns == weight.Rows && y.Rows == x.Rows, "MatMul: shapes differ.");
        float[] row = new float[weight.Columns];
        for (int o = 0; o < weight.Rows; o++)
        {
            weight.DecodeRow(o, row);
            for (int t = 0; t < x.Rows; t++) y[t][o] = Dot(row, x[t]);
        }
    }

    /// <summary>Two products of the same input, which is prepared once.</summary>
    public void MatMul(Activations x, Weight w1, Activations y1, Weight w2, Activations y2)
    {
        MatMul(x, w1, y1);
        MatMul(x, w2, y2);
    }

    /// <summary>Three products of the same input, which is prepared once.</summary>
    public void MatMul(Activations x, Weight w1, Activations y1, Weight w2, Activations y2, Weight w3, Activations y3)
    {
        MatMul(x, w1, y1);
        MatMul(x, w2, y2);
        MatMul(x, w3, y3);
    }

    /// <summary>
    /// Products with chosen matrices of a stack: row t of y, for each slot s, is x[inputRow] · weight[experts[t·slots+s]]ᵀ.
    /// <paramref name="x"/> holds either one row per token (shared by its slots) or one row per token and slot; y one per token and slot.
    /// </summary>
    public void MatMulExperts(Activations x, Weight weight, ReadOnlySpan<int> experts, int slots, Activations y)
    {
        Check(x.Columns == weight.Columns && y.Columns == weight.Rows && y.Rows == experts.Length, "MatMulExperts: shapes differ.");
        bool shared = x.Rows * slots == y.Rows && slots > 1;
        Check(shared || x.Rows == y.Rows, "MatMulExperts: shapes differ.");
        float[] row = new float[weight.Columns];
        for (int r = 0; r < y.Rows; r++)
        {
            Check((uint)experts[r] < (uint)weight.Count, "MatMulExperts: no such expert.");
            Span<float> input = x[shared ? r / slots : r];
            for (int o = 0; o < weight.Rows; o++)
            {
                weight.DecodeRow((long)experts[r] * weight.Rows + o, row);
                y[r][o] = Dot(row, input);
            }
        }
    }

    /// <summary>Copies the rows of an embedding table that the ids name into y.</summary>
    public void Embed(Weight table, ReadOnlySpan<int> ids, Activations y)
    {
        Check(table.Columns == y.Columns && ids.Length == y.Rows, "Embed: shapes differ.");
        for (int t = 0; t < ids.Length; t++) table.DecodeRow(ids[t], y[t]);
    }

    private static float Dot(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        Vector<float> sum = default;
        int i = 0;
        for (; i <= a.Length - Vector<float>.Count; i += Vector<float>.Count) sum += new Vector<float>(a[i..]) * new Vector<float>(b[i..]);
        float total = Vector.Sum(sum);
        for (; i < a.Length; i++) total += a[i] * b[i];
        return total;
    }
}
