using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Cria.Tensors.Kernels.Inputs;
using Cria.Tensors.Kernels.Rows.Blocks;

namespace Cria.Tensors.Kernels.Rows;

/// <summary>
/// Products of rows of eight-bit weights with activations of 16 bits, bit for bit those of panels: the sum of 32 columns is an exact
/// integer, and floats are added in the order of columns. Four products run side by side: four rows of weights with one of
/// activations, or one with four. Bytes become shorts by shifts, the even ones apart from the odd ones, as the activations lie.
/// </summary>
internal static unsafe class WideDot<TBlock>
    where TBlock : struct, IWideBlock
{
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rows512(byte* weights, long rowBytes, int rows, int columns, byte* activations, float* results)
    {
        int bytes = TBlock.Bytes, records = WideRow.Records(columns);
        RowsAhead rowsAhead = new(records, bytes, rowBytes);
        byte* padded = stackalloc byte[4 * bytes];
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
                BlockParts.PrefetchFour(row + ahead, rowsAhead.Stride, bytes);
                ahead += rowsAhead.Growth;
                if (256 * (record + 1) > columns) BlockParts.Pad(ref row, ref stride, columns % 256 / 32 * (bytes / 8), bytes, padded);
                TBlock.Scales(row, stride, 8, scales);
                Vector128<float> sum = default;
                for (int part = 0; part < 8; part += 4)
                {
                    Vector512<int> s0 = Product(row, part, a), s1 = Product(row + stride, part, a), s2 = Product(row + 2 * stride, part, a), s3 = Product(row + 3 * stride, part, a);
                    sum = Add(sum, LaneSums.InQuarters(s0, s1, s2, s3), scales + 4 * part);
                }

                total = Vector128.FusedMultiplyAdd(sum, Vector128.Create(*(float*)(a + WideRow.ScaleOffset)), total);
            }

            if (group == 4) total.Store(results);
            else *results = total.ToScalar();
        }
    }

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Four512(byte* row, int columns, byte* activations, long stride, float* results)
    {
        int bytes = TBlock.Bytes;
        byte* padded = stackalloc byte[4 * bytes];
        float* scales = stackalloc float[32];
        byte* a = activations;
        Vector128<float> total = default;
        for (; columns > 0; columns -= 256, row += bytes, a += WideRow.RecordBytes)
        {
            BlockParts.Prefetch(row, bytes);
            long none = 0;
            if (columns < 256) BlockParts.Pad(ref row, ref none, columns / 32 * (bytes / 8), bytes, padded);
            TBlock.Scales(row, 0, 8, scales);
            Vector128<float> sum = default;
            for (int part = 0; part < 8; part += 4)
            {
                TBlock.LoadFour(row, part, out Vector512<short> lower, out Vector512<short> upper);
                Vector512<short> e = (lower << 8) >> 8, o = lower >> 8, f = (upper << 8) >> 8, p = upper >> 8;
                byte* x = a + WideRow.PartBytes * part;
                Vector512<int> s0 = Product(e, o, f, p, x), s1 = Product(e, o, f, p, x + stride), s2 = Product(e, o, f, p, x + 2 * stride), s3 = Product(e, o, f, p, x + 3 * stride);
                sum = Add(sum, LaneSums.InQuarters(s0, s1, s2, s3), scales + 4 * part);
            }

            total = Vector128.FusedMultiplyAdd(sum, BlockParts.FourWords(a + WideRow.ScaleOffset, stride).AsSingle(), total);
        }

        total.Store(results);
    }

    /// <summary>Four sums for each of four parts.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> Product(byte* blocks, int part, byte* record)
    {
        TBlock.LoadFour(blocks, part, out Vector512<short> lower, out Vector512<short> upper);
        return Product((lower << 8) >> 8, lower >> 8, (upper << 8) >> 8, upper >> 8, record + WideRow.PartBytes * part);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> Product(Vector512<short> lowerEven, Vector512<short> lowerOdd, Vector512<short> upperEven, Vector512<short> upperOdd, byte* x) =>
        Avx512BW.MultiplyAddAdjacent(lowerEven, Vector512.Load((short*)x)) + Avx512BW.MultiplyAddAdjacent(lowerOdd, Vector512.Load((short*)(x + WideRow.OddOffset)))
        + (Avx512BW.MultiplyAddAdjacent(upperEven, Vector512.Load((short*)(x + WideRow.UpperOffset)))
            + Avx512BW.MultiplyAddAdjacent(upperOdd, Vector512.Load((short*)(x + WideRow.UpperOffset + WideRow.OddOffset))));

    /// <summary>Adds the sums of four parts, each of which is a quarter of a register, times their scales.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Add(Vector128<float> sum, Vector512<int> parts, float* scales)
    {
        Vector512<float> floats = Vector512.ConvertToSingle(parts);
        Vector256<float> lower = floats.GetLower(), upper = floats.GetUpper();
        sum = Vector128.FusedMultiplyAdd(lower.GetLower(), Vector128.Load(scales), sum);
        sum = Vector128.FusedMultiplyAdd(lower.GetUpper(), Vector128.Load(scales + 4), sum);
        sum = Vector128.FusedMultiplyAdd(upper.GetLower(), Vector128.Load(scales + 8), sum);
        return Vector128.FusedMultiplyAdd(upper.GetUpper(), Vector128.Load(scales + 12), sum);
    }

    /// <summary>On eight or four lanes.</summary>
    [SkipLocalsInit]
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
                BlockParts.PrefetchFour(row + ahead, rowsAhead.Stride, bytes);
                ahead += rowsAhead.Growth;
                int parts = Math.Min(8, columns / 32 - 8 * record);
                TBlock.Scales(row, stride, parts, scales);
                Vector128<float> sum = default;
                for (int part = 0; part < parts; part++)
                {
                    byte* x = WideRow.Part(a, part);
                    Vector128<int> four = Four(
                        TBlock.Load(row, part), TBlock.Load(row + stride, part), TBlock.Load(row + 2 * stride, part), TBlock.Load(row + 3 * stride, part), x, 0);
                    sum = Lanes128.MultiplyAdd(Vector128.ConvertToSingle(four), Vector128.Load(scales + 4 * part), sum);
                }

                total = Lanes128.MultiplyAdd(sum, Vector128.Create(*(float*)(a + WideRow.ScaleOffset)), total);
            }

            if (group == 4) total.Store(results);
            else *results = total.ToScalar();
        }
    }

    /// <summary>On eight or four lanes.</summary>
    [SkipLocalsInit]
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
                Vector256<sbyte> w = TBlock.Load(row, part);
                Vector128<int> four = Four(w, w, w, w, WideRow.Part(a, part), stride);
                sum = Lanes128.MultiplyAdd(Vector128.ConvertToSingle(four), Vector128.Load(scales + 4 * part), sum);
            }

            total = Lanes128.MultiplyAdd(sum, BlockParts.FourWords(a + WideRow.ScaleOffset, stride).AsSingle(), total);
        }

        total.Store(results);
    }

    /// <summary>Four sums of 32 products with activations that lie <paramref name="stride"/> bytes apart.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<int> Four(Vector256<sbyte> w0, Vector256<sbyte> w1, Vector256<sbyte> w2, Vector256<sbyte> w3, byte* x, long stride) =>
        Avx2.IsSupported
            ? LaneSums.Of(Product256(w0, x), Product256(w1, x + stride), Product256(w2, x + 2 * stride), Product256(w3, x + 3 * stride))
            : Vector128.Create(Product128(w0, x), Product128(w1, x + stride), Product128(w2, x + 2 * stride), Product128(w3, x + 3 * stride));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Product256(Vector256<sbyte> w, byte* x) =>
        Avx2.MultiplyAddAdjacent((w.AsInt16() << 8) >> 8, Vector256.Create(Vector128.Load((short*)x), Vector128.Load((short*)(x + WideRow.UpperOffset))))
        + Avx2.MultiplyAddAdjacent(w.AsInt16() >> 8, Vector256.Create(Vector128.Load((short*)(x + WideRow.OddOffset)), Vector128.Load((short*)(x + WideRow.UpperOffset + WideRow.OddOffset))));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Product128(Vector256<sbyte> w, byte* x) => Vector128.Sum(AddHalf(AddHalf(default, w.GetLower(), x), w.GetUpper(), x + WideRow.UpperOffset));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<int> AddHalf(Vector128<int> sum, Vector128<sbyte> w, byte* x) => Lanes128.MultiplyPairs(
        Lanes128.MultiplyPairs(sum, Lanes128.EvenBytes(w.AsInt32()), Lanes128.Load(x)), Lanes128.OddBytes(w.AsInt32()), Lanes128.Load(x + WideRow.OddOffset));
}
