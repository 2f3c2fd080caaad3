using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Cria.Tensors.Kernels.Blocks;

namespace Cria.Tensors.Kernels;

/// <summary>
/// Products with formats whose blocks of 32 have float scales of their own. A panel holds, per 32 columns, the values of as
/// many rows as there are lanes, interleaved by four bytes, then the rows' scales and what they add per sum of activations.
/// </summary>
internal static unsafe class SmallPanel<TBlock, TLanes, I, F>
    where TBlock : struct, ISmallBlock
    where TLanes : struct, ILanes<I, F>
    where I : struct
    where F : struct
{
    private static int LaneBytes => TLanes.Count * 4;

    /// <summary>Values that need eight bits are multiplied nibble by nibble.</summary>
    private static bool Wide => TBlock.Largest > 127;

    /// <summary>How many products of four shorts can hold: Largest · 127 · 2 · 8 ≤ 32767 only up to 15.</summary>
    private static int Fold => TBlock.Largest is <= 15 or > 127 ? 8 : 4;

    private static int ScaleOffset => (Wide ? 16 : 8) * LaneBytes;

    private static int RecordBytes => ScaleOffset + 2 * LaneBytes;

    public static long Bytes(int columns) => (long)(columns / 32) * RecordBytes;

    /// <summary>Packs weight rows; a panel's rows beyond <paramref name="rows"/> repeat the last one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Pack(byte* weights, long rowBytes, int rows, int columns, byte* panel)
    {
        byte* values = stackalloc byte[32 * TLanes.Count];
        for (; columns > 0; columns -= 32, weights += TBlock.Bytes, panel += RecordBytes)
        {
            float* scales = (float*)(panel + ScaleOffset), common = scales + TLanes.Count;
            for (int lane = 0; lane < TLanes.Count; lane++)
            {
                byte* block = weights + Math.Min(lane, rows - 1) * rowBytes;
                TBlock.Load(block).Store(values + 32 * lane);
                scales[lane] = TBlock.Scale(block);
                common[lane] = TBlock.HasMinimum ? TBlock.Minimum(block) : -TBlock.Offset * scales[lane];
            }

            Transpose.Dwords((uint*)values, 8, TLanes.Count, 8, (uint*)panel);
            if (!Wide) continue;
            for (int i = 0; i < 8; i++)
            {
                I bytes = TLanes.Load(panel + i * LaneBytes);
                TLanes.Store(TLanes.HighNibbles(bytes), panel + (8 + i) * LaneBytes);
                TLanes.Store(TLanes.LowNibbles(bytes), panel + i * LaneBytes);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply(byte* panel, byte* tile, int columns, float* target, nint stride)
    {
        if (!TLanes.HasManyRegisters)
        {
            Multiply4(panel, tile, 0, columns, target, stride);
            Multiply4(panel, tile, 4, columns, target + 4 * stride, stride);
            return;
        }

        int laneBytes = LaneBytes, fold = Fold;
        I one = TLanes.Broadcast(TLanes.PackScale(1)), sixteen = TLanes.Broadcast(TLanes.PackScale(16));
        F f0 = default, f1 = default, f2 = default, f3 = default, f4 = default, f5 = default, f6 = default, f7 = default;
        for (; columns > 0; columns -= 32, panel += RecordBytes, tile += SmallTile.RecordBytes)
        {
            I i0 = default, i1 = default, i2 = default, i3 = default, i4 = default, i5 = default, i6 = default, i7 = default;
            byte* w = panel;
            for (int plane = 0; plane < (Wide ? 2 : 1); plane++)
            {
                I scale = plane == 0 ? one : sixteen;
                byte* a = tile;
                for (int done = 0; done < 8; done += fold)
                {
                    I s0 = default, s1 = default, s2 = default, s3 = default, s4 = default, s5 = default, s6 = default, s7 = default;
                    for (int k = 0; k < fold; k++, w += laneBytes, a += 32)
                    {
                        I v = TLanes.Load(w);
                        s0 = TLanes.MultiplyBytes(s0, v, TLanes.Broadcast(((int*)a)[0]));
                        s1 = TLanes.MultiplyBytes(s1, v, TLanes.Broadcast(((int*)a)[1]));
                        s2 = TLanes.MultiplyBytes(s2, v, TLanes.Broadcast(((int*)a)[2]));
                        s3 = TLanes.MultiplyBytes(s3, v, TLanes.Broadcast(((int*)a)[3]));
                        s4 = TLanes.MultiplyBytes(s4, v, TLanes.Broadcast(((int*)a)[4]));
                        s5 = TLanes.MultiplyBytes(s5, v, TLanes.Broadcast(((int*)a)[5]));
                        s6 = TLanes.MultiplyBytes(s6, v, TLanes.Broadcast(((int*)a)[6]));
                        s7 = TLanes.MultiplyBytes(s7, v, TLanes.Broadcast(((int*)a)[7]));
                    }

                    i0 = TLanes.Fold(i0, s0, scale);
                    i1 = TLanes.Fold(i1, s1, scale);
                    i2 = TLanes.Fold(i2, s2, scale);
                    i3 = TLanes.Fold(i3, s3, scale);
                    i4 = TLanes.Fold(i4, s4, scale);
                    i5 = TLanes.Fold(i5, s5, scale);
                    i6 = TLanes.Fold(i6, s6, scale);
                    i7 = TLanes.Fold(i7, s7, scale);
                }
            }

            F d = TLanes.LoadFloats((float*)(panel + ScaleOffset)), c = TLanes.LoadFloats((float*)(panel + ScaleOffset + laneBytes));
            float* scales = (float*)(tile + SmallTile.ScalesOffset), sums = scales + InputForms.TileRows;
            f0 = Add(f0, i0, d, scales[0], c, sums[0]);
            f1 = Add(f1, i1, d, scales[1], c, sums[1]);
            f2 = Add(f2, i2, d, scales[2], c, sums[2]);
            f3 = Add(f3, i3, d, scales[3], c, sums[3]);
            f4 = Add(f4, i4, d, scales[4], c, sums[4]);
            f5 = Add(f5, i5, d, scales[5], c, sums[5]);
            f6 = Add(f6, i6, d, scales[6], c, sums[6]);
            f7 = Add(f7, i7, d, scales[7], c, sums[7]);
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

    /// <summary>The dot product of one weight row with one row of activations, on any number of lanes up to eight.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float Dot(byte* weights, int columns, byte* activations)
    {
        byte* values = stackalloc byte[32];
        I one = TLanes.Broadcast(TLanes.PackScale(1)), sixteen = TLanes.Broadcast(TLanes.PackScale(16));
        F sum = default;
        float common = 0;
        for (int block = 0; block < columns / 32; block++, weights += TBlock.Bytes)
        {
            byte* record = activations + (long)(block / 8) * SmallRow.RecordBytes;
            sbyte* a = (sbyte*)record + block % 8 * 32;
            TBlock.Load(weights).Store(values);
            I total = default;
            for (int i = 0; i < 32; i += 4 * TLanes.Count)
            {
                I w = TLanes.Load(values + i), x = TLanes.Load(a + i);
                if (Wide)
                {
                    total = TLanes.Fold(total, TLanes.MultiplyBytes(default, TLanes.HighNibbles(w), x), sixteen);
                    w = TLanes.LowNibbles(w);
                }

                total = TLanes.Fold(total, TLanes.MultiplyBytes(default, w, x), one);
            }

            float d = TBlock.Scale(weights);
            sum = TLanes.MultiplyAdd(TLanes.ToFloat(total), TLanes.BroadcastFloat(d * ((float*)(record + SmallRow.ScalesOffset))[block % 8]), sum);
            common += (TBlock.HasMinimum ? TBlock.Minimum(weights) : -TBlock.Offset * d) * ((float*)(record + SmallRow.SumsOffset))[block % 8];
        }

        return TLanes.Sum(sum) + common;
    }

    /// <summary>The same for four rows of a tile, for machines with 16 registers; <paramref name="first"/> is 0 or 4.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Multiply4(byte* panel, byte* tile, int first, int columns, float* target, nint stride)
    {
        int laneBytes = LaneBytes, fold = Fold;
        I one = TLanes.Broadcast(TLanes.PackScale(1)), sixteen = TLanes.Broadcast(TLanes.PackScale(16));
        F f0 = default, f1 = default, f2 = default, f3 = default;
        for (; columns > 0; columns -= 32, panel += RecordBytes, tile += SmallTile.RecordBytes)
        {
            I i0 = default, i1 = default, i2 = default, i3 = default;
            byte* w = panel;
            for (int plane = 0; plane < (Wide ? 2 : 1); plane++)
            {
                I scale = plane == 0 ? one : sixteen;
                byte* a = tile + 4 * first;
                for (int done = 0; done < 8; done += fold)
                {
                    I s0 = default, s1 = default, s2 = default, s3 = default;
                    for (int k = 0; k < fold; k++, w += laneBytes, a += 32)
                    {
                        I v = TLanes.Load(w);
                        s0 = TLanes.MultiplyBytes(s0, v, TLanes.Broadcast(((int*)a)[0]));
                        s1 = TLanes.MultiplyBytes(s1, v, TLanes.Broadcast(((int*)a)[1]));
                        s2 = TLanes.MultiplyBytes(s2, v, TLanes.Broadcast(((int*)a)[2]));
                        s3 = TLanes.MultiplyBytes(s3, v, TLanes.Broadcast(((int*)a)[3]));
                    }

                    i0 = TLanes.Fold(i0, s0, scale);
                    i1 = TLanes.Fold(i1, s1, scale);
                    i2 = TLanes.Fold(i2, s2, scale);
                    i3 = TLanes.Fold(i3, s3, scale);
                }
            }

            F d = TLanes.LoadFloats((float*)(panel + ScaleOffset)), c = TLanes.LoadFloats((float*)(panel + ScaleOffset + laneBytes));
            float* scales = (float*)(tile + SmallTile.ScalesOffset) + first, sums = scales + InputForms.TileRows;
            f0 = Add(f0, i0, d, scales[0], c, sums[0]);
            f1 = Add(f1, i1, d, scales[1], c, sums[1]);
            f2 = Add(f2, i2, d, scales[2], c, sums[2]);
            f3 = Add(f3, i3, d, scales[3], c, sums[3]);
        }

        TLanes.Store(f0, target);
        TLanes.Store(f1, target + stride);
        TLanes.Store(f2, target + 2 * stride);
        TLanes.Store(f3, target + 3 * stride);
    }

    /// <summary>sum + value · scale · activationScale + common · activationSum.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static F Add(F sum, I value, F scale, float activationScale, F common, float activationSum)
    {
        sum = TLanes.MultiplyAdd(TLanes.ToFloat(value), TLanes.Multiply(scale, TLanes.BroadcastFloat(activationScale)), sum);
        if (!TBlock.HasMinimum && TBlock.Offset == 0) return sum;
        return TLanes.MultiplyAdd(common, TLanes.BroadcastFloat(activationSum), sum);
    }
}
