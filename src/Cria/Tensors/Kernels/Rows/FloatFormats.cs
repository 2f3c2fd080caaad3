namespace Cria.Tensors.Kernels.Rows;

/// <summary>An unquantised number format of weights, read one register at a time.</summary>
internal unsafe interface IFloatFormat
{
    static abstract int Bytes { get; }

    static abstract F Load<TLanes, I, F>(byte* source)
        where TLanes : struct, ILanes<I, F>
        where I : struct
        where F : struct;

    static abstract float LoadOne(byte* source);
}

internal readonly unsafe struct Float32Format : IFloatFormat
{
    public static int Bytes => 4;

    public static F Load<TLanes, I, F>(byte* source)
        where TLanes : struct, ILanes<I, F>
        where I : struct
        where F : struct => TLanes.LoadFloats((float*)source);

    public static float LoadOne(byte* source) => *(float*)source;
}

internal readonly unsafe struct Float16Format : IFloatFormat
{
    public static int Bytes => 2;

    public static F Load<TLanes, I, F>(byte* source)
        where TLanes : struct, ILanes<I, F>
        where I : struct
        where F : struct => TLanes.LoadHalves((ushort*)source);

    public static float LoadOne(byte* source) => Blocks.BlockParts.Half(source);
}

internal readonly unsafe struct BrainFloat16Format : IFloatFormat
{
    public static int Bytes => 2;

    public static F Load<TLanes, I, F>(byte* source)
        where TLanes : struct, ILanes<I, F>
        where I : struct
        where F : struct => TLanes.LoadBrainFloats((ushort*)source);

    public static float LoadOne(byte* source) => BitConverter.Int32BitsToSingle(*(ushort*)source << 16);
}
