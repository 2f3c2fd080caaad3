using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;

namespace Cria.Tensors.Kernels.Inputs;

/// <summary>How activations are prepared for a weight format.</summary>
internal enum InputForm
{
    /// <summary>As they are.</summary>
    Floats,

    /// <summary>Signed bytes with a scale per 32 columns.</summary>
    SmallBlocks,

    /// <summary>Signed bytes with a scale per 256 columns.</summary>
    SuperBlocks,

    /// <summary>The same, for panels of signed weights.</summary>
    CentredBlocks,

    /// <summary>Shorts with a scale per 256 columns.</summary>
    WideBlocks,
}

/// <summary>
/// The two layouts of each form: rows, for products row by row, and tiles of eight rows, for panels. Rows of a tile beyond
/// the last are zeros.
/// </summary>
internal static unsafe class InputForms
{
    public const int TileRows = 8;

    /// <summary>
    /// What tiles for signed weights add to the bytes of activations. Processors without a product of signed bytes (all x64
    /// ones) need one side unsigned; it is the activations, because what that adds to a sum then depends on the weights alone.
    /// </summary>
    public static int ByteOffset => Dp.IsSupported ? 0 : 128;

    /// <summary>
    /// In products of floats, columns c, c + FloatClasses, c + 2 · FloatClasses … are added up apart from the others, as the lanes of a register do in
    /// products row by row; then these sums are added in their order. Tiles and panels have the columns in this order, and zeros
    /// after the last ones.
    /// </summary>
    public static int FloatClasses => Lanes512.IsSupported ? Lanes512.Count : Lanes256.IsSupported ? Lanes256.Count : Lanes128.Count;

    public static int ColumnsPerClass(int columns) => (columns + FloatClasses - 1) / FloatClasses;

    /// <summary>
    /// The distance between the first columns of two classes: odd, because packing writes to all classes at once, and at powers of two
    /// apart these writes would share few lines of the cache (four times as slow for 2,048 columns).
    /// </summary>
    public static int ClassStride(int columns) => ColumnsPerClass(columns) | 1;

    /// <summary>The bytes of one prepared row.</summary>
    public static long RowBytes(this InputForm form, int columns) => form switch
    {
        InputForm.SmallBlocks => (long)SmallRow.Records(columns) * SmallRow.RecordBytes,
        InputForm.SuperBlocks or InputForm.CentredBlocks => (long)SuperRow.Records(columns) * SuperRow.RecordBytes,
        InputForm.WideBlocks => (long)WideRow.Records(columns) * WideRow.RecordBytes,
        _ => (long)columns * sizeof(float),
    };

    /// <summary>The bytes of one prepared tile.</summary>
    public static long TileBytes(this InputForm form, int columns) => form switch
    {
        InputForm.SmallBlocks => (long)(columns / 32) * SmallTile.RecordBytes,
        InputForm.SuperBlocks or InputForm.CentredBlocks => (long)SuperRow.Records(columns) * SuperTile.RecordBytes,
        InputForm.WideBlocks => (long)WideRow.Records(columns) * WideTile.RecordBytes,
        _ => (long)ClassStride(columns) * FloatClasses * TileRows * sizeof(float),
    };

    public static void FillRow(this InputForm form, float* values, int columns, byte* row)
    {
        switch (form)
        {
            case InputForm.SmallBlocks: SmallRow.Quantize(values, columns, row); break;
            case InputForm.SuperBlocks or InputForm.CentredBlocks: SuperRow.Quantize(values, columns, row); break;
            case InputForm.WideBlocks: WideRow.Quantize(values, columns, row); break;
            default: Unsafe.CopyBlock(row, values, (uint)columns * sizeof(float)); break;
        }
    }

    /// <summary>Prepares up to eight rows as one tile; <paramref name="scratch"/> takes eight prepared rows.</summary>
    public static void FillTile(this InputForm form, float** rows, int count, int columns, byte* tile, byte* scratch)
    {
        long stride = form.RowBytes(columns);
        for (int row = 0; row < count; row++) form.FillRow(rows[row], columns, scratch + row * stride);
        if (count < TileRows) new Span<byte>(scratch + count * stride, checked((int)((TileRows - count) * stride))).Clear();
        switch (form)
        {
            case InputForm.SmallBlocks: SmallTile.Interleave(scratch, stride, columns, tile); break;
            case InputForm.SuperBlocks: SuperTile.Interleave(scratch, stride, columns, 0, tile); break;
            case InputForm.CentredBlocks: SuperTile.Interleave(scratch, stride, columns, ByteOffset, tile); break;
            case InputForm.WideBlocks: WideTile.Interleave(scratch, stride, columns, tile); break;
            default: InterleaveFloats((float*)scratch, columns, (float*)tile); break;
        }
    }

    private static void InterleaveFloats(float* rows, int columns, float* tile)
    {
        int classes = FloatClasses, classFloats = ClassStride(columns) * TileRows, column = 0;
        float* target = tile;
        for (; column <= columns - classes; column += classes, target += TileRows)
            Transpose.Dwords((uint*)rows + column, columns, TileRows, classes, (uint*)target, classFloats);
        if (column == columns) return;
        for (int i = 0; i < classes; i++, column++)
            for (int row = 0; row < TileRows; row++) target[(nint)i * classFloats + row] = column < columns ? rows[(nint)row * columns + column] : 0;
    }
}

