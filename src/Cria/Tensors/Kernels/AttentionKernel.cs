using System.Runtime.CompilerServices;


namespace Cria.Tensors.Kernels;

/// <summary>One task of attention: query rows that share a head of keys and values, over a range of its pages.</summary>
internal unsafe struct AttentionTask
{
    /// <summary>Rows of queries: the heads of a group, for each of some consecutive tokens.</summary>
    public int QueryRows;
    public int Group;
    public int FirstPosition;
    public float* Queries;
    public nint QueryStride;

    public int KeyLength;
    public int ValueLength;
    public float Scale;
    public float SoftCap;
    public int Window;

    /// <summary>A score per query head of the group, or null.</summary>
    public float* Sinks;

    /// <summary>Pages FirstPage … EndPage - 1 are visited.</summary>
    public int FirstPage;
    public int EndPage;
}

/// <summary>Sizes that do not depend on the width of registers.</summary>
internal static class AttentionKernel
{
    /// <summary>Query rows are scored four at a time.</summary>
    public static int PaddedRows(int rows) => (rows + 3) & ~3;

    /// <summary>Weighted sums for each row, and its largest score and sum of weights.</summary>
    public static long ResultFloats(int paddedRows, int paddedLength) => (long)paddedRows * (paddedLength + 2);
}

