using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Cria.Tensors.Kernels.Inputs;
using Cria.Tensors.Kernels.Rows.Blocks;

namespace Cria.Tensors.Kernels.Rows;

/// <summary>
/// Products of rows of eight-bit weights with activations of 16 bits, bit for bit those of panels: the sum of 32 columns is an exact
/// integer, and floats are added in the order of columns. Four products run side by side: four rows of weights with one of
/// activations, or one with four.
/// </summary>
internal static unsafe class WideDot<TBlock>
    where TBlock : struct, IWideBlock
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rows512(byte* weights, long rowBytes, int rows, int columns, byte* activations, float* results)
    {
        int bytes = TBlock.Bytes, records = WideRow.Records(columns);
        RowsAhead rowsAhead = new(records, bytes, rowBytes);
        float* scales = stackalloc float[32];
        for (int group = 0; rows > 0; rows -= group, weights += group * rowBytes, results += group)
        {
            // What is left in the end is computed one by one, each row in all lanes.
            group = rows >= 4 ? 4 : 1;
            long stride = rows >= 4 ? rowBytes : 0, ahead = rowsAhead.First;
            byte* row = weights, a = activations;
            Vector128<float> total = default;
            for (int record = 0; record < records; record++, row += bytes, a += WideRow.RecordBytes)
            {
                if (record == rowsAhead.Turn) ahead += rowsAhead.Step;
                BlockParts.PrefetchFour(row + ahead, rowBytes, bytes);
                int parts = Math.Min(8, columns / 32 - 8 * record);
                TBlock.Scales(row, stride, parts, scales);
                Vector128<float> sum = default;
                for (int part = 0; part < parts; part++)
                {
                    Vector512<short> x = Vector512.Load((short*)a + 32 * part);
                    Vector128<int> four = LaneSums.Of(
                        Product512(row, part, x), Product512(row + stride, part, x), Product512(row + 2 * stride, part, x), Product512(row + 3 * stride, part, x));
                    sum = Vector128.FusedMultiplyAdd(Vector128.ConvertToSingle(four), Vector128.Load(scales + 4 * part), sum);
                }

                total = Vector128.FusedMultiplyAdd(sum, Vector128.Create(*(float*)(a + WideRow.ScaleOffset)), total);
            }

            if (group == 4) total.Store(results);
            else *results = total.ToScalar();
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Four512(byte* row, int columns, byte* activations, long stride, float* results)
    {
        int bytes = TBlock.Bytes;
        float* scales = stackalloc float[32];
        byte* a = activations;
        Vector128<float> total = default;
        for (; columns > 0; columns -= 256, row += bytes, a += WideRow.RecordBytes)
        {
            BlockParts.Prefetch(row, bytes);
            int parts = Math.Min(8, columns / 32);
            TBlock.Scales(row, 0, parts, scales);
            Vector128<float> sum = default;
            for (int part = 0; part < parts; part++)
            {
                Vector512<short> w = Avx512BW.ConvertToVector512Int16(TBlock.Load(row, part));
                byte* x = a + 64 * part;
                Vector128<int> four = LaneSums.Of(
                    Avx512BW.MultiplyAddAdjacent(w, Vector512.Load((short*)x)), Avx512BW.MultiplyAddAdjacent(w, Vector512.Load((short*)(x + stride))),
                    Avx512BW.MultiplyAddAdjacent(w, Vector512.Load((short*)(x + 2 * stride))), Avx512BW.MultiplyAddAdjacent(w, Vector512.Load((short*)(x + 3 * stride))));
                sum = Vector128.FusedMultiplyAdd(Vector128.ConvertToSingle(four), Vector128.Load(scales + 4 * part), sum);
            }

            total = Vector128.FusedMultiplyAdd(sum, BlockParts.FourWords(a + WideRow.ScaleOffset, stride).AsSingle(), total);
        }

        total.Store(results);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> Product512(byte* row, int part, Vector512<short> activations) =>
        Avx512BW.MultiplyAddAdjacent(Avx512BW.ConvertToVector512Int16(TBlock.Load(row, part)), activations);

    /// <summary>On eight or four lanes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rows(byte* weights, long rowBytes, int rows, int columns, byte* activations, float* results)
    {
        int bytes = TBlock.Bytes, records = WideRow.Records(columns);
        RowsAhead rowsAhead = new(records, bytes, rowBytes);
        float* scales = stackalloc float[32];
        for (int group = 0; rows > 0; rows -= group, weights += group * rowBytes, results += group)
        {
            group = rows >= 4 ? 4 : 1;
            long stride = rows >= 4 ? rowBytes : 0, ahead = rowsAhead.First;
            byte* row = weights, a = activations;
            Vector128<float> total = default;
            for (int record = 0; record < records; record++, row += bytes, a += WideRow.RecordBytes)
            {
                if (record == rowsAhead.Turn) ahead += rowsAhead.Step;
                BlockParts.PrefetchFour(row + ahead, rowBytes, bytes);
                int parts = Math.Min(8, columns / 32 - 8 * record);
                TBlock.Scales(row, stride, parts, scales);
                Vector128<float> sum = default;
                for (int part = 0; part < parts; part++)
                {
                    short* x = (short*)a + 32 * part;
                    Vector128<int> four = Four(
                        TBlock.Load(row, part), TBlock.Load(row + stride, part), TBlock.Load(row + 2 * stride, part), TBlock.Load(row + 3 * stride, part), x, x, x, x);
                    sum = Lanes128.MultiplyAdd(Vector128.ConvertToSingle(four), Vector128.Load(scales + 4 * part), sum);
                }

                total = Lanes128.MultiplyAdd(sum, Vector128.Create(*(float*)(a + WideRow.ScaleOffset)), total);
            }

            if (group == 4) total.Store(results);
            else *results = total.ToScalar();
        }
    }

    /// <summary>On eight or four lanes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Four(byte* row, int columns, byte* activations, long stride, float* results)
    {
        int bytes = TBlock.Bytes;
        float* scales = stackalloc float[32];
        byte* a = activations;
        Vector128<float> total = default;
        for (; columns > 0; columns -= 256, row += bytes, a += WideRow.RecordBytes)
        {
            BlockParts.Prefetch(row, bytes);
            int parts = Math.Min(8, columns / 32);
            TBlock.Scales(row, 0, parts, scales);
            Vector128<float> sum = default;
            for (int part = 0; part < parts; part++)
            {
                byte* x = a + 64 * part;
                Vector256<sbyte> w = TBlock.Load(row, part);
                Vector128<int> four = Four(w, w, w, w, (short*)x, (short*)(x + stride), (short*)(x + 2 * stride), (short*)(x + 3 * stride));
                sum = Lanes128.MultiplyAdd(Vector128.ConvertToSingle(four), Vector128.Load(scales + 4 * part), sum);
            }

            total = Lanes128.MultiplyAdd(sum, BlockParts.FourWords(a + WideRow.ScaleOffset, stride).AsSingle(), total);
        }

        total.Store(results);
    }

    /// <summary>Four sums of 32 products.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<int> Four(Vector256<sbyte> w0, Vector256<sbyte> w1, Vector256<sbyte> w2, Vector256<sbyte> w3, short* x0, short* x1, short* x2, short* x3) =>
        Avx2.IsSupported
            ? LaneSums.Of(Product256(w0, x0), Product256(w1, x1), Product256(w2, x2), Product256(w3, x3))
            : Vector128.Create(Product128(w0, x0), Product128(w1, x1), Product128(w2, x2), Product128(w3, x3));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Product256(Vector256<sbyte> w, short* x) =>
        Avx2.MultiplyAddAdjacent(Avx2.ConvertToVector256Int16(w.GetLower()), Vector256.Load(x)) + Avx2.MultiplyAddAdjacent(Avx2.ConvertToVector256Int16(w.GetUpper()), Vector256.Load(x + 16));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Product128(Vector256<sbyte> w, short* x)
    {
        Vector128<sbyte> lower = w.GetLower(), upper = w.GetUpper();
        Vector128<int> sum = Lanes128.MultiplyPairs(default, Vector128.WidenLower(lower).AsInt32(), Lanes128.Load(x));
        sum = Lanes128.MultiplyPairs(sum, Vector128.WidenUpper(lower).AsInt32(), Lanes128.Load(x + 8));
        sum = Lanes128.MultiplyPairs(sum, Vector128.WidenLower(upper).AsInt32(), Lanes128.Load(x + 16));
        return Vector128.Sum(Lanes128.MultiplyPairs(sum, Vector128.WidenUpper(upper).AsInt32(), Lanes128.Load(x + 24)));
    }
}
