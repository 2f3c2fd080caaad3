using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Cria.Tensors.Kernels.Inputs;

/// <summary>
/// One row of activations for weights of eight bits: per 256 columns, shorts and their scale. Four parts of 32 columns lie side
/// by side: the even columns of their lower halves, the odd ones, then both of their upper halves. This is how bytes become
/// shorts by shifts, four parts at once. The last record is padded with zeros.
/// </summary>
internal static unsafe class WideRow
{
    public const int OddOffset = 64, UpperOffset = 128;

    /// <summary>A part's share of four parts.</summary>
    public const int PartBytes = 64;

    public const int ScaleOffset = 512;

    public const int RecordBytes = 576;

    /// <summary>
    /// Activations may use the whole range of shorts: 32 products with weights of at most 128 stay far from 2^31, and the
    /// rounding of the activations, which dominates a quantised product's error where weights have eight bits, vanishes.
    /// </summary>
    private const float Largest = 32767;

    public static int Records(int columns) => (columns + 255) / 256;

    /// <summary>The even columns of the lower half of one of eight parts.</summary>
    public static byte* Part(byte* record, int part) => record + part / 4 * 256 + part % 4 * 16;

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
            Vector256<uint> pairs = Vector256.Narrow(low, high).AsUInt32();
            Vector128<uint> first = pairs.GetLower(), last = pairs.GetUpper();
            byte* half = Part(record, i / 32) + i % 32 / 16 * UpperOffset;
            Vector128.Narrow(first & Vector128.Create(0xFFFFu), last & Vector128.Create(0xFFFFu)).Store((ushort*)half);
            Vector128.Narrow(first >>> 16, last >>> 16).Store((ushort*)(half + OddOffset));
        }
    }
}
