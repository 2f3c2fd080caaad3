using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Cria.Tensors;

/// <summary>
/// Conversion between floats and the two 16-bit float formats, rounding to nearest even as the processors' own
/// instructions do; .NET offers no F16C, so the work is done with integers, a vector at a time.
/// </summary>
internal static class HalfFloats
{
    /// <summary>The largest finite half float.</summary>
    public const float LargestHalf = 65504;

    /// <summary>The largest finite brain float.</summary>
    public const float LargestBrain = 3.3895313892515355e38f;

    private const uint FloatInfinity = 0x7F80_0000;
    private const uint FloatMagnitude = 0x7FFF_FFFF;
    private const uint HalfMagnitude = 0x7FFF;
    private const uint HalfInfinity = 0x7C00;
    private const uint HalfQuietNan = 0x7E00;
    private const uint SmallestNormalHalf = 0x0400;

    /// <summary>2^-14 and 2^16 as float bits: below the first a half is subnormal, from the second on infinite.</summary>
    private const uint SubnormalBelow = 0x3880_0000;
    private const uint OverflowFrom = 0x4780_0000;

    /// <summary>0.5 as float bits: adding it leaves a last bit of 2^-24, which is that of a subnormal half.</summary>
    private const uint OneHalf = 0x3F00_0000;

    /// <summary>The half's exponent is lifted by 224, so that 31 becomes 255 (infinity, NaN), then lowered by 2^-112.</summary>
    private const uint Lift = 224u << 23;
    private const float Lower = 1.92592994438723585305597794258492732e-34f;
    private const float SubnormalUnit = 5.9604644775390625e-8f;

    /// <summary>The difference of the two exponent biases, 112, at the float's exponent.</summary>
    private const uint BiasDifference = 112u << 23;

    /// <summary>The float that a half stands for.</summary>
    public static float Widen(ushort half)
    {
        uint magnitude = half & HalfMagnitude;
        float value = magnitude < SmallestNormalHalf
            ? magnitude * SubnormalUnit
            : BitConverter.UInt32BitsToSingle((magnitude << 13) + Lift) * Lower;
        return BitConverter.UInt32BitsToSingle(BitConverter.SingleToUInt32Bits(value) | ((uint)half & 0x8000) << 16);
    }

    /// <summary>The half nearest to a float; too large ones become infinite.</summary>
    public static ushort Narrow(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        uint magnitude = bits & FloatMagnitude;
        uint half;
        if (magnitude < SubnormalBelow)
            half = BitConverter.SingleToUInt32Bits(BitConverter.UInt32BitsToSingle(magnitude) + 0.5f) - OneHalf;
        else if (magnitude < OverflowFrom)
            half = (magnitude - BiasDifference + 0xFFF + (magnitude >> 13 & 1)) >> 13;
        else if (magnitude <= FloatInfinity)
            half = HalfInfinity;
        else
            half = HalfQuietNan | magnitude >> 13 & 0x3FF;
        return (ushort)(half | (bits & ~FloatMagnitude) >> 16);
    }

    /// <summary>The float that a brain float stands for.</summary>
    public static float WidenBrain(ushort brain) => BitConverter.UInt32BitsToSingle((uint)brain << 16);

    /// <summary>The brain float nearest to a float.</summary>
    public static ushort NarrowBrain(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        return (bits & FloatMagnitude) > FloatInfinity
            ? (ushort)(bits >> 16 | 0x40)
            : (ushort)((bits + 0x7FFF + (bits >> 16 & 1)) >> 16);
    }

    /// <summary>Widens as many halves as there are places for floats.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Widen(ReadOnlySpan<ushort> halves, Span<float> values)
    {
        halves = halves[..values.Length];
        int i = 0;
        for (; i <= values.Length - Vector<ushort>.Count; i += Vector<ushort>.Count)
        {
            Vector.Widen(new Vector<ushort>(halves[i..]), out Vector<uint> low, out Vector<uint> high);
            Widen(low).CopyTo(values[i..]);
            Widen(high).CopyTo(values[(i + Vector<uint>.Count)..]);
        }

        for (; i < values.Length; i++) values[i] = Widen(halves[i]);
    }

    /// <summary>Narrows each float to a half.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Narrow(ReadOnlySpan<float> values, Span<ushort> halves)
    {
        halves = halves[..values.Length];
        int i = 0;
        for (; i <= values.Length - Vector<ushort>.Count; i += Vector<ushort>.Count)
        {
            Vector<uint> low = Narrow(new Vector<float>(values[i..]));
            Vector<uint> high = Narrow(new Vector<float>(values[(i + Vector<uint>.Count)..]));
            Vector.Narrow(low, high).CopyTo(halves[i..]);
        }

        for (; i < values.Length; i++) halves[i] = Narrow(values[i]);
    }

