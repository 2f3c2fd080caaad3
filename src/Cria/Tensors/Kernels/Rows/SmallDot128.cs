using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Cria.Tensors.Kernels.Inputs;
using Cria.Tensors.Kernels.Rows.Blocks;

namespace Cria.Tensors.Kernels.Rows;

/// <summary>The products of <see cref="SmallDot{TBlock}"/> on four lanes, for every processor.</summary>
internal static unsafe class SmallDot128<TBlock>
    where TBlock : struct, ISmallBlock
{
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rows(byte* weights, long rowBytes, int rows, int columns, byte* activations, float* results)
    {
        int bytes = TBlock.Bytes, blocks = columns / 32;
        bool hasMinimum = TBlock.HasMinimum;
        byte* values = stackalloc byte[32];
        Vector128<float>* totals = stackalloc Vector128<float>[SmallRow.Classes];
        Vector128<int> one = Lanes128.Broadcast(Lanes128.PackScale(1));
        for (; rows > 0; rows--, weights += rowBytes, results++)
        {
            byte* row = weights;
            for (int i = 0; i < SmallRow.Classes; i++) totals[i] = default;
            for (int block = 0; block < blocks; block++, row += bytes)
            {
                byte* record = activations + block / 8 * SmallRow.RecordBytes, a = record + block % 8 * 32;
                TBlock.Load(row).Store(values);
                Vector128<int> sums = Lanes128.Fold(default, Lanes128.MultiplyBytes(default, Lanes128.Load(values), Lanes128.Load(a)), one);
                sums = Lanes128.Fold(sums, Lanes128.MultiplyBytes(default, Lanes128.Load(values + 16), Lanes128.Load(a + 16)), one);

                int place = block % 8, sum = Vector128.Sum(sums) - ((int*)(record + SmallRow.WholeSumsOffset))[place] * TBlock.Offset;
                Vector128<float> scales = TBlock.FourScales(row, 0, out Vector128<float> minimums) * ((float*)(record + SmallRow.ScalesOffset))[place];
                Vector128<float> total = Lanes128.MultiplyAdd(Vector128.ConvertToSingle(Vector128.Create(sum)), scales, totals[block % SmallRow.Classes]);
                if (hasMinimum) total = Lanes128.MultiplyAdd(minimums, Vector128.Create(((float*)(record + SmallRow.SumsOffset))[place]), total);
                totals[block % SmallRow.Classes] = total;
            }

            *results = (totals[0] + totals[1] + totals[2] + totals[3]).ToScalar();
        }
    }

    public static void Four(byte* row, int columns, byte* activations, long stride, float* results)
    {
        for (int i = 0; i < 4; i++) Rows(row, 0, 1, columns, activations + i * stride, results + i);
    }
}
