using Cria.Tensors;

namespace Cria.Models;

/// <summary>What the layers of a network need to know of the batch that goes through them.</summary>
internal sealed class Pass(Arithmetic math, KvPages pages, int maxBatch)
{
    private readonly int[] _positions = new int[maxBatch];
    private readonly SequenceRun[] _runs = new SequenceRun[maxBatch];
    private int _runCount;
    private Batch? _batch;

    public Arithmetic Math => math;

    public KvPages Pages => pages;

    public ReadOnlySpan<int> Tokens => _batch!.Tokens;

    /// <summary>The position of each row's token in its sequence.</summary>
    public ReadOnlySpan<int> Positions => _positions.AsSpan(0, _batch!.TokenCount);

    public ReadOnlySpan<SequenceRun> Runs => _runs.AsSpan(0, _runCount);

    /// <summary>What is wanted of the rows in <see cref="WantedRows"/>.</summary>
    public BatchOutput Output => _batch!.Output;

    /// <summary>The rows whose logits are wanted, ascending.</summary>
    public ReadOnlySpan<int> WantedRows => _batch!.WantedRows;

    public CancellationToken Cancellation { get; private set; }

    /// <summary>Prepares for a batch whose sequences already have their pages.</summary>
    public void Begin(Batch batch, CancellationToken cancellation)
    {
        _batch = batch;
        Cancellation = cancellation;
        _runCount = 0;
        foreach (Batch.Run run in batch.Runs)
        {
            int first = run.Sequence.Length;
            _runs[_runCount++] = new SequenceRun(run.FirstRow, run.Count, first, run.Sequence.Pages);
            for (int i = 0; i < run.Count; i++) _positions[run.FirstRow + i] = first + i;
        }
    }

    /// <summary>Forgets the batch, so that the network does not keep its sequences alive.</summary>
    public void End()
    {
        _batch = null;
        _runs.AsSpan(0, _runCount).Clear();
        _runCount = 0;
    }
}
