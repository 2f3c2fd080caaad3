using System.Buffers.Binary;
using System.Runtime.Intrinsics;

namespace Cria.Tensors.Formats;

/// <summary>Half scale, 32 nibbles: the low ones are values 0 to 15, the high ones 16 to 31; value = (q - 8) · scale.</summary>
internal readonly struct Q4_0 : IWritableBlock
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

    public static void Encode(ReadOnlySpan<float> values, Span<byte> block)
    {
        float scale = ScaleSearch.Extreme(values) / -8, inverse = SimpleBlocks.Inverse(scale);
        block.WriteHalf(0, scale);
        for (int i = 0; i < 16; i++)
        {
            int low = SimpleBlocks.Level(values[i] * inverse + 8.5f, 15), high = SimpleBlocks.Level(values[i + 16] * inverse + 8.5f, 15);
            block[2 + i] = (byte)(low | high << 4);
        }
    }
}

/// <summary>Half scale, half minimum, 32 nibbles as in <see cref="Q4_0"/>; value = q · scale + minimum.</summary>
internal readonly struct Q4_1 : IWritableBlock
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

    public static void Encode(ReadOnlySpan<float> values, Span<byte> block)
    {
        (float minimum, float maximum) = SimpleBlocks.Range(values);
        float scale = (maximum - minimum) / 15, inverse = SimpleBlocks.Inverse(scale);
        block.WriteHalf(0, scale);
        block.WriteHalf(2, minimum);
        for (int i = 0; i < 16; i++)
        {
            int low = SimpleBlocks.Level((values[i] - minimum) * inverse + 0.5f, 15);
            int high = SimpleBlocks.Level((values[i + 16] - minimum) * inverse + 0.5f, 15);
            block[4 + i] = (byte)(low | high << 4);
        }
    }
}

/// <summary>Half scale, 32 fifth bits, 32 nibbles as in <see cref="Q4_0"/>; value = (q - 16) · scale.</summary>
internal readonly struct Q5_0 : IWritableBlock
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

    public static void Encode(ReadOnlySpan<float> values, Span<byte> block)
    {
        float scale = ScaleSearch.Extreme(values) / -16, inverse = SimpleBlocks.Inverse(scale);
        uint fifth = 0;
        block.WriteHalf(0, scale);
        for (int i = 0; i < 16; i++)
        {
            int low = SimpleBlocks.Level(values[i] * inverse + 16.5f, 31), high = SimpleBlocks.Level(values[i + 16] * inverse + 16.5f, 31);
            block[6 + i] = (byte)(low & 15 | high << 4);
            fifth |= (uint)(low >> 4) << i | (uint)(high >> 4) << (i + 16);
        }

        BinaryPrimitives.WriteUInt32LittleEndian(block[2..], fifth);
    }
}

/// <summary>Half scale, half minimum, 32 fifth bits, 32 nibbles as in <see cref="Q4_0"/>; value = q · scale + minimum.</summary>
internal readonly struct Q5_1 : IWritableBlock
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

    public static void Encode(ReadOnlySpan<float> values, Span<byte> block)
    {
        (float minimum, float maximum) = SimpleBlocks.Range(values);
        float scale = (maximum - minimum) / 31, inverse = SimpleBlocks.Inverse(scale);
        uint fifth = 0;
        block.WriteHalf(0, scale);
        block.WriteHalf(2, minimum);
        for (int i = 0; i < 16; i++)
        {
            int low = SimpleBlocks.Level((values[i] - minimum) * inverse + 0.5f, 31);
            int high = SimpleBlocks.Level((values[i + 16] - minimum) * inverse + 0.5f, 31);
            block[8 + i] = (byte)(low & 15 | high << 4);
            fifth |= (uint)(low >> 4) << i | (uint)(high >> 4) << (i + 16);
        }

        BinaryPrimitives.WriteUInt32LittleEndian(block[4..], fifth);
    }
}

/// <summary>Half scale, 32 signed bytes; value = q · scale.</summary>
internal readonly struct Q8_0 : IWritableBlock
{
    public static int Length => 32;

    public static int Bytes => 34;

    public static void Decode(ReadOnlySpan<byte> block, Span<float> values)
    {
        float scale = block.ReadHalf(0);
        Lanes.Decode(Vector128.Create(block[2..]).AsSByte(), scale, values);
        Lanes.Decode(Vector128.Create(block[18..]).AsSByte(), scale, values[16..]);
    }

    public static void Encode(ReadOnlySpan<float> values, Span<byte> block)
    {
        float scale = MathF.Abs(ScaleSearch.Extreme(values)) / 127, inverse = SimpleBlocks.Inverse(scale);
        block.WriteHalf(0, scale);
        for (int i = 0; i < 32; i++)
            block[2 + i] = (byte)(sbyte)MathF.Round(values[i] * inverse, MidpointRounding.AwayFromZero);
    }
}

/// <summary>What the encoders of the simple blocks share.</summary>
internal static class SimpleBlocks
{
    /// <summary>Zero where there is no inverse: such a scale is zero in a half float too.</summary>
    public static float Inverse(float scale) => 1 / scale is var inverse && float.IsFinite(inverse) ? inverse : 0;

    /// <summary>Rounding has been added before; the largest value may come out one too high.</summary>
    public static int Level(float value, int top) => Math.Min((int)value, top);

    public static (float Minimum, float Maximum) Range(ReadOnlySpan<float> values)
    {
        float minimum = values[0], maximum = values[0];
        foreach (float x in values)
        {
            if (x < minimum) minimum = x;
            if (x > maximum) maximum = x;
        }

        return (minimum, maximum);
    }
}
