namespace Cria.Tensors.Kernels;

/// <summary>Functions of float registers, written once for all widths.</summary>
internal static class VectorMath<TLanes, I, F>
    where TLanes : struct, ILanes<I, F>
    where I : struct
    where F : struct
{
    private static F One => TLanes.BroadcastFloat(1);

    /// <summary>1 / (1 + exp(-x)).</summary>
    public static F Sigmoid(F x) => TLanes.Divide(One, TLanes.Add(One, TLanes.Exp(TLanes.Multiply(x, TLanes.BroadcastFloat(-1)))));

    /// <summary>tanh(x) = 1 - 2 / (exp(2x) + 1): exact at both ends, where exp overflows or vanishes.</summary>
    public static F Tanh(F x)
    {
        F e = TLanes.Exp(TLanes.Add(x, x));
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
}
