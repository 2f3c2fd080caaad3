using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Cria.Tensors.Kernels.Blocks;

namespace Cria.Tensors.Kernels;

/// <summary>Eight blocks of 32 values of one row, as the panels with a scale per block want them.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct Octet
{
    /// <summary>Signed, lowered by the format's offset.</summary>
    public fixed byte Values[256];

    public fixed float Scales[8];

    /// <summary>What a block adds per sum of activations, where the format has minimums.</summary>
    public fixed float Minimums[8];
}

/// <summary>A format whose rows can be read eight blocks at a time.</summary>
internal unsafe interface IOctetSource
{
    /// <summary>The bytes of eight blocks.</summary>
    static abstract int Bytes { get; }

    static abstract void Expand(byte* blocks, Octet* target);
}

/// <summary>Eight small blocks.</summary>
internal readonly unsafe struct SmallOctet<TBlock> : IOctetSource
    where TBlock : struct, ISmallBlock
{
    public static int Bytes => 8 * TBlock.Bytes;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Expand(byte* blocks, Octet* target)
    {
        Vector256<byte> offset = Vector256.Create((byte)TBlock.Offset);
        for (int i = 0; i < 8; i++) (TBlock.Load(blocks + i * TBlock.Bytes) - offset).Store(target->Values + 32 * i);
        Vector256<float> scales = TBlock.EightScales(blocks);
        scales.Store(target->Scales);
        // A minimum is what the value 0 stands for; the values are lower by the offset.
        if (TBlock.HasMinimum) (TBlock.EightMinimums(blocks) + scales * TBlock.Offset).Store(target->Minimums);
    }
}

/// <summary>A super-block without minimums, as eight blocks with their own scales.</summary>
internal readonly unsafe struct SuperOctet<TBlock> : IOctetSource
    where TBlock : struct, ISuperBlock
{
    public static int Bytes => TBlock.Bytes;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Expand(byte* blocks, Octet* target)
    {
        TBlock.Load(blocks, out Parts parts);
        Vector256<byte> centre = Vector256.Create((byte)TBlock.Centre);
        (parts.P0 - centre).Store(target->Values);
        (parts.P1 - centre).Store(target->Values + 32);
        (parts.P2 - centre).Store(target->Values + 64);
        (parts.P3 - centre).Store(target->Values + 96);
        (parts.P4 - centre).Store(target->Values + 128);
        (parts.P5 - centre).Store(target->Values + 160);
        (parts.P6 - centre).Store(target->Values + 192);
        (parts.P7 - centre).Store(target->Values + 224);
        // Each scale comes twice, for both of its groups of 16: one word.
        Vector256<int> eight = (TBlock.Scales(blocks, out _).AsInt32() << 16) >> 16;
        (Vector256.ConvertToSingle(eight) * TBlock.BothScales(blocks).ToScalar()).Store(target->Scales);
    }
}

/// <summary>As many rows of octets as a register has lanes, turned around.</summary>
internal static unsafe class Octets<TSource>
    where TSource : struct, IOctetSource
{
    public const int ScalesOffset = 256, MinimumsOffset = 288;

    /// <summary>
    /// Reads the next 256 columns, or the <paramref name="columns"/> that are left, of each row. The rows beyond the last
    /// repeat it. <paramref name="expanded"/> and <paramref name="turned"/> have room for an octet per lane.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Read(byte* blocks, long rowBytes, int rows, int lanes, int columns, Octet* expanded, byte* turned)
    {
        int bytes = TSource.Bytes;
        byte* padded = stackalloc byte[bytes];
        for (int lane = 0; lane < lanes; lane++)
        {
            byte* row = blocks + Math.Min(lane, rows - 1) * rowBytes;
            BlockParts.PrefetchNextPanel(row + rows * rowBytes, bytes);
            if (columns < 256)
            {
                Unsafe.CopyBlock(padded, row, (uint)(bytes / 8 * (columns / 32)));
                row = padded;
            }

            TSource.Expand(row, expanded + lane);
        }

        Transpose.Dwords((uint*)expanded, sizeof(Octet) / 4, lanes, sizeof(Octet) / 4, (uint*)turned);
    }
}
