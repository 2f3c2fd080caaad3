using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Cria.Tensors.Kernels.Inputs;

/// <summary>
/// One row of activations for weights of eight bits: per 256 columns, shorts and their scale. The last record is padded with zeros.
/// </summary>
internal static unsafe class WideRow
{
    public const int ScaleOffset = 512;

    public const int RecordBytes = 576;

    /// <summary>
    /// Activations may use the whole range of shorts: 32 products with weights of at most 128 stay far from 2^31, and the
    /// rounding of the activations, which dominates a quantised product's error where weights have eight bits, vanishes.
    /// </summary>
    private const float Largest = 32767;

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
        *(float*)(record + ScaleOffset) = max / Largest;
        Vector256<float> inverse = Vector256.Create(max > 0 ? Largest / max : 0);
        for (int i = 0; i < 256; i += 16)
        {
            Vector256<int> low = Vector256.ConvertToInt32Native(Vector256.Round(Vector256.Load(values + i) * inverse));
            Vector256<int> high = Vector256.ConvertToInt32Native(Vector256.Round(Vector256.Load(values + i + 8) * inverse));
            Vector256.Narrow(low, high).Store((short*)record + i);
        }
    }
}
