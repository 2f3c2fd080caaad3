using System.Runtime.InteropServices;
using Cria.Tensors.Kernels;

namespace Cria.Tensors;

/// <summary>
/// A run of consecutive tokens of one sequence within a batch: rows <paramref name="FirstRow"/> … of the batch hold
/// positions <paramref name="FirstPosition"/> … of the sequence whose cache lies in <paramref name="Pages"/>, in order.
/// </summary>
internal readonly record struct SequenceRun(int FirstRow, int Count, int FirstPosition, int[] Pages);

/// <summary>The settings of one layer's attention.</summary>
internal sealed record AttentionShape
{
    public required int Heads { get; init; }

    public required float Scale { get; init; }

    /// <summary>Keys further back than this are not seen; 0 sees all.</summary>
    public int Window { get; init; }

    /// <summary>Scores are capped as cap · tanh(score / cap); 0 leaves them.</summary>
    public float SoftCap { get; init; }

    /// <summary>A score per head that takes part in the softmax without a value.</summary>
    public float[]? Sinks { get; init; }
}

internal sealed unsafe partial class Arithmetic
{
    /// <summary>Query rows that share the widening of a page: enough to make it cheap, few enough to stay in the cache.</summary>
    private const int RowsPerTask = 64;

    /// <summary>A single token's walk over a long cache is cut into parts of at least this many pages.</summary>
    private const int PagesPerPart = 8;

    /// <summary>Stores the keys and values of all rows at their positions in the cache.</summary>
    public void StoreKeysAndValues(Activations keys, Activations values, KvPages cache, int layer, ReadOnlySpan<SequenceRun> runs)
    {
        KvShape shape = cache.Shape(layer);
        Check(keys.Columns == shape.KeyValueHeads * shape.KeyLength && values.Columns == shape.KeyValueHeads * shape.ValueLength, "StoreKeysAndValues: shapes differ.");
        foreach (SequenceRun run in runs)
        {
            Check(run.FirstRow + run.Count <= keys.Rows && keys.Rows == values.Rows, "StoreKeysAndValues: shapes differ.");
            for (int i = 0; i < run.Count; i++)
            {
                int position = run.FirstPosition + i, page = run.Pages[position / KvPages.PageTokens], slot = position % KvPages.PageTokens;
                float* key = keys.Address + (nint)(run.FirstRow + i) * keys.Stride, value = values.Address + (nint)(run.FirstRow + i) * values.Stride;
                for (int head = 0; head < shape.KeyValueHeads; head++)
                {
                    cache.StoreKey(page, layer, head, slot, key + head * shape.KeyLength);
                    cache.StoreValue(page, layer, head, slot, value + head * shape.ValueLength);
                }
            }
        }
    }

    /// <summary>Each row's heads attend over the cached keys and values of its sequence, up to and with its own position.</summary>
    public void Attention(Activations queries, KvPages cache, int layer, AttentionShape attention, ReadOnlySpan<SequenceRun> runs, Activations output)
    {
        KvShape shape = cache.Shape(layer);
        int heads = attention.Heads, group = heads / shape.KeyValueHeads;
        Check(heads % shape.KeyValueHeads == 0 && queries.Columns == heads * shape.KeyLength && output.Columns == heads * shape.ValueLength && queries.Rows == output.Rows, "Attention: shapes differ.");
        Check(attention.Sinks == null || attention.Sinks.Length == heads, "Attention: shapes differ.");

        int tileTokens = Math.Max(1, RowsPerTask / group);
        int maxRows = AttentionKernel.PaddedRows(tileTokens * group);
        long resultFloats = AttentionKernel.ResultFloats(maxRows, _vectors.PaddedValueLength(shape.ValueLength));
        long scratchFloats = _vectors.AttentionScratchFloats(maxRows, shape.KeyLength, shape.ValueLength);
        foreach (SequenceRun run in runs)
        {
            Check(run.FirstRow + run.Count <= queries.Rows, "Attention: shapes differ.");
            int tiles = (run.Count + tileTokens - 1) / tileTokens;
            int parts = Parts(run, tiles * shape.KeyValueHeads, attention.Window);
            int results = parts > 1 ? tiles * shape.KeyValueHeads * parts : _team.Size;
            float* scratch = (float*)_attention.Reserve((_team.Size * scratchFloats + results * resultFloats) * sizeof(float));
            var handle = GCHandle.Alloc(cache);
            fixed (int* pages = run.Pages)
            fixed (float* sinks = attention.Sinks)
            {
                var work = new AttentionWork
                {
                    Queries = queries.Address + (nint)run.FirstRow * queries.Stride,
                    QueryStride = queries.Stride,
                    Output = output.Address + (nint)run.FirstRow * output.Stride,
                    OutputStride = output.Stride,
                    Cache = GCHandle.ToIntPtr(handle),
                    Layer = layer,
                    Shape = shape,
                    Group = group,
                    Scale = attention.Scale,
                    SoftCap = attention.SoftCap,
                    Window = attention.Window,
                    Sinks = sinks,
                    Pages = pages,
                    PageCount = run.Pages.Length,
                    FirstPosition = run.FirstPosition,
                    Tokens = run.Count,
                    TileTokens = tileTokens,
                    Parts = parts,
                    Scratch = scratch,
                    ScratchFloats = scratchFloats,
                    Results = scratch + _team.Size * scratchFloats,
                    ResultFloats = resultFloats,
                };
                try
                {
                    _team.Run(ref work, tiles * shape.KeyValueHeads * parts);
                    if (parts > 1)
                        for (int i = 0; i < tiles * shape.KeyValueHeads; i++) work.Merge(i);
                }
                finally
                {
                    handle.Free();
                }
            }
        }
    }

