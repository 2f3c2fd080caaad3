using System.Runtime.CompilerServices;
using Cria.Tensors.Kernels.Inputs;
using Cria.Tensors.Kernels.Panels.Columns;

namespace Cria.Tensors.Kernels.Panels;

/// <summary>
/// The matrix product for many rows of activations. As many weight rows as there are lanes are turned into a panel, whose
/// values are interleaved by four bytes: a lane then belongs to a row, and no sum ever crosses lanes.
/// </summary>
/// <remarks>
/// A panel's record holds, per 256 columns, the values as bytes, for each fold the scale that its sums are folded with, and the
/// two float scales. Formats with minimums have pairs of these, too, and unsigned values; those of the others are signed, and
/// each fold then has what its sums begin with, which makes up for the offset of the activations. With 32 registers 8 sums of shorts, 8 sums of
/// ints and 8 sums of floats fit beside the weights and the activation: on a 512-bit machine 16 rows · 8 tokens · 4 columns
/// take 8 multiplies, 8 additions and 9 loads. Properties are read into locals first: calls that the compiler's budget does not
/// inline would otherwise stay inside the loops, and all sums would live on the stack (388 instead of 636 G op/s).
/// </remarks>
internal static unsafe class SuperPanel<TColumns, TLanes, I, F>
    where TColumns : struct, ISuperColumns
    where TLanes : struct, ILanes<I, F>
    where I : struct
    where F : struct
{
    private static int LaneBytes
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => TLanes.Count * 4;
    }

    private static int Folds
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => 64 / TColumns.Fold;
    }

    private static int FoldsOffset
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => 64 * LaneBytes;
    }

    /// <summary>Pairs of minimums, where the format has any.</summary>
    private static int MinimumPairs
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => TColumns.HasMinimums ? 128 / TColumns.Group : 0;
    }

    /// <summary>What the sums of a fold begin with, if they do not begin with zero, and the scale that they are folded with.</summary>
    private static int FoldBytes
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => TColumns.HasMinimums ? LaneBytes : 2 * LaneBytes;
    }

    private static int MinimumsOffset
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => FoldsOffset + Folds * FoldBytes;
    }

    private static int ScaleOffset
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => MinimumsOffset + MinimumPairs * LaneBytes;
    }

    private static int RecordBytes
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => ScaleOffset + 2 * LaneBytes;
    }

    public static long Bytes(int columns) => (long)SuperRow.Records(columns) * RecordBytes;

    /// <summary>Packs weight rows; a panel's rows beyond <paramref name="rows"/> repeat the last one.</summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Pack(byte* weights, long rowBytes, int rows, int columns, byte* panel)
    {
        int lanes = TLanes.Count, laneBytes = LaneBytes, blockBytes = TColumns.Bytes, folds = Folds, inFold = TColumns.Fold, foldsInGroup = TColumns.Group / 4 / inFold;
        int foldsOffset = FoldsOffset, minimumsOffset = MinimumsOffset, scaleOffset = ScaleOffset, recordBytes = RecordBytes;
        bool hasMinimums = TColumns.HasMinimums;
        I offset = TLanes.Broadcast(InputForms.ByteOffset * 0x01010101);
        F minusOne = TLanes.BroadcastFloat(-1);
        byte* scales = stackalloc byte[16 * laneBytes], repeated = stackalloc byte[lanes * blockBytes];
        for (; columns > 0; columns -= 256, weights += blockBytes, panel += recordBytes)
        {
            float* both = (float*)(panel + scaleOffset);
            if (rows == lanes) TColumns.Read<TLanes, I, F>(weights, rowBytes, panel, scales, panel + minimumsOffset, both);
            else TColumns.Read<TLanes, I, F>(PanelRows.Repeat(weights, rowBytes, rows, lanes, blockBytes, repeated), blockBytes, panel, scales, panel + minimumsOffset, both);
            if (hasMinimums) TLanes.Store(TLanes.Multiply(TLanes.LoadFloats(both + lanes), minusOne), both + lanes);

            byte* values = panel, fold = panel + foldsOffset;
            for (int i = 0; i < folds; i++, fold += laneBytes)
            {
                if (!hasMinimums)
                {
                    I sums = default;
                    for (int k = 0; k < inFold; k++, values += laneBytes) sums = TLanes.MultiplyBytes(sums, offset, TLanes.Load(values));
                    TLanes.Store(TLanes.SubtractSums(default, sums), fold);
                    fold += laneBytes;
                }

                TLanes.Store(TLanes.Load(scales + i / foldsInGroup * laneBytes), fold);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply(byte* panel, byte* tile, int columns, float* target, nint stride, byte* ahead)
    {
        int records = SuperRow.Records(columns), laneBytes = LaneBytes, folds = Folds, inFold = TColumns.Fold, pairs = MinimumPairs;
        int aheadBytes = TLanes.Count * TColumns.Bytes;
        bool hasMinimums = TColumns.HasMinimums;
        int foldsOffset = FoldsOffset, minimumsOffset = MinimumsOffset, recordBytes = RecordBytes, sumsOffset = TColumns.Group == 32 ? SuperTile.PairedSumsOffset : SuperTile.SumsOffset;
        if (!TLanes.HasManyRegisters)
        {
            Multiply4(panel, tile, 0, records, target, stride, ahead);
            Multiply4(panel, tile, 4, records, target + 4 * stride, stride, null);
            return;
        }

        F f0 = default, f1 = default, f2 = default, f3 = default, f4 = default, f5 = default, f6 = default, f7 = default;
        for (; records > 0; records--, panel += recordBytes, tile += SuperTile.RecordBytes)
        {
            if (ahead != null) ahead = PanelRows.Prefetch(ahead, aheadBytes);
            I i0 = default, i1 = default, i2 = default, i3 = default, i4 = default, i5 = default, i6 = default, i7 = default;
            byte* w = panel, fold = panel + foldsOffset, a = tile;
            for (int i = 0; i < folds; i++)
            {
                I v = hasMinimums ? default : TLanes.Load(fold);
                I s0 = v, s1 = v, s2 = v, s3 = v, s4 = v, s5 = v, s6 = v, s7 = v;
                if (!hasMinimums) fold += laneBytes;
                for (int k = 0; k < inFold; k++)
                {
                    v = TLanes.Load(w);
                    s0 = Multiply(s0, v, TLanes.Broadcast(((int*)a)[0]));
                    s1 = Multiply(s1, v, TLanes.Broadcast(((int*)a)[1]));
                    s2 = Multiply(s2, v, TLanes.Broadcast(((int*)a)[2]));
                    s3 = Multiply(s3, v, TLanes.Broadcast(((int*)a)[3]));
                    s4 = Multiply(s4, v, TLanes.Broadcast(((int*)a)[4]));
                    s5 = Multiply(s5, v, TLanes.Broadcast(((int*)a)[5]));
                    s6 = Multiply(s6, v, TLanes.Broadcast(((int*)a)[6]));
                    s7 = Multiply(s7, v, TLanes.Broadcast(((int*)a)[7]));
                    w += laneBytes;
                    a += 32;
                }

                v = TLanes.Load(fold);
                fold += laneBytes;
                i0 = TLanes.Fold(i0, s0, v);
                i1 = TLanes.Fold(i1, s1, v);
                i2 = TLanes.Fold(i2, s2, v);
                i3 = TLanes.Fold(i3, s3, v);
                i4 = TLanes.Fold(i4, s4, v);
                i5 = TLanes.Fold(i5, s5, v);
                i6 = TLanes.Fold(i6, s6, v);
                i7 = TLanes.Fold(i7, s7, v);
            }

            byte* minimums = panel + minimumsOffset;
            F d = TLanes.LoadFloats((float*)(minimums + pairs * laneBytes));
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
            for (int pair = 0; pair < pairs; pair++, minimums += laneBytes, sums += 8)
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

            d = TLanes.LoadFloats((float*)(minimums + laneBytes));
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

    /// <summary>The same for four rows of a tile, for machines with 16 registers; <paramref name="first"/> is 0 or 4.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Multiply4(byte* panel, byte* tile, int first, int records, float* target, nint stride, byte* ahead)
    {
        int laneBytes = LaneBytes, folds = Folds, inFold = TColumns.Fold, pairs = MinimumPairs;
        int aheadBytes = TLanes.Count * TColumns.Bytes;
        bool hasMinimums = TColumns.HasMinimums;
        int foldsOffset = FoldsOffset, minimumsOffset = MinimumsOffset, recordBytes = RecordBytes, sumsOffset = TColumns.Group == 32 ? SuperTile.PairedSumsOffset : SuperTile.SumsOffset;
        F f0 = default, f1 = default, f2 = default, f3 = default;
        for (; records > 0; records--, panel += recordBytes, tile += SuperTile.RecordBytes)
        {
            if (ahead != null) ahead = PanelRows.Prefetch(ahead, aheadBytes);
            I i0 = default, i1 = default, i2 = default, i3 = default;
            byte* w = panel, fold = panel + foldsOffset, a = tile + 4 * first;
            for (int i = 0; i < folds; i++)
            {
                I v = hasMinimums ? default : TLanes.Load(fold);
                I s0 = v, s1 = v, s2 = v, s3 = v;
                if (!hasMinimums) fold += laneBytes;
                for (int k = 0; k < inFold; k++)
                {
                    v = TLanes.Load(w);
                    s0 = Multiply(s0, v, TLanes.Broadcast(((int*)a)[0]));
                    s1 = Multiply(s1, v, TLanes.Broadcast(((int*)a)[1]));
                    s2 = Multiply(s2, v, TLanes.Broadcast(((int*)a)[2]));
                    s3 = Multiply(s3, v, TLanes.Broadcast(((int*)a)[3]));
                    w += laneBytes;
                    a += 32;
                }

                v = TLanes.Load(fold);
                fold += laneBytes;
                i0 = TLanes.Fold(i0, s0, v);
                i1 = TLanes.Fold(i1, s1, v);
                i2 = TLanes.Fold(i2, s2, v);
                i3 = TLanes.Fold(i3, s3, v);
            }

            byte* minimums = panel + minimumsOffset;
            F d = TLanes.LoadFloats((float*)(minimums + pairs * laneBytes));
            float* da = (float*)(tile + SuperTile.ScalesOffset) + first;
            f0 = AddScaled(f0, i0, d, da[0]);
            f1 = AddScaled(f1, i1, d, da[1]);
            f2 = AddScaled(f2, i2, d, da[2]);
            f3 = AddScaled(f3, i3, d, da[3]);
            if (pairs == 0) continue;

            i0 = i1 = i2 = i3 = default;
            int* sums = (int*)(tile + sumsOffset) + first;
            for (int pair = 0; pair < pairs; pair++, minimums += laneBytes, sums += 8)
            {
                I m = TLanes.Load(minimums);
                i0 = TLanes.MultiplyPairs(i0, m, TLanes.Broadcast(sums[0]));
                i1 = TLanes.MultiplyPairs(i1, m, TLanes.Broadcast(sums[1]));
                i2 = TLanes.MultiplyPairs(i2, m, TLanes.Broadcast(sums[2]));
                i3 = TLanes.MultiplyPairs(i3, m, TLanes.Broadcast(sums[3]));
            }

            d = TLanes.LoadFloats((float*)(minimums + laneBytes));
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

    /// <summary>The unsigned side of the product is the weights if they are so.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static I Multiply(I sums, I weights, I activations) => TColumns.HasMinimums
        ? TLanes.MultiplyBytes(sums, weights, activations)
        : TLanes.MultiplyBytes(sums, activations, weights);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static F AddScaled(F sum, I value, F scale, float activationScale) =>
        TLanes.MultiplyAdd(TLanes.ToFloat(value), TLanes.Multiply(scale, TLanes.BroadcastFloat(activationScale)), sum);
}
