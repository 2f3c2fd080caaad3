using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Cria.Tensors.Formats;

/// <summary>
/// The step that all decoders end with: sixteen small integers become floats. Multiply, then add, never fused: so files
/// mean the same everywhere.
/// </summary>
internal static class Lanes
{
    public const int Count = 16;

    /// <summary>values = q · scale.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Decode(Vector128<sbyte> q, float scale, Span<float> values)
    {
        if (Avx512F.IsSupported)
        {
            (Vector512.ConvertToSingle(Avx512F.ConvertToVector512Int32(q)) * scale).CopyTo(values);
            return;
        }

        (Vector128<short> low, Vector128<short> high) = Vector128.Widen(q);
        Decode(low, scale, values);
        Decode(high, scale, values[(Count / 2)..]);
    }

    /// <summary>values = q · scale + offset.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Decode(Vector128<byte> q, float scale, float offset, Span<float> values)
    {
        if (Avx512F.IsSupported)
        {
            (Vector512.ConvertToSingle(Avx512F.ConvertToVector512Int32(q)) * scale + Vector512.Create(offset)).CopyTo(values);
            return;
        }

        (Vector128<ushort> low, Vector128<ushort> high) = Vector128.Widen(q);
        Decode(low, scale, offset, values);
        Decode(high, scale, offset, values[(Count / 2)..]);
    }

    /// <summary>
    /// Of each byte the bits from <paramref name="first"/> on that <paramref name="mask"/> lets through, which must not reach
    /// beyond the byte.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> Bits(Vector128<byte> bytes, int first, byte mask) =>
        // Shifting pairs of bytes saves the mask that processors without byte shifts need.
        (bytes.AsUInt16() >>> first).AsByte() & Vector128.Create(mask);

    /// <summary>Spreads the low sixteen bits to sixteen bytes: <paramref name="value"/> where the bit is set, else zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> Spread(uint bits, byte value)
    {
        Vector128<byte> eachBit = Vector128.Create(0x8040_2010_0804_0201ul).AsByte();
        Vector128<byte> halves = Vector128.Shuffle(
            Vector128.CreateScalar(bits).AsByte(), Vector128.Create((byte)0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1));
        return Vector128.Equals(halves & eachBit, eachBit) & Vector128.Create(value);
    }

    private static void Decode(Vector128<short> q, float scale, Span<float> values)
    {
        (Vector128<int> low, Vector128<int> high) = Vector128.Widen(q);
        (Vector128.ConvertToSingle(low) * scale).CopyTo(values);
        (Vector128.ConvertToSingle(high) * scale).CopyTo(values[4..]);
    }

    private static void Decode(Vector128<ushort> q, float scale, float offset, Span<float> values)
    {
        (Vector128<uint> low, Vector128<uint> high) = Vector128.Widen(q);
        (Vector128.ConvertToSingle(low.AsInt32()) * scale + Vector128.Create(offset)).CopyTo(values);
        (Vector128.ConvertToSingle(high.AsInt32()) * scale + Vector128.Create(offset)).CopyTo(values[4..]);
    }
}
