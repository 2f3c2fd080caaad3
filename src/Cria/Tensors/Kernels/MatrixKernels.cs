using System.Runtime.Intrinsics;
using Cria.Gguf;
using Cria.Tensors.Kernels.Inputs;
using Cria.Tensors.Kernels.Panels;
using Cria.Tensors.Kernels.Panels.Columns;
using Cria.Tensors.Kernels.Rows;
using Cria.Tensors.Kernels.Rows.Blocks;

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

    /// <summary>
    /// (panel, tile, columns, target, stride, ahead): eight rows of activations times one panel. Meanwhile the weights of as
    /// many rows are asked for that begin at ahead, unless it is null.
    /// </summary>
    public delegate*<byte*, byte*, int, float*, nint, byte*, void> Multiply { get; private init; }

    /// <summary>(weights, row bytes, rows, columns, activations, results) → the dot products of some weight rows with one row of activations.</summary>
    public delegate*<byte*, long, int, int, byte*, float*, void> Dot { get; private init; }

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
            TensorType.Q4_0 => Small<BlockQ4_0, ColumnsQ4_0, TLanes, I, F>(),
            TensorType.Q4_1 => Small<BlockQ4_1, ColumnsQ4_1, TLanes, I, F>(),
            TensorType.Q5_0 => Small<BlockQ5_0, ColumnsQ5_0, TLanes, I, F>(),
            TensorType.Q5_1 => Small<BlockQ5_1, ColumnsQ5_1, TLanes, I, F>(),
            TensorType.Q8_0 => Wide<BlockQ8_0, ColumnsQ8_0, TLanes, I, F>(),
            TensorType.IQ4_NL => Wide<BlockIQ4_NL, ColumnsIQ4_NL, TLanes, I, F>(),
            TensorType.MXFP4 => Small<BlockMXFP4, ColumnsMXFP4, TLanes, I, F>(),
            TensorType.Q2_K => Super<BlockQ2_K, ColumnsQ2_K, TLanes, I, F>(),
            TensorType.Q3_K => Super<BlockQ3_K, ColumnsQ3_K, TLanes, I, F>(),
            TensorType.Q4_K => Super<BlockQ4_K, ColumnsQ4_K, TLanes, I, F>(),
            TensorType.Q5_K => Super<BlockQ5_K, ColumnsQ5_K, TLanes, I, F>(),
            TensorType.Q6_K => Super<BlockQ6_K, ColumnsQ6_K, TLanes, I, F>(),
            TensorType.IQ4_XS => Wide<BlockIQ4_XS, ColumnsIQ4_XS, TLanes, I, F>(),
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
            Dot = &FloatDot<TFormat, TLanes, I, F>.Rows,
            DotFour = &FloatDot<TFormat, TLanes, I, F>.Four,
        };

    private static MatrixKernels Small<TBlock, TColumns, TLanes, I, F>()
        where TBlock : struct, ISmallBlock
        where TColumns : struct, ISmallColumns
        where TLanes : struct, ILanes<I, F>
        where I : struct
        where F : struct => SmallRows<TBlock, TLanes, I, F>() with
        {
            TileForm = InputForm.SmallBlocks,
            PanelBytes = &SmallPanel<TColumns, TLanes, I, F>.Bytes,
            Pack = &SmallPanel<TColumns, TLanes, I, F>.Pack,
            Multiply = &SmallPanel<TColumns, TLanes, I, F>.Multiply,
        };

    private static MatrixKernels Super<TBlock, TColumns, TLanes, I, F>()
        where TBlock : struct, ISuperBlock
        where TColumns : struct, ISuperColumns
        where TLanes : struct, ILanes<I, F>
        where I : struct
        where F : struct => SuperRows<TBlock, TLanes, I, F>() with
        {
            TileForm = TColumns.HasMinimums ? InputForm.SuperBlocks : InputForm.CentredBlocks,
            PanelBytes = &SuperPanel<TColumns, TLanes, I, F>.Bytes,
            Pack = &SuperPanel<TColumns, TLanes, I, F>.Pack,
            Multiply = &SuperPanel<TColumns, TLanes, I, F>.Multiply,
        };

    private static MatrixKernels Wide<TBlock, TColumns, TLanes, I, F>()
        where TBlock : struct, IWideBlock
        where TColumns : struct, ISmallColumns
        where TLanes : struct, ILanes<I, F>
        where I : struct
        where F : struct => new()
        {
            Lanes = TLanes.Count,
            RowForm = InputForm.WideBlocks,
            TileForm = InputForm.WideBlocks,
            PanelBytes = &WidePanel<TColumns, TLanes, I, F>.Bytes,
            Pack = &WidePanel<TColumns, TLanes, I, F>.Pack,
            Multiply = &WidePanel<TColumns, TLanes, I, F>.Multiply,
            Dot = Lanes512.IsSupported ? &WideDot<TBlock>.Rows512 : &WideDot<TBlock>.Rows,
            DotFour = Lanes512.IsSupported ? &WideDot<TBlock>.Four512 : &WideDot<TBlock>.Four,
        };

    private static MatrixKernels SmallRows<TBlock, TLanes, I, F>()
        where TBlock : struct, ISmallBlock
        where TLanes : struct, ILanes<I, F>
        where I : struct
        where F : struct => new()
        {
            Lanes = TLanes.Count,
            RowForm = InputForm.SmallBlocks,
            Dot = Lanes512.IsSupported ? &SmallDot<TBlock>.Rows512 : Lanes256.IsSupported ? &SmallDot<TBlock>.Rows256 : &SmallDot128<TBlock>.Rows,
            DotFour = Lanes512.IsSupported ? &SmallDot<TBlock>.Four512 : Lanes256.IsSupported ? &SmallDot<TBlock>.Four256 : &SmallDot128<TBlock>.Four,
        };

    private static MatrixKernels SuperRows<TBlock, TLanes, I, F>()
        where TBlock : struct, ISuperBlock
        where TLanes : struct, ILanes<I, F>
        where I : struct
        where F : struct => new()
        {
            Lanes = TLanes.Count,
            RowForm = InputForm.SuperBlocks,
            Dot = Lanes512.IsSupported ? &SuperDot<TBlock>.Rows512 : Lanes256.IsSupported ? &SuperDot<TBlock>.Rows256 : &SuperDot128<TBlock>.Rows,
            DotFour = Lanes512.IsSupported ? &SuperDot<TBlock>.Four512 : Lanes256.IsSupported ? &SuperDot<TBlock>.Four256 : &SuperDot128<TBlock>.Four,
        };
}
