using System.Runtime.CompilerServices;

namespace Cria.Tensors.Kernels;

/// <summary>How activations are prepared for a weight format: as they are, or as bytes with a scale per 32 or per 256 columns.</summary>
internal enum InputForm
{
    Floats,
    SmallBlocks,
    SuperBlocks,
}

/// <summary>
/// The two layouts of each form: rows, for products row by row, and tiles of eight rows, for panels. Rows of a tile beyond
/// the last are zeros.
/// </summary>
internal static unsafe class InputForms
{
    public const int TileRows = 8;

    /// <summary>The bytes of one prepared row.</summary>
    public static long RowBytes(this InputForm form, int columns) => form switch
    {
        InputForm.SmallBlocks => (long)SmallRow.Records(columns) * SmallRow.RecordBytes,
        InputForm.SuperBlocks => (long)SuperRow.Records(columns) * SuperRow.RecordBytes,
        _ => (long)columns * sizeof(float),
    };

    /// <summary>The bytes of one prepared tile.</summary>
    public static long TileBytes(this InputForm form, int columns) => form switch
    {
        InputForm.SmallBlocks => (long)(columns / 32) * SmallTile.RecordBytes,
        InputForm.SuperBlocks => (long)SuperRow.Records(columns) * SuperTile.RecordBytes,
        _ => (long)columns * TileRows * sizeof(float),
    };

    public static void FillRow(this InputForm form, float* values, int columns, byte* row)
    {
        if (form == InputForm.SmallBlocks) SmallRow.Quantize(values, columns, row);
        else if (form == InputForm.SuperBlocks) SuperRow.Quantize(values, columns, row);
        else Unsafe.CopyBlock(row, values, (uint)columns * sizeof(float));
    }

    /// <summary>Prepares up to eight rows as one tile; <paramref name="scratch"/> takes one prepared row.</summary>
    public static void FillTile(this InputForm form, float** rows, int count, int columns, byte* tile, byte* scratch)
    {
        if (form == InputForm.Floats)
        {
            InterleaveFloats(rows, count, columns, (float*)tile);
            return;
        }

        if (count < TileRows) new Span<byte>(tile, checked((int)form.TileBytes(columns))).Clear();
        for (int row = 0; row < count; row++)
        {
            form.FillRow(rows[row], columns, scratch);
            if (form == InputForm.SmallBlocks) SmallTile.Interleave(scratch, columns, tile, row);
            else SuperTile.Interleave(scratch, columns, tile, row);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void InterleaveFloats(float** rows, int count, int columns, float* tile)
    {
        for (int row = 0; row < TileRows; row++)
        {
            float* target = tile + row;
            for (int column = 0; column < columns; column++) target[column * TileRows] = row < count ? rows[row][column] : 0;
        }
    }
}

/// <summary>Per 256 columns: the bytes of the eight rows interleaved by four, the pairs of their sums interleaved, and their eight scales.</summary>
internal static unsafe class SuperTile
{
    /// <summary>64 · 8 · 4 bytes, 8 · 8 pairs of sums, 8 scales, rounded up to whole cache lines.</summary>
    public const int RecordBytes = 2368;

    public const int SumsOffset = 2048;

    public const int ScalesOffset = 2304;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Interleave(byte* from, int columns, byte* tile, int row)
    {
        for (; columns > 0; columns -= 256, from += SuperRow.RecordBytes, tile += RecordBytes)
        {
            int* values = (int*)tile + row, sums = (int*)(tile + SumsOffset) + row;
            for (int i = 0; i < 64; i++) values[i * InputForms.TileRows] = ((int*)from)[i];
            for (int i = 0; i < 8; i++) sums[i * InputForms.TileRows] = ((int*)(from + SuperRow.SumsOffset))[i];
            ((float*)(tile + ScalesOffset))[row] = *(float*)(from + SuperRow.ScaleOffset);
        }
    }
}

/// <summary>Per 32 columns: the bytes of the eight rows interleaved by four, their eight scales, and their sums times the scales.</summary>
internal static unsafe class SmallTile
{
    public const int RecordBytes = 320;

    public const int ScalesOffset = 256;

    public const int SumsOffset = 288;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Interleave(byte* from, int columns, byte* tile, int row)
    {
        for (int block = 0; block < columns / 32; block++, tile += RecordBytes)
        {
            byte* record = from + block / 8 * SmallRow.RecordBytes;
            int* values = (int*)tile + row, source = (int*)record + block % 8 * 8;
            for (int i = 0; i < 8; i++) values[i * InputForms.TileRows] = source[i];
            ((float*)(tile + ScalesOffset))[row] = ((float*)(record + SmallRow.ScalesOffset))[block % 8];
            ((float*)(tile + SumsOffset))[row] = ((float*)(record + SmallRow.SumsOffset))[block % 8];
        }
    }
}
