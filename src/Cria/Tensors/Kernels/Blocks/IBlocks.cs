using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Cria.Tensors.Kernels.Blocks;

/// <summary>
/// 256 values of one row in the form all integer kernels share:
/// value[i] = Scale · Scales[i / 16] · Values[i] − Minimum · Minimums[i / 16].
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct Expanded
{
    public fixed byte Values[256];
    public fixed short Scales[16];
    public fixed short Minimums[16];
    public float Scale;
    public float Minimum;
}

/// <summary>A quantised format as the integer kernels read it, 256 values at a time; a row's tail may hold fewer blocks.</summary>
internal unsafe interface IBlocks
{
    /// <summary>The bytes of 256 values.</summary>
    static abstract int Bytes { get; }

    /// <summary>
    /// How many products of four may be summed in shorts before they are folded with their scale (2, 4 or 8): bounded by
    /// the largest value (value · 127 · 2 · Fold ≤ 32767) and by the 16 or 32 values that share a scale.
    /// </summary>
    static abstract int Fold { get; }

    /// <summary>Whether values need eight bits, so that kernels multiply their upper and lower nibbles apart.</summary>
    static abstract bool Wide { get; }

    /// <summary>Expands <paramref name="values"/> (a multiple of 32, at most 256) values; the rest become zeros.</summary>
    static abstract void Expand(byte* source, int values, Expanded* target);
}

/// <summary>Steps that several formats share.</summary>
internal static unsafe class BlockParts
{
    /// <summary>A half as a float; infinities become large numbers, which no valid weight holds.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Half(byte* source)
    {
        uint half = *(ushort*)source;
        // Shifting the exponent into place leaves it 112 too small; the product repairs it, for subnormals too.
        float magnitude = BitConverter.UInt32BitsToSingle((half & 0x7FFF) << 13) * 5.192296858534828e33f;
        return BitConverter.UInt32BitsToSingle(BitConverter.SingleToUInt32Bits(magnitude) | (half & 0x8000) << 16);
    }

    /// <summary>
    /// Writes the eight blocks' own scales as integers of a common scale, each for its two groups of sixteen. At 8 to 12 bits
    /// their rounding is far below that of the 8-bit activations they meet.
    /// </summary>
    public static float ShareScale(float* scales, int limit, short* shared)
    {
        float largest = 0;
        for (int i = 0; i < 8; i++) largest = MathF.Max(largest, MathF.Abs(scales[i]));
        if (!(largest > 0) || !float.IsFinite(largest))
        {
            new Span<short>(shared, 16).Clear();
            return 0;
        }

        float inverse = limit / largest;
        for (int i = 0; i < 8; i++)
        {
            int scale = (int)MathF.Round(scales[i] * inverse);
            *(uint*)(shared + 2 * i) = (ushort)scale | (uint)scale << 16;
        }

        return largest / limit;
    }

    /// <summary>minimums = scales · offset: for formats whose values have a fixed zero point.</summary>
    public static void Offset(Expanded* target, int offset)
    {
        for (int i = 0; i < 16; i++) target->Minimums[i] = (short)(target->Scales[i] * offset);
        target->Minimum = target->Scale;
    }
}
