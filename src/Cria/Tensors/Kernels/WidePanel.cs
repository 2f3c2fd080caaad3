using System.Runtime.CompilerServices;

namespace Cria.Tensors.Kernels;

/// <summary>Weights of eight bits, for panels of shorts.</summary>
internal unsafe interface IWideSource
{
    /// <summary>The columns of one block: 32 or 256.</summary>
    static abstract int Columns { get; }

    /// <summary>The bytes of one block.</summary>
    static abstract int Bytes { get; }

    /// <summary>The signed values of a block, and the scale of each 32.</summary>
    static abstract void Expand(byte* block, short* values, float* scales);
}

/// <summary>
/// Products with weights of eight bits. Two such bytes do not multiply within the sums of shorts that other panels use, and
/// nibble by nibble took 1.5 times as long as shorts do. A panel's record holds, per 32 columns, the values of as many rows
/// as there are lanes, interleaved by two shorts, then the rows' scales.
/// </summary>
internal static unsafe class WidePanel<TSource, TLanes, I, F>
    where TSource : struct, IWideSource
    where TLanes : struct, ILanes<I, F>
    where I : struct
    where F : struct
{
    private static int LaneBytes => TLanes.Count * 4;

    private static int RecordBytes => 17 * LaneBytes;

    public static long Bytes(int columns) => (long)(columns / 32) * RecordBytes;

    /// <summary>Packs weight rows; a panel's rows beyond <paramref name="rows"/> repeat the last one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Pack(byte* weights, long rowBytes, int rows, int columns, byte* panel)
    {
        int lanes = TLanes.Count, laneBytes = LaneBytes, recordBytes = RecordBytes, blockColumns = TSource.Columns, blockBytes = TSource.Bytes;
        short* values = stackalloc short[blockColumns * lanes];
        float* scales = stackalloc float[8];
        for (; columns > 0; columns -= blockColumns, weights += blockBytes, panel += blockColumns / 32 * recordBytes)
        {
            for (int lane = 0; lane < lanes; lane++)
            {
                TSource.Expand(weights + Math.Min(lane, rows - 1) * rowBytes, values + lane * blockColumns, scales);
                for (int i = 0; i < blockColumns / 32; i++) ((float*)(panel + i * recordBytes + 16 * laneBytes))[lane] = scales[i];
            }

            for (int i = 0; i < blockColumns / 32; i++)
                Transpose.Dwords((uint*)values + 16 * i, blockColumns / 2, lanes, 16, (uint*)(panel + i * recordBytes));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply(byte* panel, byte* tile, int columns, float* target, nint stride)
    {
        int laneBytes = LaneBytes;
        if (!TLanes.HasManyRegisters)
        {
            Multiply4(panel, tile, 0, columns, target, stride);
            Multiply4(panel, tile, 4, columns, target + 4 * stride, stride);
            return;
        }

        F f0 = default, f1 = default, f2 = default, f3 = default, f4 = default, f5 = default, f6 = default, f7 = default;
        byte* w = panel;
        for (; columns > 0; columns -= 32)
        {
            I i0 = default, i1 = default, i2 = default, i3 = default, i4 = default, i5 = default, i6 = default, i7 = default;
            byte* scales = tile + WideTile.ScalesOffset;
            for (; tile < scales; tile += 32, w += laneBytes)
            {
                I v = TLanes.Load(w);
                i0 = TLanes.MultiplyPairs(i0, v, TLanes.Broadcast(((int*)tile)[0]));
                i1 = TLanes.MultiplyPairs(i1, v, TLanes.Broadcast(((int*)tile)[1]));
                i2 = TLanes.MultiplyPairs(i2, v, TLanes.Broadcast(((int*)tile)[2]));
                i3 = TLanes.MultiplyPairs(i3, v, TLanes.Broadcast(((int*)tile)[3]));
                i4 = TLanes.MultiplyPairs(i4, v, TLanes.Broadcast(((int*)tile)[4]));
                i5 = TLanes.MultiplyPairs(i5, v, TLanes.Broadcast(((int*)tile)[5]));
                i6 = TLanes.MultiplyPairs(i6, v, TLanes.Broadcast(((int*)tile)[6]));
                i7 = TLanes.MultiplyPairs(i7, v, TLanes.Broadcast(((int*)tile)[7]));
            }

            F d = TLanes.LoadFloats((float*)w);
            float* da = (float*)tile;
            f0 = AddScaled(f0, i0, d, da[0]);
            f1 = AddScaled(f1, i1, d, da[1]);
            f2 = AddScaled(f2, i2, d, da[2]);
            f3 = AddScaled(f3, i3, d, da[3]);
            f4 = AddScaled(f4, i4, d, da[4]);
            f5 = AddScaled(f5, i5, d, da[5]);
            f6 = AddScaled(f6, i6, d, da[6]);
            f7 = AddScaled(f7, i7, d, da[7]);
            w += laneBytes;
            tile += WideTile.RecordBytes - WideTile.ScalesOffset;
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
    private static void Multiply4(byte* panel, byte* tile, int first, int columns, float* target, nint stride)
    {
        int laneBytes = LaneBytes;
        F f0 = default, f1 = default, f2 = default, f3 = default;
        byte* w = panel;
        tile += 4 * first;
        for (; columns > 0; columns -= 32)
        {
            I i0 = default, i1 = default, i2 = default, i3 = default;
            byte* scales = tile + WideTile.ScalesOffset;
            for (; tile < scales; tile += 32, w += laneBytes)
            {
                I v = TLanes.Load(w);
                i0 = TLanes.MultiplyPairs(i0, v, TLanes.Broadcast(((int*)tile)[0]));
                i1 = TLanes.MultiplyPairs(i1, v, TLanes.Broadcast(((int*)tile)[1]));
                i2 = TLanes.MultiplyPairs(i2, v, TLanes.Broadcast(((int*)tile)[2]));
                i3 = TLanes.MultiplyPairs(i3, v, TLanes.Broadcast(((int*)tile)[3]));
            }

            F d = TLanes.LoadFloats((float*)w);
            float* da = (float*)tile;
            f0 = AddScaled(f0, i0, d, da[0]);
            f1 = AddScaled(f1, i1, d, da[1]);
            f2 = AddScaled(f2, i2, d, da[2]);
            f3 = AddScaled(f3, i3, d, da[3]);
            w += laneBytes;
            tile += WideTile.RecordBytes - WideTile.ScalesOffset;
        }

        TLanes.Store(f0, target);
        TLanes.Store(f1, target + stride);
        TLanes.Store(f2, target + 2 * stride);
        TLanes.Store(f3, target + 3 * stride);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static F AddScaled(F sum, I value, F scale, float activationScale) =>
        TLanes.MultiplyAdd(TLanes.ToFloat(value), TLanes.Multiply(scale, TLanes.BroadcastFloat(activationScale)), sum);
}
