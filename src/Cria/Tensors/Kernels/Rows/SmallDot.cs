using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Cria.Tensors.Kernels.Inputs;
using Cria.Tensors.Kernels.Rows.Blocks;

namespace Cria.Tensors.Kernels.Rows;

/// <summary>
/// Products of one row of small blocks with one or four quantised rows of activations, on sixteen or eight lanes. Values that
/// need eight bits are made signed and multiplied as |w| times a with the sign of w, which fits the one instruction for unsigned
/// times signed bytes; others stay as they are, offset and all: what the 32 values of a block have in common meets the sum of
/// their activations.
/// </summary>
internal static unsafe class SmallDot<TBlock>
    where TBlock : struct, ISmallBlock
{
    private static bool IsWide => TBlock.Largest > 127;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float One512(byte* row, int columns, byte* activations)
    {
        int bytes = 8 * TBlock.Bytes;
        Vector512<int> first = Vector512.Create(0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3), last = first + Vector512.Create(4);
        Vector512<float> even = default, odd = default;
        Vector256<float> commonTotal = default;
        for (int records = columns / 256; records > 0; records--, row += bytes, activations += SmallRow.RecordBytes)
        {
            BlockParts.Prefetch(row, bytes);
            Vector256<float> eight = Scales(row, out Vector256<float> common);
            Vector512<float> scales = (eight * Vector256.Load((float*)(activations + SmallRow.ScalesOffset))).ToVector512Unsafe();
            sbyte* a = (sbyte*)activations + SmallRow.FoursOffset;
            TBlock.LoadFour(row, out Vector512<byte> lower, out Vector512<byte> upper);
            even = Vector512.FusedMultiplyAdd(Product(lower, upper, a), Avx512F.PermuteVar16x32(scales, first), even);
            TBlock.LoadFour(row + bytes / 2, out lower, out upper);
            odd = Vector512.FusedMultiplyAdd(Product(lower, upper, a + 128), Avx512F.PermuteVar16x32(scales, last), odd);
            if (!IsWide) commonTotal = Vector256.FusedMultiplyAdd(Vector256.Load((float*)(activations + SmallRow.SumsOffset)), common, commonTotal);
        }

        even += odd;
        float sum = Vector256.Sum(even.GetLower() + even.GetUpper() + commonTotal);
        return columns % 256 == 0 ? sum : sum + Rest(&One512, row, columns % 256, activations);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Four512(byte* row, int columns, byte* activations, long stride, float* results)
    {
        int bytes = 8 * TBlock.Bytes;
        Vector512<int> first = Vector512.Create(0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3), last = first + Vector512.Create(4);
        byte* a0 = activations, a1 = a0 + stride, a2 = a1 + stride, a3 = a2 + stride;
        Vector512<float> total0 = default, total1 = default, total2 = default, total3 = default;
        Vector256<float> common0 = default, common1 = default, common2 = default, common3 = default;
        for (int records = columns / 256; records > 0; records--, row += bytes)
        {
            BlockParts.Prefetch(row, bytes);
            Vector256<float> eight = Scales(row, out Vector256<float> common);
            TBlock.LoadFour(row, out Vector512<byte> w0, out Vector512<byte> w1);
            TBlock.LoadFour(row + bytes / 2, out Vector512<byte> w2, out Vector512<byte> w3);
            Add(w0, w1, w2, w3, eight, common, first, last, a0, ref total0, ref common0);
            Add(w0, w1, w2, w3, eight, common, first, last, a1, ref total1, ref common1);
            Add(w0, w1, w2, w3, eight, common, first, last, a2, ref total2, ref common2);
            Add(w0, w1, w2, w3, eight, common, first, last, a3, ref total3, ref common3);
            a0 += SmallRow.RecordBytes;
            a1 += SmallRow.RecordBytes;
            a2 += SmallRow.RecordBytes;
            a3 += SmallRow.RecordBytes;
        }

        results[0] = Vector256.Sum(total0.GetLower() + total0.GetUpper() + common0);
        results[1] = Vector256.Sum(total1.GetLower() + total1.GetUpper() + common1);
        results[2] = Vector256.Sum(total2.GetLower() + total2.GetUpper() + common2);
        results[3] = Vector256.Sum(total3.GetLower() + total3.GetUpper() + common3);
        if (columns % 256 != 0) AddRest(&Four512, row, columns % 256, a0, stride, results);
    }

    /// <summary>Adds the products of eight blocks in registers with one record of activations.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add(
        Vector512<byte> w0, Vector512<byte> w1, Vector512<byte> w2, Vector512<byte> w3, Vector256<float> eight, Vector256<float> common,
        Vector512<int> first, Vector512<int> last, byte* record, ref Vector512<float> total, ref Vector256<float> commonTotal)
    {
        Vector512<float> scales = (eight * Vector256.Load((float*)(record + SmallRow.ScalesOffset))).ToVector512Unsafe();
        sbyte* a = (sbyte*)record + SmallRow.FoursOffset;
        total = Vector512.FusedMultiplyAdd(Product(w0, w1, a), Avx512F.PermuteVar16x32(scales, first), total);
        total = Vector512.FusedMultiplyAdd(Product(w2, w3, a + 128), Avx512F.PermuteVar16x32(scales, last), total);
        if (!IsWide) commonTotal = Vector256.FusedMultiplyAdd(Vector256.Load((float*)(record + SmallRow.SumsOffset)), common, commonTotal);
    }

    /// <summary>Four sums for each of four blocks.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Product(Vector512<byte> lower, Vector512<byte> upper, sbyte* a)
    {
        if (!IsWide)
        {
            Vector512<short> sum = Avx512BW.MultiplyAddAdjacent(lower, Vector512.Load(a)) + Avx512BW.MultiplyAddAdjacent(upper, Vector512.Load(a + 64));
            return Vector512.ConvertToSingle(Avx512BW.MultiplyAddAdjacent(sum, Vector512<short>.One));
        }

        return Vector512.ConvertToSingle(SignedProduct(lower.AsSByte(), a) + SignedProduct(upper.AsSByte(), a + 64));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> SignedProduct(Vector512<sbyte> w, sbyte* activations)
    {
        Vector512<sbyte> a = Vector512.Load(activations);
        a = Vector512.ConditionalSelect(Vector512.LessThan(w, Vector512<sbyte>.Zero), Vector512<sbyte>.Zero - a, a);
        return Avx512BW.MultiplyAddAdjacent(Avx512BW.MultiplyAddAdjacent(Avx512BW.Abs(w), a), Vector512<short>.One);
    }

    /// <summary>The scales of eight blocks, and what their values have in common.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Scales(byte* blocks, out Vector256<float> common)
    {
        Vector256<float> eight = TBlock.EightScales(blocks, out common);
        if (!TBlock.HasMinimum) common = eight * -TBlock.Offset;
        return eight;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float One256(byte* row, int columns, byte* activations)
    {
        int bytes = 8 * TBlock.Bytes;
        float* scales = stackalloc float[8];
        Vector256<float> even = default, odd = default;
        for (int records = columns / 256; records > 0; records--, row += bytes, activations += SmallRow.RecordBytes)
        {
            BlockParts.Prefetch(row, bytes);
            even = AddCommon(even, Scales(row, out Vector256<float> common), common, activations, scales);
            even = Add(even, row, activations, 0, scales);
            odd = Add(odd, row, activations, 1, scales);
            even = Add(even, row, activations, 2, scales);
            odd = Add(odd, row, activations, 3, scales);
            even = Add(even, row, activations, 4, scales);
            odd = Add(odd, row, activations, 5, scales);
            even = Add(even, row, activations, 6, scales);
            odd = Add(odd, row, activations, 7, scales);
        }

        float sum = Vector256.Sum(even + odd);
        return columns % 256 == 0 ? sum : sum + Rest(&One256, row, columns % 256, activations);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Four256(byte* row, int columns, byte* activations, long stride, float* results)
    {
        int bytes = 8 * TBlock.Bytes, blockBytes = TBlock.Bytes;
        float* scales = stackalloc float[32];
        byte* a0 = activations, a1 = a0 + stride, a2 = a1 + stride, a3 = a2 + stride;
        Vector256<float> total0 = default, total1 = default, total2 = default, total3 = default;
        for (int records = columns / 256; records > 0; records--, row += bytes)
        {
            BlockParts.Prefetch(row, bytes);
            Vector256<float> eight = Scales(row, out Vector256<float> common);
            total0 = AddCommon(total0, eight, common, a0, scales);
            total1 = AddCommon(total1, eight, common, a1, scales + 8);
            total2 = AddCommon(total2, eight, common, a2, scales + 16);
            total3 = AddCommon(total3, eight, common, a3, scales + 24);
            for (int block = 0; block < 8; block++)
            {
                Vector256<byte> w = TBlock.Load(row + block * blockBytes);
                total0 = Vector256.FusedMultiplyAdd(Product(w, a0 + 32 * block), Vector256.Create(scales[block]), total0);
                total1 = Vector256.FusedMultiplyAdd(Product(w, a1 + 32 * block), Vector256.Create(scales[block + 8]), total1);
                total2 = Vector256.FusedMultiplyAdd(Product(w, a2 + 32 * block), Vector256.Create(scales[block + 16]), total2);
                total3 = Vector256.FusedMultiplyAdd(Product(w, a3 + 32 * block), Vector256.Create(scales[block + 24]), total3);
            }

            a0 += SmallRow.RecordBytes;
            a1 += SmallRow.RecordBytes;
            a2 += SmallRow.RecordBytes;
            a3 += SmallRow.RecordBytes;
        }

        results[0] = Vector256.Sum(total0);
        results[1] = Vector256.Sum(total1);
        results[2] = Vector256.Sum(total2);
        results[3] = Vector256.Sum(total3);
        if (columns % 256 != 0) AddRest(&Four256, row, columns % 256, a0, stride, results);
    }

    /// <summary>Adds what the values have in common, and leaves the scales of the products.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> AddCommon(Vector256<float> total, Vector256<float> eight, Vector256<float> common, byte* record, float* scales)
    {
        (eight * Vector256.Load((float*)(record + SmallRow.ScalesOffset))).Store(scales);
        return IsWide ? total : Vector256.FusedMultiplyAdd(Vector256.Load((float*)(record + SmallRow.SumsOffset)), common, total);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Add(Vector256<float> total, byte* blocks, byte* activations, int block, float* scales) =>
        Vector256.FusedMultiplyAdd(Product(TBlock.Load(blocks + block * TBlock.Bytes), activations + 32 * block), Vector256.Create(scales[block]), total);

    /// <summary>Eight sums of a block's products.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Product(Vector256<byte> w, byte* activations)
    {
        Vector256<sbyte> a = Vector256.Load((sbyte*)activations);
        if (IsWide)
        {
            Vector256<sbyte> signed = (w - Vector256.Create((byte)TBlock.Offset)).AsSByte();
            w = Avx2.Abs(signed);
            a = Avx2.Sign(a, signed);
        }

        return Vector256.ConvertToSingle(Avx2.MultiplyAddAdjacent(Avx2.MultiplyAddAdjacent(w, a), Vector256<short>.One));
    }

    /// <summary>The product of a row's last blocks, fewer than eight.</summary>
    private static float Rest(delegate*<byte*, int, byte*, float> product, byte* row, int columns, byte* activations)
    {
        byte* padded = stackalloc byte[8 * TBlock.Bytes];
        Pad(row, columns, padded);
        return product(padded, 256, activations);
    }

    /// <summary>The same with four rows of activations.</summary>
    private static void AddRest(delegate*<byte*, int, byte*, long, float*, void> product, byte* row, int columns, byte* activations, long stride, float* results)
    {
        byte* padded = stackalloc byte[8 * TBlock.Bytes];
        Pad(row, columns, padded);
        float* rest = stackalloc float[4];
        product(padded, 256, activations, stride, rest);
        for (int i = 0; i < 4; i++) results[i] += rest[i];
    }

    /// <summary>A row's last blocks, followed by blocks of zeros, whose scale is 0 too.</summary>
    private static void Pad(byte* row, int columns, byte* padded)
    {
        int bytes = columns / 32 * TBlock.Bytes;
        Unsafe.CopyBlock(padded, row, (uint)bytes);
        Unsafe.InitBlock(padded + bytes, 0, (uint)(8 * TBlock.Bytes - bytes));
    }
}
