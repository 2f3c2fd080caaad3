using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Cria.Tensors.Kernels;

/// <summary>Turns rows of 32-bit words around, so that equal columns of all rows lie together.</summary>
internal static unsafe class Transpose
{
    /// <summary>target[column · rows + row] = source[row · stride + column]; rows and columns are multiples of four.</summary>
    public static void Dwords(uint* source, int stride, int rows, int columns, uint* target) => Dwords(source, stride, rows, columns, target, rows);

    /// <summary>target[column · targetStride + row] = source[row · stride + column]; rows and columns are multiples of four.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Dwords(uint* source, int stride, int rows, int columns, uint* target, nint targetStride)
    {
        if (rows == 16 && Avx512F.IsSupported)
        {
            for (int column = 0; column < columns; column += 4) FourColumns(source + column, stride, target + column * targetStride, targetStride);
            return;
        }

        if (rows == 8 && Avx2.IsSupported)
        {
            for (int column = 0; column < columns; column += 4) FourOfEight(source + column, stride, target + column * targetStride, targetStride);
            return;
        }

        for (int row = 0; row < rows; row += 4)
        {
            for (int column = 0; column < columns; column += 4)
            {
                uint* from = source + (nint)row * stride + column, to = target + column * targetStride + row;
                for (int i = 0; i < 4; i++)
                    Vector128.Create(from[i], from[stride + i], from[2 * stride + i], from[3 * stride + i]).Store(to + i * targetStride);
            }
        }
    }

    /// <summary>Four columns of sixteen rows: each row's 128 bits go to the lane it belongs to, then words and double words are interleaved.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void FourColumns(uint* source, int stride, uint* target, nint targetStride)
    {
        Vector512<uint> a = Rows(source, stride, 0), b = Rows(source, stride, 1), c = Rows(source, stride, 2), d = Rows(source, stride, 3);
        Vector512<uint> ab0 = Avx512F.UnpackLow(a, b), ab1 = Avx512F.UnpackHigh(a, b);
        Vector512<uint> cd0 = Avx512F.UnpackLow(c, d), cd1 = Avx512F.UnpackHigh(c, d);
        Avx512F.UnpackLow(ab0.AsUInt64(), cd0.AsUInt64()).AsUInt32().Store(target);
        Avx512F.UnpackHigh(ab0.AsUInt64(), cd0.AsUInt64()).AsUInt32().Store(target + targetStride);
        Avx512F.UnpackLow(ab1.AsUInt64(), cd1.AsUInt64()).AsUInt32().Store(target + 2 * targetStride);
        Avx512F.UnpackHigh(ab1.AsUInt64(), cd1.AsUInt64()).AsUInt32().Store(target + 3 * targetStride);
    }

    /// <summary>Four columns of eight rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void FourOfEight(uint* source, nint stride, uint* target, nint targetStride)
    {
        Vector256<uint> a = RowPair(source, stride, 0), b = RowPair(source, stride, 1), c = RowPair(source, stride, 2), d = RowPair(source, stride, 3);
        Vector256<uint> ab0 = Avx2.UnpackLow(a, b), ab1 = Avx2.UnpackHigh(a, b);
        Vector256<uint> cd0 = Avx2.UnpackLow(c, d), cd1 = Avx2.UnpackHigh(c, d);
        Avx2.UnpackLow(ab0.AsUInt64(), cd0.AsUInt64()).AsUInt32().Store(target);
        Avx2.UnpackHigh(ab0.AsUInt64(), cd0.AsUInt64()).AsUInt32().Store(target + targetStride);
        Avx2.UnpackLow(ab1.AsUInt64(), cd1.AsUInt64()).AsUInt32().Store(target + 2 * targetStride);
        Avx2.UnpackHigh(ab1.AsUInt64(), cd1.AsUInt64()).AsUInt32().Store(target + 3 * targetStride);
    }

    /// <summary>Four words of rows first and first + 4.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> RowPair(uint* source, nint stride, int first) =>
        Vector256.Create(Vector128.Load(source + first * stride), Vector128.Load(source + (first + 4) * stride));

    /// <summary>Four words of rows first, first + 4, first + 8 and first + 12.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> Rows(uint* source, nint stride, int first)
    {
        source += first * stride;
        return Vector512.Create(
            Vector256.Create(Vector128.Load(source), Vector128.Load(source + 4 * stride)),
            Vector256.Create(Vector128.Load(source + 8 * stride), Vector128.Load(source + 12 * stride)));
    }
}
