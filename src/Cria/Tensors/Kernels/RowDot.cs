using System.Runtime.CompilerServices;
using Cria.Tensors.Kernels.Blocks;

namespace Cria.Tensors.Kernels;

/// <summary>The dot product of one weight row with one quantised row of activations: each weight byte is read once, in order.</summary>
internal static unsafe class RowDot<TBlocks, TLanes, I, F>
    where TBlocks : struct, IBlocks
    where TLanes : struct, ILanes<I, F>
    where I : struct
    where F : struct
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float Dot(byte* weights, int columns, byte* activations)
    {
        Expanded expanded = default;
        F sum = default;
        for (; columns > 0; columns -= 256, weights += TBlocks.Bytes, activations += QuantizedRow.RecordBytes)
        {
            TBlocks.Expand(weights, Math.Min(256, columns), &expanded);
            I total = default;
            for (int part = 0; part < 64 / TLanes.Count; part++)
            {
                I w = TLanes.Load(expanded.Values + part * TLanes.Count * 4);
                I a = TLanes.Load(activations + part * TLanes.Count * 4);
                I scales = TLanes.SpreadScales(expanded.Scales, part);
                if (TBlocks.Wide)
                {
                    I high = TLanes.Fold(default, TLanes.MultiplyBytes(default, TLanes.HighNibbles(w), a), scales);
                    total = TLanes.Add(total, TLanes.Times16(high));
                    w = TLanes.LowNibbles(w);
                }

                total = TLanes.Fold(total, TLanes.MultiplyBytes(default, w, a), scales);
            }

            F scale = TLanes.BroadcastFloat(*(float*)(activations + QuantizedRow.ScaleOffset));
            sum = TLanes.MultiplyAdd(TLanes.ToFloat(total), TLanes.Multiply(scale, TLanes.BroadcastFloat(expanded.Scale)), sum);
            sum = TLanes.MultiplyAdd(
                TLanes.ToFloat(TLanes.MultiplySixteen(expanded.Minimums, (short*)(activations + QuantizedRow.SumsOffset))),
                TLanes.Multiply(scale, TLanes.BroadcastFloat(-expanded.Minimum)),
                sum);
        }

        return TLanes.Sum(sum);
    }
}
