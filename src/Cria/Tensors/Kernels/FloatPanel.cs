using System.Runtime.CompilerServices;

namespace Cria.Tensors.Kernels;

/// <summary>
/// The matrix product for weights that are floats: a panel holds as many weight rows as there are lanes, column by column;
/// a tile holds eight rows of activations, column by column.
/// </summary>
internal static unsafe class FloatPanel<TFormat, TLanes, I, F>
    where TFormat : struct, IFloatFormat
    where TLanes : struct, ILanes<I, F>
    where I : struct
    where F : struct
{
    public static long Bytes(int columns) => (long)columns * TLanes.Count * 4;

    /// <summary>Packs weight rows; a panel's rows beyond <paramref name="rows"/> repeat the last one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Pack(byte* weights, long rowBytes, int rows, int columns, byte* panel)
    {
        float* block = stackalloc float[TLanes.Count * TLanes.Count];
        int lanes = TLanes.Count, column = 0;
        float* target = (float*)panel;
        for (; column <= columns - lanes; column += lanes, target += lanes * lanes)
        {
            for (int lane = 0; lane < lanes; lane++)
                TLanes.Store(TFormat.Load<TLanes, I, F>(weights + Math.Min(lane, rows - 1) * rowBytes + (long)column * TFormat.Bytes), block + lane * lanes);
            Transpose.Dwords((uint*)block, lanes, lanes, lanes, (uint*)target);
        }

        for (; column < columns; column++, target += lanes)
            for (int lane = 0; lane < lanes; lane++)
                target[lane] = TFormat.LoadOne(weights + Math.Min(lane, rows - 1) * rowBytes + (long)column * TFormat.Bytes);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply(byte* panel, byte* tile, int columns, float* target, nint stride)
    {
        if (!TLanes.HasManyRegisters)
        {
            Multiply4((float*)panel, (float*)tile, columns, target, stride);
            Multiply4((float*)panel, (float*)tile + 4, columns, target + 4 * stride, stride);
            return;
        }

        F f0 = default, f1 = default, f2 = default, f3 = default, f4 = default, f5 = default, f6 = default, f7 = default;
        float* w = (float*)panel, x = (float*)tile;
        for (int column = 0; column < columns; column++, w += TLanes.Count, x += InputForms.TileRows)
        {
            F v = TLanes.LoadFloats(w);
            f0 = TLanes.MultiplyAdd(v, TLanes.BroadcastFloat(x[0]), f0);
            f1 = TLanes.MultiplyAdd(v, TLanes.BroadcastFloat(x[1]), f1);
            f2 = TLanes.MultiplyAdd(v, TLanes.BroadcastFloat(x[2]), f2);
            f3 = TLanes.MultiplyAdd(v, TLanes.BroadcastFloat(x[3]), f3);
            f4 = TLanes.MultiplyAdd(v, TLanes.BroadcastFloat(x[4]), f4);
            f5 = TLanes.MultiplyAdd(v, TLanes.BroadcastFloat(x[5]), f5);
            f6 = TLanes.MultiplyAdd(v, TLanes.BroadcastFloat(x[6]), f6);
            f7 = TLanes.MultiplyAdd(v, TLanes.BroadcastFloat(x[7]), f7);
        }

        TLanes.Store(f0, target);
        TLanes.Store(f1, target + stride);
        TLanes.Store(f2, target + 2 * stride);
        TLanes.Store(f3, target + 3 * stride);
        TLanes.Store(f4, target + 4 * stride);
        TLanes.Store(f5, target + 5 * stride);
        TLanes.Store(f6, target + 6 * stride);
        TLanes.Store(f7, target + 7 * stride);
    }

    /// <summary>The dot product of one weight row with one row of activations.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float Dot(byte* weights, int columns, byte* activations)
    {
        F sum0 = default, sum1 = default, sum2 = default, sum3 = default;
        float* x = (float*)activations;
        int lanes = TLanes.Count, step = lanes * TFormat.Bytes;
        for (; columns >= 4 * lanes; columns -= 4 * lanes, weights += 4 * step, x += 4 * lanes)
        {
            Blocks.BlockParts.Prefetch(weights, 4 * step);
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
    public static void DotFour(byte* weights, int columns, byte* activations, long stride, float* results)
    {
        F even0 = default, even1 = default, even2 = default, even3 = default, odd0 = default, odd1 = default, odd2 = default, odd3 = default;
        float* x0 = (float*)activations, x1 = (float*)(activations + stride), x2 = (float*)(activations + 2 * stride), x3 = (float*)(activations + 3 * stride);
        int lanes = TLanes.Count, step = lanes * TFormat.Bytes, column = 0;
        for (; column <= columns - 2 * lanes; column += 2 * lanes, weights += 2 * step)
        {
            Blocks.BlockParts.Prefetch(weights, 2 * step);
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

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Multiply4(float* w, float* x, int columns, float* target, nint stride)
    {
        F f0 = default, f1 = default, f2 = default, f3 = default;
        for (int column = 0; column < columns; column++, w += TLanes.Count, x += InputForms.TileRows)
        {
            F v = TLanes.LoadFloats(w);
            f0 = TLanes.MultiplyAdd(v, TLanes.BroadcastFloat(x[0]), f0);
            f1 = TLanes.MultiplyAdd(v, TLanes.BroadcastFloat(x[1]), f1);
            f2 = TLanes.MultiplyAdd(v, TLanes.BroadcastFloat(x[2]), f2);
            f3 = TLanes.MultiplyAdd(v, TLanes.BroadcastFloat(x[3]), f3);
        }

        TLanes.Store(f0, target);
        TLanes.Store(f1, target + stride);
        TLanes.Store(f2, target + 2 * stride);
        TLanes.Store(f3, target + 3 * stride);
    }
}