    private int Parts(SequenceRun run, int tasks, int window)
    {
        if (tasks >= 2 * _team.Size) return 1;
        int seen = run.FirstPosition + run.Count;
        if (window > 0) seen = Math.Min(seen, window + run.Count);
        return Math.Clamp(seen / (KvPages.PageTokens * PagesPerPart), 1, (2 * _team.Size + tasks - 1) / tasks);
    }

    /// <summary>Attention of one run: a task is a tile of tokens, a head of keys and values, and a part of the pages.</summary>
    private struct AttentionWork : IParallelWork
    {
        public float* Queries;
        public nint QueryStride;
        public float* Output;
        public nint OutputStride;
        public nint Cache;
        public int Layer;
        public KvShape Shape;
        public int Group;
        public float Scale;
        public float SoftCap;
        public int Window;
        public float* Sinks;
        public int* Pages;
        public int PageCount;
        public int FirstPosition;
        public int Tokens;
        public int TileTokens;
        public int Parts;
        public float* Scratch;
        public long ScratchFloats;
        public float* Results;
        public long ResultFloats;

        public readonly void Execute(int task, int worker)
        {
            int part = task % Parts, index = task / Parts, head = index % Shape.KeyValueHeads, tile = index / Shape.KeyValueHeads;
            int firstToken = tile * TileTokens, tokens = Math.Min(TileTokens, Tokens - firstToken);
            int position = FirstPosition + firstToken;
            int firstPage = Window > 0 ? Math.Max(0, position - Window + 1) / KvPages.PageTokens : 0;
            int endPage = (position + tokens - 1) / KvPages.PageTokens + 1;
            int pages = (endPage - firstPage + Parts - 1) / Parts;
            float* result = Results + (Parts > 1 ? task : worker) * ResultFloats;
            var one = new AttentionTask
            {
                QueryRows = tokens * Group,
                Group = Group,
                FirstPosition = position,
                Queries = Queries + firstToken * QueryStride + head * Group * Shape.KeyLength,
                QueryStride = QueryStride,
                KeyLength = Shape.KeyLength,
                ValueLength = Shape.ValueLength,
                Scale = Scale,
                SoftCap = SoftCap,
                Window = Window,
                Sinks = Sinks == null || part > 0 ? null : Sinks + head * Group,
                FirstPage = firstPage + part * pages,
                EndPage = Math.Min(endPage, firstPage + (part + 1) * pages),
            };
            var cache = (KvPages)GCHandle.FromIntPtr(Cache).Target!;
            VectorKernels.Best.Attend(one, cache, Layer, head, new ReadOnlySpan<int>(Pages, PageCount), Scratch + worker * ScratchFloats, result);
            if (Parts == 1) Write(index, result);
        }

        /// <summary>Joins the parts of one tile and head: each is weighted by how its largest score compares with the largest of all.</summary>
        public readonly void Merge(int index)
        {
            int padded = VectorKernels.Best.PaddedValueLength(Shape.ValueLength);
            int rows = Math.Min(TileTokens, Tokens - index / Shape.KeyValueHeads * TileTokens) * Group, paddedRows = AttentionKernel.PaddedRows(rows);
            float* first = Results + (long)index * Parts * ResultFloats;
            for (int row = 0; row < rows; row++)
            {
                float* largest = first + (nint)paddedRows * padded + row, sum = largest + paddedRows;
                for (int part = 1; part < Parts; part++)
                {
                    float* other = first + part * ResultFloats;
                    float* otherLargest = other + (nint)paddedRows * padded + row, otherSum = otherLargest + paddedRows;
                    if (*otherSum == 0) continue;
                    float top = MathF.Max(*largest, *otherLargest);
                    float mine = *largest == top ? 1 : MathF.Exp(*largest - top), theirs = *otherLargest == top ? 1 : MathF.Exp(*otherLargest - top);
                    float* values = first + (nint)row * padded, otherValues = other + (nint)row * padded;
                    VectorKernels.Best.Scale(values, mine, padded);
                    VectorKernels.Best.Add(values, otherValues, theirs, padded);
                    *sum = *sum * mine + *otherSum * theirs;
                    *largest = top;
                }
            }

            Write(index, first);
        }

        private readonly void Write(int index, float* result)
        {
            int head = index % Shape.KeyValueHeads, tile = index / Shape.KeyValueHeads, padded = VectorKernels.Best.PaddedValueLength(Shape.ValueLength);
            int firstToken = tile * TileTokens, rows = Math.Min(TileTokens, Tokens - firstToken) * Group, paddedRows = AttentionKernel.PaddedRows(rows);
            float* sums = result + (nint)paddedRows * padded + paddedRows;
            for (int row = 0; row < rows; row++)
            {
                VectorKernels.Best.Scale(result + (nint)row * padded, 1 / sums[row], Shape.ValueLength);
                float* output = Output + (firstToken + row / Group) * OutputStride + (head * Group + row % Group) * Shape.ValueLength;
                new ReadOnlySpan<float>(result + (nint)row * padded, Shape.ValueLength).CopyTo(new Span<float>(output, Shape.ValueLength));
            }
        }
    }
}
