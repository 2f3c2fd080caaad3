namespace Cria.Tensors.Kernels.Rows;

/// <summary>
/// Where weights lie that four rows, read side by side, will come to some time later: further along the same rows, and beyond their
/// ends along the next four.
/// </summary>
internal readonly struct RowsAhead
{
    /// <summary>How far ahead of each of four rows to ask, so that all together it is what one row asks ahead of itself.</summary>
    private const int BytesOfOne = 2048;

    public RowsAhead(int blocks, int blockBytes, long rowBytes)
    {
        int ahead = Math.Max(1, BytesOfOne / blockBytes);
        First = ahead / blocks * 4 * rowBytes + (long)(ahead % blocks) * blockBytes;
        Turn = blocks - ahead % blocks;
        Step = 3 * rowBytes;
    }

    /// <summary>The distance at the beginning of a row.</summary>
    public readonly long First;

    /// <summary>The block at which the distance grows by <see cref="Step"/>, for what is asked for then belongs to other rows.</summary>
    public readonly int Turn;

    public readonly long Step;
}
