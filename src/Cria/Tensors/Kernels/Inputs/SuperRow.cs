using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Cria.Tensors.Kernels.Inputs;

/// <summary>
/// One row of activations as the integer kernels read it when few rows are multiplied: per 256 values, signed bytes,
/// the same bytes in a second order, the sums of each sixteen (for formats with minimums) and the scale.
/// The last record is padded with zeros.
/// </summary>
internal static unsafe class SuperRow
{
    /// <summary>Twice 256 bytes, sixteen shorts and a float, rounded up to whole cache lines.</summary>
    public const int RecordBytes = 576;

    /// <summary>The same bytes with their groups of 32 in the order 0 2 1 3 4 6 5 7, which is how the bits of Q4_K and Q5_K lie.</summary>
    public const int CrossedOffset = 256;

    public const int SumsOffset = 512;

    public const int ScaleOffset = 544;

    public static int Records(int columns) => (columns + 255) / 256;

    public static void Quantize(float* values, int columns, byte* records)
    {
        for (; columns >= 256; columns -= 256, values += 256, records += RecordBytes) QuantizeRecord(values, records);
        if (columns == 0) return;
        float* padded = stackalloc float[256];
        Unsafe.CopyBlock(padded, values, (uint)columns * sizeof(float));
        QuantizeRecord(padded, records);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void QuantizeRecord(float* values, byte* record)
    {
        Vector256<float> largest = default;
        for (int i = 0; i < 256; i += 8) largest = Vector256.Max(largest, Vector256.Abs(Vector256.Load(values + i)));
        float max = 0;
        for (int i = 0; i < 8; i++) max = MathF.Max(max, largest[i]);
        // Not-a-number stays one in the scale, so that it reaches the result instead of being taken for zero.
        *(float*)(record + ScaleOffset) = max / 127;
        Vector256<float> inverse = Vector256.Create(max > 0 ? 127 / max : 0);
        for (int i = 0; i < 256; i += 16)
        {
            Vector256<int> low = Vector256.ConvertToInt32Native(Vector256.Round(Vector256.Load(values + i) * inverse));
            Vector256<int> high = Vector256.ConvertToInt32Native(Vector256.Round(Vector256.Load(values + i + 8) * inverse));
            *(short*)(record + SumsOffset + i / 8) = (short)Vector256.Sum(low + high);
            Vector256<short> shorts = Vector256.Narrow(low, high);
            Vector128<sbyte> bytes = Vector128.Narrow(shorts.GetLower(), shorts.GetUpper());
            bytes.Store((sbyte*)record + i);
            int group = i / 32, crossed = group & 4 | (group & 1) << 1 | (group >> 1) & 1;
            bytes.Store((sbyte*)record + CrossedOffset + 32 * crossed + i % 32);
        }
    }
}