/// <summary>
/// Attention with an online softmax: each page of keys and values is widened to floats once and then serves all query rows
/// of the task. Keys lie transposed, so that a register holds one dimension of neighbouring keys.
/// </summary>
internal static unsafe class AttentionKernel<TLanes, I, F>
    where TLanes : struct, ILanes<I, F>
    where I : struct
    where F : struct
{
    private const int Tokens = KvPages.PageTokens;

    /// <summary>Values per row padded to whole pairs of registers.</summary>
    public static int PaddedLength(int valueLength) => (valueLength + 2 * TLanes.Count - 1) / (2 * TLanes.Count) * (2 * TLanes.Count);

    public static long ScratchFloats(int rows, int keyLength, int valueLength) => (long)Tokens * (keyLength + PaddedLength(valueLength) + rows);

    /// <summary>
    /// Visits the task's pages. The result has, for each padded query row, PaddedLength weighted value sums, then for all rows their
    /// largest score, then for all rows their sum of weights.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Attend(in AttentionTask task, KvPages cache, int layer, int head, ReadOnlySpan<int> pages, float* scratch, float* result)
    {
        int rows = AttentionKernel.PaddedRows(task.QueryRows), padded = PaddedLength(task.ValueLength);
        float* keys = scratch, values = keys + Tokens * task.KeyLength, scores = values + Tokens * padded;
        float* largest = result + (nint)rows * padded, sums = largest + rows;
        new Span<float>(result, rows * padded).Clear();
        new Span<float>(values, Tokens * padded).Clear();
        for (int r = 0; r < rows; r++)
        {
            bool sink = task.Sinks != null;
            largest[r] = sink ? task.Sinks[Math.Min(r, task.QueryRows - 1) % task.Group] : float.NegativeInfinity;
            sums[r] = sink ? 1 : 0;
        }

        int lastPosition = task.FirstPosition + (task.QueryRows - 1) / task.Group;
        for (int page = task.FirstPage; page < task.EndPage; page++)
        {
            int start = page * Tokens, end = Math.Min(Tokens, lastPosition + 1 - start);
            cache.WidenKeys<TLanes, I, F>(pages[page], layer, head, keys);
            cache.WidenValues<TLanes, I, F>(pages[page], layer, head, end, values, padded);
            for (int r = 0; r < rows; r += 4) Score(task, r, keys, scores + r * Tokens);
            for (int r = 0; r < task.QueryRows; r++)
            {
                int position = task.FirstPosition + r / task.Group;
                int from = task.Window > 0 ? Math.Max(0, position - task.Window + 1 - start) : 0;
                int to = Math.Min(Tokens, position + 1 - start);
                Weigh(task, scores + r * Tokens, from, to, ref largest[r], ref sums[r], result + (nint)r * padded, padded);
            }

            for (int r = 0; r < rows; r += 4) AddValues(scores + r * Tokens, end, values, padded, result + (nint)r * padded);
        }
    }

    /// <summary>Scores of four query rows with all keys of the page.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Score(in AttentionTask task, int row, float* keys, float* scores)
    {
        float* q0 = Query(task, row), q1 = Query(task, row + 1), q2 = Query(task, row + 2), q3 = Query(task, row + 3);
        for (int key = 0; key < Tokens; key += 2 * TLanes.Count)
        {
            F a0 = default, a1 = default, a2 = default, a3 = default, b0 = default, b1 = default, b2 = default, b3 = default;
            float* k = keys + key;
            for (int d = 0; d < task.KeyLength; d++, k += Tokens)
            {
                F ka = TLanes.LoadFloats(k), kb = TLanes.LoadFloats(k + TLanes.Count);
                F q = TLanes.BroadcastFloat(q0[d]);
                a0 = TLanes.MultiplyAdd(ka, q, a0);
                b0 = TLanes.MultiplyAdd(kb, q, b0);
                q = TLanes.BroadcastFloat(q1[d]);
                a1 = TLanes.MultiplyAdd(ka, q, a1);
                b1 = TLanes.MultiplyAdd(kb, q, b1);
                q = TLanes.BroadcastFloat(q2[d]);
                a2 = TLanes.MultiplyAdd(ka, q, a2);
                b2 = TLanes.MultiplyAdd(kb, q, b2);
                q = TLanes.BroadcastFloat(q3[d]);
                a3 = TLanes.MultiplyAdd(ka, q, a3);
                b3 = TLanes.MultiplyAdd(kb, q, b3);
            }

            float* s = scores + key;
            TLanes.Store(a0, s);
            TLanes.Store(b0, s + TLanes.Count);
            TLanes.Store(a1, s + Tokens);
            TLanes.Store(b1, s + Tokens + TLanes.Count);
            TLanes.Store(a2, s + 2 * Tokens);
            TLanes.Store(b2, s + 2 * Tokens + TLanes.Count);
            TLanes.Store(a3, s + 3 * Tokens);
            TLanes.Store(b3, s + 3 * Tokens + TLanes.Count);
        }
    }

    /// <summary>The query of a row; rows beyond the last repeat it.</summary>
    private static float* Query(in AttentionTask task, int row)
    {
        row = Math.Min(row, task.QueryRows - 1);
        return task.Queries + row / task.Group * task.QueryStride + row % task.Group * task.KeyLength;
    }

    /// <summary>Turns one row's scores into weights relative to its largest so far; keys outside from … to - 1 get none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Weigh(in AttentionTask task, float* scores, int from, int to, ref float largest, ref float sum, float* result, int padded)
    {
        if (from >= to)
        {
            new Span<float>(scores, Tokens).Clear();
            return;
        }

        F scale = TLanes.BroadcastFloat(task.Scale);
        for (int key = 0; key < Tokens; key += TLanes.Count)
        {
            F s = TLanes.Multiply(TLanes.LoadFloats(scores + key), scale);
            if (task.SoftCap > 0) s = VectorMath<TLanes, I, F>.SoftCap(s, task.SoftCap);
            TLanes.Store(s, scores + key);
        }

        new Span<float>(scores, Math.Max(0, from)).Fill(float.NegativeInfinity);
        new Span<float>(scores + to, Tokens - to).Fill(float.NegativeInfinity);
        F max = TLanes.LoadFloats(scores);
        for (int key = TLanes.Count; key < Tokens; key += TLanes.Count) max = TLanes.Max(max, TLanes.LoadFloats(scores + key));
        float top = TLanes.Largest(max);
        if (top > largest)
        {
            float shrink = MathF.Exp(largest - top);
            sum *= shrink;
            F factor = TLanes.BroadcastFloat(shrink);
            for (int d = 0; d < padded; d += TLanes.Count) TLanes.Store(TLanes.Multiply(TLanes.LoadFloats(result + d), factor), result + d);
            largest = top;
        }

        F reference = TLanes.BroadcastFloat(-largest), total = default;
        for (int key = 0; key < Tokens; key += TLanes.Count)
        {
            F weight = TLanes.Exp(TLanes.Add(TLanes.LoadFloats(scores + key), reference));
            total = TLanes.Add(total, weight);
            TLanes.Store(weight, scores + key);
        }

        sum += TLanes.Sum(total);
    }

    /// <summary>Adds the values of keys 0 … end - 1, weighted, to four result rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddValues(float* weights, int end, float* values, int padded, float* result)
    {
        for (int d = 0; d < padded; d += 2 * TLanes.Count)
        {
            float* r = result + d;
            F a0 = TLanes.LoadFloats(r), b0 = TLanes.LoadFloats(r + TLanes.Count);
            F a1 = TLanes.LoadFloats(r + padded), b1 = TLanes.LoadFloats(r + padded + TLanes.Count);
            F a2 = TLanes.LoadFloats(r + 2 * padded), b2 = TLanes.LoadFloats(r + 2 * padded + TLanes.Count);
            F a3 = TLanes.LoadFloats(r + 3 * padded), b3 = TLanes.LoadFloats(r + 3 * padded + TLanes.Count);
            float* v = values + d;
            for (int key = 0; key < end; key++, v += padded)
            {
                F va = TLanes.LoadFloats(v), vb = TLanes.LoadFloats(v + TLanes.Count);
                F w = TLanes.BroadcastFloat(weights[key]);
                a0 = TLanes.MultiplyAdd(va, w, a0);
                b0 = TLanes.MultiplyAdd(vb, w, b0);
                w = TLanes.BroadcastFloat(weights[Tokens + key]);
                a1 = TLanes.MultiplyAdd(va, w, a1);
                b1 = TLanes.MultiplyAdd(vb, w, b1);
                w = TLanes.BroadcastFloat(weights[2 * Tokens + key]);
                a2 = TLanes.MultiplyAdd(va, w, a2);
                b2 = TLanes.MultiplyAdd(vb, w, b2);
                w = TLanes.BroadcastFloat(weights[3 * Tokens + key]);
                a3 = TLanes.MultiplyAdd(va, w, a3);
                b3 = TLanes.MultiplyAdd(vb, w, b3);
            }

            TLanes.Store(a0, r);
            TLanes.Store(b0, r + TLanes.Count);
            TLanes.Store(a1, r + padded);
            TLanes.Store(b1, r + padded + TLanes.Count);
            TLanes.Store(a2, r + 2 * padded);
            TLanes.Store(b2, r + 2 * padded + TLanes.Count);
            TLanes.Store(a3, r + 3 * padded);
            TLanes.Store(b3, r + 3 * padded + TLanes.Count);
        }
    }
}
