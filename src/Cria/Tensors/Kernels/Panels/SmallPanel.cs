using System.Runtime.CompilerServices;
using Cria.Tensors.Kernels.Inputs;
using Cria.Tensors.Kernels.Panels.Columns;

namespace Cria.Tensors.Kernels.Panels;

/// <summary>
/// Products with formats of few bits whose blocks of 32 have float scales of their own. A panel's record holds, per 32 columns,
/// what the sums begin with, the values of as many rows as there are lanes as signed bytes, interleaved by four, the rows'
/// scales, and, where the format has minimums, what they add per sum of activations. Records lie class by class, whose sums are added
/// in their order: see <see cref="SmallRow.Classes"/>.
/// </summary>
internal static unsafe class SmallPanel<TColumns, TLanes, I, F>
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
        get => (TColumns.HasMinimums ? 11 : 10) * LaneBytes;
    }

    public static long Bytes(int columns) => (long)(columns / 32) * RecordBytes;

    /// <summary>Packs weight rows; a panel's rows beyond <paramref name="rows"/> repeat the last one.</summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Pack(byte* weights, long rowBytes, int rows, int columns, byte* panels)
    {
        int lanes = TLanes.Count, laneBytes = LaneBytes, recordBytes = RecordBytes, blockBytes = TColumns.Bytes;
        I offset = TLanes.Broadcast(InputForms.ByteOffset * 0x01010101);
        byte* repeated = stackalloc byte[lanes * blockBytes];
        for (int block = 0, blocks = columns / 32; block < blocks; block++, weights += blockBytes)
        {
            byte* panel = panels + (nint)SmallTile.Place(block, blocks) * recordBytes;
            float* scales = (float*)(panel + 9 * laneBytes);
            if (rows == lanes) TColumns.Read<TLanes, I, F>(weights, rowBytes, panel + laneBytes, scales);
            else TColumns.Read<TLanes, I, F>(PanelRows.Repeat(weights, rowBytes, rows, lanes, blockBytes, repeated), blockBytes, panel + laneBytes, scales);

            I sums = default;
            for (int i = 1; i <= 8; i++) sums = TLanes.MultiplyBytes(sums, offset, TLanes.Load(panel + i * laneBytes));
            TLanes.Store(TLanes.SubtractSums(default, sums), panel);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply(byte* panel, byte* tile, int columns, float* target, nint stride, byte* ahead)
    {
        int laneBytes = LaneBytes, aheadBytes = TLanes.Count * TColumns.Bytes;
        bool hasMinimums = TColumns.HasMinimums;
        if (!TLanes.HasManyRegisters)
        {
            Multiply4(panel, tile, 0, columns, target, stride, ahead);
            Multiply4(panel, tile, 4, columns, target + 4 * stride, stride, null);
            return;
        }

        I one = TLanes.Broadcast(TLanes.PackScale(1));
        F t0 = default, t1 = default, t2 = default, t3 = default, t4 = default, t5 = default, t6 = default, t7 = default;
        byte* w = panel;
        int blocks = columns / 32;
        for (int index = 0; index < SmallRow.Classes; index++)
        {
            F f0 = default, f1 = default, f2 = default, f3 = default, f4 = default, f5 = default, f6 = default, f7 = default;
            for (int left = SmallTile.InClass(index, blocks); left > 0; left--)
            {
                if (ahead != null) ahead = PanelRows.Prefetch(ahead, aheadBytes);
                I v = TLanes.Load(w);
                w += laneBytes;
                I s0 = v, s1 = v, s2 = v, s3 = v, s4 = v, s5 = v, s6 = v, s7 = v;
                byte* scales = tile + SmallTile.ScalesOffset;
                for (; tile < scales; tile += 32, w += laneBytes)
                {
                    v = TLanes.Load(w);
                    s0 = TLanes.MultiplyBytes(s0, TLanes.Broadcast(((int*)tile)[0]), v);
                    s1 = TLanes.MultiplyBytes(s1, TLanes.Broadcast(((int*)tile)[1]), v);
                    s2 = TLanes.MultiplyBytes(s2, TLanes.Broadcast(((int*)tile)[2]), v);
                    s3 = TLanes.MultiplyBytes(s3, TLanes.Broadcast(((int*)tile)[3]), v);
                    s4 = TLanes.MultiplyBytes(s4, TLanes.Broadcast(((int*)tile)[4]), v);
                    s5 = TLanes.MultiplyBytes(s5, TLanes.Broadcast(((int*)tile)[5]), v);
                    s6 = TLanes.MultiplyBytes(s6, TLanes.Broadcast(((int*)tile)[6]), v);
                    s7 = TLanes.MultiplyBytes(s7, TLanes.Broadcast(((int*)tile)[7]), v);
                }

                F d = TLanes.LoadFloats((float*)w);
                float* da = (float*)tile;
                f0 = AddScaled(f0, s0, one, d, da[0]);
                f1 = AddScaled(f1, s1, one, d, da[1]);
                f2 = AddScaled(f2, s2, one, d, da[2]);
                f3 = AddScaled(f3, s3, one, d, da[3]);
                f4 = AddScaled(f4, s4, one, d, da[4]);
                f5 = AddScaled(f5, s5, one, d, da[5]);
                f6 = AddScaled(f6, s6, one, d, da[6]);
                f7 = AddScaled(f7, s7, one, d, da[7]);
                w += laneBytes;
                tile += SmallTile.RecordBytes - SmallTile.ScalesOffset;
                if (!hasMinimums) continue;

                F m = TLanes.LoadFloats((float*)w);
                f0 = TLanes.MultiplyAdd(m, TLanes.BroadcastFloat(da[8]), f0);
                f1 = TLanes.MultiplyAdd(m, TLanes.BroadcastFloat(da[9]), f1);
                f2 = TLanes.MultiplyAdd(m, TLanes.BroadcastFloat(da[10]), f2);
                f3 = TLanes.MultiplyAdd(m, TLanes.BroadcastFloat(da[11]), f3);
                f4 = TLanes.MultiplyAdd(m, TLanes.BroadcastFloat(da[12]), f4);
                f5 = TLanes.MultiplyAdd(m, TLanes.BroadcastFloat(da[13]), f5);
                f6 = TLanes.MultiplyAdd(m, TLanes.BroadcastFloat(da[14]), f6);
                f7 = TLanes.MultiplyAdd(m, TLanes.BroadcastFloat(da[15]), f7);
                w += laneBytes;
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

    /// <summary>The same for four rows of a tile, for machines with 16 registers; <paramref name="first"/> is 0 or 4.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Multiply4(byte* panel, byte* tile, int first, int columns, float* target, nint stride, byte* ahead)
    {
        int laneBytes = LaneBytes, aheadBytes = TLanes.Count * TColumns.Bytes;
        bool hasMinimums = TColumns.HasMinimums;
        I one = TLanes.Broadcast(TLanes.PackScale(1));
        F t0 = default, t1 = default, t2 = default, t3 = default;
        byte* w = panel;
        tile += 4 * first;
        int blocks = columns / 32;
        for (int index = 0; index < SmallRow.Classes; index++)
        {
            F f0 = default, f1 = default, f2 = default, f3 = default;
            for (int left = SmallTile.InClass(index, blocks); left > 0; left--)
            {
                if (ahead != null) ahead = PanelRows.Prefetch(ahead, aheadBytes);
                I v = TLanes.Load(w);
                w += laneBytes;
                I s0 = v, s1 = v, s2 = v, s3 = v;
                byte* scales = tile + SmallTile.ScalesOffset;
                for (; tile < scales; tile += 32, w += laneBytes)
                {
                    v = TLanes.Load(w);
                    s0 = TLanes.MultiplyBytes(s0, TLanes.Broadcast(((int*)tile)[0]), v);
                    s1 = TLanes.MultiplyBytes(s1, TLanes.Broadcast(((int*)tile)[1]), v);
                    s2 = TLanes.MultiplyBytes(s2, TLanes.Broadcast(((int*)tile)[2]), v);
                    s3 = TLanes.MultiplyBytes(s3, TLanes.Broadcast(((int*)tile)[3]), v);
                }

                F d = TLanes.LoadFloats((float*)w);
                float* da = (float*)tile;
                f0 = AddScaled(f0, s0, one, d, da[0]);
                f1 = AddScaled(f1, s1, one, d, da[1]);
                f2 = AddScaled(f2, s2, one, d, da[2]);
                f3 = AddScaled(f3, s3, one, d, da[3]);
                w += laneBytes;
                tile += SmallTile.RecordBytes - SmallTile.ScalesOffset;
                if (!hasMinimums) continue;

                F m = TLanes.LoadFloats((float*)w);
                f0 = TLanes.MultiplyAdd(m, TLanes.BroadcastFloat(da[8]), f0);
                f1 = TLanes.MultiplyAdd(m, TLanes.BroadcastFloat(da[9]), f1);
                f2 = TLanes.MultiplyAdd(m, TLanes.BroadcastFloat(da[10]), f2);
                f3 = TLanes.MultiplyAdd(m, TLanes.BroadcastFloat(da[11]), f3);
                w += laneBytes;
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

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static F AddScaled(F sum, I shorts, I one, F scale, float activationScale) =>
        TLanes.MultiplyAdd(TLanes.ToFloat(TLanes.Fold(default, shorts, one)), TLanes.Multiply(scale, TLanes.BroadcastFloat(activationScale)), sum);
}