    /// <summary>Widens as many brain floats as there are places for floats.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void WidenBrain(ReadOnlySpan<ushort> brains, Span<float> values)
    {
        brains = brains[..values.Length];
        Span<uint> bits = MemoryMarshal.Cast<float, uint>(values);
        int i = 0;
        for (; i <= bits.Length - Vector<ushort>.Count; i += Vector<ushort>.Count)
        {
            Vector.Widen(new Vector<ushort>(brains[i..]), out Vector<uint> low, out Vector<uint> high);
            (low << 16).CopyTo(bits[i..]);
            (high << 16).CopyTo(bits[(i + Vector<uint>.Count)..]);
        }

        for (; i < bits.Length; i++) bits[i] = (uint)brains[i] << 16;
    }

    /// <summary>Narrows each float to a brain float.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void NarrowBrain(ReadOnlySpan<float> values, Span<ushort> brains)
    {
        brains = brains[..values.Length];
        int i = 0;
        for (; i <= values.Length - Vector<ushort>.Count; i += Vector<ushort>.Count)
        {
            Vector<uint> low = NarrowBrain(new Vector<float>(values[i..]));
            Vector<uint> high = NarrowBrain(new Vector<float>(values[(i + Vector<uint>.Count)..]));
            Vector.Narrow(low, high).CopyTo(brains[i..]);
        }

        for (; i < values.Length; i++) brains[i] = NarrowBrain(values[i]);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<float> Widen(Vector<uint> halves)
    {
        Vector<uint> magnitude = halves & new Vector<uint>(HalfMagnitude);
        Vector<float> normal = Vector.AsVectorSingle((magnitude << 13) + new Vector<uint>(Lift)) * new Vector<float>(Lower);
        Vector<float> subnormal = Vector.ConvertToSingle(Vector.AsVectorInt32(magnitude)) * new Vector<float>(SubnormalUnit);
        Vector<uint> isSubnormal = Vector.LessThan(magnitude, new Vector<uint>(SmallestNormalHalf));
        Vector<float> value = Vector.ConditionalSelect(Vector.AsVectorSingle(isSubnormal), subnormal, normal);
        return Vector.AsVectorSingle(Vector.AsVectorUInt32(value) | (halves & new Vector<uint>(0x8000)) << 16);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<uint> Narrow(Vector<float> values)
    {
        Vector<uint> bits = Vector.AsVectorUInt32(values);
        Vector<uint> magnitude = bits & new Vector<uint>(FloatMagnitude);
        Vector<float> aboveHalf = Vector.AsVectorSingle(magnitude) + new Vector<float>(0.5f);
        Vector<uint> subnormal = Vector.AsVectorUInt32(aboveHalf) - new Vector<uint>(OneHalf);
        Vector<uint> odd = magnitude >>> 13 & Vector<uint>.One;
        Vector<uint> normal = (magnitude - new Vector<uint>(BiasDifference) + new Vector<uint>(0xFFF) + odd) >>> 13;
        Vector<uint> nan = new Vector<uint>(HalfQuietNan) | magnitude >>> 13 & new Vector<uint>(0x3FF);
        Vector<uint> special = Vector.ConditionalSelect(
            Vector.GreaterThan(magnitude, new Vector<uint>(FloatInfinity)), nan, new Vector<uint>(HalfInfinity));
        Vector<uint> half = Vector.ConditionalSelect(Vector.LessThan(magnitude, new Vector<uint>(OverflowFrom)), normal, special);
        half = Vector.ConditionalSelect(Vector.LessThan(magnitude, new Vector<uint>(SubnormalBelow)), subnormal, half);
        return half | (bits & new Vector<uint>(~FloatMagnitude)) >>> 16;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<uint> NarrowBrain(Vector<float> values)
    {
        Vector<uint> bits = Vector.AsVectorUInt32(values);
        Vector<uint> rounded = (bits + new Vector<uint>(0x7FFF) + (bits >>> 16 & Vector<uint>.One)) >>> 16;
        Vector<uint> isNan = Vector.GreaterThan(bits & new Vector<uint>(FloatMagnitude), new Vector<uint>(FloatInfinity));
        return Vector.ConditionalSelect(isNan, bits >>> 16 | new Vector<uint>(0x40), rounded);
    }
}
