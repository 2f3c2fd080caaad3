namespace Cria.Text;

/// <summary>Finds what two neighbouring symbols merge into.</summary>
internal interface IPairs
{
    /// <summary>Whether the symbols merge; merges of lower <paramref name="rank"/> come first.</summary>
    bool TryFind(in MergeSymbol left, in MergeSymbol right, out uint rank, out int merged);
}

/// <summary>A piece of a text under tokenization: its bytes and its number, which is negative for what no merge knows.</summary>
internal struct MergeSymbol
{
    public int Id;
    public int Start;
    public int End;
    public int Previous;
    public int Next;

    // The rank of the merge with the next symbol and what it gives; NoMerge where there is none.
    public uint Rank;
    public int Merged;
}

/// <summary>Merges neighbouring symbols, the lowest rank and then the leftmost first, in time n log n.</summary>
internal sealed class PairMerger
{
    private const uint NoMerge = uint.MaxValue;

    private MergeSymbol[] _symbols = new MergeSymbol[64];
    private int _count;

    // A binary heap of (rank, index of the left symbol). Entries outlive their pair: one counts only while the symbol still has that rank.
    private ulong[] _heap = new ulong[64];
    private int _heapCount;

    /// <summary>The symbols; after a merge they are linked by <see cref="MergeSymbol.Next"/> from the first one on.</summary>
    public ReadOnlySpan<MergeSymbol> Symbols => _symbols.AsSpan(0, _count);

    public void Clear() => _count = 0;

    public void Add(int id, int start, int end)
    {
        if (_count == _symbols.Length) Array.Resize(ref _symbols, _count * 2);
        _symbols[_count] = new MergeSymbol { Id = id, Start = start, End = end, Previous = _count - 1, Next = -1, Rank = NoMerge };
        if (_count > 0) _symbols[_count - 1].Next = _count;
        _count++;
    }

    public void Merge<TPairs>(in TPairs pairs) where TPairs : struct, IPairs
    {
        _heapCount = 0;
        for (int i = 0; i + 1 < _count; i++)
        {
            if (Look(i, pairs)) Append(i);
        }
        for (int i = _heapCount / 2 - 1; i >= 0; i--) SiftDown(i);

        while (_heapCount > 0)
        {
            ulong least = _heap[0];
            _heap[0] = _heap[--_heapCount];
            if (_heapCount > 1) SiftDown(0);

            int index = (int)(uint)least;
            ref MergeSymbol left = ref _symbols[index];
            if (left.Rank != (uint)(least >> 32)) continue;

            ref MergeSymbol right = ref _symbols[left.Next];
            left.Id = left.Merged;
            left.End = right.End;
            left.Next = right.Next;
            right.Rank = NoMerge;
            if (left.Next >= 0) _symbols[left.Next].Previous = index;

            if (left.Previous >= 0 && Look(left.Previous, pairs)) Push(left.Previous);
            if (Look(index, pairs)) Push(index);
        }
    }

    // Looks up the merge of a symbol with its next one.
    private bool Look<TPairs>(int index, in TPairs pairs) where TPairs : struct, IPairs
    {
        ref MergeSymbol left = ref _symbols[index];
        left.Rank = NoMerge;
        if (left.Next < 0 || !pairs.TryFind(left, _symbols[left.Next], out uint rank, out int merged)) return false;
        left.Rank = rank;
        left.Merged = merged;
        return true;
    }

    private void Append(int index)
    {
        if (_heapCount == _heap.Length) Array.Resize(ref _heap, _heapCount * 2);
        _heap[_heapCount++] = (ulong)_symbols[index].Rank << 32 | (uint)index;
    }

    private void Push(int index)
    {
        Append(index);
        int child = _heapCount - 1;
        ulong entry = _heap[child];
        while (child > 0 && _heap[(child - 1) / 2] is var parent && parent > entry)
        {
            _heap[child] = parent;
            child = (child - 1) / 2;
        }
        _heap[child] = entry;
    }

    private void SiftDown(int parent)
    {
        ulong[] heap = _heap;
        ulong entry = heap[parent];
        while (2 * parent + 1 is var child && child < _heapCount)
        {
            if (child + 1 < _heapCount && heap[child + 1] < heap[child]) child++;
            if (heap[child] >= entry) break;
            heap[parent] = heap[child];
            parent = child;
        }
        heap[parent] = entry;
    }
}
