namespace Cria.Tensors.Kernels.Rows;

/// <summary>
/// Where weights lie that four rows, read side by side, will come to some time later: further along the same rows, and beyond their
/// ends along the next four.
/// </summary>
internal readonly struct RowsAhead
{
    /// <summary>
    /// How far ahead of each of four rows to ask. From memory, a Zen 5 core multiplied 17 GB/s of Q6_K and 19 of Q4_K with 512, 22 and 29
    /// with 1,024, 30 and 35 with 2,048, 34 and 36 with 3,072, 31 and 34 with 4,096, 32 and 32 with 6,144.
    /// </summary>
    private const int BytesOfOne = 3072;

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
