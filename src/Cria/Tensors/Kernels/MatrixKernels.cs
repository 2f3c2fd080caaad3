using System.Runtime.Intrinsics;
using Cria.Gguf;
using Cria.Tensors.Kernels.Blocks;

namespace Cria.Tensors.Kernels;

/// <summary>
/// The kernels for one weight format on this processor. This is the only place that chooses by processor: sixteen lanes
/// with AVX-512, eight with AVX2, four elsewhere.
/// </summary>
internal unsafe struct MatrixKernels
{
    /// <summary>Weight rows per panel.</summary>
    public int Lanes { get; private init; }

    /// <summary>How activations are prepared for panels.</summary>
    public InputForm TileForm { get; private init; }

    /// <summary>How activations are prepared for products row by row.</summary>
    public InputForm RowForm { get; private init; }

    /// <summary>(columns) → bytes of one panel.</summary>
    public delegate*<int, long> PanelBytes { get; private init; }

    /// <summary>(weights, row bytes, rows, columns, panel).</summary>
    public delegate*<byte*, long, int, int, byte*, void> Pack { get; private init; }

    /// <summary>(panel, tile, columns, target, stride): eight rows of activations times one panel.</summary>
    public delegate*<byte*, byte*, int, float*, nint, void> Multiply { get; private init; }

    /// <summary>(weight row, columns, activations) → dot product.</summary>
    public delegate*<byte*, int, byte*, float> Dot { get; private init; }

    /// <summary>(weight row, columns, activations, stride, results) → the dot products with four rows of activations, which lie stride bytes apart.</summary>
    public delegate*<byte*, int, byte*, long, float*, void> DotFour { get; private init; }

    public static MatrixKernels For(TensorType type)
    {
        if (Lanes512.IsSupported) return For<Lanes512, Vector512<int>, Vector512<float>>(type);
        if (Lanes256.IsSupported) return For<Lanes256, Vector256<int>, Vector256<float>>(type);
        return For<Lanes128, Vector128<int>, Vector128<float>>(type);
    }

    private static MatrixKernels For<TLanes, I, F>(TensorType type)
        where TLanes : struct, ILanes<I, F>
        where I : struct
        where F : struct => type switch
        {
            TensorType.F32 => Floats<Float32Format, TLanes, I, F>(),
            TensorType.F16 => Floats<Float16Format, TLanes, I, F>(),
            TensorType.BF16 => Floats<BrainFloat16Format, TLanes, I, F>(),
            TensorType.Q4_0 => Small<BlockQ4_0, TLanes, I, F>(),
            TensorType.Q4_1 => Small<BlockQ4_1, TLanes, I, F>(),
            TensorType.Q5_0 => Small<BlockQ5_0, TLanes, I, F>(),
            TensorType.Q5_1 => Small<BlockQ5_1, TLanes, I, F>(),
            TensorType.Q8_0 => WideSmall<BlockQ8_0, TLanes, I, F>(),
            TensorType.IQ4_NL => WideSmall<BlockIQ4_NL, TLanes, I, F>(),
            TensorType.MXFP4 => Small<BlockMXFP4, TLanes, I, F>(),
            TensorType.Q2_K => Super<BlockQ2_K, TLanes, I, F>(),
            TensorType.Q3_K => Super<BlockQ3_K, TLanes, I, F>(),
            TensorType.Q4_K => Super<BlockQ4_K, TLanes, I, F>(),
            TensorType.Q5_K => Super<BlockQ5_K, TLanes, I, F>(),
            TensorType.Q6_K => Super<BlockQ6_K, TLanes, I, F>(),
            TensorType.IQ4_XS => WideSuper<BlockIQ4_XS, TLanes, I, F>(),
            _ => throw new NotSupportedException($"Tensors of type {type} cannot be multiplied."),
        };

