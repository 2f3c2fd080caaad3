namespace Cria.Tensors.Kernels.Rows;

/// <summary>Where weights lie that four rows, read side by side, will come to some time later.</summary>
/// <remarks>
/// The memory is asked for the next four rows in the order in which they lie: from mapped files that is a tenth faster than asking further along
/// each of the four. Rows too long for the first-level cache to keep four of them are asked for one by one nevertheless.
/// </remarks>
internal readonly struct RowsAhead
{
    /// <summary>
    /// How far beyond the fourth row's next block to ask, and how much may wait in the first-level cache. A core took 23.2 ms for all
    /// matrices of a 1.1B Q4_K_M file with 2 KB, 21.8 with 4 KB, 21.4 with 8 KB, and 23.9 asking 3 KB further along each row.
    /// </summary>
    private const int Lead = 8192, Most = 28 * 1024;

    /// <summary>How far ahead of each of four long rows to ask.</summary>
    private const int BytesOfLong = 3072;

    public RowsAhead(int blocks, int blockBytes, long rowBytes)
    {
        long all = 3 * rowBytes + Lead;
        if (all <= Most)
        {
            (First, Stride, Growth, Turn) = (all, blockBytes, 3 * blockBytes, -1);
            return;
        }

        int ahead = Math.Max(1, BytesOfLong / blockBytes);
        First = ahead / blocks * 4 * rowBytes + (long)(ahead % blocks) * blockBytes;
        Stride = rowBytes;
        Turn = blocks - ahead % blocks;
        Step = 3 * rowBytes;
    }

    /// <summary>The distance at the beginning of a row.</summary>
    public readonly long First;

    /// <summary>The distance between the four blocks to ask for.</summary>
    public readonly long Stride;

    /// <summary>What the distance grows by with each block.</summary>
    public readonly long Growth;

    /// <summary>The block at which the distance grows by <see cref="Step"/>, for what is asked for then belongs to other rows.</summary>
    public readonly int Turn;

    public readonly long Step;
}
