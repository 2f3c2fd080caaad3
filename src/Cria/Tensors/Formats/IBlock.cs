using System.Buffers.Binary;

namespace Cria.Tensors.Formats;

/// <summary>One block format. A type argument rather than an object, so that the loop over blocks is compiled once per format.</summary>
internal interface IBlock
{
    /// <summary>The number of values in one block.</summary>
    static abstract int Length { get; }

    /// <summary>The number of bytes of one block.</summary>
    static abstract int Bytes { get; }

    /// <summary>Decodes exactly one block.</summary>
    static abstract void Decode(ReadOnlySpan<byte> block, Span<float> values);
}

/// <summary>A block format that can also be written.</summary>
internal interface IWritableBlock : IBlock
{
    /// <summary>Encodes exactly one block of finite values.</summary>
    static abstract void Encode(ReadOnlySpan<float> values, Span<byte> block);
}

/// <summary>The half floats inside blocks.</summary>
internal static class BlockScales
{
    public static float ReadHalf(this ReadOnlySpan<byte> block, int offset) =>
        HalfFloats.Widen(BinaryPrimitives.ReadUInt16LittleEndian(block[offset..]));

    /// <summary>Writes the nearest half and returns what will be read back.</summary>
    public static float WriteHalf(this Span<byte> block, int offset, float value)
    {
        ushort half = HalfFloats.Narrow(value);
        BinaryPrimitives.WriteUInt16LittleEndian(block[offset..], half);
        return HalfFloats.Widen(half);
    }
}
