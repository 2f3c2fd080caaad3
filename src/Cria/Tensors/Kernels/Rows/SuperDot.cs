using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Cria.Tensors.Kernels.Inputs;
using Cria.Tensors.Kernels.Rows.Blocks;

namespace Cria.Tensors.Kernels.Rows;

/// <summary>
/// Products of rows of super-blocks with quantised rows of activations, bit for bit those of panels: a block's sums are exact
/// integers, and floats are added block after block. So that no float crosses lanes, four products run side by side: four rows of
/// weights with one of activations, or one with four.
/// </summary>
internal static unsafe class SuperDot<TBlock>
    where TBlock : struct, ISuperBlock
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rows512(byte* weights, long rowBytes, int rows, int columns, byte* activations, float* results)
    {
        int order = TBlock.IsCrossed ? SuperRow.CrossedOffset : 0, bytes = TBlock.Bytes, blocks = SuperRow.Records(columns);
        RowsAhead rowsAhead = new(blocks, bytes, rowBytes);
        for (int group = 0; rows > 0; rows -= group, weights += group * rowBytes, results += group)
        {
            // What is left in the end is computed one by one, each row in all lanes.
            group = rows >= 4 ? 4 : 1;
            long stride = rows >= 4 ? rowBytes : 0, ahead = rowsAhead.First;
            byte* row = weights, a = activations;
            Vector128<float> total = default;
            for (int block = 0; block < blocks; block++, row += bytes, a += SuperRow.RecordBytes)
            {
                if (block == rowsAhead.Turn) ahead += rowsAhead.Step;
                BlockParts.PrefetchFour(row + ahead, rowsAhead.Stride, bytes);
                ahead += rowsAhead.Growth;
                Vector512<int> s0 = Product(row, a, order, out Vector256<int> m0);
                Vector512<int> s1 = Product(row + stride, a, order, out Vector256<int> m1);
                Vector512<int> s2 = Product(row + 2 * stride, a, order, out Vector256<int> m2);
                Vector512<int> s3 = Product(row + 3 * stride, a, order, out Vector256<int> m3);
                Vector128<float> scales = TBlock.FourScales(row, stride, out Vector128<float> minimums), scale = Vector128.Create(*(float*)(a + SuperRow.ScaleOffset));
                total = Lanes128.MultiplyAdd(Vector128.ConvertToSingle(LaneSums.Of(s0, s1, s2, s3)), scales * scale, total);
                if (TBlock.Centre == 0) total = Lanes128.MultiplyAdd(Vector128.ConvertToSingle(LaneSums.Of(m0, m1, m2, m3)), minimums * -scale, total);
            }

            if (group == 4) total.Store(results);
            else *results = total.ToScalar();
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Four512(byte* row, int columns, byte* activations, long stride, float* results)
    {
        int order = TBlock.IsCrossed ? SuperRow.CrossedOffset : 0, bytes = TBlock.Bytes;
        byte* a0 = activations, a1 = a0 + stride, a2 = a1 + stride, a3 = a2 + stride;
        Vector128<float> total = default;
        for (; columns > 0; columns -= 256, row += bytes)
        {
            BlockParts.Prefetch(row, bytes);
            Vector256<short> minimums = TBlock.WideScales(row, out WideScales scales);
            TBlock.LoadWide(row, out WideParts w);
            Vector512<int> s0 = Product(w, scales, minimums, a0, order, out Vector256<int> m0), s1 = Product(w, scales, minimums, a1, order, out Vector256<int> m1);
            Vector512<int> s2 = Product(w, scales, minimums, a2, order, out Vector256<int> m2), s3 = Product(w, scales, minimums, a3, order, out Vector256<int> m3);
            Vector128<float> scale = FourScales(a0, a1, a2, a3), both = TBlock.FourScales(row, 0, out Vector128<float> minimum);
            total = Lanes128.MultiplyAdd(Vector128.ConvertToSingle(LaneSums.Of(s0, s1, s2, s3)), both * scale, total);
            if (TBlock.Centre == 0) total = Lanes128.MultiplyAdd(Vector128.ConvertToSingle(LaneSums.Of(m0, m1, m2, m3)), minimum * -scale, total);
            a0 += SuperRow.RecordBytes;
            a1 += SuperRow.RecordBytes;
            a2 += SuperRow.RecordBytes;
            a3 += SuperRow.RecordBytes;
        }

        total.Store(results);
    }

    /// <summary>The scales of four records.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> FourScales(byte* a0, byte* a1, byte* a2, byte* a3) => Vector128.Create(
        *(float*)(a0 + SuperRow.ScaleOffset), *(float*)(a1 + SuperRow.ScaleOffset), *(float*)(a2 + SuperRow.ScaleOffset), *(float*)(a3 + SuperRow.ScaleOffset));

    /// <summary>The sums of a block's products with a record of activations, and where the format has minimums those of their products.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> Product(byte* block, byte* record, int order, out Vector256<int> minimum)
    {
        Vector256<short> minimums = TBlock.WideScales(block, out WideScales scales);
        TBlock.LoadWide(block, out WideParts w);
        return Product(w, scales, minimums, record, order, out minimum);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> Product(WideParts w, WideScales scales, Vector256<short> minimums, byte* record, int order, out Vector256<int> minimum)
    {
        sbyte* a = (sbyte*)record + order;
        Vector512<int> even = Scaled(w.P0, a, scales.S0), odd = Scaled(w.P1, a + 64, scales.S1);
        even += Scaled(w.P2, a + 128, scales.S2);
        odd += Scaled(w.P3, a + 192, scales.S3);
        minimum = Avx2.MultiplyAddAdjacent(minimums, Vector256.Load((short*)(record + SuperRow.SumsOffset)));
        // What makes up for a centre has the scale of the values.
        return TBlock.Centre == 0 ? even + odd : even + odd - minimum.ToVector512();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> Scaled(Vector512<byte> w, sbyte* activations, Vector512<short> scales) =>
        Avx512BW.MultiplyAddAdjacent(Avx512BW.MultiplyAddAdjacent(w, Vector512.Load(activations)), scales);

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rows256(byte* weights, long rowBytes, int rows, int columns, byte* activations, float* results)
    {
        Spreads(out NarrowScales spreads);
        int bytes = TBlock.Bytes, blocks = SuperRow.Records(columns);
        RowsAhead rowsAhead = new(blocks, bytes, rowBytes);
        int* sums = stackalloc int[8];
        for (int group = 0; rows > 0; rows -= group, weights += group * rowBytes, results += group)
        {
            group = rows >= 4 ? 4 : 1;
            long stride = rows >= 4 ? rowBytes : 0, ahead = rowsAhead.First;
            byte* row = weights, a = activations;
            Vector128<float> total = default;
            for (int block = 0; block < blocks; block++, row += bytes, a += SuperRow.RecordBytes)
            {
                if (block == rowsAhead.Turn) ahead += rowsAhead.Step;
                BlockParts.PrefetchFour(row + ahead, rowsAhead.Stride, bytes);
                ahead += rowsAhead.Growth;
                for (int i = 0; i < group; i++)
                {
                    byte* one = row + i * rowBytes;
                    Vector256<short> scales = TBlock.Scales(one, out Vector256<short> minimums);
                    TBlock.Load(one, out Parts w);
                    Vector256<int> sum = Half(w.P0, w.P1, w.P2, w.P3, Avx2.Permute2x128(scales, scales, 0x00).AsByte(), spreads, (sbyte*)a);
                    sum += Half(w.P4, w.P5, w.P6, w.P7, Avx2.Permute2x128(scales, scales, 0x11).AsByte(), spreads, (sbyte*)a + 128);
                    Vector256<int> minimum = Minimum(minimums, a);
                    sums[i] = Vector256.Sum(TBlock.Centre == 0 ? sum : sum - minimum);
                    if (TBlock.Centre == 0) sums[4 + i] = Vector256.Sum(minimum);
                }

                Vector128<float> both = TBlock.FourScales(row, stride, out Vector128<float> least), scale = Vector128.Create(*(float*)(a + SuperRow.ScaleOffset));
                total = Lanes128.MultiplyAdd(Vector128.ConvertToSingle(Vector128.Load(sums)), both * scale, total);
                if (TBlock.Centre == 0) total = Lanes128.MultiplyAdd(Vector128.ConvertToSingle(Vector128.Load(sums + 4)), least * -scale, total);
            }

            if (group == 4) total.Store(results);
            else *results = total.ToScalar();
        }
    }

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Four256(byte* row, int columns, byte* activations, long stride, float* results)
    {
        int bytes = TBlock.Bytes;
        byte* a0 = activations, a1 = a0 + stride, a2 = a1 + stride, a3 = a2 + stride;
        Vector128<float> total = default;
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

            Vector256<int> m0 = Minimum(minimums, a0), m1 = Minimum(minimums, a1), m2 = Minimum(minimums, a2), m3 = Minimum(minimums, a3);
            Vector128<int> minimum = LaneSums.Of(m0, m1, m2, m3), sum = LaneSums.Of(sum0, sum1, sum2, sum3);
            Vector128<float> all = FourScales(a0, a1, a2, a3), both = TBlock.FourScales(row, 0, out Vector128<float> least);
            total = Lanes128.MultiplyAdd(Vector128.ConvertToSingle(TBlock.Centre == 0 ? sum : sum - minimum), both * all, total);
            if (TBlock.Centre == 0) total = Lanes128.MultiplyAdd(Vector128.ConvertToSingle(minimum), least * -all, total);
            a0 += SuperRow.RecordBytes;
            a1 += SuperRow.RecordBytes;
            a2 += SuperRow.RecordBytes;
            a3 += SuperRow.RecordBytes;
        }

        total.Store(results);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Minimum(Vector256<short> minimums, byte* record) =>
        Avx2.MultiplyAddAdjacent(minimums, Vector256.Load((short*)(record + SuperRow.SumsOffset)));

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
    private static Vector256<int> Scaled(Vector256<byte> w, sbyte* activations, Vector256<byte> scales) =>
        Avx2.MultiplyAddAdjacent(Avx2.MultiplyAddAdjacent(w, Vector256.Load(activations)), scales.AsInt16());

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
