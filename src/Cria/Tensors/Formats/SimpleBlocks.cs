using System.Buffers.Binary;
using System.Runtime.Intrinsics;

namespace Cria.Tensors.Formats;

/// <summary>Half scale, 32 nibbles: the low ones are values 0 to 15, the high ones 16 to 31; value = (q - 8) · scale.</summary>
internal readonly struct Q4_0 : IBlock
{
    public static int Length => 32;

    public static int Bytes => 18;

    public static void Decode(ReadOnlySpan<byte> block, Span<float> values)
    {
        float scale = block.ReadHalf(0);
        Vector128<byte> nibbles = Vector128.Create(block[2..]);
        Vector128<sbyte> zero = Vector128.Create((sbyte)8);
        Lanes.Decode((nibbles & Vector128.Create((byte)15)).AsSByte() - zero, scale, values);
        Lanes.Decode((nibbles >>> 4).AsSByte() - zero, scale, values[16..]);
    }
}

/// <summary>Half scale, half minimum, 32 nibbles as in <see cref="Q4_0"/>; value = q · scale + minimum.</summary>
internal readonly struct Q4_1 : IBlock
{
    public static int Length => 32;

    public static int Bytes => 20;

    public static void Decode(ReadOnlySpan<byte> block, Span<float> values)
    {
        float scale = block.ReadHalf(0), minimum = block.ReadHalf(2);
        Vector128<byte> nibbles = Vector128.Create(block[4..]);
        Lanes.Decode(nibbles & Vector128.Create((byte)15), scale, minimum, values);
        Lanes.Decode(nibbles >>> 4, scale, minimum, values[16..]);
    }
}

/// <summary>Half scale, 32 fifth bits, 32 nibbles as in <see cref="Q4_0"/>; value = (q - 16) · scale.</summary>
internal readonly struct Q5_0 : IBlock
{
    public static int Length => 32;

    public static int Bytes => 22;

    public static void Decode(ReadOnlySpan<byte> block, Span<float> values)
    {
        float scale = block.ReadHalf(0);
        uint fifth = BinaryPrimitives.ReadUInt32LittleEndian(block[2..]);
        Vector128<byte> nibbles = Vector128.Create(block[6..]);
        Vector128<sbyte> zero = Vector128.Create((sbyte)16);
        Lanes.Decode((nibbles & Vector128.Create((byte)15) | Lanes.Spread(fifth, 16)).AsSByte() - zero, scale, values);
        Lanes.Decode((nibbles >>> 4 | Lanes.Spread(fifth >> 16, 16)).AsSByte() - zero, scale, values[16..]);
    }
}

/// <summary>Half scale, half minimum, 32 fifth bits, 32 nibbles as in <see cref="Q4_0"/>; value = q · scale + minimum.</summary>
internal readonly struct Q5_1 : IBlock
{
    public static int Length => 32;

    public static int Bytes => 24;

    public static void Decode(ReadOnlySpan<byte> block, Span<float> values)
    {
        float scale = block.ReadHalf(0), minimum = block.ReadHalf(2);
        uint fifth = BinaryPrimitives.ReadUInt32LittleEndian(block[4..]);
        Vector128<byte> nibbles = Vector128.Create(block[8..]);
        Lanes.Decode(nibbles & Vector128.Create((byte)15) | Lanes.Spread(fifth, 16), scale, minimum, values);
        Lanes.Decode(nibbles >>> 4 | Lanes.Spread(fifth >> 16, 16), scale, minimum, values[16..]);
    }
}

/// <summary>Half scale, 32 signed bytes; value = q · scale.</summary>
internal readonly struct Q8_0 : IBlock
{
    public static int Length => 32;

    public static int Bytes => 34;

    public static void Decode(ReadOnlySpan<byte> block, Span<float> values)
    {
        float scale = block.ReadHalf(0);
        Lanes.Decode(Vector128.Create(block[2..]).AsSByte(), scale, values);
        Lanes.Decode(Vector128.Create(block[18..]).AsSByte(), scale, values[16..]);
    }
}
