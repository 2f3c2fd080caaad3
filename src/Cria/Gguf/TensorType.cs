namespace Cria.Gguf;

/// <summary>The block formats of tensor data, numbered as GGUF files number them.</summary>
public enum TensorType
{
    /// <summary>32-bit floats.</summary>
    F32 = 0,
    /// <summary>16-bit IEEE floats.</summary>
    F16 = 1,
    /// <summary>4-bit blocks of 32 with a scale.</summary>
    Q4_0 = 2,
    /// <summary>4-bit blocks of 32 with a scale and a minimum.</summary>
    Q4_1 = 3,
    /// <summary>5-bit blocks of 32 with a scale.</summary>
    Q5_0 = 6,
    /// <summary>5-bit blocks of 32 with a scale and a minimum.</summary>
    Q5_1 = 7,
    /// <summary>8-bit blocks of 32 with a scale.</summary>
    Q8_0 = 8,
    /// <summary>2-bit super-blocks of 256.</summary>
    Q2_K = 10,
    /// <summary>3-bit super-blocks of 256.</summary>
    Q3_K = 11,
    /// <summary>4-bit super-blocks of 256.</summary>
    Q4_K = 12,
    /// <summary>5-bit super-blocks of 256.</summary>
    Q5_K = 13,
    /// <summary>6-bit super-blocks of 256.</summary>
    Q6_K = 14,
    /// <summary>4-bit non-linear blocks of 32.</summary>
    IQ4_NL = 20,
    /// <summary>4-bit non-linear super-blocks of 256.</summary>
    IQ4_XS = 23,
    /// <summary>8-bit integers.</summary>
    I8 = 24,
    /// <summary>16-bit integers.</summary>
    I16 = 25,
    /// <summary>32-bit integers.</summary>
    I32 = 26,
    /// <summary>64-bit integers.</summary>
    I64 = 27,
    /// <summary>64-bit floats.</summary>
    F64 = 28,
    /// <summary>16-bit brain floats.</summary>
    BF16 = 30,
    /// <summary>4-bit floats (E2M1) in blocks of 32 with a power-of-two scale.</summary>
    MXFP4 = 39,
}

/// <summary>The sizes of the block formats.</summary>
public static class TensorTypes
{
    /// <summary>Tells whether this version can size (and so skip or copy) tensors of this type.</summary>
    public static bool IsKnown(this TensorType type) => Layout(type).Bytes != 0;

    /// <summary>The number of values in one block.</summary>
    public static int BlockLength(this TensorType type) => Layout(type).Values;

    /// <summary>The number of bytes of one block.</summary>
    public static int BlockBytes(this TensorType type) => Layout(type).Bytes;

    /// <summary>The number of bytes that <paramref name="values"/> values take; they must fill whole blocks.</summary>
    public static long BytesFor(this TensorType type, long values) => values / type.BlockLength() * type.BlockBytes();

    private static (int Values, int Bytes) Layout(TensorType type) => type switch
    {
        TensorType.F32 or TensorType.I32 => (1, 4),
        TensorType.F16 or TensorType.BF16 or TensorType.I16 => (1, 2),
        TensorType.I8 => (1, 1),
        TensorType.I64 or TensorType.F64 => (1, 8),
        TensorType.Q4_0 => (32, 18),
        TensorType.Q4_1 => (32, 20),
        TensorType.Q5_0 => (32, 22),
        TensorType.Q5_1 => (32, 24),
        TensorType.Q8_0 => (32, 34),
        TensorType.Q2_K => (256, 84),
        TensorType.Q3_K => (256, 110),
        TensorType.Q4_K => (256, 144),
        TensorType.Q5_K => (256, 176),
        TensorType.Q6_K => (256, 210),
        TensorType.IQ4_NL => (32, 18),
        TensorType.IQ4_XS => (256, 136),
        TensorType.MXFP4 => (32, 17),
        _ => (0, 0),
    };
}
