using System.Runtime.InteropServices;
using Cria.Gguf;

namespace Cria.Tensors.Formats;

/// <summary>Exact conversion between floats and the block formats; the scalar reference that every kernel is tested against.</summary>
internal static class BlockFormat
{
    /// <summary>Tells whether tensors of this type can be computed with.</summary>
    public static bool CanDecode(TensorType type) => type is TensorType.F32;

    /// <summary>Decodes whole blocks.</summary>
    public static void Decode(TensorType type, ReadOnlySpan<byte> blocks, Span<float> values)
    {
        if (type != TensorType.F32) throw new NotSupportedException($"Tensor type {type} cannot be decoded.");
        MemoryMarshal.Cast<byte, float>(blocks)[..values.Length].CopyTo(values);
    }

    /// <summary>Encodes whole blocks.</summary>
    public static void Encode(TensorType type, ReadOnlySpan<float> values, Span<byte> blocks)
    {
        if (type != TensorType.F32) throw new NotSupportedException($"Tensor type {type} cannot be encoded.");
        MemoryMarshal.AsBytes(values).CopyTo(blocks);
    }
}
