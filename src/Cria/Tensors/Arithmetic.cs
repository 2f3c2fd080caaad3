namespace Cria.Tensors;

/// <summary>
/// The operations that networks are made of, each over all rows in use of its operands, run by one team of threads.
/// One forward pass uses it at a time.
/// </summary>
internal sealed unsafe partial class Arithmetic : IDisposable
{
    private readonly ThreadTeam _team;

    public Arithmetic(int threads) => _team = new ThreadTeam(threads);

    public int Threads => _team.Size;

    /// <summary>When cancelled, operations stop within a task's time and throw; what they wrote so far is undefined.</summary>
    public CancellationToken Cancellation
    {
        get => _team.Cancellation;
        set => _team.Cancellation = value;
    }

    public void Dispose()
    {
        _team.Dispose();
        foreach (NativeBuffer buffer in (ReadOnlySpan<NativeBuffer>)[_inputs, _scratch, _panels, _segments, _order, _attention, _walks, _stores, _lowRankRows]) buffer.Dispose();
        _lowRankInput.Dispose();
        _lowRank.Dispose();
        foreach (Rotations rotations in _rotations) rotations.Dispose();
    }

    private static void Check(bool holds, string what)
    {
        if (!holds) throw new ArgumentException(what);
    }
}
