using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using Cria.Gguf;

namespace Cria.Tensors.Kernels.Attention;

/// <summary>One task of attention: query rows that share a head of keys and values, over a range of its pages.</summary>
internal unsafe struct AttentionTask
{
    /// <summary>Rows of queries: the heads of a group, for each of some consecutive tokens.</summary>
    public int QueryRows;
    public int Group;
    public int FirstPosition;

    /// <summary>The last position that every row sees, however far behind it; -1 where rows see no further than themselves.</summary>
    public int LastSeenByAll;
    public float* Queries;
    public nint QueryStride;

    public KvFormat Format;
    public float Scale;
    public float SoftCap;
    public int Window;

    /// <summary>The pages of the sequence; in each the head's keys and values begin at these bytes.</summary>
    public byte** Pages;
    public nint KeysOffset;
    public nint ValuesOffset;

    /// <summary>Pages FirstPage … EndPage - 1 are visited.</summary>
    public int FirstPage;
    public int EndPage;

    /// <summary>Where the thread's next task will probably begin to read; null for none.</summary>
    public byte* NextKeys;
    public byte* NextValues;
}

/// <summary>
/// What a task leaves behind for each padded row: weighted value sums, the logarithm (base 2) of the score that weighs 1,
/// and the sum of weights.
/// </summary>
internal readonly unsafe struct AttentionResult(float* memory, int rows, int padded)
{
    /// <summary>Query rows are scored at most eight at a time.</summary>
    private const int Tile = 8;

    /// <summary>The most lanes that a register has.</summary>
    private const int MostLanes = 16;

    public float* Values => memory;

    public float* References => memory + (nint)Padded(rows) * padded;

    /// <summary>While the task runs a register per row, then a float.</summary>
    public float* Sums => References + Padded(rows);

    public static int Padded(int rows) => (rows + Tile - 1) & ~(Tile - 1);

    public static long Floats(int rows, int padded) => (long)Padded(rows) * (padded + 1 + MostLanes);
}

/// <summary>The number of query rows that one walk over keys serves, known to the compiler.</summary>
internal interface IRowTile
{
    static abstract int Rows { get; }
}

internal readonly struct FourRows : IRowTile
{
    public static int Rows => 4;
}

/// <summary>Eight rows of two registers are sixteen sums: for processors with 32 registers.</summary>
internal readonly struct EightRows : IRowTile
{
    public static int Rows => 8;
}

