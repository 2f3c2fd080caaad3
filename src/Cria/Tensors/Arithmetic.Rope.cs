namespace Cria.Tensors;

/// <summary>How rotary embeddings pair the values of a head.</summary>
internal enum RopePairing
{
    /// <summary>Neighbours: values 2i and 2i+1 (llama).</summary>
    Neighbours,

    /// <summary>Halves: values i and i + dimensions/2 (neox; qwen, gemma, phi).</summary>
    Halves,
}

/// <summary>The rotation of each pair per position (scaling and factors already applied), and the length given to rotated vectors.</summary>
internal sealed record RopeTable(RopePairing Pairing, float[] Frequencies, float Magnitude = 1);

internal sealed unsafe partial class Arithmetic
{
    /// <summary>Rotates the first 2 · frequencies values of each head by its token's position, in place.</summary>
    public void Rope(Activations x, int headLength, RopeTable table, ReadOnlySpan<int> positions)
    {
        int pairs = table.Frequencies.Length;
        int first = table.Pairing == RopePairing.Neighbours ? 2 : 1;
        int second = table.Pairing == RopePairing.Neighbours ? 1 : pairs;
        for (int t = 0; t < x.Rows; t++)
        {
            for (int h = 0; h < x.Columns; h += headLength)
            {
                Span<float> head = x[t].Slice(h, headLength);
                for (int i = 0; i < pairs; i++)
                {
                    (float sin, float cos) = MathF.SinCos(positions[t] * table.Frequencies[i]);
                    float a = head[i * first], b = head[i * first + second];
                    head[i * first] = (a * cos - b * sin) * table.Magnitude;
                    head[i * first + second] = (a * sin + b * cos) * table.Magnitude;
                }
            }
        }
    }
}
