using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Cria.Tensors.Kernels.Panels;

/// <summary>What packing has to do with the rows of a panel, whatever their format.</summary>
internal static unsafe class PanelRows
{
    /// <summary>
    /// Asks for weights that will be packed next and returns where they end. Packing walks along sixteen rows at once, too many
    /// streams for the processor to foresee; and as it only moves bits, the memory has to do its part during the products.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte* Prefetch(byte* next, int bytes)
    {
        if (Sse.IsSupported)
            for (byte* line = next, end = next + bytes; line < end; line += 64) Sse.Prefetch1(line);
        return next + bytes;
    }

    /// <summary>Copies one block of each row to <paramref name="target"/>, and the last row's to the lanes that have none.</summary>
    public static byte* Repeat(byte* blocks, long rowBytes, int rows, int lanes, int blockBytes, byte* target)
    {
        for (int lane = 0; lane < lanes; lane++)
            Unsafe.CopyBlock(target + lane * blockBytes, blocks + Math.Min(lane, rows - 1) * rowBytes, (uint)blockBytes);
        return target;
    }
}
