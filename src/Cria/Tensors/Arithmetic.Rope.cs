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
    private readonly NativeBuffer _angles = new();

    /// <summary>Rotates the first 2 · frequencies values of each head by its token's position, in place.</summary>
    public void Rope(Activations x, int headLength, RopeTable table, ReadOnlySpan<int> positions)
    {
        int pairs = table.Frequencies.Length;
        Check(positions.Length == x.Rows && x.Columns % headLength == 0 && 2 * pairs <= headLength, "Rope: shapes differ.");
        fixed (float* frequencies = table.Frequencies)
        fixed (int* tokens = positions)
        {
            var work = new RopeWork
            {
                Rows = new RowPair(x, x),
                HeadLength = headLength,
                Pairs = pairs,
                Neighbours = table.Pairing == RopePairing.Neighbours,
                Frequencies = frequencies,
                Magnitude = table.Magnitude,
                Positions = tokens,
                Scratch = (float*)_angles.Reserve((long)_team.Size * 2 * pairs * sizeof(float)),
            };
            RunRows(ref work, x);
        }
    }

    private struct RopeWork : IParallelWork
    {
        public RowPair Rows;
        public int HeadLength;
        public int Pairs;
        public bool Neighbours;
        public float* Frequencies;
        public float Magnitude;
        public int* Positions;
        public float* Scratch;

        public readonly void Execute(int task, int worker)
        {
            // The angles are the same for all heads of a token.
            float* cosines = Scratch + worker * 2 * Pairs, sines = cosines + Pairs;
            for (int i = 0; i < Pairs; i++)
            {
                (float sine, float cosine) = MathF.SinCos(Positions[task] * Frequencies[i]);
                sines[i] = sine * Magnitude;
                cosines[i] = cosine * Magnitude;
            }

            float* end = Rows.X(task) + Rows.Columns;
            for (float* head = Rows.X(task); head < end; head += HeadLength)
            {
                if (Neighbours) RotateNeighbours(head, cosines, sines);
                else RotateHalves(head, cosines, sines);
            }
        }

        private readonly void RotateNeighbours(float* head, float* cosines, float* sines)
        {
            for (int i = 0; i < Pairs; i++)
            {
                float a = head[2 * i], b = head[2 * i + 1];
                head[2 * i] = a * cosines[i] - b * sines[i];
                head[2 * i + 1] = a * sines[i] + b * cosines[i];
            }
        }

        private readonly void RotateHalves(float* head, float* cosines, float* sines)
        {
            for (int i = 0; i < Pairs; i++)
            {
                float a = head[i], b = head[i + Pairs];
                head[i] = a * cosines[i] - b * sines[i];
                head[i + Pairs] = a * sines[i] + b * cosines[i];
            }
        }
    }
}
