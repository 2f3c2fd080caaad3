using System.Runtime.CompilerServices;
using Cria.Tensors.Kernels.Inputs;
using Cria.Tensors.Kernels.Panels.Columns;

namespace Cria.Tensors.Kernels.Panels;

/// <summary>
/// Products with weights of eight bits. Two such bytes do not multiply within the sums of shorts that other panels use, and
/// nibble by nibble took 1.5 times as long as shorts do. A panel's record holds, per 32 columns, the values of as many rows
/// as there are lanes, interleaved by two shorts, then the rows' scales. Of four bytes the even ones make one register of
/// shorts and the odd ones the next.
/// </summary>
internal static unsafe class WidePanel<TColumns, TLanes, I, F>
    where TColumns : struct, ISmallColumns
    where TLanes : struct, ILanes<I, F>
    where I : struct
    where F : struct
{
    private static int LaneBytes
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => TLanes.Count * 4;
    }

    private static int RecordBytes
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => 17 * LaneBytes;
    }

    public static long Bytes(int columns) => (long)(columns / 32) * RecordBytes;

    /// <summary>Packs weight rows; a panel's rows beyond <paramref name="rows"/> repeat the last one.</summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Pack(byte* weights, long rowBytes, int rows, int columns, byte* panel)
    {
        int lanes = TLanes.Count, laneBytes = LaneBytes, recordBytes = RecordBytes, blockBytes = TColumns.Bytes, blockColumns = TColumns.Count;
        byte* values = stackalloc byte[blockColumns * lanes], repeated = stackalloc byte[lanes * blockBytes];
        float* scales = stackalloc float[8 * lanes];
        for (; columns > 0; columns -= blockColumns, weights += blockBytes)
        {
            if (rows == lanes) TColumns.Read<TLanes, I, F>(weights, rowBytes, values, scales);
            else TColumns.Read<TLanes, I, F>(PanelRows.Repeat(weights, rowBytes, rows, lanes, blockBytes, repeated), blockBytes, values, scales);

            byte* source = values;
            for (int block = 0; block < blockColumns / 32; block++, panel += recordBytes)
            {
                for (int i = 0; i < 16; i += 2, source += laneBytes)
                {
                    I bytes = TLanes.Load(source);
                    TLanes.Store(TLanes.EvenBytes(bytes), panel + i * laneBytes);
                    TLanes.Store(TLanes.OddBytes(bytes), panel + (i + 1) * laneBytes);
                }

                TLanes.Store(TLanes.LoadFloats(scales + block * lanes), (float*)(panel + 16 * laneBytes));
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply(byte* panel, byte* tile, int columns, float* target, nint stride, byte* ahead)
    {
        int laneBytes = LaneBytes, aheadBytes = TLanes.Count * TColumns.Bytes * 32 / TColumns.Count;
        if (!TLanes.HasManyRegisters)
        {
            Multiply4(panel, tile, 0, columns, target, stride, ahead);
            Multiply4(panel, tile, 4, columns, target + 4 * stride, stride, null);
            return;
        }

        F f0 = default, f1 = default, f2 = default, f3 = default, f4 = default, f5 = default, f6 = default, f7 = default;
        byte* w = panel;
        while (columns > 0)
        {
            F r0 = default, r1 = default, r2 = default, r3 = default, r4 = default, r5 = default, r6 = default, r7 = default;
            byte* a = tile;
            for (int end = Math.Max(0, columns - 256); columns > end; columns -= 32, w += laneBytes)
            {
                if (ahead != null) ahead = PanelRows.Prefetch(ahead, aheadBytes);
                I i0 = default, i1 = default, i2 = default, i3 = default, i4 = default, i5 = default, i6 = default, i7 = default;
                for (int k = 0; k < 16; k++, a += 32, w += laneBytes)
                {
                    I v = TLanes.Load(w);
                    i0 = TLanes.MultiplyPairs(i0, v, TLanes.Broadcast(((int*)a)[0]));
                    i1 = TLanes.MultiplyPairs(i1, v, TLanes.Broadcast(((int*)a)[1]));
                    i2 = TLanes.MultiplyPairs(i2, v, TLanes.Broadcast(((int*)a)[2]));
                    i3 = TLanes.MultiplyPairs(i3, v, TLanes.Broadcast(((int*)a)[3]));
                    i4 = TLanes.MultiplyPairs(i4, v, TLanes.Broadcast(((int*)a)[4]));
                    i5 = TLanes.MultiplyPairs(i5, v, TLanes.Broadcast(((int*)a)[5]));
                    i6 = TLanes.MultiplyPairs(i6, v, TLanes.Broadcast(((int*)a)[6]));
                    i7 = TLanes.MultiplyPairs(i7, v, TLanes.Broadcast(((int*)a)[7]));
                }

                F d = TLanes.LoadFloats((float*)w);
                r0 = TLanes.MultiplyAdd(TLanes.ToFloat(i0), d, r0);
                r1 = TLanes.MultiplyAdd(TLanes.ToFloat(i1), d, r1);
                r2 = TLanes.MultiplyAdd(TLanes.ToFloat(i2), d, r2);
                r3 = TLanes.MultiplyAdd(TLanes.ToFloat(i3), d, r3);
                r4 = TLanes.MultiplyAdd(TLanes.ToFloat(i4), d, r4);
                r5 = TLanes.MultiplyAdd(TLanes.ToFloat(i5), d, r5);
                r6 = TLanes.MultiplyAdd(TLanes.ToFloat(i6), d, r6);
                r7 = TLanes.MultiplyAdd(TLanes.ToFloat(i7), d, r7);
            }

            float* scales = (float*)(tile + WideTile.ScalesOffset);
            f0 = TLanes.MultiplyAdd(r0, TLanes.BroadcastFloat(scales[0]), f0);
            f1 = TLanes.MultiplyAdd(r1, TLanes.BroadcastFloat(scales[1]), f1);
            f2 = TLanes.MultiplyAdd(r2, TLanes.BroadcastFloat(scales[2]), f2);
            f3 = TLanes.MultiplyAdd(r3, TLanes.BroadcastFloat(scales[3]), f3);
            f4 = TLanes.MultiplyAdd(r4, TLanes.BroadcastFloat(scales[4]), f4);
            f5 = TLanes.MultiplyAdd(r5, TLanes.BroadcastFloat(scales[5]), f5);
            f6 = TLanes.MultiplyAdd(r6, TLanes.BroadcastFloat(scales[6]), f6);
            f7 = TLanes.MultiplyAdd(r7, TLanes.BroadcastFloat(scales[7]), f7);
            tile += WideTile.RecordBytes;
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

    /// <summary>The same for four rows of a tile, for machines with 16 registers; <paramref name="first"/> is 0 or 4.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Multiply4(byte* panel, byte* tile, int first, int columns, float* target, nint stride, byte* ahead)
    {
        int laneBytes = LaneBytes, aheadBytes = TLanes.Count * TColumns.Bytes * 32 / TColumns.Count;
        F f0 = default, f1 = default, f2 = default, f3 = default;
        byte* w = panel;
        while (columns > 0)
        {
            F r0 = default, r1 = default, r2 = default, r3 = default;
            byte* a = tile + 4 * first;
            for (int end = Math.Max(0, columns - 256); columns > end; columns -= 32, w += laneBytes)
            {
                if (ahead != null) ahead = PanelRows.Prefetch(ahead, aheadBytes);
                I i0 = default, i1 = default, i2 = default, i3 = default;
                for (int k = 0; k < 16; k++, a += 32, w += laneBytes)
                {
                    I v = TLanes.Load(w);
                    i0 = TLanes.MultiplyPairs(i0, v, TLanes.Broadcast(((int*)a)[0]));
                    i1 = TLanes.MultiplyPairs(i1, v, TLanes.Broadcast(((int*)a)[1]));
                    i2 = TLanes.MultiplyPairs(i2, v, TLanes.Broadcast(((int*)a)[2]));
                    i3 = TLanes.MultiplyPairs(i3, v, TLanes.Broadcast(((int*)a)[3]));
                }

                F d = TLanes.LoadFloats((float*)w);
                r0 = TLanes.MultiplyAdd(TLanes.ToFloat(i0), d, r0);
                r1 = TLanes.MultiplyAdd(TLanes.ToFloat(i1), d, r1);
                r2 = TLanes.MultiplyAdd(TLanes.ToFloat(i2), d, r2);
                r3 = TLanes.MultiplyAdd(TLanes.ToFloat(i3), d, r3);
            }

            float* scales = (float*)(tile + WideTile.ScalesOffset) + first;
            f0 = TLanes.MultiplyAdd(r0, TLanes.BroadcastFloat(scales[0]), f0);
            f1 = TLanes.MultiplyAdd(r1, TLanes.BroadcastFloat(scales[1]), f1);
            f2 = TLanes.MultiplyAdd(r2, TLanes.BroadcastFloat(scales[2]), f2);
            f3 = TLanes.MultiplyAdd(r3, TLanes.BroadcastFloat(scales[3]), f3);
            tile += WideTile.RecordBytes;
        }

        TLanes.Store(f0, target);
        TLanes.Store(f1, target + stride);
        TLanes.Store(f2, target + 2 * stride);
        TLanes.Store(f3, target + 3 * stride);
    }
}
