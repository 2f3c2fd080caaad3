using Cria.Tensors;

namespace Cria.Tests.Tensors;

public class HalfFloatsTests
{
    private static readonly ushort[] _all16Bits = [.. Enumerable.Range(0, 1 << 16).Select(bits => (ushort)bits)];

    [Fact]
    public void Widens_every_half_as_the_runtime_does()
    {
        float[] widened = new float[_all16Bits.Length];
        HalfFloats.Widen(_all16Bits, widened);
        foreach (ushort bits in _all16Bits)
        {
            float expected = (float)BitConverter.UInt16BitsToHalf(bits);
            AssertSame(expected, HalfFloats.Widen(bits));
            AssertSame(expected, widened[bits]);
        }
    }

    [Fact]
    public void Narrows_to_the_nearest_half_and_ties_to_even()
    {
        float[] values = FloatsAround(bits => (float)BitConverter.UInt16BitsToHalf(bits));
        ushort[] narrowed = new ushort[values.Length];
        HalfFloats.Narrow(values, narrowed);
        for (int i = 0; i < values.Length; i++)
        {
            ushort expected = BitConverter.HalfToUInt16Bits((Half)values[i]);
            Assert.True(
                expected == narrowed[i] && expected == HalfFloats.Narrow(values[i]),
                $"{values[i]:R} became {narrowed[i]:X4}, not {expected:X4}.");
        }
    }

    [Fact]
    public void Widens_every_brain_float_to_the_float_with_the_same_upper_half()
    {
        float[] widened = new float[_all16Bits.Length];
        HalfFloats.WidenBrain(_all16Bits, widened);
        foreach (ushort bits in _all16Bits)
        {
            Assert.Equal((uint)bits << 16, BitConverter.SingleToUInt32Bits(widened[bits]));
            Assert.Equal((uint)bits << 16, BitConverter.SingleToUInt32Bits(HalfFloats.WidenBrain(bits)));
        }
    }

    [Fact]
    public void Narrows_to_the_nearest_brain_float_and_ties_to_even()
    {
        float[] values = FloatsAround(bits => BitConverter.UInt32BitsToSingle((uint)bits << 16));
        ushort[] narrowed = new ushort[values.Length];
        HalfFloats.NarrowBrain(values, narrowed);
        for (int i = 0; i < values.Length; i++)
        {
            if (!float.IsFinite(values[i])) continue;
            ushort lower = (ushort)(BitConverter.SingleToUInt32Bits(values[i]) >> 16);
            double below = Extended(lower), above = Extended(lower + 1), value = values[i];
            double toBelow = Math.Abs(value - below), toAbove = Math.Abs(above - value);
            int expected = toBelow < toAbove || (toBelow == toAbove && lower % 2 == 0) ? lower : lower + 1;
            Assert.True(
                expected == narrowed[i] && expected == HalfFloats.NarrowBrain(values[i]),
                $"{values[i]:R} became {narrowed[i]:X4}, not {expected:X4}.");
        }
    }

    [Theory]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity)]
    [InlineData(float.NaN)]
    public void Keeps_what_is_not_finite(float value)
    {
        AssertSame(value, HalfFloats.Widen(HalfFloats.Narrow(value)));
        AssertSame(value, HalfFloats.WidenBrain(HalfFloats.NarrowBrain(value)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(33)]
    [InlineData(100)]
    public void Converts_any_number_of_values_and_no_more(int length)
    {
        float[] values = [.. Enumerable.Range(0, length).Select(i => i - 20f)], back = new float[length + 1];
        ushort[] halves = new ushort[length + 1], brains = new ushort[length + 1];
        halves[length] = brains[length] = 0xABCD;
        back[length] = 77;

        HalfFloats.Narrow(values, halves);
        HalfFloats.NarrowBrain(values, brains);
        HalfFloats.Widen(halves, back.AsSpan(0, length));
        Assert.Equal(values, back[..length]);
        HalfFloats.WidenBrain(brains, back.AsSpan(0, length));
        Assert.Equal(values, back[..length]);
        Assert.Equal(((ushort)0xABCD, (ushort)0xABCD, 77f), (halves[length], brains[length], back[length]));
    }

    /// <summary>The value of a brain float's bits, going on evenly beyond the largest: that is where overflow is rounded.</summary>
    private static double Extended(int bits) => (bits & 0x7FFF) == 0x7F80
        ? Math.CopySign(Math.Pow(2, 128), (short)(ushort)bits)
        : BitConverter.UInt32BitsToSingle((uint)bits << 16);

    /// <summary>Each 16-bit value, the floats next to it, and around the middle to the next.</summary>
    private static float[] FloatsAround(Func<ushort, float> widen)
    {
        var values = new List<float>();
        foreach (ushort bits in _all16Bits)
        {
            float value = widen(bits);
            if (!float.IsFinite(value)) continue;
            float next = widen((ushort)(bits + 1));
            float middle = float.IsFinite(next) ? (float)(((double)value + next) / 2) : MathF.BitIncrement(value);
            foreach (float near in new[] { value, middle }) values.AddRange([near, MathF.BitIncrement(near), MathF.BitDecrement(near)]);
        }

        values.AddRange([65519.99f, 65520, -65520, 65536, 1e10f, float.MaxValue, float.Epsilon]);
        return [.. values];
    }

    private static void AssertSame(float expected, float actual)
    {
        if (float.IsNaN(expected))
        {
            Assert.True(float.IsNaN(actual));
            return;
        }

        Assert.Equal(BitConverter.SingleToInt32Bits(expected), BitConverter.SingleToInt32Bits(actual));
    }
}
