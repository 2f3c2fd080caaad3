using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Cria.Tensors.Kernels.Inputs;

/// <summary>
/// One row of activations for formats with blocks of 32: per 256 columns, 256 signed bytes, the same bytes in a second
/// order, the scales of the eight blocks, the sums of the eight blocks times their scales, and the sums of their bytes. The last record
/// is padded with zeros.
/// </summary>
internal static unsafe class SmallRow
{
    /// <summary>
    /// The floats of blocks b, b + 4, b + 8 … are added up apart from the others, for four lanes of a register to have them side by
    /// side; then the four sums are added in their order.
    /// </summary>
    public const int Classes = 4;

    public const int RecordBytes = 640;

    /// <summary>
    /// The same bytes, four blocks at a time, the lower halves of all four before their upper halves: the order in which
    /// nibbles come out of one wide register.
    /// </summary>
    public const int FoursOffset = 256;

    public const int ScalesOffset = 512;

    public const int SumsOffset = 544;

    public const int WholeSumsOffset = 576;

    public static int Records(int columns) => (columns + 255) / 256;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Quantize(float* values, int columns, byte* records)
    {
        int blocks = columns / 32;
        if (blocks % 8 != 0) new Span<byte>(records + (long)(blocks / 8) * RecordBytes, RecordBytes).Clear();
        for (int block = 0; block < blocks; block++, values += 32)
        {
            byte* record = records + (long)(block / 8) * RecordBytes;
            QuantizeBlock(
                values,
                (sbyte*)record + block % 8 * 32,
                (sbyte*)record + FoursOffset + block % 8 / 4 * 128 + block % 4 * 16,
                (float*)(record + ScalesOffset) + block % 8,
                (float*)(record + SumsOffset) + block % 8,
                (int*)(record + WholeSumsOffset) + block % 8);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void QuantizeBlock(float* values, sbyte* bytes, sbyte* halves, float* scale, float* sum, int* wholeSum)
    {
        Vector256<float> a = Vector256.Load(values), b = Vector256.Load(values + 8), c = Vector256.Load(values + 16), d = Vector256.Load(values + 24);
        Vector256<float> largest = Vector256.Max(
            Vector256.Max(Vector256.Abs(a), Vector256.Abs(b)), Vector256.Max(Vector256.Abs(c), Vector256.Abs(d)));
        Vector128<float> four = Vector128.Max(largest.GetLower(), largest.GetUpper());
        float max = MathF.Max(MathF.Max(four[0], four[1]), MathF.Max(four[2], four[3]));
        // Not-a-number stays one in the scale, so that it reaches the result instead of being taken for zero.
        *scale = max / 127;
        Vector256<float> inverse = Vector256.Create(max > 0 ? 127 / max : 0);
        Vector256<int> i0 = Vector256.ConvertToInt32Native(Vector256.Round(a * inverse)), i1 = Vector256.ConvertToInt32Native(Vector256.Round(b * inverse));
        Vector256<int> i2 = Vector256.ConvertToInt32Native(Vector256.Round(c * inverse)), i3 = Vector256.ConvertToInt32Native(Vector256.Round(d * inverse));
        *wholeSum = Vector256.Sum(i0 + i1 + i2 + i3);
        *sum = *scale * *wholeSum;
        Vector256<sbyte> quants = Vector256.Narrow(Vector256.Narrow(i0, i1), Vector256.Narrow(i2, i3));
        quants.Store(bytes);
        quants.GetLower().Store(halves);
        quants.GetUpper().Store(halves + 64);
    }
}
