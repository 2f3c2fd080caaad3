using System.Numerics;
using System.Runtime.InteropServices;
using Cria.Gguf;

namespace Cria.Tensors.Formats;

/// <summary>Exact conversion between floats and the block formats; the reference that every kernel is tested against.</summary>
internal static class BlockFormat
{
    /// <summary>Tells whether tensors of this type can be computed with.</summary>
    public static bool CanDecode(TensorType type) => type is
        TensorType.F32 or TensorType.F16 or TensorType.BF16 or
        TensorType.Q4_0 or TensorType.Q4_1 or TensorType.Q5_0 or TensorType.Q5_1 or TensorType.Q8_0 or
        TensorType.Q2_K or TensorType.Q3_K or TensorType.Q4_K or TensorType.Q5_K or TensorType.Q6_K or
        TensorType.IQ4_NL or TensorType.IQ4_XS or TensorType.MXFP4;

    /// <summary>Tells whether tensors of this type can be written.</summary>
    public static bool CanEncode(TensorType type) => type is
        TensorType.F32 or TensorType.F16 or TensorType.BF16 or
        TensorType.Q4_0 or TensorType.Q4_1 or TensorType.Q5_0 or TensorType.Q5_1 or TensorType.Q8_0 or
        TensorType.Q4_K or TensorType.Q5_K or TensorType.Q6_K;

    /// <summary>Decodes whole blocks: as many as <paramref name="values"/> has room for.</summary>
    public static void Decode(TensorType type, ReadOnlySpan<byte> blocks, Span<float> values)
    {
        if (!CanDecode(type)) throw new NotSupportedException($"Tensor type {type} cannot be decoded.");
        blocks = blocks[..ByteLength(type, values.Length)];
        switch (type)
        {
            case TensorType.F32: MemoryMarshal.Cast<byte, float>(blocks).CopyTo(values); break;
            case TensorType.F16: HalfFloats.Widen(MemoryMarshal.Cast<byte, ushort>(blocks), values); break;
            case TensorType.BF16: HalfFloats.WidenBrain(MemoryMarshal.Cast<byte, ushort>(blocks), values); break;
            case TensorType.Q4_0: DecodeBlocks<Q4_0>(blocks, values); break;
            case TensorType.Q4_1: DecodeBlocks<Q4_1>(blocks, values); break;
            case TensorType.Q5_0: DecodeBlocks<Q5_0>(blocks, values); break;
            case TensorType.Q5_1: DecodeBlocks<Q5_1>(blocks, values); break;
            case TensorType.Q8_0: DecodeBlocks<Q8_0>(blocks, values); break;
            case TensorType.Q2_K: DecodeBlocks<Q2_K>(blocks, values); break;
            case TensorType.Q3_K: DecodeBlocks<Q3_K>(blocks, values); break;
            case TensorType.Q4_K: DecodeBlocks<Q4_K>(blocks, values); break;
            case TensorType.Q5_K: DecodeBlocks<Q5_K>(blocks, values); break;
            case TensorType.Q6_K: DecodeBlocks<Q6_K>(blocks, values); break;
            case TensorType.IQ4_NL: DecodeBlocks<IQ4_NL>(blocks, values); break;
            case TensorType.IQ4_XS: DecodeBlocks<IQ4_XS>(blocks, values); break;
            case TensorType.MXFP4: DecodeBlocks<MXFP4>(blocks, values); break;
        }
    }

    /// <summary>Encodes whole blocks of finite values, at the quality of llama.cpp's encoders without an importance matrix.</summary>
    public static void Encode(TensorType type, ReadOnlySpan<float> values, Span<byte> blocks)
    {
        if (!CanEncode(type)) throw new NotSupportedException($"Tensor type {type} cannot be encoded.");
        blocks = blocks[..ByteLength(type, values.Length)];
        switch (type)
        {
            case TensorType.F32: MemoryMarshal.AsBytes(values).CopyTo(blocks); break;
            case TensorType.F16: HalfFloats.Narrow(values, MemoryMarshal.Cast<byte, ushort>(blocks)); break;
            case TensorType.BF16: HalfFloats.NarrowBrain(values, MemoryMarshal.Cast<byte, ushort>(blocks)); break;
            case TensorType.Q4_0: EncodeBlocks<Q4_0>(values, blocks); break;
            case TensorType.Q4_1: EncodeBlocks<Q4_1>(values, blocks); break;
            case TensorType.Q5_0: EncodeBlocks<Q5_0>(values, blocks); break;
            case TensorType.Q5_1: EncodeBlocks<Q5_1>(values, blocks); break;
            case TensorType.Q8_0: EncodeBlocks<Q8_0>(values, blocks); break;
            case TensorType.Q4_K: EncodeBlocks<Q4_K>(values, blocks); break;
            case TensorType.Q5_K: EncodeBlocks<Q5_K>(values, blocks); break;
            case TensorType.Q6_K: EncodeBlocks<Q6_K>(values, blocks); break;
        }
    }

    /// <summary>
    /// The place of the first value that the type cannot hold, because it is no number, infinite or too large for a half
    /// float; or -1.
    /// </summary>
    public static int IndexOfUnencodable(TensorType type, ReadOnlySpan<float> values)
    {
        float limit = type switch
        {
            TensorType.F32 => float.MaxValue,
            TensorType.BF16 => HalfFloats.LargestBrain,
            _ => HalfFloats.LargestHalf,
        };
        int i = 0;
        for (; i <= values.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            if (!Vector.LessThanOrEqualAll(Vector.Abs(new Vector<float>(values[i..])), new Vector<float>(limit))) break;
        }

        for (; i < values.Length; i++)
        {
            if (!(MathF.Abs(values[i]) <= limit)) return i;
        }

        return -1;
    }

    private static int ByteLength(TensorType type, int values)
    {
        if (values % type.BlockLength() != 0)
        {
            throw new ArgumentException(
                $"{values} values do not fill whole blocks of {type}, which hold {type.BlockLength()}.", nameof(values));
        }

        return checked((int)type.BytesFor(values));
    }

    private static void DecodeBlocks<TBlock>(ReadOnlySpan<byte> blocks, Span<float> values) where TBlock : IBlock
    {
        for (; !values.IsEmpty; blocks = blocks[TBlock.Bytes..], values = values[TBlock.Length..])
            TBlock.Decode(blocks[..TBlock.Bytes], values[..TBlock.Length]);
    }

    private static void EncodeBlocks<TBlock>(ReadOnlySpan<float> values, Span<byte> blocks) where TBlock : IWritableBlock
    {
        for (; !values.IsEmpty; blocks = blocks[TBlock.Bytes..], values = values[TBlock.Length..])
            TBlock.Encode(values[..TBlock.Length], blocks[..TBlock.Bytes]);
    }
}
