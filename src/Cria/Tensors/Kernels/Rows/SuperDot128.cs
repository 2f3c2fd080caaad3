using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Cria.Tensors.Kernels.Inputs;
using Cria.Tensors.Kernels.Rows.Blocks;

namespace Cria.Tensors.Kernels.Rows;

/// <summary>The products of <see cref="SuperDot{TBlock}"/> on four lanes, for every processor.</summary>
internal static unsafe class SuperDot128<TBlock>
    where TBlock : struct, ISuperBlock
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rows(byte* weights, long rowBytes, int rows, int columns, byte* activations, float* results)
    {
        int bytes = TBlock.Bytes;
        for (; rows > 0; rows--, weights += rowBytes, results++)
        {
            byte* row = weights, a = activations;
            Vector128<float> total = default;
            for (int column = 0; column < columns; column += 256, row += bytes, a += SuperRow.RecordBytes) total = Add(total, row, a);
            *results = total.ToScalar();
        }
    }

    public static void Four(byte* row, int columns, byte* activations, long stride, float* results)
    {
        for (int i = 0; i < 4; i++) Rows(row, 0, 1, columns, activations + i * stride, results + i);
    }

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static Vector128<float> Add(Vector128<float> total, byte* block, byte* record)
    {
        byte* values = stackalloc byte[256];
        short* scales = stackalloc short[16];
        TBlock.Load(block, out Parts parts);
        parts.P0.Store(values);
        parts.P1.Store(values + 32);
        parts.P2.Store(values + 64);
        parts.P3.Store(values + 96);
        parts.P4.Store(values + 128);
        parts.P5.Store(values + 160);
        parts.P6.Store(values + 192);
        parts.P7.Store(values + 224);
        TBlock.Scales(block, out Vector256<short> minimums).Store(scales);
        Vector128<int> sum = default;
        for (int group = 0; group < 16; group++)
            sum = Lanes128.Fold(sum, Lanes128.MultiplyBytes(default, Lanes128.Load(values + 16 * group), Lanes128.Load(record + 16 * group)), Lanes128.Broadcast(Lanes128.PackScale(scales[group])));
        minimums.Store(scales);
        short* sums = (short*)(record + SuperRow.SumsOffset);
        Vector128<int> minimum = Lanes128.MultiplyPairs(Lanes128.MultiplyPairs(default, Lanes128.Load(scales), Lanes128.Load(sums)), Lanes128.Load(scales + 8), Lanes128.Load(sums + 8));

        Vector128<float> both = TBlock.FourScales(block, 0, out Vector128<float> least), scale = Vector128.Create(*(float*)(record + SuperRow.ScaleOffset));
        if (TBlock.Centre != 0) return Lanes128.MultiplyAdd(InAllLanes(sum - minimum), both * scale, total);
        total = Lanes128.MultiplyAdd(InAllLanes(sum), both * scale, total);
        return Lanes128.MultiplyAdd(InAllLanes(minimum), least * -scale, total);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> InAllLanes(Vector128<int> sums) => Vector128.ConvertToSingle(Vector128.Create(Vector128.Sum(sums)));
}