/// <summary>
/// Attention with an online softmax in powers of two. Keys lie transposed, so that a register holds one dimension of
/// neighbouring keys. A few query rows read the cache as it is; where there are more, each page of keys and values is
/// widened to floats once, into the first-level cache, and then serves all query rows of the task.
/// </summary>
internal static unsafe class AttentionKernel<TLanes, I, F>
    where TLanes : struct, ILanes<I, F>
    where I : struct
    where F : struct
{
    private const int Tokens = KvPages.PageTokens;

    private const float BitsPerNat = 1.44269504f;

    /// <summary>Scores of keys that a row may not see; their weight is 0 whatever the reference.</summary>
    private const float Unseen = float.NegativeInfinity;

    /// <summary>The reference before the first score: finite, so that unseen scores have a distance to it.</summary>
    private const float NoReference = -1e30f;

    /// <summary>
    /// A row's reference follows its largest score only when that is more than 2^8 above it: what is weighed too high by a
    /// common factor is divided out in the end, and finding each page's exact maximum costs more than the rare rescaling.
    /// </summary>
    private const float Slack = 8;

    /// <summary>Values per row padded to whole pairs of registers.</summary>
    public static int PaddedLength(int valueLength) => (valueLength + 2 * TLanes.Count - 1) / (2 * TLanes.Count) * (2 * TLanes.Count);

    public static long ScratchFloats(int rows, int keyLength, int valueLength) =>
        (long)AttentionResult.Padded(rows) * keyLength + Tokens * (8 + keyLength + PaddedLength(valueLength));

    public static void Attend(in AttentionTask task, float* scratch, AttentionResult result)
    {
        if (TLanes.HasManyRegisters && task.QueryRows > 4) Attend<EightRows>(task, scratch, result);
        else Attend<FourRows>(task, scratch, result);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Attend<TTile>(in AttentionTask task, float* scratch, AttentionResult result)
        where TTile : IRowTile
    {
        KvShape shape = task.Format.Shape;
        int rows = (task.QueryRows + TTile.Rows - 1) / TTile.Rows * TTile.Rows, padded = PaddedLength(shape.ValueLength);
        float* queries = scratch, scores = queries + (nint)rows * shape.KeyLength;
        float* keys = scores + TTile.Rows * Tokens, values = keys + Tokens * shape.KeyLength;
        PackQueries<TTile>(task, rows, keys, queries);
        new Span<float>(result.Values, rows * padded).Clear();
        new Span<float>(result.Sums, rows * TLanes.Count).Clear();
        new Span<float>(result.References, rows).Fill(NoReference);

        // Widening apart costs a store and a load of each register: too much for a single tile.
        bool isOneTile = rows == TTile.Rows;
        bool areKeysHalves = isOneTile && task.Format.KeyType == TensorType.F16, areKeysDirect = areKeysHalves || task.Format.KeyType == TensorType.F32;
        bool areValuesHalves = isOneTile && task.Format.ValueType == TensorType.F16 && padded == shape.ValueLength;
        bool areValuesDirect = areValuesHalves || task.Format.ValueType == TensorType.F32 && padded == shape.ValueLength;
        if (!areValuesDirect && padded != shape.ValueLength) new Span<float>(values, Tokens * padded).Clear();

        int lastPosition = Math.Max(task.FirstPosition + (task.QueryRows - 1) / task.Group, task.LastSeenByAll);
        for (int page = task.FirstPage; page < task.EndPage; page++)
        {
            int start = page * Tokens, end = Math.Min(Tokens, lastPosition + 1 - start);
            byte* pageKeys = task.Pages[page] + task.KeysOffset, pageValues = task.Pages[page] + task.ValuesOffset;
            bool isLast = page + 1 == task.EndPage;
            byte* nextPage = isLast ? null : task.Pages[page + 1];
            nint toNextKeys = Distance(pageKeys, isLast ? task.NextKeys : nextPage + task.KeysOffset);
            nint toNextValues = Distance(pageValues, isLast ? task.NextValues : nextPage + task.ValuesOffset);
            if (!areKeysDirect) KvWidening<TLanes, I, F>.Keys(task.Format.KeyType, pageKeys, toNextKeys, shape.KeyLength, keys);
            if (!areValuesDirect) KvWidening<TLanes, I, F>.Values(task.Format.ValueType, pageValues, toNextValues, shape.ValueLength, end, values, padded);
            byte* seenKeys = areKeysDirect ? pageKeys : (byte*)keys, seenValues = areValuesDirect ? pageValues : (byte*)values;
            if (!areKeysDirect) toNextKeys = 0;
            if (!areValuesDirect) toNextValues = 0;
            for (int row = 0; row < rows; row += TTile.Rows)
            {
                var seen = new SeenKeys(task, row, TTile.Rows, start);
                if (seen.From >= seen.To) continue;
                float* tileQueries = queries + (nint)row * shape.KeyLength, tileResult = result.Values + (nint)row * padded;
                if (areKeysHalves) Score<TTile, CachedHalves>(seenKeys, toNextKeys, tileQueries, shape.KeyLength, seen.From, seen.To, scores);
                else Score<TTile, CachedFloats>(seenKeys, toNextKeys, tileQueries, shape.KeyLength, seen.From, seen.To, scores);

                if (task.SoftCap > 0) Cap(scores, TTile.Rows * Tokens, task.SoftCap);
                if (!seen.ByAll) Mask(task, row, TTile.Rows, start, seen, scores);
                Weigh<TTile>(scores, seen.From, seen.To, result.References + row, result.Sums + row * TLanes.Count, tileResult, padded);

                if (areValuesHalves) AddValues<TTile, CachedHalves>(seenValues, toNextValues, scores, seen.From, seen.To, padded, tileResult);
                else AddValues<TTile, CachedFloats>(seenValues, toNextValues, scores, seen.From, seen.To, padded, tileResult);
            }
        }

        for (int r = 0; r < rows; r++) result.Sums[r] = TLanes.Sum(TLanes.LoadFloats(result.Sums + r * TLanes.Count));
    }

    /// <summary>
    /// Asks for what a loop will read a page later. The processor does not foresee by itself where the next page lies: without this
    /// a token behind 4,096 others took three times as long.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Prefetch(byte* source, int bytes)
    {
        if (!Sse.IsSupported) return;
        Sse.Prefetch0(source);
        if (bytes > 64) Sse.Prefetch0(source + 64);
    }

    private static nint Distance(byte* from, byte* to) => to == null ? 0 : (nint)(to - from);

    /// <summary>
    /// Copies the queries tile by tile, for each dimension the rows of a tile, multiplied by what turns products into logarithms
    /// of weights; rows beyond the last repeat it. <paramref name="tile"/> is memory for one tile.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void PackQueries<TTile>(in AttentionTask task, int rows, float* tile, float* packed)
        where TTile : IRowTile
    {
        int length = task.Format.Shape.KeyLength, all = rows * length;
        for (int first = 0; first < rows; first += TTile.Rows)
        {
            float* target = packed + (nint)first * length;
            for (int r = 0; r < TTile.Rows; r++)
            {
                int row = Math.Min(first + r, task.QueryRows - 1);
                float* query = task.Queries + row / task.Group * task.QueryStride + row % task.Group * length;
                new ReadOnlySpan<float>(query, length).CopyTo(new Span<float>(tile + r * length, length));
            }

            int columns = length & ~3;
            Transpose.Dwords((uint*)tile, length, TTile.Rows, columns, (uint*)target);
            for (int d = columns; d < length; d++)
                for (int r = 0; r < TTile.Rows; r++) target[d * TTile.Rows + r] = tile[r * length + d];
        }

        // The last register may reach into the scores that follow, which are not computed yet.
        F factor = TLanes.BroadcastFloat(task.SoftCap > 0 ? task.Scale / task.SoftCap : task.Scale * BitsPerNat);
        for (int i = 0; i < all; i += TLanes.Count) TLanes.Store(TLanes.Multiply(TLanes.LoadFloats(packed + i), factor), packed + i);
    }

    /// <summary>
    /// The scores of a tile's rows with the keys from … to - 1 of a page; those of neighbouring keys are computed too.
    /// Meanwhile the next page's keys are asked for, which lie <paramref name="next"/> bytes on.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Score<TTile, TKeys>(byte* keys, nint next, float* queries, int length, int from, int to, float* scores)
        where TTile : IRowTile
        where TKeys : ICacheFormat
    {
        int count = TLanes.Count, rows = TTile.Rows, bytes = TKeys.Bytes;
        bool eight = rows == 8;
        F c0 = TKeys.Constant<TLanes, I, F>(0), c1 = TKeys.Constant<TLanes, I, F>(1), c2 = TKeys.Constant<TLanes, I, F>(2);
        F c3 = TKeys.Constant<TLanes, I, F>(3), c4 = TKeys.Constant<TLanes, I, F>(4);
        for (int key = from / (2 * count) * (2 * count); key < to; key += 2 * count)
        {
            F a0 = default, a1 = default, a2 = default, a3 = default, a4 = default, a5 = default, a6 = default, a7 = default;
            F b0 = default, b1 = default, b2 = default, b3 = default, b4 = default, b5 = default, b6 = default, b7 = default;
            byte* k = keys + key * bytes;
            float* q = queries;
            for (int d = 0; d < length; d++, k += Tokens * bytes, q += rows)
            {
                if (next != 0) Prefetch(k + next, 2 * count * bytes);
                F ka = TKeys.Load<TLanes, I, F>(k, c0, c1, c2, c3, c4), kb = TKeys.Load<TLanes, I, F>(k + count * bytes, c0, c1, c2, c3, c4);
                F query = TLanes.BroadcastFloat(q[0]);
                a0 = TLanes.MultiplyAdd(ka, query, a0);
                b0 = TLanes.MultiplyAdd(kb, query, b0);
                query = TLanes.BroadcastFloat(q[1]);
                a1 = TLanes.MultiplyAdd(ka, query, a1);
                b1 = TLanes.MultiplyAdd(kb, query, b1);
                query = TLanes.BroadcastFloat(q[2]);
                a2 = TLanes.MultiplyAdd(ka, query, a2);
                b2 = TLanes.MultiplyAdd(kb, query, b2);
                query = TLanes.BroadcastFloat(q[3]);
                a3 = TLanes.MultiplyAdd(ka, query, a3);
                b3 = TLanes.MultiplyAdd(kb, query, b3);
                if (!eight) continue;
                query = TLanes.BroadcastFloat(q[4]);
                a4 = TLanes.MultiplyAdd(ka, query, a4);
                b4 = TLanes.MultiplyAdd(kb, query, b4);
                query = TLanes.BroadcastFloat(q[5]);
                a5 = TLanes.MultiplyAdd(ka, query, a5);
                b5 = TLanes.MultiplyAdd(kb, query, b5);
                query = TLanes.BroadcastFloat(q[6]);
                a6 = TLanes.MultiplyAdd(ka, query, a6);
                b6 = TLanes.MultiplyAdd(kb, query, b6);
                query = TLanes.BroadcastFloat(q[7]);
                a7 = TLanes.MultiplyAdd(ka, query, a7);
                b7 = TLanes.MultiplyAdd(kb, query, b7);
            }

            float* s = scores + key;
            StorePair(a0, b0, s);
            StorePair(a1, b1, s + Tokens);
            StorePair(a2, b2, s + 2 * Tokens);
            StorePair(a3, b3, s + 3 * Tokens);
            if (!eight) continue;
            StorePair(a4, b4, s + 4 * Tokens);
            StorePair(a5, b5, s + 5 * Tokens);
            StorePair(a6, b6, s + 6 * Tokens);
            StorePair(a7, b7, s + 7 * Tokens);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StorePair(F a, F b, float* target)
    {
        TLanes.Store(a, target);
        TLanes.Store(b, target + TLanes.Count);
    }

    /// <summary>cap · tanh(score), as a logarithm with base 2; the queries were divided by the cap.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Cap(float* scores, int length, float cap)
    {
        F factor = TLanes.BroadcastFloat(cap * BitsPerNat);
        for (int i = 0; i < length; i += TLanes.Count)
            TLanes.Store(TLanes.Multiply(VectorMath<TLanes, I, F>.Tanh(TLanes.LoadFloats(scores + i)), factor), scores + i);
    }

    /// <summary>Hides from each row what it does not see of the keys that the tile sees.</summary>
    private static void Mask(in AttentionTask task, int row, int rows, int start, SeenKeys seen, float* scores)
    {
        int first = seen.From / TLanes.Count * TLanes.Count, end = (seen.To + TLanes.Count - 1) / TLanes.Count * TLanes.Count;
        for (int r = 0; r < rows; r++, scores += Tokens)
        {
            var own = new SeenKeys(task, row + r, 1, start);
            int from = Math.Clamp(own.From, first, end), to = Math.Clamp(own.To, from, end);
            new Span<float>(scores + first, from - first).Fill(Unseen);
            new Span<float>(scores + to, end - to).Fill(Unseen);
        }
    }

    /// <summary>Turns the scores of a tile's rows into weights relative to each row's reference.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Weigh<TTile>(float* scores, int from, int to, float* references, float* sums, float* result, int padded)
        where TTile : IRowTile
    {
        int count = TLanes.Count, rows = TTile.Rows;
        from = from / count * count;
        F slack = TLanes.BroadcastFloat(Slack);
        for (int r = 0; r < rows; r++, scores += Tokens, sums += count)
        {
            F max = TLanes.LoadFloats(scores + from);
            for (int key = from + count; key < to; key += count) max = TLanes.Max(max, TLanes.LoadFloats(scores + key));
            F reference = TLanes.BroadcastFloat(references[r]);
            if (TLanes.AnyGreater(max, TLanes.Add(reference, slack)))
            {
                Raise(TLanes.Largest(max), references + r, sums, result + (nint)r * padded, padded);
                reference = TLanes.BroadcastFloat(references[r]);
            }

            F sum = TLanes.LoadFloats(sums);
            for (int key = from; key < to; key += count)
            {
                F weight = VectorMath<TLanes, I, F>.Exp2(TLanes.Subtract(TLanes.LoadFloats(scores + key), reference));
                sum = TLanes.Add(sum, weight);
                TLanes.Store(weight, scores + key);
            }

            TLanes.Store(sum, sums);
        }
    }

    /// <summary>Makes <paramref name="top"/> a row's reference and shrinks what the row has summed up so far.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Raise(float top, float* reference, float* sums, float* result, int padded)
    {
        F factor = VectorMath<TLanes, I, F>.Exp2(TLanes.BroadcastFloat(*reference - top));
        *reference = top;
        TLanes.Store(TLanes.Multiply(TLanes.LoadFloats(sums), factor), sums);
        for (int d = 0; d < padded; d += TLanes.Count) TLanes.Store(TLanes.Multiply(TLanes.LoadFloats(result + d), factor), result + d);
    }

    /// <summary>
    /// Adds the values of the keys from … to - 1, weighted, to the result rows of a tile. Meanwhile the next page's values
    /// are asked for, which lie <paramref name="next"/> bytes on.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddValues<TTile, TValues>(byte* values, nint next, float* weights, int from, int to, int padded, float* result)
        where TTile : IRowTile
        where TValues : ICacheFormat
    {
        int count = TLanes.Count, bytes = TValues.Bytes, stride = padded * bytes;
        bool eight = TTile.Rows == 8;
        F c0 = TValues.Constant<TLanes, I, F>(0), c1 = TValues.Constant<TLanes, I, F>(1), c2 = TValues.Constant<TLanes, I, F>(2);
        F c3 = TValues.Constant<TLanes, I, F>(3), c4 = TValues.Constant<TLanes, I, F>(4);
        for (int d = 0; d < padded; d += 2 * count)
        {
            float* r = result + d, rb = r + count;
            F a0 = TLanes.LoadFloats(r), a1 = TLanes.LoadFloats(r + padded), a2 = TLanes.LoadFloats(r + 2 * padded), a3 = TLanes.LoadFloats(r + 3 * padded);
            F b0 = TLanes.LoadFloats(rb), b1 = TLanes.LoadFloats(rb + padded), b2 = TLanes.LoadFloats(rb + 2 * padded), b3 = TLanes.LoadFloats(rb + 3 * padded);
            F a4 = default, a5 = default, a6 = default, a7 = default, b4 = default, b5 = default, b6 = default, b7 = default;
            if (eight)
            {
                float* upper = r + 4 * padded, upperB = rb + 4 * padded;
                a4 = TLanes.LoadFloats(upper);
                a5 = TLanes.LoadFloats(upper + padded);
                a6 = TLanes.LoadFloats(upper + 2 * padded);
                a7 = TLanes.LoadFloats(upper + 3 * padded);
                b4 = TLanes.LoadFloats(upperB);
                b5 = TLanes.LoadFloats(upperB + padded);
                b6 = TLanes.LoadFloats(upperB + 2 * padded);
                b7 = TLanes.LoadFloats(upperB + 3 * padded);
            }

            byte* v = values + d * bytes + from * stride;
            float* w = weights + from, end = weights + to;
            for (; w < end; w++, v += stride)
            {
                if (next != 0) Prefetch(v + next, 2 * count * bytes);
                F va = TValues.Load<TLanes, I, F>(v, c0, c1, c2, c3, c4), vb = TValues.Load<TLanes, I, F>(v + count * bytes, c0, c1, c2, c3, c4);
                F weight = TLanes.BroadcastFloat(w[0]);
                a0 = TLanes.MultiplyAdd(va, weight, a0);
                b0 = TLanes.MultiplyAdd(vb, weight, b0);
                weight = TLanes.BroadcastFloat(w[Tokens]);
                a1 = TLanes.MultiplyAdd(va, weight, a1);
                b1 = TLanes.MultiplyAdd(vb, weight, b1);
                weight = TLanes.BroadcastFloat(w[2 * Tokens]);
                a2 = TLanes.MultiplyAdd(va, weight, a2);
                b2 = TLanes.MultiplyAdd(vb, weight, b2);
                weight = TLanes.BroadcastFloat(w[3 * Tokens]);
                a3 = TLanes.MultiplyAdd(va, weight, a3);
                b3 = TLanes.MultiplyAdd(vb, weight, b3);
                if (!eight) continue;
                weight = TLanes.BroadcastFloat(w[4 * Tokens]);
                a4 = TLanes.MultiplyAdd(va, weight, a4);
                b4 = TLanes.MultiplyAdd(vb, weight, b4);
                weight = TLanes.BroadcastFloat(w[5 * Tokens]);
                a5 = TLanes.MultiplyAdd(va, weight, a5);
                b5 = TLanes.MultiplyAdd(vb, weight, b5);
                weight = TLanes.BroadcastFloat(w[6 * Tokens]);
                a6 = TLanes.MultiplyAdd(va, weight, a6);
                b6 = TLanes.MultiplyAdd(vb, weight, b6);
                weight = TLanes.BroadcastFloat(w[7 * Tokens]);
                a7 = TLanes.MultiplyAdd(va, weight, a7);
                b7 = TLanes.MultiplyAdd(vb, weight, b7);
            }

            StorePair(a0, b0, r);
            StorePair(a1, b1, r + padded);
            StorePair(a2, b2, r + 2 * padded);
            StorePair(a3, b3, r + 3 * padded);
            if (!eight) continue;
            r += 4 * padded;
            StorePair(a4, b4, r);
            StorePair(a5, b5, r + padded);
            StorePair(a6, b6, r + 2 * padded);
            StorePair(a7, b7, r + 3 * padded);
        }
    }

    /// <summary>The keys From … To - 1 of a page that at least one of some rows sees, and whether each row sees the whole page.</summary>
    private readonly struct SeenKeys
    {
        public readonly int From, To;
        public readonly bool ByAll;

        public SeenKeys(in AttentionTask task, int row, int rows, int start)
        {
            int first = task.FirstPosition + Math.Min(row, task.QueryRows - 1) / task.Group;
            int last = task.FirstPosition + Math.Min(row + rows - 1, task.QueryRows - 1) / task.Group;
            From = task.Window > 0 ? Math.Max(0, first - task.Window + 1 - start) : 0;
            To = Math.Min(Tokens, Math.Max(last, task.LastSeenByAll) + 1 - start);
            ByAll = start + Tokens - 1 <= Math.Max(first, task.LastSeenByAll) && (task.Window == 0 || last - task.Window + 1 <= start);
        }
    }
}
