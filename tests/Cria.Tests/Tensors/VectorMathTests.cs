using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using Cria.Tensors.Kernels;
using Cria.Tensors.Kernels.Attention;

namespace Cria.Tests.Tensors;

/// <summary>Functions of registers, for every width this processor has, against double precision.</summary>
public sealed unsafe class VectorMathTests
{
    private interface IFunction
    {
        F Apply<TLanes, I, F>(F x)
            where TLanes : struct, ILanes<I, F>
            where I : struct
            where F : struct;
    }

    [Fact]
    public void Powers_of_two_are_exact_to_a_few_units_in_the_last_place()
    {
        float[] exponents = [.. Enumerable.Range(0, 200_000).Select(i => -126 + i * (254 / 200_000f))];
        CheckClose(default(Exp2), exponents, x => Math.Pow(2, x), 1.3e-7);
        CheckSame(default(Exp2), [0, -1, -126, 10, float.NegativeInfinity, -200, -1e30f, float.NaN], [1, 0.5f, 1.17549435e-38f, 1024, 0, 0, 0, float.NaN]);
    }

    [Fact]
    public void Exponentials_are_exact_to_a_few_units_in_the_last_place()
    {
        // Without a fused multiply-add the fraction of large exponents is less exact.
        double tolerance = Lanes256.IsSupported || AdvSimd.IsSupported ? 1.5e-7 : 8e-6;
        float[] exponents = [.. Enumerable.Range(0, 200_000).Select(i => -87 + i * (175 / 200_000f))];
        CheckClose(default(Exp), exponents, Math.Exp, tolerance);
        CheckSame(default(Exp), [0, 89, 1e30f, float.PositiveInfinity, float.NegativeInfinity, -1e30f, -120, float.NaN],
            [1, float.PositiveInfinity, float.PositiveInfinity, float.PositiveInfinity, 0, 0, 0, float.NaN]);
    }

    [Fact]
    public void Powers_that_vanish_are_tiny_or_zero()
    {
        float[] exponents = [.. Enumerable.Range(0, 1000).Select(i => -126 - i * 0.1f)];
        ForEachWidth(default(Exp2), exponents, (x, y) => Assert.InRange(y, 0, 1.17549435e-38f));
    }

    [Fact]
    public void All_halves_widen_as_the_runtime_does()
    {
        ushort[] halves = [.. Enumerable.Range(0, 65536).Select(i => (ushort)i)];
        if (Lanes512.IsSupported) CheckHalves<Lanes512, Vector512<int>, Vector512<float>>(halves);
        if (Lanes256.IsSupported) CheckHalves<Lanes256, Vector256<int>, Vector256<float>>(halves);
        CheckHalves<Lanes128, Vector128<int>, Vector128<float>>(halves);
    }

    private static void CheckHalves<TLanes, I, F>(ushort[] halves)
        where TLanes : struct, ILanes<I, F>
        where I : struct
        where F : struct
    {
        float[] widened = new float[halves.Length];
        fixed (ushort* source = halves)
        fixed (float* target = widened)
            for (int i = 0; i < halves.Length; i += TLanes.Count) TLanes.Store(CachedHalves.Load<TLanes, I, F>((byte*)(source + i), Constant(0), Constant(1), Constant(2), Constant(3), Constant(4)), target + i);
        for (int i = 0; i < halves.Length; i++)
        {
            float expected = (float)BitConverter.UInt16BitsToHalf(halves[i]);
            Assert.True(expected == widened[i] || float.IsNaN(expected) && float.IsNaN(widened[i]), $"{TLanes.Count} lanes: {i:x} is {expected}, not {widened[i]}.");
        }

        static F Constant(int index) => CachedHalves.Constant<TLanes, I, F>(index);
    }

    private static void CheckClose<TFunction>(TFunction function, float[] inputs, Func<double, double> formula, double tolerance)
        where TFunction : struct, IFunction =>
        ForEachWidth(function, inputs, (x, y) => Assert.True(Math.Abs(y / formula(x) - 1) <= tolerance, $"f({x}) is {formula(x)}, not {y}."));

    private static void CheckSame<TFunction>(TFunction function, float[] inputs, float[] expected)
        where TFunction : struct, IFunction =>
        ForEachWidth(function, inputs, (x, y) => Assert.Equal(expected[Array.FindIndex(inputs, input => input.Equals(x))], y));

    private static void ForEachWidth<TFunction>(TFunction function, float[] inputs, Action<float, float> check)
        where TFunction : struct, IFunction
    {
        if (Lanes512.IsSupported) Apply<TFunction, Lanes512, Vector512<int>, Vector512<float>>(function, inputs, check);
        if (Lanes256.IsSupported) Apply<TFunction, Lanes256, Vector256<int>, Vector256<float>>(function, inputs, check);
        Apply<TFunction, Lanes128, Vector128<int>, Vector128<float>>(function, inputs, check);
    }

    private static void Apply<TFunction, TLanes, I, F>(TFunction function, float[] inputs, Action<float, float> check)
        where TFunction : struct, IFunction
        where TLanes : struct, ILanes<I, F>
        where I : struct
        where F : struct
    {
        float[] values = [.. inputs, .. new float[TLanes.Count]];
        fixed (float* x = values)
            for (int i = 0; i < inputs.Length; i += TLanes.Count) TLanes.Store(function.Apply<TLanes, I, F>(TLanes.LoadFloats(x + i)), x + i);
        for (int i = 0; i < inputs.Length; i++) check(inputs[i], values[i]);
    }

    private readonly struct Exp2 : IFunction
    {
        public F Apply<TLanes, I, F>(F x)
            where TLanes : struct, ILanes<I, F>
            where I : struct
            where F : struct => VectorMath<TLanes, I, F>.Exp2(x);
    }

    private readonly struct Exp : IFunction
    {
        public F Apply<TLanes, I, F>(F x)
            where TLanes : struct, ILanes<I, F>
            where I : struct
            where F : struct => VectorMath<TLanes, I, F>.Exp(x);
    }
}
