using System.Runtime.CompilerServices;
using Cria.Tensors.Kernels.Blocks;

namespace Cria.Tensors.Kernels;

/// <summary>
/// The matrix product for many rows of activations. As many weight rows as there are lanes are turned into a panel, whose
/// values are interleaved by four bytes: a lane then belongs to a row, and no sum ever crosses lanes.
/// </summary>
/// <remarks>
/// A panel's record holds, per 256 columns, its folds (what the sums begin with, the values as signed bytes, the scale that
/// the sums are folded with), the pairs of minimums, and the two float scales. With 32 registers 8 sums of shorts, 8 sums of
/// ints and 8 sums of floats fit beside the weights and the activation: on a 512-bit machine 16 rows · 8 tokens · 4 columns
/// take 8 multiplies, 8 additions and 9 loads. Properties are read into locals first: calls that the compiler's budget does not
/// inline would otherwise stay inside the loops, and all sums would live on the stack (388 instead of 636 G op/s).
/// </remarks>
internal static unsafe class SuperPanel<TBlock, TLanes, I, F>
    where TBlock : struct, ISuperBlock
    where TLanes : struct, ILanes<I, F>
    where I : struct
    where F : struct
{
    private static int LaneBytes => TLanes.Count * 4;

    private static int Folds => 64 / TBlock.Fold;

    private static int FoldBytes => (TBlock.Fold + 2) * LaneBytes;

    /// <summary>Pairs of minimums, where the format has any: a minimum belongs to 16 or 32 columns.</summary>
    private static int MinimumPairs => TBlock.Centre == 0 ? TBlock.Group == 32 ? 4 : 8 : 0;

    private static int MinimumsOffset => Folds * FoldBytes;

    private static int ScaleOffset => MinimumsOffset + MinimumPairs * LaneBytes;

    private static int RecordBytes => ScaleOffset + 2 * LaneBytes;

    public static long Bytes(int columns) => (long)SuperRow.Records(columns) * RecordBytes;

    /// <summary>Packs weight rows; a panel's rows beyond <paramref name="rows"/> repeat the last one.</summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Pack(byte* weights, long rowBytes, int rows, int columns, byte* panel)
    {
        int laneBytes = LaneBytes, folds = Folds, foldBytes = FoldBytes, inFold = TBlock.Fold, pairs = MinimumPairs;
        int minimumsOffset = MinimumsOffset, scaleOffset = ScaleOffset, recordBytes = RecordBytes, lanes = TLanes.Count;
        bool isPaired = TBlock.Group == 32;
        I centre = TLanes.Broadcast(TBlock.Centre * 0x01010101), offset = TLanes.Broadcast(InputForms.ByteOffset * 0x01010101);
        Expanded* expanded = stackalloc Expanded[lanes];
        byte* turned = stackalloc byte[sizeof(Expanded) * lanes];
        for (int column = 0; column < columns; column += 256, weights += TBlock.Bytes, panel += recordBytes)
        {
            for (int lane = 0; lane < lanes; lane++)
            {
                byte* row = weights + Math.Min(lane, rows - 1) * rowBytes;
                BlockParts.PrefetchNextPanel(row + rows * rowBytes, TBlock.Bytes);
                SuperBlocks<TBlock>.Expand(row, expanded + lane);
            }

            Transpose.Dwords((uint*)expanded, sizeof(Expanded) / 4, lanes, sizeof(Expanded) / 4, (uint*)turned);

            byte* values = turned, scales = turned + Expanded.ScalesOffset / 4 * laneBytes, fold = panel;
            for (int i = 0; i < folds; i++, fold += foldBytes)
            {
                I sums = default;
                for (int k = 1; k <= inFold; k++, values += laneBytes)
                {
                    I value = TLanes.SubtractBytes(TLanes.Load(values), centre);
                    sums = TLanes.MultiplyBytes(sums, offset, value);
                    TLanes.Store(value, fold + k * laneBytes);
                }

                TLanes.Store(TLanes.SubtractSums(default, sums), fold);
                // A register has the scales of two groups of 16.
                int group = i * inFold / 4;
                I pair = TLanes.Load(scales + group / 2 * laneBytes);
                TLanes.Store(group % 2 == 0 ? TLanes.LowScale(pair) : TLanes.HighScale(pair), fold + (inFold + 1) * laneBytes);
            }

            byte* minimums = turned + Expanded.MinimumsOffset / 4 * laneBytes;
            for (int i = 0; i < pairs; i++)
            {
                I pair = TLanes.Load(minimums + (isPaired ? 2 * i : i) * laneBytes);
                if (isPaired) pair = TLanes.LowShorts(pair, TLanes.Load(minimums + (2 * i + 1) * laneBytes));
                TLanes.Store(pair, panel + minimumsOffset + i * laneBytes);
            }

            float* both = (float*)(turned + Expanded.ScaleOffset / 4 * laneBytes);
            TLanes.Store(TLanes.LoadFloats(both), (float*)(panel + scaleOffset));
            TLanes.Store(TLanes.Multiply(TLanes.LoadFloats(both + lanes), TLanes.BroadcastFloat(-1)), (float*)(panel + scaleOffset + laneBytes));
        }
    }

    /// <summary>Eight rows of activations times one panel; <paramref name="target"/> gets one register per row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply(byte* panel, byte* tile, int columns, float* target, nint stride)
    {
        int records = SuperRow.Records(columns), laneBytes = LaneBytes, folds = Folds, inFold = TBlock.Fold, pairs = MinimumPairs;
        int scaleBytes = 2 * laneBytes, sumsOffset = TBlock.Group == 32 ? SuperTile.PairedSumsOffset : SuperTile.SumsOffset;
        if (!TLanes.HasManyRegisters)
        {
            Multiply4(panel, tile, 0, records, target, stride);
            Multiply4(panel, tile, 4, records, target + 4 * stride, stride);
            return;
        }

        F f0 = default, f1 = default, f2 = default, f3 = default, f4 = default, f5 = default, f6 = default, f7 = default;
        byte* w = panel;
        for (; records > 0; records--, w += scaleBytes, tile += SuperTile.RecordBytes)
        {
            I i0 = default, i1 = default, i2 = default, i3 = default, i4 = default, i5 = default, i6 = default, i7 = default;
            byte* a = tile;
            for (int fold = 0; fold < folds; fold++)
            {
                I v = TLanes.Load(w);
                w += laneBytes;
                I s0 = v, s1 = v, s2 = v, s3 = v, s4 = v, s5 = v, s6 = v, s7 = v;
                for (int k = 0; k < inFold; k++)
                {
                    v = TLanes.Load(w);
                    s0 = TLanes.MultiplyBytes(s0, TLanes.Broadcast(((int*)a)[0]), v);
                    s1 = TLanes.MultiplyBytes(s1, TLanes.Broadcast(((int*)a)[1]), v);
                    s2 = TLanes.MultiplyBytes(s2, TLanes.Broadcast(((int*)a)[2]), v);
                    s3 = TLanes.MultiplyBytes(s3, TLanes.Broadcast(((int*)a)[3]), v);
                    s4 = TLanes.MultiplyBytes(s4, TLanes.Broadcast(((int*)a)[4]), v);
                    s5 = TLanes.MultiplyBytes(s5, TLanes.Broadcast(((int*)a)[5]), v);
                    s6 = TLanes.MultiplyBytes(s6, TLanes.Broadcast(((int*)a)[6]), v);
                    s7 = TLanes.MultiplyBytes(s7, TLanes.Broadcast(((int*)a)[7]), v);
                    w += laneBytes;
                    a += 32;
                }

                v = TLanes.Load(w);
                w += laneBytes;
                i0 = TLanes.Fold(i0, s0, v);
                i1 = TLanes.Fold(i1, s1, v);
                i2 = TLanes.Fold(i2, s2, v);
                i3 = TLanes.Fold(i3, s3, v);
                i4 = TLanes.Fold(i4, s4, v);
                i5 = TLanes.Fold(i5, s5, v);
                i6 = TLanes.Fold(i6, s6, v);
                i7 = TLanes.Fold(i7, s7, v);
            }

            F d = TLanes.LoadFloats((float*)(w + pairs * laneBytes));
            float* da = (float*)(tile + SuperTile.ScalesOffset);
            f0 = AddScaled(f0, i0, d, da[0]);
            f1 = AddScaled(f1, i1, d, da[1]);
            f2 = AddScaled(f2, i2, d, da[2]);
            f3 = AddScaled(f3, i3, d, da[3]);
            f4 = AddScaled(f4, i4, d, da[4]);
            f5 = AddScaled(f5, i5, d, da[5]);
            f6 = AddScaled(f6, i6, d, da[6]);
            f7 = AddScaled(f7, i7, d, da[7]);
            if (pairs == 0) continue;

            i0 = i1 = i2 = i3 = i4 = i5 = i6 = i7 = default;
            int* sums = (int*)(tile + sumsOffset);
            for (int pair = 0; pair < pairs; pair++, w += laneBytes, sums += 8)
            {
                I m = TLanes.Load(w);
                i0 = TLanes.MultiplyPairs(i0, m, TLanes.Broadcast(sums[0]));
                i1 = TLanes.MultiplyPairs(i1, m, TLanes.Broadcast(sums[1]));
                i2 = TLanes.MultiplyPairs(i2, m, TLanes.Broadcast(sums[2]));
                i3 = TLanes.MultiplyPairs(i3, m, TLanes.Broadcast(sums[3]));
                i4 = TLanes.MultiplyPairs(i4, m, TLanes.Broadcast(sums[4]));
                i5 = TLanes.MultiplyPairs(i5, m, TLanes.Broadcast(sums[5]));
                i6 = TLanes.MultiplyPairs(i6, m, TLanes.Broadcast(sums[6]));
                i7 = TLanes.MultiplyPairs(i7, m, TLanes.Broadcast(sums[7]));
            }

            d = TLanes.LoadFloats((float*)(w + laneBytes));
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
        bool wide = TBlock.Wide;
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
                if (wide)
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

    /// <summary>The same with four rows of activations, <paramref name="stride"/> bytes apart.</summary>
    public static void DotFour(byte* weights, int columns, byte* activations, long stride, float* results)
    {
        for (int i = 0; i < 4; i++) results[i] = Dot(weights, columns, activations + i * stride);
    }

    /// <summary>The product for four rows of a tile, for machines with 16 registers; <paramref name="first"/> is 0 or 4.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Multiply4(byte* panel, byte* tile, int first, int records, float* target, nint stride)
    {
        int laneBytes = LaneBytes, folds = Folds, inFold = TBlock.Fold, pairs = MinimumPairs;
        int scaleBytes = 2 * laneBytes, sumsOffset = TBlock.Group == 32 ? SuperTile.PairedSumsOffset : SuperTile.SumsOffset;
        F f0 = default, f1 = default, f2 = default, f3 = default;
        byte* w = panel;
        for (; records > 0; records--, w += scaleBytes, tile += SuperTile.RecordBytes)
        {
            I i0 = default, i1 = default, i2 = default, i3 = default;
            byte* a = tile + 4 * first;
            for (int fold = 0; fold < folds; fold++)
            {
                I v = TLanes.Load(w);
                w += laneBytes;
                I s0 = v, s1 = v, s2 = v, s3 = v;
                for (int k = 0; k < inFold; k++)
                {
                    v = TLanes.Load(w);
                    s0 = TLanes.MultiplyBytes(s0, TLanes.Broadcast(((int*)a)[0]), v);
                    s1 = TLanes.MultiplyBytes(s1, TLanes.Broadcast(((int*)a)[1]), v);
                    s2 = TLanes.MultiplyBytes(s2, TLanes.Broadcast(((int*)a)[2]), v);
                    s3 = TLanes.MultiplyBytes(s3, TLanes.Broadcast(((int*)a)[3]), v);
                    w += laneBytes;
                    a += 32;
                }

                v = TLanes.Load(w);
                w += laneBytes;
                i0 = TLanes.Fold(i0, s0, v);
                i1 = TLanes.Fold(i1, s1, v);
                i2 = TLanes.Fold(i2, s2, v);
                i3 = TLanes.Fold(i3, s3, v);
            }

            F d = TLanes.LoadFloats((float*)(w + pairs * laneBytes));
            float* da = (float*)(tile + SuperTile.ScalesOffset) + first;
            f0 = AddScaled(f0, i0, d, da[0]);
            f1 = AddScaled(f1, i1, d, da[1]);
            f2 = AddScaled(f2, i2, d, da[2]);
            f3 = AddScaled(f3, i3, d, da[3]);
            if (pairs == 0) continue;

            i0 = i1 = i2 = i3 = default;
            int* sums = (int*)(tile + sumsOffset) + first;
            for (int pair = 0; pair < pairs; pair++, w += laneBytes, sums += 8)
            {
                I m = TLanes.Load(w);
                i0 = TLanes.MultiplyPairs(i0, m, TLanes.Broadcast(sums[0]));
                i1 = TLanes.MultiplyPairs(i1, m, TLanes.Broadcast(sums[1]));
                i2 = TLanes.MultiplyPairs(i2, m, TLanes.Broadcast(sums[2]));
                i3 = TLanes.MultiplyPairs(i3, m, TLanes.Broadcast(sums[3]));
            }

            d = TLanes.LoadFloats((float*)(w + laneBytes));
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
}
