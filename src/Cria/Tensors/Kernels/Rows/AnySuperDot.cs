using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Cria.Tensors.Kernels.Inputs;
using Cria.Tensors.Kernels.Rows.Blocks;

namespace Cria.Tensors.Kernels.Rows;

/// <summary>The products of one row of super blocks on any number of lanes, where no kernel of its own width exists.</summary>
internal static unsafe class AnySuperDot<TBlock, TLanes, I, F>
    where TBlock : struct, ISuperBlock
    where TLanes : struct, ILanes<I, F>
    where I : struct
    where F : struct
{
    /// <summary>The dot product of one weight row with one row of activations, on any number of lanes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float One(byte* weights, int columns, byte* activations)
    {
        bool wide = TBlock.Wide;
        Expanded expanded = default;
        F sum = default;
        for (; columns > 0; columns -= 256, weights += TBlock.Bytes, activations += SuperRow.RecordBytes)
        {
            Expand(weights, &expanded);
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
    public static void Four(byte* weights, int columns, byte* activations, long stride, float* results)
    {
        for (int i = 0; i < 4; i++) results[i] = One(weights, columns, activations + i * stride);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Expand(byte* source, Expanded* target)
    {
        TBlock.Load(source, out Parts parts);
        parts.P0.Store(target->Values);
        parts.P1.Store(target->Values + 32);
        parts.P2.Store(target->Values + 64);
        parts.P3.Store(target->Values + 96);
        parts.P4.Store(target->Values + 128);
        parts.P5.Store(target->Values + 160);
        parts.P6.Store(target->Values + 192);
        parts.P7.Store(target->Values + 224);
        TBlock.Scales(source, out Vector256<short> minimums).Store(target->Scales);
        minimums.Store(target->Minimums);
        Vector128<float> both = TBlock.BothScales(source);
        target->Scale = both[0];
        target->Minimum = both[1];
    }
}

/// <summary>
/// 256 values of one row: value[i] = Scale · Scales[i / 16] · Values[i] − Minimum · Minimums[i / 16].
/// </summary>
internal unsafe struct Expanded
{
    public fixed byte Values[256];
    public fixed short Scales[16];
    public fixed short Minimums[16];
    public float Scale;
    public float Minimum;
}
