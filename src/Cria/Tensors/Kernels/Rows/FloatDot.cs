using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Cria.Tensors.Kernels.Rows.Blocks;

namespace Cria.Tensors.Kernels.Rows;

/// <summary>
/// Products of rows of floats with rows of activations, bit for bit those of panels: a lane sums up its columns, and in the end the
/// lanes are added in their order. Four products run side by side, four rows of weights with one of activations or one with
/// four, so that no sum has to wait for the one before it.
/// </summary>
internal static unsafe class FloatDot<TFormat, TLanes, I, F>
    where TFormat : struct, IFloatFormat
    where TLanes : struct, ILanes<I, F>
    where I : struct
    where F : struct
{
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rows(byte* weights, long rowBytes, int rows, int columns, byte* activations, float* results)
    {
        int lanes = TLanes.Count, step = lanes * TFormat.Bytes, pairs = columns / (2 * lanes);
        RowsAhead rowsAhead = new(Math.Max(pairs, 1), 2 * step, rowBytes);
        float* four = stackalloc float[4 * lanes];
        for (int group = 0; rows > 0; rows -= group, weights += group * rowBytes, results += group)
        {
            // What is left in the end is computed one by one, each row in all lanes.
            group = rows >= 4 ? 4 : 1;
            long stride = rows >= 4 ? rowBytes : 0, ahead = rowsAhead.First;
            F sum0 = default, sum1 = default, sum2 = default, sum3 = default;
            byte* w0 = weights, w1 = w0 + stride, w2 = w1 + stride, w3 = w2 + stride;
            float* x = (float*)activations;
            for (int pair = 0; pair < pairs; pair++)
            {
                if (pair == rowsAhead.Turn) ahead += rowsAhead.Step;
                BlockParts.PrefetchFour(w0 + ahead, rowsAhead.Stride, 2 * step);
                ahead += rowsAhead.Growth;
                F a = TLanes.LoadFloats(x), b = TLanes.LoadFloats(x + lanes);
                sum0 = TLanes.MultiplyAdd(TFormat.Load<TLanes, I, F>(w0), a, sum0);
                sum1 = TLanes.MultiplyAdd(TFormat.Load<TLanes, I, F>(w1), a, sum1);
                sum2 = TLanes.MultiplyAdd(TFormat.Load<TLanes, I, F>(w2), a, sum2);
                sum3 = TLanes.MultiplyAdd(TFormat.Load<TLanes, I, F>(w3), a, sum3);
                sum0 = TLanes.MultiplyAdd(TFormat.Load<TLanes, I, F>(w0 + step), b, sum0);
                sum1 = TLanes.MultiplyAdd(TFormat.Load<TLanes, I, F>(w1 + step), b, sum1);
                sum2 = TLanes.MultiplyAdd(TFormat.Load<TLanes, I, F>(w2 + step), b, sum2);
                sum3 = TLanes.MultiplyAdd(TFormat.Load<TLanes, I, F>(w3 + step), b, sum3);
                w0 += 2 * step;
                w1 += 2 * step;
                w2 += 2 * step;
                w3 += 2 * step;
                x += 2 * lanes;
            }

            TLanes.Store(sum0, four);
            TLanes.Store(sum1, four + lanes);
            TLanes.Store(sum2, four + 2 * lanes);
            TLanes.Store(sum3, four + 3 * lanes);
            if (columns % (2 * lanes) != 0) AddLast(w0, stride, (byte*)x, 0, columns % (2 * lanes), four);
            Vector128<float> sums = SumsOfLanes(four, lanes);
            if (group == 4) sums.Store(results);
            else *results = sums.ToScalar();
        }
    }

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Four(byte* weights, int columns, byte* activations, long stride, float* results)
    {
        F sum0 = default, sum1 = default, sum2 = default, sum3 = default;
        float* x0 = (float*)activations, x1 = (float*)(activations + stride), x2 = (float*)(activations + 2 * stride), x3 = (float*)(activations + 3 * stride);
        int lanes = TLanes.Count, step = lanes * TFormat.Bytes, column = 0;
        float* four = stackalloc float[4 * lanes];
        for (; column <= columns - 2 * lanes; column += 2 * lanes, weights += 2 * step)
        {
            BlockParts.Prefetch(weights, 2 * step);
            F w = TFormat.Load<TLanes, I, F>(weights), v = TFormat.Load<TLanes, I, F>(weights + step);
            sum0 = TLanes.MultiplyAdd(w, TLanes.LoadFloats(x0 + column), sum0);
            sum1 = TLanes.MultiplyAdd(w, TLanes.LoadFloats(x1 + column), sum1);
            sum2 = TLanes.MultiplyAdd(w, TLanes.LoadFloats(x2 + column), sum2);
            sum3 = TLanes.MultiplyAdd(w, TLanes.LoadFloats(x3 + column), sum3);
            sum0 = TLanes.MultiplyAdd(v, TLanes.LoadFloats(x0 + column + lanes), sum0);
            sum1 = TLanes.MultiplyAdd(v, TLanes.LoadFloats(x1 + column + lanes), sum1);
            sum2 = TLanes.MultiplyAdd(v, TLanes.LoadFloats(x2 + column + lanes), sum2);
            sum3 = TLanes.MultiplyAdd(v, TLanes.LoadFloats(x3 + column + lanes), sum3);
        }

        TLanes.Store(sum0, four);
        TLanes.Store(sum1, four + lanes);
        TLanes.Store(sum2, four + 2 * lanes);
        TLanes.Store(sum3, four + 3 * lanes);
        if (column < columns) AddLast(weights, 0, (byte*)(x0 + column), stride, columns - column, four);
        SumsOfLanes(four, lanes).Store(results);
    }

    /// <summary>
    /// Adds the products of a row's last columns, fewer than two registers, which zeros follow. A method of its own: around calls
    /// in the methods above the compiler would keep all sums on the stack.
    /// </summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void AddLast(byte* weights, long weightStride, byte* inputs, long inputStride, int columns, float* four)
    {
        int lanes = TLanes.Count, step = lanes * TFormat.Bytes;
        byte* w = stackalloc byte[step];
        float* x = stackalloc float[lanes];
        for (int column = 0; column < columns; column += lanes)
        {
            int left = Math.Min(lanes, columns - column);
            for (int i = 0; i < 4; i++)
            {
                Pad(weights + i * weightStride + column * TFormat.Bytes, left * TFormat.Bytes, w, step);
                Pad(inputs + i * inputStride + column * sizeof(float), left * sizeof(float), (byte*)x, lanes * sizeof(float));
                TLanes.Store(TLanes.MultiplyAdd(TFormat.Load<TLanes, I, F>(w), TLanes.LoadFloats(x), TLanes.LoadFloats(four + i * lanes)), four + i * lanes);
            }
        }
    }

    /// <summary>Copies values, which zeros follow.</summary>
    private static void Pad(byte* source, int bytes, byte* target, int length)
    {
        Unsafe.CopyBlock(target, source, (uint)bytes);
        Unsafe.InitBlock(target + bytes, 0, (uint)(length - bytes));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> SumsOfLanes(float* four, int lanes)
    {
        Vector128<float> sums = default;
        for (int lane = 0; lane < lanes; lane++) sums += Vector128.Create(four[lane], four[lanes + lane], four[2 * lanes + lane], four[3 * lanes + lane]);
        return sums;
    }
}
