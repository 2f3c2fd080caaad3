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
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rows(byte* weights, long rowBytes, int rows, int columns, byte* activations, float* results)
    {
        int lanes = TLanes.Count, step = lanes * TFormat.Bytes, pairs = columns / (2 * lanes);
        RowsAhead rowsAhead = new(Math.Max(pairs, 1), 2 * step, rowBytes);
        byte* last = stackalloc byte[4 * step];
        float* lastInput = stackalloc float[lanes];
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
                BlockParts.PrefetchFour(w0 + ahead, rowBytes, 2 * step);
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

            for (int left = columns - pairs * 2 * lanes; left > 0; left -= lanes)
            {
                byte* w = w0;
                long next = stride;
                if (left < lanes)
                {
                    for (int i = 0; i < 4; i++) Pad(w0 + i * stride, left * TFormat.Bytes, last + i * step, step);
                    Pad((byte*)x, left * sizeof(float), (byte*)lastInput, lanes * sizeof(float));
                    w = last;
                    next = step;
                    x = lastInput;
                }

                F a = TLanes.LoadFloats(x);
                sum0 = TLanes.MultiplyAdd(TFormat.Load<TLanes, I, F>(w), a, sum0);
                sum1 = TLanes.MultiplyAdd(TFormat.Load<TLanes, I, F>(w + next), a, sum1);
                sum2 = TLanes.MultiplyAdd(TFormat.Load<TLanes, I, F>(w + 2 * next), a, sum2);
                sum3 = TLanes.MultiplyAdd(TFormat.Load<TLanes, I, F>(w + 3 * next), a, sum3);
                w0 += step;
                x += lanes;
            }

            TLanes.Store(sum0, four);
            TLanes.Store(sum1, four + lanes);
            TLanes.Store(sum2, four + 2 * lanes);
            TLanes.Store(sum3, four + 3 * lanes);
            Vector128<float> sums = SumsOfLanes(four, lanes);
            if (group == 4) sums.Store(results);
            else *results = sums.ToScalar();
        }
    }

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

        byte* last = stackalloc byte[step];
        float* inputs = stackalloc float[4 * lanes];
        for (; column < columns; column += lanes, weights += step)
        {
            int left = Math.Min(lanes, columns - column);
            Pad(weights, left * TFormat.Bytes, last, step);
            Pad((byte*)(x0 + column), left * sizeof(float), (byte*)inputs, lanes * sizeof(float));
            Pad((byte*)(x1 + column), left * sizeof(float), (byte*)(inputs + lanes), lanes * sizeof(float));
            Pad((byte*)(x2 + column), left * sizeof(float), (byte*)(inputs + 2 * lanes), lanes * sizeof(float));
            Pad((byte*)(x3 + column), left * sizeof(float), (byte*)(inputs + 3 * lanes), lanes * sizeof(float));
            F w = TFormat.Load<TLanes, I, F>(last);
            sum0 = TLanes.MultiplyAdd(w, TLanes.LoadFloats(inputs), sum0);
            sum1 = TLanes.MultiplyAdd(w, TLanes.LoadFloats(inputs + lanes), sum1);
            sum2 = TLanes.MultiplyAdd(w, TLanes.LoadFloats(inputs + 2 * lanes), sum2);
            sum3 = TLanes.MultiplyAdd(w, TLanes.LoadFloats(inputs + 3 * lanes), sum3);
        }

        TLanes.Store(sum0, four);
        TLanes.Store(sum1, four + lanes);
        TLanes.Store(sum2, four + 2 * lanes);
        TLanes.Store(sum3, four + 3 * lanes);
        SumsOfLanes(four, lanes).Store(results);
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
