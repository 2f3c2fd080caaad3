using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Cria.Tensors.Kernels.Inputs;
using Cria.Tensors.Kernels.Rows.Blocks;

namespace Cria.Tensors.Kernels.Rows;

/// <summary>The products of one row of small blocks on any number of lanes, where no kernel of its own width exists.</summary>
internal static unsafe class AnySmallDot<TBlock, TLanes, I, F>
    where TBlock : struct, ISmallBlock
    where TLanes : struct, ILanes<I, F>
    where I : struct
    where F : struct
{
    /// <summary>The dot product of one weight row with one row of activations, on any number of lanes up to eight.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float One(byte* weights, int columns, byte* activations)
    {
        bool hasMinimum = TBlock.HasMinimum, isWide = TBlock.Largest > 127;
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
                if (isWide)
                {
                    total = TLanes.Fold(total, TLanes.MultiplyBytes(default, TLanes.HighNibbles(w), x), sixteen);
                    w = TLanes.LowNibbles(w);
                }

                total = TLanes.Fold(total, TLanes.MultiplyBytes(default, w, x), one);
            }

            float d = TBlock.Scale(weights);
            sum = TLanes.MultiplyAdd(TLanes.ToFloat(total), TLanes.BroadcastFloat(d * ((float*)(record + SmallRow.ScalesOffset))[block % 8]), sum);
            common += (hasMinimum ? TBlock.Minimum(weights) : -TBlock.Offset * d) * ((float*)(record + SmallRow.SumsOffset))[block % 8];
        }

        return TLanes.Sum(sum) + common;
    }

    /// <summary>The same with four rows of activations, <paramref name="stride"/> bytes apart.</summary>
    public static void Four(byte* weights, int columns, byte* activations, long stride, float* results)
    {
        for (int i = 0; i < 4; i++) results[i] = One(weights, columns, activations + i * stride);
    }
}
