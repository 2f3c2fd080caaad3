using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Cria.Tensors.Kernels.Inputs;
using Cria.Tensors.Kernels.Rows.Blocks;

namespace Cria.Tensors.Kernels.Rows;

/// <summary>
/// Products of one row of super-blocks with one or four quantised rows of activations, on sixteen or eight lanes. Each block
/// is unpacked once, into registers. Values that need eight bits are multiplied as |w| times a with the sign of w, which fits
/// the one instruction for unsigned times signed bytes.
/// </summary>
internal static unsafe class SuperDot<TBlock>
    where TBlock : struct, ISuperBlock
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float One512(byte* row, int columns, byte* activations)
    {
        int order = TBlock.IsCrossed ? SuperRow.CrossedOffset : 0, bytes = TBlock.Bytes;
        Vector512<float> total = default;
        Vector256<float> minimumTotal = default;
        for (; columns > 0; columns -= 256, row += bytes, activations += SuperRow.RecordBytes)
        {
            BlockParts.Prefetch(row, bytes);
            Vector256<short> minimums = TBlock.WideScales(row, out WideScales scales);
            Vector128<float> both = TBlock.BothScales(row) * *(float*)(activations + SuperRow.ScaleOffset);
            TBlock.LoadWide(row, out WideParts w);
            Add(w, scales, minimums, activations, order, Both(both, out Vector256<float> minimum), minimum, ref total, ref minimumTotal);
        }

        return Sum(total, minimumTotal);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Four512(byte* row, int columns, byte* activations, long stride, float* results)
    {
        int order = TBlock.IsCrossed ? SuperRow.CrossedOffset : 0, bytes = TBlock.Bytes;
        byte* a0 = activations, a1 = a0 + stride, a2 = a1 + stride, a3 = a2 + stride;
        Vector512<float> total0 = default, total1 = default, total2 = default, total3 = default;
        Vector256<float> minimum0 = default, minimum1 = default, minimum2 = default, minimum3 = default;
        for (; columns > 0; columns -= 256, row += bytes)
        {
            BlockParts.Prefetch(row, bytes);
            Vector256<short> minimums = TBlock.WideScales(row, out WideScales scales);
            Vector512<float> scale = Both(TBlock.BothScales(row), out Vector256<float> minimum);
            TBlock.LoadWide(row, out WideParts w);
            Add(w, scales, minimums, a0, order, scale * *(float*)(a0 + SuperRow.ScaleOffset), minimum * *(float*)(a0 + SuperRow.ScaleOffset), ref total0, ref minimum0);
            Add(w, scales, minimums, a1, order, scale * *(float*)(a1 + SuperRow.ScaleOffset), minimum * *(float*)(a1 + SuperRow.ScaleOffset), ref total1, ref minimum1);
            Add(w, scales, minimums, a2, order, scale * *(float*)(a2 + SuperRow.ScaleOffset), minimum * *(float*)(a2 + SuperRow.ScaleOffset), ref total2, ref minimum2);
            Add(w, scales, minimums, a3, order, scale * *(float*)(a3 + SuperRow.ScaleOffset), minimum * *(float*)(a3 + SuperRow.ScaleOffset), ref total3, ref minimum3);
            a0 += SuperRow.RecordBytes;
            a1 += SuperRow.RecordBytes;
            a2 += SuperRow.RecordBytes;
            a3 += SuperRow.RecordBytes;
        }

        results[0] = Sum(total0, minimum0);
        results[1] = Sum(total1, minimum1);
        results[2] = Sum(total2, minimum2);
        results[3] = Sum(total3, minimum3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Sum(Vector512<float> total, Vector256<float> minimums) => Vector256.Sum(total.GetLower() + total.GetUpper() + minimums);

    /// <summary>A block's scale and that of its minimums, each in all lanes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Both(Vector128<float> both, out Vector256<float> minimum)
    {
        minimum = Avx2.BroadcastScalarToVector256(Sse3.MoveHighAndDuplicate(both));
        return Avx512F.BroadcastScalarToVector512(both);
    }

    /// <summary>Adds the products of a block in registers with one record of activations.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add(
        WideParts w, WideScales scales, Vector256<short> minimums, byte* record, int order, Vector512<float> scale, Vector256<float> minimumScale,
        ref Vector512<float> total, ref Vector256<float> minimumTotal)
    {
        sbyte* a = (sbyte*)record + order;
        Vector512<int> even = Scaled(w.P0, a, scales.S0), odd = Scaled(w.P1, a + 64, scales.S1);
        even += Scaled(w.P2, a + 128, scales.S2);
        odd += Scaled(w.P3, a + 192, scales.S3);
        Vector512<int> sum = even + odd;
        if (!TBlock.Wide)
        {
            Vector256<int> minimum = Avx2.MultiplyAddAdjacent(minimums, Vector256.Load((short*)(record + SuperRow.SumsOffset)));
            // What makes up for a centre has the scale of the values.
            if (TBlock.Centre != 0) sum -= minimum.ToVector512();
            else minimumTotal = Fma.MultiplyAddNegated(Vector256.ConvertToSingle(minimum), minimumScale, minimumTotal);
        }

        total = Vector512.FusedMultiplyAdd(Vector512.ConvertToSingle(sum), scale, total);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> Scaled(Vector512<byte> w, sbyte* activations, Vector512<short> scales)
    {
        if (!TBlock.Wide) return Avx512BW.MultiplyAddAdjacent(Avx512BW.MultiplyAddAdjacent(w, Vector512.Load(activations)), scales);
        Vector512<sbyte> signed = w.AsSByte(), a = Vector512.Load(activations);
        a = Vector512.ConditionalSelect(Vector512.LessThan(signed, Vector512<sbyte>.Zero), Vector512<sbyte>.Zero - a, a);
        return Avx512BW.MultiplyAddAdjacent(Avx512BW.MultiplyAddAdjacent(Avx512BW.Abs(signed), a), scales);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float One256(byte* row, int columns, byte* activations)
    {
        Spreads(out NarrowScales spreads);
        int bytes = TBlock.Bytes;
        Vector256<float> total = default;
        for (; columns > 0; columns -= 256, row += bytes, activations += SuperRow.RecordBytes)
        {
            BlockParts.Prefetch(row, bytes);
            Vector256<short> scales = TBlock.Scales(row, out Vector256<short> minimums);
            TBlock.Load(row, out Parts w);
            Vector256<int> sum = Half(w.P0, w.P1, w.P2, w.P3, Avx2.Permute2x128(scales, scales, 0x00).AsByte(), spreads, (sbyte*)activations);
            sum += Half(w.P4, w.P5, w.P6, w.P7, Avx2.Permute2x128(scales, scales, 0x11).AsByte(), spreads, (sbyte*)activations + 128);
            total = AddScaled(total, sum, TBlock.BothScales(row), minimums, activations);
        }

        return Vector256.Sum(total);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Four256(byte* row, int columns, byte* activations, long stride, float* results)
    {
        int bytes = TBlock.Bytes;
        byte* a0 = activations, a1 = a0 + stride, a2 = a1 + stride, a3 = a2 + stride;
        Vector256<float> total0 = default, total1 = default, total2 = default, total3 = default;
        short* scales = stackalloc short[16];
        for (; columns > 0; columns -= 256, row += bytes)
        {
            BlockParts.Prefetch(row, bytes);
            // Sixteen registers do not hold a whole block beside the sums.
            TBlock.Load(row, out Parts parts);
            TBlock.Scales(row, out Vector256<short> minimums).Store(scales);
            Vector256<int> sum0 = default, sum1 = default, sum2 = default, sum3 = default;
            for (int part = 0; part < 8; part++)
            {
                Vector256<byte> w = Vector256.Load((byte*)&parts + 32 * part);
                Vector256<byte> scale = Vector256.Create(Vector128.Create(scales[2 * part]), Vector128.Create(scales[2 * part + 1])).AsByte();
                sum0 += Scaled(w, (sbyte*)a0 + 32 * part, scale);
                sum1 += Scaled(w, (sbyte*)a1 + 32 * part, scale);
                sum2 += Scaled(w, (sbyte*)a2 + 32 * part, scale);
                sum3 += Scaled(w, (sbyte*)a3 + 32 * part, scale);
            }

            Vector128<float> both = TBlock.BothScales(row);
            total0 = AddScaled(total0, sum0, both, minimums, a0);
            total1 = AddScaled(total1, sum1, both, minimums, a1);
            total2 = AddScaled(total2, sum2, both, minimums, a2);
            total3 = AddScaled(total3, sum3, both, minimums, a3);
            a0 += SuperRow.RecordBytes;
            a1 += SuperRow.RecordBytes;
            a2 += SuperRow.RecordBytes;
            a3 += SuperRow.RecordBytes;
        }

        results[0] = Vector256.Sum(total0);
        results[1] = Vector256.Sum(total1);
        results[2] = Vector256.Sum(total2);
        results[3] = Vector256.Sum(total3);
    }

    /// <summary>The products of 128 values, whose eight scales are in both halves of a register.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Half(
        Vector256<byte> w0, Vector256<byte> w1, Vector256<byte> w2, Vector256<byte> w3, Vector256<byte> scales, NarrowScales spreads, sbyte* a)
    {
        Vector256<int> even = Scaled(w0, a, Avx2.Shuffle(scales, spreads.S0)), odd = Scaled(w1, a + 32, Avx2.Shuffle(scales, spreads.S1));
        even += Scaled(w2, a + 64, Avx2.Shuffle(scales, spreads.S2));
        return even + odd + Scaled(w3, a + 96, Avx2.Shuffle(scales, spreads.S3));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> AddScaled(Vector256<float> total, Vector256<int> sum, Vector128<float> both, Vector256<short> minimums, byte* record)
    {
        both *= *(float*)(record + SuperRow.ScaleOffset);
        total = Vector256.FusedMultiplyAdd(Vector256.ConvertToSingle(sum), Avx2.BroadcastScalarToVector256(both), total);
        if (TBlock.Wide) return total;
        Vector256<int> minimum = Avx2.MultiplyAddAdjacent(minimums, Vector256.Load((short*)(record + SuperRow.SumsOffset)));
        return Fma.MultiplyAddNegated(Vector256.ConvertToSingle(minimum), Avx2.BroadcastScalarToVector256(Sse3.MoveHighAndDuplicate(both)), total);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Scaled(Vector256<byte> w, sbyte* activations, Vector256<byte> scales)
    {
        Vector256<sbyte> a = Vector256.Load(activations);
        if (TBlock.Wide)
        {
            Vector256<sbyte> signed = (w - Vector256.Create((byte)TBlock.Centre)).AsSByte();
            w = Avx2.Abs(signed);
            a = Avx2.Sign(a, signed);
        }

        return Avx2.MultiplyAddAdjacent(Avx2.MultiplyAddAdjacent(w, a), scales.AsInt16());
    }

    /// <summary>Masks that spread shorts 2g and 2g+1 of a register's halves over its lower and its upper half.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Spreads(out NarrowScales spreads)
    {
        spreads.S0 = Spread(0);
        spreads.S1 = Spread(1);
        spreads.S2 = Spread(2);
        spreads.S3 = Spread(3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<byte> Spread(int part) =>
        Vector256.Create(Vector128.Create((short)(part * 0x0404 + 0x0100)), Vector128.Create((short)(part * 0x0404 + 0x0302))).AsByte();

    /// <summary>What belongs to four parts of 32.</summary>
    private struct NarrowScales
    {
        public Vector256<byte> S0, S1, S2, S3;
    }
}
