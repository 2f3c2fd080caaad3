using System.Runtime.CompilerServices;

namespace Cria.Tensors.Kernels;

/// <summary>Functions of float registers, written once for all widths.</summary>
internal static class VectorMath<TLanes, I, F>
    where TLanes : struct, ILanes<I, F>
    where I : struct
    where F : struct
{
    /// <summary>log2(e) as the sum of two floats.</summary>
    private const float BitsPerNat = 1.44269502f, BitsPerNatRest = 1.92596299e-8f;

    private static F One => TLanes.BroadcastFloat(1);

    /// <summary>
    /// 2^x, where x is at most 128: 0 for minus infinity, not a number for what is none. Half the work of the runtime's
    /// Exp, which handles every case of its own, at a relative error below 1.3e-7.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F Exp2(F x)
    {
        // On x86, Max and Min return their second operand where one is not a number.
        x = TLanes.Max(TLanes.BroadcastFloat(-151), x);
        F whole = TLanes.Floor(x);
        return TLanes.TimesPowerOfTwo(PowerOfFraction(TLanes.Subtract(x, whole)), whole);
    }

    /// <summary>e^x: infinite above 88.7, and below -87.3 it may be 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F Exp(F x)
    {
        x = TLanes.Min(TLanes.BroadcastFloat(89), TLanes.Max(TLanes.BroadcastFloat(-105), x));
        F whole = TLanes.Floor(TLanes.Multiply(x, TLanes.BroadcastFloat(BitsPerNat)));
        F fraction = TLanes.MultiplyAdd(x, TLanes.BroadcastFloat(BitsPerNat), TLanes.Multiply(whole, TLanes.BroadcastFloat(-1)));
        fraction = TLanes.MultiplyAdd(x, TLanes.BroadcastFloat(BitsPerNatRest), fraction);
        return TLanes.TimesPowerOfTwo(PowerOfFraction(fraction), whole);
    }

    /// <summary>1 / (1 + exp(-x)).</summary>
    public static F Sigmoid(F x) => TLanes.Divide(One, TLanes.Add(One, Exp(TLanes.Multiply(x, TLanes.BroadcastFloat(-1)))));

    /// <summary>tanh(x) = 1 - 2 / (exp(2x) + 1): exact at both ends, where exp overflows or vanishes.</summary>
    public static F Tanh(F x)
    {
        F e = Exp(TLanes.Add(x, x));
        return TLanes.Add(One, TLanes.Divide(TLanes.BroadcastFloat(-2), TLanes.Add(e, One)));
    }

    /// <summary>cap · tanh(x / cap).</summary>
    public static F SoftCap(F x, float cap) => TLanes.Multiply(Tanh(TLanes.Multiply(x, TLanes.BroadcastFloat(1 / cap))), TLanes.BroadcastFloat(cap));

    /// <summary>x · sigmoid(x).</summary>
    public static F Silu(F x) => TLanes.Multiply(x, Sigmoid(x));

    /// <summary>The tanh form of gelu, x / 2 · (1 + tanh(u)), written as x · sigmoid(2u), which loses nothing where tanh nears -1.</summary>
    public static F Gelu(F x)
    {
        F cubic = TLanes.MultiplyAdd(TLanes.Multiply(x, x), TLanes.BroadcastFloat(0.044715f), One);
        F inner = TLanes.Multiply(TLanes.Multiply(x, TLanes.BroadcastFloat(2 * 0.797884561f)), cubic);
        return TLanes.Multiply(x, Sigmoid(inner));
    }

    /// <summary>2^x for x from 0 to 1: the polynomial of degree 6 whose largest relative error, 2e-9 before rounding, is least.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static F PowerOfFraction(F x)
    {
        F p = TLanes.MultiplyAdd(TLanes.BroadcastFloat(0.000217022549f), x, TLanes.BroadcastFloat(0.00124396873f));
        p = TLanes.MultiplyAdd(p, x, TLanes.BroadcastFloat(0.00967884064f));
        p = TLanes.MultiplyAdd(p, x, TLanes.BroadcastFloat(0.0554833412f));
        p = TLanes.MultiplyAdd(p, x, TLanes.BroadcastFloat(0.24022983f));
        p = TLanes.MultiplyAdd(p, x, TLanes.BroadcastFloat(0.693147004f));
        return TLanes.MultiplyAdd(p, x, One);
    }
}
