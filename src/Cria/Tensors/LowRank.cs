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
    /// Copies both tensors of a file: <paramref name="down"/> with a row per rank and <paramref name="up"/> with a row per output, all of
    /// which is multiplied by <paramref name="scale"/>.
    /// </summary>
    public LowRank(GgufTensor down, GgufTensor up, float scale)
    {
        Weight first = new(down), second = new(up);
        TensorType type = TypeInMemory(down);
        long firstBytes = FirstBytes(down);
        byte* memory = _memory.Reserve(BytesFor(down, up));
        Down = new Weight(down.Name, type, first.Columns, first.Rows, first.Count, memory);
        Up = new Weight(up.Name, TensorType.F32, second.Rows, second.Columns, second.Count, memory + firstBytes);
        if (type == down.Type) Buffer.MemoryCopy(down.Address, memory, firstBytes, down.ByteLength);
        else Decode(first, (float*)memory);
        Transpose(second, scale, (float*)(memory + firstBytes));
    }

    /// <summary>The bytes held now.</summary>
    public long Bytes => _memory.Bytes;

    /// <summary>The first factor, from the input to as many values as the rank; of an embedding, a row per token.</summary>
    public Weight Down { get; }

    /// <summary>The second factor, with its scale, turned around: a row for each rank, with what that adds to each output.</summary>
    public Weight Up { get; }

    /// <summary>The number of values between the two factors.</summary>
    public int Rank => Up.Rows;

    /// <summary>The bytes that both tensors of a file will take.</summary>
    public static long BytesFor(GgufTensor down, GgufTensor up) => FirstBytes(down) + up.ElementCount * sizeof(float);

    public void Dispose() => _memory.Dispose();

    // The kernels of block formats round the input to eight bits, which is not worth it for so thin a matrix.
    private static TensorType TypeInMemory(GgufTensor down) => down.Type.BlockLength() > 1 ? TensorType.F32 : down.Type;

    // Whole lines, so that the second factor starts on a border too.
    private static long FirstBytes(GgufTensor down) => (TypeInMemory(down).BytesFor(down.ElementCount) + 63) & ~63L;

    private static void Decode(Weight source, float* target)
    {
        for (long row = 0; row < (long)source.Rows * source.Count; row++)
            source.DecodeRow(row, new Span<float>(target + row * source.Columns, source.Columns));
    }

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
