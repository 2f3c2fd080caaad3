using System.Runtime.CompilerServices;
using Cria.Tensors.Kernels.Rows.Blocks;

namespace Cria.Tensors.Kernels.Rows;

/// <summary>Products of one row of floats with one or four rows of activations.</summary>
internal static unsafe class FloatDot<TFormat, TLanes, I, F>
    where TFormat : struct, IFloatFormat
    where TLanes : struct, ILanes<I, F>
    where I : struct
    where F : struct
{
    /// <summary>The dot product of one weight row with one row of activations.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float One(byte* weights, int columns, byte* activations)
    {
        F sum0 = default, sum1 = default, sum2 = default, sum3 = default;
        float* x = (float*)activations;
        int lanes = TLanes.Count, step = lanes * TFormat.Bytes;
        for (; columns >= 4 * lanes; columns -= 4 * lanes, weights += 4 * step, x += 4 * lanes)
        {
            BlockParts.Prefetch(weights, 4 * step);
            sum0 = TLanes.MultiplyAdd(TFormat.Load<TLanes, I, F>(weights), TLanes.LoadFloats(x), sum0);
            sum1 = TLanes.MultiplyAdd(TFormat.Load<TLanes, I, F>(weights + step), TLanes.LoadFloats(x + lanes), sum1);
            sum2 = TLanes.MultiplyAdd(TFormat.Load<TLanes, I, F>(weights + 2 * step), TLanes.LoadFloats(x + 2 * lanes), sum2);
            sum3 = TLanes.MultiplyAdd(TFormat.Load<TLanes, I, F>(weights + 3 * step), TLanes.LoadFloats(x + 3 * lanes), sum3);
        }

        for (; columns >= lanes; columns -= lanes, weights += step, x += lanes)
            sum0 = TLanes.MultiplyAdd(TFormat.Load<TLanes, I, F>(weights), TLanes.LoadFloats(x), sum0);
        float total = TLanes.Sum(TLanes.Add(TLanes.Add(sum0, sum1), TLanes.Add(sum2, sum3)));
        for (; columns > 0; columns--, weights += TFormat.Bytes, x++) total += TFormat.LoadOne(weights) * *x;
        return total;
    }

    /// <summary>The same with four rows of activations, <paramref name="stride"/> bytes apart.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Four(byte* weights, int columns, byte* activations, long stride, float* results)
    {
        F even0 = default, even1 = default, even2 = default, even3 = default, odd0 = default, odd1 = default, odd2 = default, odd3 = default;
        float* x0 = (float*)activations, x1 = (float*)(activations + stride), x2 = (float*)(activations + 2 * stride), x3 = (float*)(activations + 3 * stride);
        int lanes = TLanes.Count, step = lanes * TFormat.Bytes, column = 0;
        for (; column <= columns - 2 * lanes; column += 2 * lanes, weights += 2 * step)
        {
            BlockParts.Prefetch(weights, 2 * step);
            F w = TFormat.Load<TLanes, I, F>(weights), v = TFormat.Load<TLanes, I, F>(weights + step);
            even0 = TLanes.MultiplyAdd(w, TLanes.LoadFloats(x0 + column), even0);
            even1 = TLanes.MultiplyAdd(w, TLanes.LoadFloats(x1 + column), even1);
            even2 = TLanes.MultiplyAdd(w, TLanes.LoadFloats(x2 + column), even2);
            even3 = TLanes.MultiplyAdd(w, TLanes.LoadFloats(x3 + column), even3);
            odd0 = TLanes.MultiplyAdd(v, TLanes.LoadFloats(x0 + column + lanes), odd0);
            odd1 = TLanes.MultiplyAdd(v, TLanes.LoadFloats(x1 + column + lanes), odd1);
            odd2 = TLanes.MultiplyAdd(v, TLanes.LoadFloats(x2 + column + lanes), odd2);
            odd3 = TLanes.MultiplyAdd(v, TLanes.LoadFloats(x3 + column + lanes), odd3);
        }

        results[0] = TLanes.Sum(TLanes.Add(even0, odd0));
        results[1] = TLanes.Sum(TLanes.Add(even1, odd1));
        results[2] = TLanes.Sum(TLanes.Add(even2, odd2));
        results[3] = TLanes.Sum(TLanes.Add(even3, odd3));
        for (; column < columns; column++, weights += TFormat.Bytes)
        {
            float w = TFormat.LoadOne(weights);
            results[0] += w * x0[column];
            results[1] += w * x1[column];
            results[2] += w * x2[column];
            results[3] += w * x3[column];
        }
    }
}
