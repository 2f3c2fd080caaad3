using System.Runtime.CompilerServices;
using Cria.Tensors.Kernels.Inputs;
using Cria.Tensors.Kernels.Rows;

namespace Cria.Tensors.Kernels.Panels;

/// <summary>
/// The matrix product for weights that are floats: a panel holds as many weight rows as there are lanes, column by column;
/// a tile holds eight rows of activations, column by column. Both have the columns class by class, whose sums are added in their
/// order: see <see cref="InputForms.FloatClasses"/>.
/// </summary>
internal static unsafe class FloatPanel<TFormat, TLanes, I, F>
    where TFormat : struct, IFloatFormat
    where TLanes : struct, ILanes<I, F>
    where I : struct
    where F : struct
{
    public static long Bytes(int columns) => (long)InputForms.ClassStride(columns) * InputForms.FloatClasses * TLanes.Count * 4;

    /// <summary>Packs weight rows; a panel's rows beyond <paramref name="rows"/> repeat the last one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Pack(byte* weights, long rowBytes, int rows, int columns, byte* panel)
    {
        float* block = stackalloc float[TLanes.Count * TLanes.Count];
        int lanes = TLanes.Count, column = 0;
        nint classFloats = (nint)InputForms.ClassStride(columns) * lanes;
        float* target = (float*)panel;
        for (; column <= columns - lanes; column += lanes, target += lanes)
        {
            for (int lane = 0; lane < lanes; lane++)
                TLanes.Store(TFormat.Load<TLanes, I, F>(weights + Math.Min(lane, rows - 1) * rowBytes + (long)column * TFormat.Bytes), block + lane * lanes);
            Transpose.Dwords((uint*)block, lanes, lanes, lanes, (uint*)target, classFloats);
        }

        if (column == columns) return;
        for (int i = 0; i < lanes; i++, column++, target += classFloats)
            for (int lane = 0; lane < lanes; lane++)
                target[lane] = column < columns ? TFormat.LoadOne(weights + Math.Min(lane, rows - 1) * rowBytes + (long)column * TFormat.Bytes) : 0;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply(byte* panel, byte* tile, int columns, float* target, nint stride, byte* ahead)
    {
        int aheadBytes = 32 * TLanes.Count * TFormat.Bytes;
        if (!TLanes.HasManyRegisters)
        {
            Multiply4((float*)panel, (float*)tile, columns, target, stride, ahead);
            Multiply4((float*)panel, (float*)tile + 4, columns, target + 4 * stride, stride, null);
            return;
        }

        F t0 = default, t1 = default, t2 = default, t3 = default, t4 = default, t5 = default, t6 = default, t7 = default;
        float* w = (float*)panel, x = (float*)tile;
        int inClass = InputForms.ColumnsPerClass(columns), between = InputForms.ClassStride(columns) - inClass;
        for (int classes = InputForms.FloatClasses; classes > 0; classes--, w += between * TLanes.Count, x += between * InputForms.TileRows)
        {
            F f0 = default, f1 = default, f2 = default, f3 = default, f4 = default, f5 = default, f6 = default, f7 = default;
            for (int column = inClass; column > 0;)
            {
                if (ahead != null) ahead = PanelRows.Prefetch(ahead, aheadBytes);
                for (int end = Math.Max(0, column - 32); column > end; column--, w += TLanes.Count, x += InputForms.TileRows)
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
            }

            t0 = TLanes.Add(t0, f0);
            t1 = TLanes.Add(t1, f1);
            t2 = TLanes.Add(t2, f2);
            t3 = TLanes.Add(t3, f3);
            t4 = TLanes.Add(t4, f4);
            t5 = TLanes.Add(t5, f5);
            t6 = TLanes.Add(t6, f6);
            t7 = TLanes.Add(t7, f7);
        }

        TLanes.Store(t0, target);
        TLanes.Store(t1, target + stride);
        TLanes.Store(t2, target + 2 * stride);
        TLanes.Store(t3, target + 3 * stride);
        TLanes.Store(t4, target + 4 * stride);
        TLanes.Store(t5, target + 5 * stride);
        TLanes.Store(t6, target + 6 * stride);
        TLanes.Store(t7, target + 7 * stride);
    }

    /// <summary>The same for four rows of a tile, for machines with 16 registers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Multiply4(float* w, float* x, int columns, float* target, nint stride, byte* ahead)
    {
        int aheadBytes = 32 * TLanes.Count * TFormat.Bytes;
        F t0 = default, t1 = default, t2 = default, t3 = default;
        int inClass = InputForms.ColumnsPerClass(columns), between = InputForms.ClassStride(columns) - inClass;
        for (int classes = InputForms.FloatClasses; classes > 0; classes--, w += between * TLanes.Count, x += between * InputForms.TileRows)
        {
            F f0 = default, f1 = default, f2 = default, f3 = default;
            for (int column = inClass; column > 0;)
            {
                if (ahead != null) ahead = PanelRows.Prefetch(ahead, aheadBytes);
                for (int end = Math.Max(0, column - 32); column > end; column--, w += TLanes.Count, x += InputForms.TileRows)
                {
                    F v = TLanes.LoadFloats(w);
                    f0 = TLanes.MultiplyAdd(v, TLanes.BroadcastFloat(x[0]), f0);
                    f1 = TLanes.MultiplyAdd(v, TLanes.BroadcastFloat(x[1]), f1);
                    f2 = TLanes.MultiplyAdd(v, TLanes.BroadcastFloat(x[2]), f2);
                    f3 = TLanes.MultiplyAdd(v, TLanes.BroadcastFloat(x[3]), f3);
                }
            }

            t0 = TLanes.Add(t0, f0);
            t1 = TLanes.Add(t1, f1);
            t2 = TLanes.Add(t2, f2);
            t3 = TLanes.Add(t3, f3);
        }

        TLanes.Store(t0, target);
        TLanes.Store(t1, target + stride);
        TLanes.Store(t2, target + 2 * stride);
        TLanes.Store(t3, target + 3 * stride);
    }
}
