using System.Runtime.InteropServices;

namespace Cria.Models.Adapters;

/// <summary>Knows at which tensors of a network adapters can act, and which rows of the running batch go through which adapter.</summary>
internal sealed class LoraRouter(int maxBatch)
{
    private readonly Dictionary<string, int> _tensors = new(StringComparer.Ordinal);
    private readonly AdapterSet?[] _sets = new AdapterSet?[maxBatch];
    private readonly List<LoraRows> _active = [];
    private int _activeCount;
    private int _rows;

    /// <summary>The number of tensors at which adapters can act.</summary>
    public int TensorCount => _tensors.Count;

    /// <summary>The adapters of the running batch, each with the rows that go through it; none where no sequence has any.</summary>
    public ReadOnlySpan<LoraRows> Active => CollectionsMarshal.AsSpan(_active)[.._activeCount];

    /// <summary>The place where adapters act on a tensor.</summary>
    public LoraSite Site(string tensor)
    {
        ref int number = ref CollectionsMarshal.GetValueRefOrAddDefault(_tensors, tensor, out bool isKnown);
        if (!isKnown) number = _tensors.Count - 1;
        return new LoraSite(this, number);
    }

    /// <summary>The number by which adapters know a tensor, or null where none can act on it.</summary>
    public int? Find(string tensor) => _tensors.TryGetValue(tensor, out int number) ? number : null;

    /// <summary>Takes the adapters of a batch's sequences.</summary>
    public void Begin(Batch batch)
    {
        foreach (Batch.Run run in batch.Runs)
        {
            if (run.Sequence.Adapters is not { } set) continue;
            _rows = batch.TokenCount;
            _sets.AsSpan(run.FirstRow, run.Count).Fill(set);
        }

        Sort();
    }

    /// <summary>Goes on with only some of the rows, ascending, as the network does where the rest is not wanted.</summary>
    public void Keep(ReadOnlySpan<int> rows)
    {
        if (_rows == 0) return;
        for (int i = 0; i < rows.Length; i++) _sets[i] = _sets[rows[i]];
        _sets.AsSpan(rows.Length, _rows - rows.Length).Clear();
        _rows = rows.Length;
        Sort();
    }

    /// <summary>Forgets the batch.</summary>
    public void End()
    {
        _sets.AsSpan(0, _rows).Clear();
        _rows = 0;
        Sort();
    }

    /// <summary>Lists for each adapter the rows that have it.</summary>
    private void Sort()
    {
        foreach (LoraRows rows in Active) rows.Clear();
        _activeCount = 0;
        for (int row = 0; row < _rows; row++)
        {
            if (_sets[row] is not { } set) continue;
            foreach (ScaledAdapter scaled in set.Adapters) RowsOf(scaled.Adapter).Add(row, scaled.Scale);
        }
    }

    private LoraRows RowsOf(LoraAdapter adapter)
    {
        foreach (LoraRows rows in Active)
            if (rows.Adapter == adapter) return rows;
        if (_activeCount == _active.Count) _active.Add(new LoraRows(maxBatch));
        LoraRows added = _active[_activeCount++];
        added.Adapter = adapter;
        return added;
    }
}

/// <summary>The rows of a batch that go through one adapter, each with its scale.</summary>
internal sealed class LoraRows(int maxBatch)
{
    private readonly int[] _rows = new int[maxBatch];
    private readonly float[] _scales = new float[maxBatch];
    private int _count;

    public LoraAdapter? Adapter { get; set; }

    /// <summary>The rows, ascending.</summary>
    public ReadOnlySpan<int> Rows => _rows.AsSpan(0, _count);

    public ReadOnlySpan<float> Scales => _scales.AsSpan(0, _count);

    public void Add(int row, float scale)
    {
        (_rows[_count], _scales[_count]) = (row, scale);
        _count++;
    }

    public void Clear()
    {
        Adapter = null;
        _count = 0;
    }
}
