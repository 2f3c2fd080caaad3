using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Cria.Tensors.Kernels;

/// <summary>
/// Halves to floats in registers, for weights: infinities become large numbers, which no valid weight holds. No step meets
/// a subnormal float: the scales of real K-quants are often subnormal halves, and the shorter way, one product with 2^112,
/// then made a row's product three times slower.
/// </summary>
internal static class Halves
{
    private const uint Magnitude = 0x7FFF, Sign = 0x80000000;

    /// <summary>The exponent 1 of a half, shifted to where a float has it; what lies below is subnormal.</summary>
    private const uint FirstExponent = 1u << 23;

    /// <summary>The difference of the exponents' biases, and 2^-14 as a float.</summary>
    private const uint Rebias = 112u << 23, SmallestNormal = 113u << 23;

    /// <summary>The halves in the lower sixteen bits of each word as floats.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Widen(Vector128<uint> halves)
    {
        Vector128<uint> magnitude = (halves & Vector128.Create(Magnitude)) << 13;
        Vector128<float> subnormal = (magnitude + Vector128.Create(SmallestNormal)).AsSingle() - Vector128.Create(SmallestNormal).AsSingle();
        Vector128<uint> value = Vector128.ConditionalSelect(
            Vector128.LessThan(magnitude, Vector128.Create(FirstExponent)), subnormal.AsUInt32(), magnitude + Vector128.Create(Rebias));
        return (value | (halves << 16) & Vector128.Create(Sign)).AsSingle();
    }

    /// <summary>The halves in the lower sixteen bits of each word as floats.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Widen(Vector256<uint> halves)
    {
        Vector256<uint> magnitude = (halves & Vector256.Create(Magnitude)) << 13;
        Vector256<float> subnormal = (magnitude + Vector256.Create(SmallestNormal)).AsSingle() - Vector256.Create(SmallestNormal).AsSingle();
        Vector256<uint> value = Vector256.ConditionalSelect(
            Vector256.LessThan(magnitude, Vector256.Create(FirstExponent)), subnormal.AsUInt32(), magnitude + Vector256.Create(Rebias));
        return (value | (halves << 16) & Vector256.Create(Sign)).AsSingle();
    }

    /// <summary>The halves in the lower sixteen bits of each word as floats.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Widen(Vector512<uint> halves)
    {
        Vector512<uint> magnitude = (halves & Vector512.Create(Magnitude)) << 13;
        Vector512<float> subnormal = (magnitude + Vector512.Create(SmallestNormal)).AsSingle() - Vector512.Create(SmallestNormal).AsSingle();
        Vector512<uint> value = Vector512.ConditionalSelect(
            Vector512.LessThan(magnitude, Vector512.Create(FirstExponent)), subnormal.AsUInt32(), magnitude + Vector512.Create(Rebias));
        return (value | (halves << 16) & Vector512.Create(Sign)).AsSingle();
    }
}
