using System.Runtime.InteropServices;
using Cria.Gguf;

namespace Cria.Conformance.Formats;

/// <summary>The conversions of llama.cpp's base library, called in this process: they are pure functions over memory that we own.</summary>
internal sealed unsafe class GgmlFormats
{
    private readonly nint _library;
    private readonly delegate* unmanaged<int, float*, void*, long, long, long, float*, nuint> _encode;

    public GgmlFormats(string folder)
    {
        _library = NativeLibrary.Load(Path.Combine(folder, "libggml-base.so"));
        _encode = (delegate* unmanaged<int, float*, void*, long, long, long, float*, nuint>)
            NativeLibrary.GetExport(_library, "ggml_quantize_chunk");
    }

    public void Decode(TensorType type, ReadOnlySpan<byte> blocks, Span<float> values)
    {
        string name = type switch
        {
            TensorType.F16 => "ggml_fp16_to_fp32_row",
            TensorType.BF16 => "ggml_bf16_to_fp32_row",
            // The K of the super-blocks stays a capital in their names.
            _ => "dequantize_row_" + type.ToString().ToLowerInvariant().Replace("_k", "_K", StringComparison.Ordinal),
        };
        var decode = (delegate* unmanaged<byte*, float*, long, void>)NativeLibrary.GetExport(_library, name);
        Assert.Equal(type.BytesFor(values.Length), blocks.Length);
        fixed (byte* from = blocks)
        fixed (float* to = values) decode(from, to, values.Length);
    }

    public byte[] Encode(TensorType type, ReadOnlySpan<float> values)
    {
        byte[] blocks = new byte[type.BytesFor(values.Length)];
        fixed (float* from = values)
        fixed (byte* to = blocks)
        {
            nuint written = _encode((int)type, from, to, 0, 1, values.Length, null);
            Assert.Equal((nuint)blocks.Length, written);
        }

        return blocks;
    }
}