    private static MatrixKernels Floats<TFormat, TLanes, I, F>()
        where TFormat : struct, IFloatFormat
        where TLanes : struct, ILanes<I, F>
        where I : struct
        where F : struct => new()
        {
            Lanes = TLanes.Count,
            PanelBytes = &FloatPanel<TFormat, TLanes, I, F>.Bytes,
            Pack = &FloatPanel<TFormat, TLanes, I, F>.Pack,
            Multiply = &FloatPanel<TFormat, TLanes, I, F>.Multiply,
            Dot = &FloatPanel<TFormat, TLanes, I, F>.Dot,
            DotFour = &FloatPanel<TFormat, TLanes, I, F>.DotFour,
        };

    private static MatrixKernels Small<TBlock, TLanes, I, F>()
        where TBlock : struct, ISmallBlock
        where TLanes : struct, ILanes<I, F>
        where I : struct
        where F : struct => new()
        {
            Lanes = TLanes.Count,
            TileForm = InputForm.SmallBlocks,
            RowForm = InputForm.SmallBlocks,
            PanelBytes = &SmallPanel<TBlock, TLanes, I, F>.Bytes,
            Pack = &SmallPanel<TBlock, TLanes, I, F>.Pack,
            Multiply = &SmallPanel<TBlock, TLanes, I, F>.Multiply,
            Dot = Lanes512.IsSupported ? &SmallDot<TBlock>.One512 : Lanes256.IsSupported ? &SmallDot<TBlock>.One256 : &SmallPanel<TBlock, TLanes, I, F>.Dot,
            DotFour = Lanes512.IsSupported ? &SmallDot<TBlock>.Four512 : Lanes256.IsSupported ? &SmallDot<TBlock>.Four256 : &SmallPanel<TBlock, TLanes, I, F>.DotFour,
        };

    private static MatrixKernels Super<TBlock, TLanes, I, F>()
        where TBlock : struct, ISuperBlock
        where TLanes : struct, ILanes<I, F>
        where I : struct
        where F : struct => new()
        {
            Lanes = TLanes.Count,
            TileForm = InputForm.SuperBlocks,
            RowForm = InputForm.SuperBlocks,
            PanelBytes = &SuperPanel<TBlock, TLanes, I, F>.Bytes,
            Pack = &SuperPanel<TBlock, TLanes, I, F>.Pack,
            Multiply = &SuperPanel<TBlock, TLanes, I, F>.Multiply,
            Dot = Lanes512.IsSupported ? &SuperDot<TBlock>.One512 : Lanes256.IsSupported ? &SuperDot<TBlock>.One256 : &SuperPanel<TBlock, TLanes, I, F>.Dot,
            DotFour = Lanes512.IsSupported ? &SuperDot<TBlock>.Four512 : Lanes256.IsSupported ? &SuperDot<TBlock>.Four256 : &SuperPanel<TBlock, TLanes, I, F>.DotFour,
        };

    private static MatrixKernels WideSmall<TBlock, TLanes, I, F>()
        where TBlock : struct, ISmallBlock
        where TLanes : struct, ILanes<I, F>
        where I : struct
        where F : struct => Small<TBlock, TLanes, I, F>().WithPanels<SmallOctet<TBlock>, TLanes, I, F>();

    private static MatrixKernels WideSuper<TBlock, TLanes, I, F>()
        where TBlock : struct, ISuperBlock
        where TLanes : struct, ILanes<I, F>
        where I : struct
        where F : struct => Super<TBlock, TLanes, I, F>().WithPanels<SuperOctet<TBlock>, TLanes, I, F>();

    /// <summary>The same with panels of shorts.</summary>
    private readonly MatrixKernels WithPanels<TSource, TLanes, I, F>()
        where TSource : struct, IOctetSource
        where TLanes : struct, ILanes<I, F>
        where I : struct
        where F : struct => this with
        {
            TileForm = InputForm.WideBlocks,
            PanelBytes = &WidePanel<TSource, TLanes, I, F>.Bytes,
            Pack = &WidePanel<TSource, TLanes, I, F>.Pack,
            Multiply = &WidePanel<TSource, TLanes, I, F>.Multiply,
        };
}
