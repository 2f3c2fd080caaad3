using System.Runtime.CompilerServices;

namespace Cria.Tensors.Kernels;

/// <summary>
/// Activations as the panel kernels read them: tiles of eight rows; per 256 columns the quantised bytes of the eight rows
/// interleaved by four, the pairs of their sums interleaved, and their eight scales. Rows beyond the last are zeros.
/// </summary>
internal static unsafe class ActivationTiles
{
    public const int Rows = 8;

    /// <summary>64 · 8 · 4 bytes, 8 · 8 pairs of sums, 8 scales, rounded up to whole cache lines.</summary>
    public const int RecordBytes = 2368;

    public const int SumsOffset = 2048;

    public const int ScalesOffset = 2304;

    public static long Bytes(int rows, int columns) => (long)((rows + Rows - 1) / Rows) * TileBytes(columns);

    public static long TileBytes(int columns) => (long)QuantizedRow.Records(columns) * RecordBytes;

    /// <summary>Quantises up to eight rows into one tile; <paramref name="scratch"/> takes one quantised row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Fill(float** rows, int count, int columns, byte* tile, byte* scratch)
    {
        int records = QuantizedRow.Records(columns);
        if (count < Rows) new Span<byte>(tile, checked(records * RecordBytes)).Clear();
        for (int row = 0; row < count; row++)
        {
            QuantizedRow.Quantize(rows[row], columns, scratch);
            for (int r = 0; r < records; r++)
            {
                byte* from = scratch + r * QuantizedRow.RecordBytes;
                byte* to = tile + r * RecordBytes;
                int* values = (int*)to + row, sums = (int*)(to + SumsOffset) + row;
                for (int i = 0; i < 64; i++) values[i * Rows] = ((int*)from)[i];
                for (int i = 0; i < 8; i++) sums[i * Rows] = ((int*)(from + QuantizedRow.SumsOffset))[i];
                ((float*)(to + ScalesOffset))[row] = *(float*)(from + QuantizedRow.ScaleOffset);
            }
        }
    }
}
