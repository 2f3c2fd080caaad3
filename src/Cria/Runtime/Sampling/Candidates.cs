namespace Cria.Runtime.Sampling;

/// <summary>One token that may come next.</summary>
internal struct Candidate
{
    public int Token;
    public float Logit;

    /// <summary>Valid after <see cref="Candidates.Normalize"/>.</summary>
    public float Probability;

    /// <summary>What candidates are ordered by, highest first: the logit, unless a stage orders by something else.</summary>
    public float Rank;
}

/// <summary>
/// The tokens that are still in the running. The buffer is reused for every token, and it is sorted only as far as
/// somebody looks: vocabularies have up to 260,000 tokens, of which the stages mostly need the best few dozen.
/// </summary>
internal sealed class Candidates
{
    // A static delegate, because comparer objects would be boxed on every call.
    private static readonly Comparison<Candidate> BestFirst = static (a, b) => Precedes(a, b) ? -1 : Precedes(b, a) ? 1 : 0;

    private readonly Candidate[] _items;

    public Candidates(int capacity) => _items = new Candidate[capacity];

    /// <summary>The number of candidates left.</summary>
    public int Count { get; private set; }

    /// <summary>The length of the head that holds the best candidates in order.</summary>
    public int SortedCount { get; private set; }

    /// <summary>The candidates left.</summary>
    public Span<Candidate> Items => _items.AsSpan(0, Count);

    /// <summary>Takes all tokens.</summary>
    public void Fill(ReadOnlySpan<float> logits)
    {
        Span<Candidate> items = _items.AsSpan(0, logits.Length);
        for (int token = 0; token < logits.Length; token++)
            items[token] = new Candidate { Token = token, Logit = logits[token], Rank = logits[token] };
        Count = logits.Length;
        SortedCount = 0;
    }

    /// <summary>Takes the <paramref name="count"/> likeliest tokens, best first.</summary>
    public void FillTop(ReadOnlySpan<float> logits, int count)
    {
        Count = Math.Min(count, logits.Length);
        Span<Candidate> heap = Items;
        if (heap.IsEmpty) return;
        for (int token = 0; token < heap.Length; token++)
            heap[token] = new Candidate { Token = token, Logit = logits[token], Rank = logits[token] };
        for (int parent = heap.Length / 2 - 1; parent >= 0; parent--) SiftDown(heap, parent);

        // The worst of the kept ones is at the root: most of the vocabulary is passed over by one vector comparison with it.
        int next = heap.Length;
        while ((next = LogitScan.IndexOfAbove(logits, next, heap[0].Rank)) >= 0)
        {
            heap[0] = new Candidate { Token = next, Logit = logits[next], Rank = logits[next] };
            SiftDown(heap, 0);
            next++;
        }

        heap.Sort(BestFirst);
        SortedCount = Count;
    }

    /// <summary>Makes sure that the first <paramref name="count"/> candidates are the best ones, in order.</summary>
    public void SortHead(int count)
    {
        count = Math.Min(count, Count);
        if (count <= SortedCount) return;
        Span<Candidate> rest = _items.AsSpan(SortedCount, Count - SortedCount);
        int wanted = count - SortedCount;
        if (wanted < rest.Length) SelectBest(rest, wanted);
        rest[..wanted].Sort(BestFirst);
        SortedCount = count;
    }

    /// <summary>Sorts some more of the head, each time several times as much, for walks that end early as a rule.</summary>
    public void ExtendSortedHead() => SortHead(Math.Max(128, Math.Min(SortedCount, int.MaxValue / 4) * 4));

    /// <summary>The highest logit.</summary>
    public float MaxLogit()
    {
        float max = float.NegativeInfinity;
        foreach (ref readonly Candidate candidate in Items) max = Math.Max(max, candidate.Logit);
        return max;
    }

    /// <summary>Turns the logits into probabilities.</summary>
    public void Normalize()
    {
        Span<Candidate> items = Items;
        float max = MaxLogit();
        double sum = 0;
        foreach (ref Candidate candidate in items)
        {
            float weight = MathF.Exp(candidate.Logit - max);
            candidate.Probability = weight;
            sum += weight;
        }

        float scale = (float)(1 / sum);
        foreach (ref Candidate candidate in items) candidate.Probability *= scale;
    }

    /// <summary>Keeps the first <paramref name="count"/> candidates.</summary>
    public void KeepFirst(int count)
    {
        Count = Math.Min(Count, count);
        SortedCount = Math.Min(SortedCount, Count);
    }

    /// <summary>Drops the first <paramref name="count"/> candidates.</summary>
    public void DropFirst(int count)
    {
        Items[count..].CopyTo(_items);
        Count -= count;
        SortedCount = Math.Max(0, SortedCount - count);
    }

    /// <summary>Keeps the candidates whose logit is at least <paramref name="logit"/>, in their order.</summary>
    public void KeepAtLeast(float logit)
    {
        int kept = 0, sorted = 0;
        for (int i = 0; i < Count; i++)
        {
            if (!(_items[i].Logit >= logit)) continue;
            if (i < SortedCount) sorted++;
            _items[kept++] = _items[i];
        }

        Count = kept;
        SortedCount = sorted;
    }

    /// <summary>Tells how many candidates have a logit of at least <paramref name="logit"/>.</summary>
    public int CountAtLeast(float logit)
    {
        int count = 0;
        foreach (ref readonly Candidate candidate in Items)
        {
            if (candidate.Logit >= logit) count++;
        }

        return count;
    }

    /// <summary>Notes that somebody changed <see cref="Candidate.Rank"/>, so that the order is unknown.</summary>
    public void ForgetOrder() => SortedCount = 0;

    /// <summary>Takes a single token, which is certain.</summary>
    public void FillSingle(int token, float logit)
    {
        _items[0] = new Candidate { Token = token, Logit = logit, Rank = logit, Probability = 1 };
        Count = SortedCount = 1;
    }

    // Equal ranks go by token, so that results do not depend on the path that sorted them.
    private static bool Precedes(in Candidate a, in Candidate b) => a.Rank > b.Rank || (a.Rank == b.Rank && a.Token < b.Token);

    private static void SiftDown(Span<Candidate> heap, int parent)
    {
        Candidate moving = heap[parent];
        while (true)
        {
            int child = 2 * parent + 1;
            if (child >= heap.Length) break;
            if (child + 1 < heap.Length && Precedes(heap[child], heap[child + 1])) child++;
            if (!Precedes(moving, heap[child])) break;
            heap[parent] = heap[child];
            parent = child;
        }

        heap[parent] = moving;
    }

    /// <summary>Moves the best <paramref name="count"/> items to the front, in any order (Hoare's selection).</summary>
    private static void SelectBest(Span<Candidate> items, int count)
    {
        int low = 0, high = items.Length - 1;
        while (low < high)
        {
            Candidate pivot = MedianOfThree(items[low], items[(low + high) >>> 1], items[high]);
            int i = low, j = high;
            while (i <= j)
            {
                while (Precedes(items[i], pivot)) i++;
                while (Precedes(pivot, items[j])) j--;
                if (i > j) break;
                (items[i], items[j]) = (items[j], items[i]);
                i++;
                j--;
            }

            if (count - 1 <= j) high = j;
            else if (count - 1 >= i) low = i;
            else return;
        }
    }

    private static Candidate MedianOfThree(in Candidate a, in Candidate b, in Candidate c)
    {
        if (Precedes(a, b)) return Precedes(b, c) ? b : Precedes(a, c) ? c : a;
        return Precedes(a, c) ? a : Precedes(b, c) ? c : b;
    }
}
