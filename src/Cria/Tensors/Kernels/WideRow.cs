using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Cria.Tensors.Kernels;

/// <summary>One row of activations for weights of eight bits: per 32 columns, shorts and their scale.</summary>
internal static unsafe class WideRow
{
    public const int ScaleOffset = 64;

    public const int RecordBytes = 68;

    /// <summary>
    /// Activations may use the whole range of shorts: 32 products with weights of at most 128 stay far from 2^31, and the
    /// rounding of the activations, which dominates a quantised product's error where weights have eight bits, vanishes.
    /// </summary>
    private const float Largest = 32767;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Quantize(float* values, int columns, byte* records)
    {
        for (; columns > 0; columns -= 32, values += 32, records += RecordBytes)
        {
            Vector256<float> a = Vector256.Load(values), b = Vector256.Load(values + 8), c = Vector256.Load(values + 16), d = Vector256.Load(values + 24);
            Vector256<float> largest = Vector256.Max(
                Vector256.Max(Vector256.Abs(a), Vector256.Abs(b)), Vector256.Max(Vector256.Abs(c), Vector256.Abs(d)));
            Vector128<float> four = Vector128.Max(largest.GetLower(), largest.GetUpper());
            float max = MathF.Max(MathF.Max(four[0], four[1]), MathF.Max(four[2], four[3]));
            // Not-a-number stays one in the scale, so that it reaches the result instead of being taken for zero.
            *(float*)(records + ScaleOffset) = max / Largest;
            Vector256<float> inverse = Vector256.Create(max > 0 ? Largest / max : 0);
            Vector256<int> i0 = Vector256.ConvertToInt32Native(Vector256.Round(a * inverse)), i1 = Vector256.ConvertToInt32Native(Vector256.Round(b * inverse));
            Vector256<int> i2 = Vector256.ConvertToInt32Native(Vector256.Round(c * inverse)), i3 = Vector256.ConvertToInt32Native(Vector256.Round(d * inverse));
            Vector256.Narrow(i0, i1).Store((short*)records);
            Vector256.Narrow(i2, i3).Store((short*)records + 16);
        }
    }
}
