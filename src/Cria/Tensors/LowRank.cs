using Cria.Gguf;

namespace Cria.Tensors;

/// <summary>
/// A matrix, or a stack of equal ones, given as the product of two thin ones, in memory of its own. What it turns an input into is
/// added to the product of a weight: y += scale · (x · downᵀ) · up.
/// </summary>
internal sealed unsafe class LowRank : IDisposable
{
    private readonly NativeBuffer _memory = new();

    /// <summary>
    /// Copies both tensors of a file: <paramref name="down"/> with a row per rank and <paramref name="up"/> with a row per output, each
    /// row of which is multiplied by <paramref name="scale"/>.
    /// </summary>
    public LowRank(GgufTensor down, GgufTensor up, float scale)
    {
        // Whole lines, so that the second matrix starts on a border too.
        long downBytes = (down.ByteLength + 63) & ~63L;
        Weight source = new(up);
        int rank = source.Columns;
        byte* memory = _memory.Reserve(downBytes + (long)rank * source.Rows * source.Count * sizeof(float));
        Buffer.MemoryCopy(down.Address, memory, downBytes, down.ByteLength);
        Weight shape = new(down);
        Down = new Weight(down.Name, down.Type, shape.Columns, shape.Rows, shape.Count, memory);
        Up = new Weight(up.Name, TensorType.F32, source.Rows, rank, source.Count, memory + downBytes);
        Transpose(source, scale, (float*)(memory + downBytes));
    }

    /// <summary>The first factor as its file has it: from the input to as many values as the rank; of an embedding, a row per token.</summary>
    public Weight Down { get; }

    /// <summary>The second factor, with its scale, turned around: a row for each rank, with what that adds to each output.</summary>
    public Weight Up { get; }

    /// <summary>The number of values between the two factors.</summary>
    public int Rank => Up.Rows;

    public void Dispose() => _memory.Dispose();

    // One row of outputs per rank lets even a rank of four use whole registers, and their sum goes straight to where it belongs.
    private static void Transpose(Weight source, float scale, float* target)
    {
        int rank = source.Columns;
        float[] row = new float[rank];
        for (int matrix = 0; matrix < source.Count; matrix++)
        {
            for (int output = 0; output < source.Rows; output++)
            {
                source.DecodeRow((long)matrix * source.Rows + output, row);
                for (int k = 0; k < rank; k++) target[(long)k * source.Rows + output] = scale * row[k];
            }

            target += (long)rank * source.Rows;
        }
    }
}
