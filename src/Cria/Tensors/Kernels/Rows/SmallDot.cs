using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Cria.Tensors.Kernels.Inputs;
using Cria.Tensors.Kernels.Rows.Blocks;

namespace Cria.Tensors.Kernels.Rows;

/// <summary>
/// Products of rows of small blocks with quantised rows of activations, bit for bit those of panels: a block's sum is an exact
/// integer, and floats are added up in <see cref="SmallRow.Classes"/> classes of blocks, which four lanes of a register have side by side. Four
/// products run together: four rows of weights with one of activations, or one with four.
/// </summary>
internal static unsafe class SmallDot<TBlock>
    where TBlock : struct, ISmallBlock
{
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rows512(byte* weights, long rowBytes, int rows, int columns, byte* activations, float* results)
    {
        int bytes = 8 * TBlock.Bytes, records = SmallRow.Records(columns);
        bool hasMinimum = TBlock.HasMinimum;
        byte* padded = stackalloc byte[4 * bytes];
        Vector512<int> first = Vector512.Create(0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3), last = first + Vector512.Create(4);
        RowsAhead rowsAhead = new(records, bytes, rowBytes);
        for (int group = 0; rows > 0; rows -= group, weights += group * rowBytes, results += group)
        {
            // What is left in the end is computed one by one, each row in all lanes.
            group = rows >= 4 ? 4 : 1;
            long stride = rows >= 4 ? rowBytes : 0, ahead = rowsAhead.First;
            byte* row = weights, a = activations;
            Vector512<float> total = default;
            for (int record = 0; record < records; record++, row += bytes, a += SmallRow.RecordBytes)
            {
                if (record == rowsAhead.Turn) ahead += rowsAhead.Step;
                BlockParts.PrefetchFour(row + ahead, rowsAhead.Stride, bytes);
                ahead += rowsAhead.Growth;
                if (256 * (record + 1) > columns) BlockParts.Pad(ref row, ref stride, columns % 256 / 32 * TBlock.Bytes, bytes, padded);

                Vector512<int> l0 = Products(row, a, out Vector512<int> h0), l1 = Products(row + stride, a, out Vector512<int> h1);
                Vector512<int> l2 = Products(row + 2 * stride, a, out Vector512<int> h2), l3 = Products(row + 3 * stride, a, out Vector512<int> h3);
                Vector256<float> d0 = TBlock.EightScales(row, out Vector256<float> m0), d1 = TBlock.EightScales(row + stride, out Vector256<float> m1);
                Vector256<float> d2 = TBlock.EightScales(row + 2 * stride, out Vector256<float> m2), d3 = TBlock.EightScales(row + 3 * stride, out Vector256<float> m3);

                Vector512<float> scales = Vector256.Load((float*)(a + SmallRow.ScalesOffset)).ToVector512Unsafe(), sums = Vector256.Load((float*)(a + SmallRow.SumsOffset)).ToVector512Unsafe();
                Vector512<int> l = LaneSums.InQuarters(l0, l1, l2, l3), h = LaneSums.InQuarters(h0, h1, h2, h3);
                if (TBlock.Offset != 0)
                {
                    Vector512<int> offsets = (Vector256.Load((int*)(a + SmallRow.WholeSumsOffset)) * TBlock.Offset).ToVector512Unsafe();
                    l -= Avx512F.PermuteVar16x32(offsets, first);
                    h -= Avx512F.PermuteVar16x32(offsets, last);
                }

                Vector512<float> d = Turn(d0, d1, d2, d3, out Vector512<float> dh), m = default, mh = default;
                if (hasMinimum) m = Turn(m0, m1, m2, m3, out mh);
                total = Vector512.FusedMultiplyAdd(Vector512.ConvertToSingle(l), d * Avx512F.PermuteVar16x32(scales, first), total);
                if (hasMinimum) total = Vector512.FusedMultiplyAdd(m, Avx512F.PermuteVar16x32(sums, first), total);
                total = Vector512.FusedMultiplyAdd(Vector512.ConvertToSingle(h), dh * Avx512F.PermuteVar16x32(scales, last), total);
                if (hasMinimum) total = Vector512.FusedMultiplyAdd(mh, Avx512F.PermuteVar16x32(sums, last), total);
            }

            Vector128<float> sum = SumOfClasses(total);
            if (group == 4) sum.Store(results);
            else *results = sum.ToScalar();
        }
    }

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Four512(byte* row, int columns, byte* activations, long stride, float* results)
    {
        int bytes = 8 * TBlock.Bytes;
        bool hasMinimum = TBlock.HasMinimum;
        byte* padded = stackalloc byte[4 * bytes];
        Vector512<int> first = Vector512.Create(0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3), last = first + Vector512.Create(4);
        byte* a0 = activations, a1 = a0 + stride, a2 = a1 + stride, a3 = a2 + stride;
        Vector512<float> total = default;
        for (; columns > 0; columns -= 256, row += bytes)
        {
            BlockParts.Prefetch(row, bytes);
            long none = 0;
            if (columns < 256) BlockParts.Pad(ref row, ref none, columns / 32 * TBlock.Bytes, bytes, padded);
            TBlock.LoadFour(row, out Vector512<byte> w0, out Vector512<byte> w1);
            TBlock.LoadFour(row + bytes / 2, out Vector512<byte> w2, out Vector512<byte> w3);
            Vector512<int> l = LaneSums.InQuarters(Product(w0, w1, a0), Product(w0, w1, a1), Product(w0, w1, a2), Product(w0, w1, a3));
            Vector512<int> h = LaneSums.InQuarters(Product(w2, w3, a0 + 128), Product(w2, w3, a1 + 128), Product(w2, w3, a2 + 128), Product(w2, w3, a3 + 128));
            if (TBlock.Offset != 0)
            {
                Vector512<float> offsets = Turn(SmallRow.WholeSumsOffset, a0, a1, a2, a3, out Vector512<float> offsetsHigh);
                l -= offsets.AsInt32() * TBlock.Offset;
                h -= offsetsHigh.AsInt32() * TBlock.Offset;
            }

            Vector512<float> d = TBlock.EightScales(row, out Vector256<float> minimums).ToVector512Unsafe(), m = minimums.ToVector512Unsafe();
            Vector512<float> scales = Turn(SmallRow.ScalesOffset, a0, a1, a2, a3, out Vector512<float> scalesHigh), sums = default, sumsHigh = default;
            if (hasMinimum) sums = Turn(SmallRow.SumsOffset, a0, a1, a2, a3, out sumsHigh);
            total = Vector512.FusedMultiplyAdd(Vector512.ConvertToSingle(l), Avx512F.PermuteVar16x32(d, first) * scales, total);
            if (hasMinimum) total = Vector512.FusedMultiplyAdd(Avx512F.PermuteVar16x32(m, first), sums, total);
            total = Vector512.FusedMultiplyAdd(Vector512.ConvertToSingle(h), Avx512F.PermuteVar16x32(d, last) * scalesHigh, total);
            if (hasMinimum) total = Vector512.FusedMultiplyAdd(Avx512F.PermuteVar16x32(m, last), sumsHigh, total);
            a0 += SmallRow.RecordBytes;
            a1 += SmallRow.RecordBytes;
            a2 += SmallRow.RecordBytes;
            a3 += SmallRow.RecordBytes;
        }

        SumOfClasses(total).Store(results);
    }

    /// <summary>Four sums for each of eight blocks, in two registers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> Products(byte* blocks, byte* record, out Vector512<int> last)
    {
        TBlock.LoadFour(blocks, out Vector512<byte> lower, out Vector512<byte> upper);
        Vector512<int> first = Product(lower, upper, record);
        TBlock.LoadFour(blocks + 4 * TBlock.Bytes, out lower, out upper);
        last = Product(lower, upper, record + 128);
        return first;
    }

    /// <summary>Four sums for each of four blocks.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> Product(Vector512<byte> lower, Vector512<byte> upper, byte* record)
    {
        sbyte* a = (sbyte*)record + SmallRow.FoursOffset;
        Vector512<short> sum = Avx512BW.MultiplyAddAdjacent(lower, Vector512.Load(a)) + Avx512BW.MultiplyAddAdjacent(upper, Vector512.Load(a + 64));
        return Avx512BW.MultiplyAddAdjacent(sum, Vector512<short>.One);
    }

    /// <summary>Four times eight values turned around: the first four of each, then the last.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Turn(Vector256<float> a, Vector256<float> b, Vector256<float> c, Vector256<float> d, out Vector512<float> last)
    {
        Vector512<float> ab = Avx512F.InsertVector256(a.ToVector512Unsafe(), b, 1), cd = Avx512F.InsertVector256(c.ToVector512Unsafe(), d, 1);
        last = Avx512F.PermuteVar16x32x2(ab, Vector512.Create(4, 12, 20, 28, 5, 13, 21, 29, 6, 14, 22, 30, 7, 15, 23, 31), cd);
        return Avx512F.PermuteVar16x32x2(ab, Vector512.Create(0, 8, 16, 24, 1, 9, 17, 25, 2, 10, 18, 26, 3, 11, 19, 27), cd);
    }

    /// <summary>The same for what four records have at an offset.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Turn(int offset, byte* a0, byte* a1, byte* a2, byte* a3, out Vector512<float> last) => Turn(
        Vector256.Load((float*)(a0 + offset)), Vector256.Load((float*)(a1 + offset)), Vector256.Load((float*)(a2 + offset)), Vector256.Load((float*)(a3 + offset)), out last);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> SumOfClasses(Vector512<float> total)
    {
        Vector256<float> lower = total.GetLower(), upper = total.GetUpper();
        return lower.GetLower() + lower.GetUpper() + upper.GetLower() + upper.GetUpper();
    }

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rows256(byte* weights, long rowBytes, int rows, int columns, byte* activations, float* results)
    {
        int bytes = TBlock.Bytes, blocks = columns / 32;
        RowsAhead rowsAhead = new(blocks, bytes, rowBytes);
        Vector128<float>* totals = stackalloc Vector128<float>[SmallRow.Classes];
        for (int group = 0; rows > 0; rows -= group, weights += group * rowBytes, results += group)
        {
            group = rows >= 4 ? 4 : 1;
            long stride = rows >= 4 ? rowBytes : 0, ahead = rowsAhead.First;
            byte* row = weights;
            for (int i = 0; i < SmallRow.Classes; i++) totals[i] = default;
            for (int block = 0; block < blocks; block++, row += bytes)
            {
                if (block == rowsAhead.Turn) ahead += rowsAhead.Step;
                BlockParts.PrefetchFour(row + ahead, rowsAhead.Stride, bytes);
                ahead += rowsAhead.Growth;
                byte* record = activations + block / 8 * SmallRow.RecordBytes;
                int place = block % 8;
                Vector256<sbyte> a = Vector256.Load((sbyte*)record + 32 * place);
                Vector128<int> sum = LaneSums.Of(
                    Product(TBlock.Load(row), a), Product(TBlock.Load(row + stride), a), Product(TBlock.Load(row + 2 * stride), a), Product(TBlock.Load(row + 3 * stride), a));
                sum -= Vector128.Create(((int*)(record + SmallRow.WholeSumsOffset))[place] * TBlock.Offset);
                Vector128<float> scales = TBlock.FourScales(row, stride, out Vector128<float> minimums);
                Vector128<float> total = Vector128.FusedMultiplyAdd(Vector128.ConvertToSingle(sum), scales * Vector128.Create(((float*)(record + SmallRow.ScalesOffset))[place]), totals[block % SmallRow.Classes]);
                if (TBlock.HasMinimum) total = Vector128.FusedMultiplyAdd(minimums, Vector128.Create(((float*)(record + SmallRow.SumsOffset))[place]), total);
                totals[block % SmallRow.Classes] = total;
            }

            Vector128<float> whole = totals[0] + totals[1] + totals[2] + totals[3];
            if (group == 4) whole.Store(results);
            else *results = whole.ToScalar();
        }
    }

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Four256(byte* row, int columns, byte* activations, long stride, float* results)
    {
        int bytes = TBlock.Bytes, blocks = columns / 32;
        Vector128<float>* totals = stackalloc Vector128<float>[SmallRow.Classes];
        for (int i = 0; i < SmallRow.Classes; i++) totals[i] = default;
        for (int block = 0; block < blocks; block++, row += bytes)
        {
            if (block % 8 == 0) BlockParts.Prefetch(row, 8 * bytes);
            byte* record = activations + block / 8 * SmallRow.RecordBytes, a = record + block % 8 * 32;
            Vector256<byte> w = TBlock.Load(row);
            Vector128<int> sum = LaneSums.Of(
                Product(w, Vector256.Load((sbyte*)a)), Product(w, Vector256.Load((sbyte*)a + stride)), Product(w, Vector256.Load((sbyte*)a + 2 * stride)), Product(w, Vector256.Load((sbyte*)a + 3 * stride)));
            record += block % 8 * sizeof(float);
            sum -= BlockParts.FourWords(record + SmallRow.WholeSumsOffset, stride).AsInt32() * TBlock.Offset;
            Vector128<float> scales = TBlock.FourScales(row, 0, out Vector128<float> minimums);
            Vector128<float> total = Vector128.FusedMultiplyAdd(Vector128.ConvertToSingle(sum), scales * BlockParts.FourWords(record + SmallRow.ScalesOffset, stride).AsSingle(), totals[block % SmallRow.Classes]);
            if (TBlock.HasMinimum) total = Vector128.FusedMultiplyAdd(minimums, BlockParts.FourWords(record + SmallRow.SumsOffset, stride).AsSingle(), total);
            totals[block % SmallRow.Classes] = total;
        }

        (totals[0] + totals[1] + totals[2] + totals[3]).Store(results);
    }

    /// <summary>Eight sums of a block's products.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Product(Vector256<byte> w, Vector256<sbyte> a) => Avx2.MultiplyAddAdjacent(Avx2.MultiplyAddAdjacent(w, a), Vector256<short>.One);
}
