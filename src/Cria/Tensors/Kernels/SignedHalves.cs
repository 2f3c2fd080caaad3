using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Cria.Tensors.Kernels;

/// <summary>
/// Sign-extended halves to floats in registers, infinities and what is not a number included. Shifted by 13 bits, with the three
/// bits between sign and exponent set, a half is a float whose exponent is 224 too high, so that 31 became 255. A product
/// with 2^-112 lowers it: that is v for normal halves. 2v - 2^-14 is no less for these, and the right value, which is nearer
/// to 0 than v, for subnormal ones; both have the same sign, and of numbers with the same sign the smaller bits are nearer to 0.
/// </summary>
/// <remarks>
/// The constants are arguments: in a loop with twenty live registers the compiler loads literal ones anew in every round,
/// which made attention over a cache of halves a quarter slower.
/// </remarks>
internal static class SignedHalves
{
    // 2^-112, twice that, -2^-14, and the bits that are set and kept. Not literals where they are used, see above.
    private static readonly float[] s_constants = [1.92592994438723585305597794258492732e-34f, 3.85185988877447170611195588516985463e-34f, -0.00006103515625f, BitConverter.UInt32BitsToSingle(0x7000_0000), -0f];

    /// <summary>The number of constants.</summary>
    public const int Constants = 5;

    public static float Constant(int index) => s_constants[index];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Widen(Vector128<int> halves, Vector128<float> lower, Vector128<float> twiceLower, Vector128<float> minusSmallest, Vector128<float> lift, Vector128<float> sign)
    {
        Vector128<float> shifted = (halves << 13).AsSingle(), lifted = shifted | lift, offset = minusSmallest ^ (shifted & sign);
        return Vector128.Min((lifted * lower).AsUInt32(), (lifted * twiceLower + offset).AsUInt32()).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Widen(Vector256<int> halves, Vector256<float> lower, Vector256<float> twiceLower, Vector256<float> minusSmallest, Vector256<float> lift, Vector256<float> sign)
    {
        Vector256<float> shifted = (halves << 13).AsSingle(), lifted = shifted | lift, offset = minusSmallest ^ (shifted & sign);
        return Vector256.Min((lifted * lower).AsUInt32(), (Vector256.FusedMultiplyAdd(lifted, twiceLower, offset)).AsUInt32()).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Widen(Vector512<int> halves, Vector512<float> lower, Vector512<float> twiceLower, Vector512<float> minusSmallest, Vector512<float> lift, Vector512<float> sign)
    {
        Vector512<float> shifted = (halves << 13).AsSingle(), lifted = shifted | lift, offset = minusSmallest ^ (shifted & sign);
        return Vector512.Min((lifted * lower).AsUInt32(), (Vector512.FusedMultiplyAdd(lifted, twiceLower, offset)).AsUInt32()).AsSingle();
    }
}
