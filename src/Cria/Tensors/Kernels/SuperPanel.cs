using System.Runtime.CompilerServices;
using Cria.Tensors.Kernels.Blocks;

namespace Cria.Tensors.Kernels;

/// <summary>
/// The matrix product for many rows of activations. As many weight rows as there are lanes are turned into a panel: per 256
/// columns, the values of the rows interleaved by four bytes, one scale register per fold, the pairs of minimums, and the
/// two float scales. A lane then belongs to a row: no sum ever crosses lanes.
/// </summary>
/// <remarks>
/// Inner loop with 32 registers: 8 sums of shorts, 8 sums of ints, 1 of weights, 1 broadcast. On a 512-bit machine it does
/// 16 rows · 8 tokens · 4 columns in 8 multiplies, 8 additions and 9 loads.
/// </remarks>
internal static unsafe class SuperPanel<TBlock, TLanes, I, F>
    where TBlock : struct, ISuperBlock
    where TLanes : struct, ILanes<I, F>
    where I : struct
    where F : struct
{
    private static int LaneBytes => TLanes.Count * 4;

    private static int Planes => TBlock.Wide ? 2 : 1;

    private static int Folds => 64 / TBlock.Fold;

    private static int ScalesOffset => Planes * 64 * LaneBytes;

    private static int MinimumsOffset => ScalesOffset + Planes * Folds * LaneBytes;

    private static int ScaleOffset => MinimumsOffset + 8 * LaneBytes;

    private static int RecordBytes => ScaleOffset + 2 * LaneBytes;

    public static long Bytes(int columns) => (long)SuperRow.Records(columns) * RecordBytes;

    /// <summary>Packs weight rows; a panel's rows beyond <paramref name="rows"/> repeat the last one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Pack(byte* weights, long rowBytes, int rows, int columns, byte* panel)
    {
        // Registers' worth of rows are expanded next to each other, then turned around.
        Expanded* expanded = stackalloc Expanded[TLanes.Count];
        for (int column = 0; column < columns; column += 256, weights += TBlock.Bytes, panel += RecordBytes)
        {
            for (int lane = 0; lane < TLanes.Count; lane++)
            {
                SuperBlocks<TBlock>.Expand(weights + Math.Min(lane, rows - 1) * rowBytes, expanded + lane);
                PackScales(expanded + lane, panel, lane);
            }

            Transpose.Dwords((uint*)expanded, sizeof(Expanded) / 4, TLanes.Count, 64, (uint*)panel);
            if (TBlock.Wide) SplitNibbles(panel);
        }
    }

    /// <summary>Eight rows of activations times one panel; <paramref name="target"/> gets one register per row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply(byte* panel, byte* tile, int columns, float* target, nint stride)
    {
        int records = SuperRow.Records(columns);
        if (!TLanes.HasManyRegisters)
        {
            Multiply4(panel, tile, 0, records, target, stride);
            Multiply4(panel, tile, 4, records, target + 4 * stride, stride);
            return;
        }

        F f0 = default, f1 = default, f2 = default, f3 = default, f4 = default, f5 = default, f6 = default, f7 = default;
        for (; records > 0; records--, panel += RecordBytes, tile += SuperTile.RecordBytes)
        {
            I i0 = default, i1 = default, i2 = default, i3 = default, i4 = default, i5 = default, i6 = default, i7 = default;
            byte* w = panel, scales = panel + ScalesOffset;
            for (int plane = 0; plane < Planes; plane++)
            {
                byte* a = tile;
                for (int fold = 0; fold < Folds; fold++)
                {
                    I s0 = default, s1 = default, s2 = default, s3 = default, s4 = default, s5 = default, s6 = default, s7 = default;
                    for (int k = 0; k < TBlock.Fold; k++)
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
                        w += LaneBytes;
                        a += 32;
                    }

                    I scale = TLanes.Load(scales);
                    scales += LaneBytes;
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

            F d = TLanes.LoadFloats((float*)(panel + ScaleOffset));
            float* da = (float*)(tile + SuperTile.ScalesOffset);
            f0 = AddScaled(f0, i0, d, da[0]);
            f1 = AddScaled(f1, i1, d, da[1]);
            f2 = AddScaled(f2, i2, d, da[2]);
            f3 = AddScaled(f3, i3, d, da[3]);
            f4 = AddScaled(f4, i4, d, da[4]);
            f5 = AddScaled(f5, i5, d, da[5]);
            f6 = AddScaled(f6, i6, d, da[6]);
            f7 = AddScaled(f7, i7, d, da[7]);

            i0 = i1 = i2 = i3 = i4 = i5 = i6 = i7 = default;
            byte* minimums = panel + MinimumsOffset;
            int* sums = (int*)(tile + SuperTile.SumsOffset);
            for (int pair = 0; pair < 8; pair++, minimums += LaneBytes, sums += 8)
            {
                I m = TLanes.Load(minimums);
                i0 = TLanes.MultiplyPairs(i0, m, TLanes.Broadcast(sums[0]));
                i1 = TLanes.MultiplyPairs(i1, m, TLanes.Broadcast(sums[1]));
                i2 = TLanes.MultiplyPairs(i2, m, TLanes.Broadcast(sums[2]));
                i3 = TLanes.MultiplyPairs(i3, m, TLanes.Broadcast(sums[3]));
                i4 = TLanes.MultiplyPairs(i4, m, TLanes.Broadcast(sums[4]));
                i5 = TLanes.MultiplyPairs(i5, m, TLanes.Broadcast(sums[5]));
                i6 = TLanes.MultiplyPairs(i6, m, TLanes.Broadcast(sums[6]));
                i7 = TLanes.MultiplyPairs(i7, m, TLanes.Broadcast(sums[7]));
            }

            d = TLanes.LoadFloats((float*)(panel + ScaleOffset + LaneBytes));
            f0 = AddScaled(f0, i0, d, da[0]);
            f1 = AddScaled(f1, i1, d, da[1]);
            f2 = AddScaled(f2, i2, d, da[2]);
            f3 = AddScaled(f3, i3, d, da[3]);
            f4 = AddScaled(f4, i4, d, da[4]);
            f5 = AddScaled(f5, i5, d, da[5]);
            f6 = AddScaled(f6, i6, d, da[6]);
            f7 = AddScaled(f7, i7, d, da[7]);
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

    /// <summary>The dot product of one weight row with one row of activations, on any number of lanes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float Dot(byte* weights, int columns, byte* activations)
    {
        Expanded expanded = default;
        F sum = default;
        for (; columns > 0; columns -= 256, weights += TBlock.Bytes, activations += SuperRow.RecordBytes)
        {
            SuperBlocks<TBlock>.Expand(weights, &expanded);
            I total = default;
            for (int part = 0; part < 64 / TLanes.Count; part++)
            {
                I w = TLanes.Load(expanded.Values + part * TLanes.Count * 4);
                I a = TLanes.Load(activations + part * TLanes.Count * 4);
                I scales = TLanes.SpreadScales(expanded.Scales, part);
                if (TBlock.Wide)
                {
                    I high = TLanes.Fold(default, TLanes.MultiplyBytes(default, TLanes.HighNibbles(w), a), scales);
                    total = TLanes.Add(total, TLanes.Times16(high));
                    w = TLanes.LowNibbles(w);
                }

                total = TLanes.Fold(total, TLanes.MultiplyBytes(default, w, a), scales);
            }

            F scale = TLanes.BroadcastFloat(*(float*)(activations + SuperRow.ScaleOffset));
            sum = TLanes.MultiplyAdd(TLanes.ToFloat(total), TLanes.Multiply(scale, TLanes.BroadcastFloat(expanded.Scale)), sum);
            sum = TLanes.MultiplyAdd(
                TLanes.ToFloat(TLanes.MultiplySixteen(expanded.Minimums, (short*)(activations + SuperRow.SumsOffset))),
                TLanes.Multiply(scale, TLanes.BroadcastFloat(-expanded.Minimum)),
                sum);
        }

        return TLanes.Sum(sum);
    }

    /// <summary>The same for four rows of a tile, for machines with 16 registers; <paramref name="first"/> is 0 or 4.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Multiply4(byte* panel, byte* tile, int first, int records, float* target, nint stride)
    {
        F f0 = default, f1 = default, f2 = default, f3 = default;
        for (; records > 0; records--, panel += RecordBytes, tile += SuperTile.RecordBytes)
        {
            I i0 = default, i1 = default, i2 = default, i3 = default;
            byte* w = panel, scales = panel + ScalesOffset;
            for (int plane = 0; plane < Planes; plane++)
            {
                byte* a = tile + 4 * first;
                for (int fold = 0; fold < Folds; fold++)
                {
                    I s0 = default, s1 = default, s2 = default, s3 = default;
                    for (int k = 0; k < TBlock.Fold; k++)
                    {
                        I v = TLanes.Load(w);
                        s0 = TLanes.MultiplyBytes(s0, v, TLanes.Broadcast(((int*)a)[0]));
                        s1 = TLanes.MultiplyBytes(s1, v, TLanes.Broadcast(((int*)a)[1]));
                        s2 = TLanes.MultiplyBytes(s2, v, TLanes.Broadcast(((int*)a)[2]));
                        s3 = TLanes.MultiplyBytes(s3, v, TLanes.Broadcast(((int*)a)[3]));
                        w += LaneBytes;
                        a += 32;
                    }

                    I scale = TLanes.Load(scales);
                    scales += LaneBytes;
                    i0 = TLanes.Fold(i0, s0, scale);
                    i1 = TLanes.Fold(i1, s1, scale);
                    i2 = TLanes.Fold(i2, s2, scale);
                    i3 = TLanes.Fold(i3, s3, scale);
                }
            }

            F d = TLanes.LoadFloats((float*)(panel + ScaleOffset));
            float* da = (float*)(tile + SuperTile.ScalesOffset) + first;
            f0 = AddScaled(f0, i0, d, da[0]);
            f1 = AddScaled(f1, i1, d, da[1]);
            f2 = AddScaled(f2, i2, d, da[2]);
            f3 = AddScaled(f3, i3, d, da[3]);

            i0 = i1 = i2 = i3 = default;
            byte* minimums = panel + MinimumsOffset;
            int* sums = (int*)(tile + SuperTile.SumsOffset) + first;
            for (int pair = 0; pair < 8; pair++, minimums += LaneBytes, sums += 8)
            {
                I m = TLanes.Load(minimums);
                i0 = TLanes.MultiplyPairs(i0, m, TLanes.Broadcast(sums[0]));
                i1 = TLanes.MultiplyPairs(i1, m, TLanes.Broadcast(sums[1]));
                i2 = TLanes.MultiplyPairs(i2, m, TLanes.Broadcast(sums[2]));
                i3 = TLanes.MultiplyPairs(i3, m, TLanes.Broadcast(sums[3]));
            }

            d = TLanes.LoadFloats((float*)(panel + ScaleOffset + LaneBytes));
            f0 = AddScaled(f0, i0, d, da[0]);
            f1 = AddScaled(f1, i1, d, da[1]);
            f2 = AddScaled(f2, i2, d, da[2]);
            f3 = AddScaled(f3, i3, d, da[3]);
        }

        TLanes.Store(f0, target);
        TLanes.Store(f1, target + stride);
        TLanes.Store(f2, target + 2 * stride);
        TLanes.Store(f3, target + 3 * stride);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static F AddScaled(F sum, I value, F scale, float activationScale) =>
        TLanes.MultiplyAdd(TLanes.ToFloat(value), TLanes.Multiply(scale, TLanes.BroadcastFloat(activationScale)), sum);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void PackScales(Expanded* row, byte* panel, int lane)
    {
        int* scales = (int*)(panel + ScalesOffset) + lane;
        for (int fold = 0; fold < Folds; fold++)
        {
            short scale = row->Scales[fold * TBlock.Fold / 4];
            scales[fold * TLanes.Count] = TLanes.PackScale(scale);
            if (TBlock.Wide) scales[(Folds + fold) * TLanes.Count] = TLanes.PackScale((short)(16 * scale));
        }

        int* minimums = (int*)(panel + MinimumsOffset) + lane;
        for (int pair = 0; pair < 8; pair++) minimums[pair * TLanes.Count] = ((int*)row->Minimums)[pair];
        ((float*)(panel + ScaleOffset))[lane] = row->Scale;
        ((float*)(panel + ScaleOffset))[TLanes.Count + lane] = -row->Minimum;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void SplitNibbles(byte* panel)
    {
        for (int i = 0; i < 64; i++)
        {
            I bytes = TLanes.Load(panel + i * LaneBytes);
            TLanes.Store(TLanes.HighNibbles(bytes), panel + (64 + i) * LaneBytes);
            TLanes.Store(TLanes.LowNibbles(bytes), panel + i * LaneBytes);
        }
    }
}