/// <summary>
/// Per 256 columns: the bytes of the eight rows interleaved by four, the sums of each 16 columns interleaved by pairs, the
/// sums of each 32 likewise, and the eight scales.
/// </summary>
internal static unsafe class SuperTile
{
    public const int SumsOffset = 2048;

    public const int PairedSumsOffset = 2304;

    public const int ScalesOffset = 2432;

    /// <summary>Rounded up to whole cache lines.</summary>
    public const int RecordBytes = 2496;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Interleave(byte* rows, long stride, int columns, int byteOffset, byte* tile)
    {
        int words = (int)(stride / sizeof(uint));
        for (; columns > 0; columns -= 256, rows += SuperRow.RecordBytes, tile += RecordBytes)
        {
            Transpose.Dwords((uint*)rows, words, InputForms.TileRows, 64, (uint*)tile);
            ByteTiles.AddOffset(byteOffset, tile, 64);
            int* sums = (int*)(tile + SumsOffset), paired = (int*)(tile + PairedSumsOffset);
            Transpose.Dwords((uint*)(rows + SuperRow.SumsOffset), words, InputForms.TileRows, 8, (uint*)sums);
            for (int i = 0; i < 4; i++)
                (Sum(sums + 16 * i) & Vector256.Create(0xFFFF) | Sum(sums + 16 * i + 8) << 16).Store(paired + 8 * i);
            for (int row = 0; row < InputForms.TileRows; row++)
                ((float*)(tile + ScalesOffset))[row] = *(float*)(rows + row * stride + SuperRow.ScaleOffset);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Sum(int* pairs)
    {
        Vector256<int> both = Vector256.Load(pairs);
        return ((both << 16) >> 16) + (both >> 16);
    }
}

/// <summary>
/// Per 32 columns: the bytes of the eight rows interleaved by four, their eight scales, and their sums times the scales. Blocks lie in the
/// order in which panels add them, class after class.
/// </summary>
internal static unsafe class SmallTile
{
    public const int RecordBytes = 320;

    public const int ScalesOffset = 256;

    public const int SumsOffset = 288;

    /// <summary>How many of a row's blocks belong to a class.</summary>
    public static int InClass(int index, int blocks) => (blocks + SmallRow.Classes - 1 - index) / SmallRow.Classes;

    /// <summary>Where a block lies among all of a row.</summary>
    public static int Place(int block, int blocks)
    {
        int index = block % SmallRow.Classes;
        return block / SmallRow.Classes + index * (blocks / SmallRow.Classes) + Math.Min(index, blocks % SmallRow.Classes);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Interleave(byte* rows, long stride, int columns, byte* tiles)
    {
        int words = (int)(stride / sizeof(uint));
        for (int block = 0; block < columns / 32; block++)
        {
            byte* tile = tiles + (nint)Place(block, columns / 32) * RecordBytes;
            byte* record = rows + block / 8 * SmallRow.RecordBytes;
            Transpose.Dwords((uint*)(record + block % 8 * 32), words, InputForms.TileRows, 8, (uint*)tile);
            ByteTiles.AddOffset(InputForms.ByteOffset, tile, 8);
            for (int row = 0; row < InputForms.TileRows; row++, record += stride)
            {
                ((float*)(tile + ScalesOffset))[row] = ((float*)(record + SmallRow.ScalesOffset))[block % 8];
                ((float*)(tile + SumsOffset))[row] = ((float*)(record + SmallRow.SumsOffset))[block % 8];
            }
        }
    }
}

/// <summary>
/// Per 256 columns: the shorts of the eight rows interleaved by two, and their eight scales. Of each four columns the even ones lie
/// before the odd ones, which is how bytes become shorts in <see cref="Panels.WidePanel{TSource, TLanes, I, F}"/>.
/// </summary>
internal static unsafe class WideTile
{
    public const int ScalesOffset = 4096;

    public const int RecordBytes = 4160;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Interleave(byte* rows, long stride, int columns, byte* tile)
    {
        int words = (int)(stride / sizeof(uint));
        for (; columns > 0; columns -= 256, rows += WideRow.RecordBytes, tile += RecordBytes)
        {
            uint* target = (uint*)tile;
            for (int part = 0; part < 8; part++)
            {
                for (byte* half = WideRow.Part(rows, part), end = half + 2 * WideRow.UpperOffset; half < end; half += WideRow.UpperOffset, target += 8 * InputForms.TileRows)
                {
                    Transpose.Dwords((uint*)half, words, InputForms.TileRows, 4, target, 2 * InputForms.TileRows);
                    Transpose.Dwords((uint*)(half + WideRow.OddOffset), words, InputForms.TileRows, 4, target + InputForms.TileRows, 2 * InputForms.TileRows);
                }
            }

            for (int row = 0; row < InputForms.TileRows; row++)
                ((float*)(tile + ScalesOffset))[row] = *(float*)(rows + row * stride + WideRow.ScaleOffset);
        }
    }
}

/// <summary>What the tiles of bytes share.</summary>
internal static unsafe class ByteTiles
{
    /// <summary>Adds 0 or 128 to the bytes of that many columns of words.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void AddOffset(int byteOffset, byte* tile, int words)
    {
        if (byteOffset == 0) return;
        Vector256<byte> offset = Vector256.Create((byte)byteOffset);
        for (int i = 0; i < words; i++) (Vector256.Load(tile + 32 * i) ^ offset).Store(tile + 32 * i);
    }
}
