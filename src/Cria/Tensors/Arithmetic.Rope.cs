using Cria.Tensors.Kernels;

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
    /// <summary>No model known rotates in more ways than this; another table takes the oldest one's place.</summary>
    private const int RotationsKept = 4;

    private readonly List<Rotations> _rotations = [];
    private int _nextRotations;

    /// <summary>Rotates the first 2 · frequencies values of each head by its token's position, in place.</summary>
    public void Rope(Activations x, int headLength, RopeTable table, ReadOnlySpan<int> positions)
    {
        int pairs = table.Frequencies.Length;
        Check(positions.Length == x.Rows && x.Columns % headLength == 0 && 2 * pairs <= headLength, "Rope: shapes differ.");
        Rotations rotations = RotationsFor(table, positions, x);
        var work = new RopeWork
        {
            Rows = new RowPair(x, x),
            HeadLength = headLength,
            Pairs = pairs,
            Neighbours = table.Pairing == RopePairing.Neighbours,
            Rotations = rotations.Memory,
            RowFloats = rotations.RowFloats,
        };
        RunRows(ref work, x);
    }

    /// <summary>
    /// The sines and cosines of all rows. All layers of a pass rotate by the same positions: computing them anew for the queries and
    /// keys of each took as long as the rotations themselves.
    /// </summary>
    private Rotations RotationsFor(RopeTable table, ReadOnlySpan<int> positions, Activations x)
    {
        Rotations? rotations = null;
        foreach (Rotations known in _rotations)
            if (ReferenceEquals(known.Table, table)) rotations = known;
        if (rotations == null)
        {
            rotations = new Rotations(table);
            if (_rotations.Count < RotationsKept) _rotations.Add(rotations);
            else
            {
                _rotations[_nextRotations].Dispose();
                _rotations[_nextRotations] = rotations;
                _nextRotations = (_nextRotations + 1) % RotationsKept;
            }
        }

        if (rotations.IsFor(positions)) return rotations;
        rotations.Begin(positions);
        fixed (int* tokens = positions)
        fixed (float* frequencies = table.Frequencies)
        {
            var work = new AngleWork
            {
                Positions = tokens,
                Frequencies = frequencies,
                Pairs = table.Frequencies.Length,
                Magnitude = table.Magnitude,
                Neighbours = table.Pairing == RopePairing.Neighbours,
                Rotations = rotations.Memory,
                RowFloats = rotations.RowFloats,
            };
            RunRows(ref work, x);
        }

        rotations.End(positions.Length);
        return rotations;
    }

    /// <summary>The sines and cosines of one table for the positions of a batch: for each row, cosines, then sines.</summary>
    private sealed class Rotations(RopeTable table) : IDisposable
    {
        private readonly NativeBuffer _memory = new();
        private int[] _positions = [];
        private int _count;

        public RopeTable Table => table;

        public long Bytes => _memory.Bytes;

        public int RowFloats { get; } = (table.Pairing == RopePairing.Neighbours ? 4 : 2) * table.Frequencies.Length;

        public float* Memory { get; private set; }

        public bool IsFor(ReadOnlySpan<int> positions) => positions.SequenceEqual(_positions.AsSpan(0, _count));

        /// <summary>Makes place; until <see cref="End"/> nothing is known, so that a cancelled computation is not taken for a whole one.</summary>
        public void Begin(ReadOnlySpan<int> positions)
        {
            _count = 0;
            if (_positions.Length < positions.Length) _positions = new int[positions.Length];
            positions.CopyTo(_positions);
            Memory = (float*)_memory.Reserve((long)positions.Length * RowFloats * sizeof(float));
        }

        public void End(int count) => _count = count;

        public void Dispose() => _memory.Dispose();
    }

    /// <summary>A task is the angles of one row.</summary>
    private struct AngleWork : IParallelWork
    {
        public int* Positions;
        public float* Frequencies;
        public int Pairs;
        public float Magnitude;
        public bool Neighbours;
        public float* Rotations;
        public int RowFloats;

        public readonly void Execute(int task, int worker)
        {
            float* cosines = Rotations + (nint)task * RowFloats, sines = cosines + RowFloats / 2;
            for (int i = 0; i < Pairs; i++)
            {
                (float sine, float cosine) = MathF.SinCos(Positions[task] * Frequencies[i]);
                sine *= Magnitude;
                cosine *= Magnitude;
                if (Neighbours)
                {
                    cosines[2 * i] = cosines[2 * i + 1] = cosine;
                    sines[2 * i] = -sine;
                    sines[2 * i + 1] = sine;
                }
                else
                {
                    cosines[i] = cosine;
                    sines[i] = sine;
                }
            }
        }
    }

    private struct RopeWork : IParallelWork
    {
        public RowPair Rows;
        public int HeadLength;
        public int Pairs;
        public bool Neighbours;
        public float* Rotations;
        public int RowFloats;

        public readonly void Execute(int task, int worker)
        {
            VectorKernels kernels = VectorKernels.Best;
            float* cosines = Rotations + (nint)task * RowFloats, sines = cosines + RowFloats / 2, end = Rows.X(task) + Rows.Columns;
            for (float* head = Rows.X(task); head < end; head += HeadLength)
            {
                if (Neighbours) kernels.RotateNeighbours(head, cosines, sines, Pairs);
                else kernels.RotateHalves(head, cosines, sines, Pairs);
            }
        }
    }
}
