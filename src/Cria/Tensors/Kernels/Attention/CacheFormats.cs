namespace Cria.Tensors.Kernels.Attention;

/// <summary>A number format that attention reads straight from the cache, with constants that its loops keep in registers.</summary>
internal unsafe interface ICacheFormat
{
    static abstract int Bytes { get; }

    static abstract F Constant<TLanes, I, F>(int index)
        where TLanes : struct, ILanes<I, F>
        where I : struct
        where F : struct;

    static abstract F Load<TLanes, I, F>(byte* source, F c0, F c1, F c2, F c3, F c4)
        where TLanes : struct, ILanes<I, F>
        where I : struct
        where F : struct;
}

internal readonly unsafe struct CachedFloats : ICacheFormat
{
    public static int Bytes => sizeof(float);

    public static F Constant<TLanes, I, F>(int index)
        where TLanes : struct, ILanes<I, F>
        where I : struct
        where F : struct => default;

    public static F Load<TLanes, I, F>(byte* source, F c0, F c1, F c2, F c3, F c4)
        where TLanes : struct, ILanes<I, F>
        where I : struct
        where F : struct => TLanes.LoadFloats((float*)source);
}

internal readonly unsafe struct CachedHalves : ICacheFormat
{
    public static int Bytes => sizeof(ushort);

    public static F Constant<TLanes, I, F>(int index)
        where TLanes : struct, ILanes<I, F>
        where I : struct
        where F : struct => TLanes.BroadcastFloat(SignedHalves.Constant(index));

    public static F Load<TLanes, I, F>(byte* source, F c0, F c1, F c2, F c3, F c4)
        where TLanes : struct, ILanes<I, F>
        where I : struct
        where F : struct => TLanes.LoadHalves((ushort*)source, c0, c1, c2, c3, c4);
}
