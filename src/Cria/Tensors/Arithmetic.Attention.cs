using Cria.Tensors.Kernels;
using Cria.Tensors.Kernels.Attention;

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

    /// <summary>Whether a token sees no further than itself; else it sees its whole run too.</summary>
    public bool IsCausal { get; init; } = true;

    /// <summary>Keys further back than this are not seen; 0 sees all.</summary>
    public int Window { get; init; }

    /// <summary>Scores are capped as cap · tanh(score / cap); 0 leaves them.</summary>
    public float SoftCap { get; init; }

    /// <summary>A score per head that takes part in the softmax without a value.</summary>
    public float[]? Sinks { get; init; }
}

internal sealed unsafe partial class Arithmetic
{
    /// <summary>
    /// Floats of queries and results that share the widening of a page: a quarter of a megabyte, for the second-level cache. At heads
    /// of 64, a core does 204 Gflop/s with 64 rows, 215 with 128, 220 with 256 and 224 with these 512.
    /// </summary>
    private const int FloatsPerTask = 1 << 16;

    /// <summary>Rows that a task should have at least: a tile of the kernel.</summary>
    private const int FewestRowsPerTask = 8;

    /// <summary>Tasks per thread that even out their lengths and a thread that the system slows down.</summary>
    private const int TasksPerThread = 4;

    /// <summary>A walk over the cache is cut into parts of at least this many pages.</summary>
    private const int PagesPerPart = 8;

    private readonly NativeBuffer _walks = new();

    /// <summary>
    /// Each row's heads attend over the cached keys and values of its sequence, up to and with its own position or, unless causal, to
    /// the end of its run.
    /// </summary>
    public void Attention(Activations queries, KvPages cache, int layer, AttentionShape attention, ReadOnlySpan<SequenceRun> runs, Activations output)
    {
        KvFormat format = cache.Format(layer);
        KvShape shape = format.Shape;
        int heads = attention.Heads, group = heads / shape.KeyValueHeads;
        Check(heads % shape.KeyValueHeads == 0 && queries.Columns == heads * shape.KeyLength && output.Columns == heads * shape.ValueLength && queries.Rows == output.Rows, "Attention: shapes differ.");
        Check(attention.Sinks == null || attention.Sinks.Length == heads, "Attention: shapes differ.");
        fixed (float* sinks = attention.Sinks)
        {
            var work = new AttentionWork
            {
                Queries = queries.Address,
                QueryStride = queries.Stride,
                Output = output.Address,
                OutputStride = output.Stride,
                Format = format,
                Group = group,
                Scale = attention.Scale,
                SoftCap = attention.SoftCap,
                Window = attention.Window,
                Sinks = sinks,
            };
            Plan plan = Measure(runs, queries.Rows, group, shape, attention);
            ReadOnlySpan<Walk> walks = PlanWalks(runs, cache, plan, ref work);

            int rows = plan.TileTokens * group, parts = 0;
            foreach (Walk walk in walks) parts += walk.Parts > 1 ? 1 : 0;
            work.PaddedLength = _vectors.PaddedValueLength(shape.ValueLength);
            work.ScratchFloats = _vectors.AttentionScratchFloats(rows, shape.KeyLength, shape.ValueLength);
            work.ResultFloats = AttentionResult.Floats(rows, work.PaddedLength);
            work.Scratch = (float*)_attention.Reserve((_team.Size * (work.ScratchFloats + work.ResultFloats) + parts * work.ResultFloats) * sizeof(float));
            work.Results = work.Scratch + _team.Size * work.ScratchFloats;

            // Even sixteen tokens of context are attended to faster by two threads: 2.0 against 2.9 microseconds.
            _team.Run(ref work, walks.Length);
            foreach (ref readonly Walk walk in walks)
                if (walk.Parts > 1 && walk.Part == 0) work.Join(walk);
        }

        GC.KeepAlive(cache);
    }

    /// <summary>How many tokens of a run go together, and the cost of all, in rows times pages.</summary>
    private Plan Measure(ReadOnlySpan<SequenceRun> runs, int rows, int group, KvShape shape, AttentionShape attention)
    {
        int heads = shape.KeyValueHeads;
        var plan = new Plan { IsCausal = attention.IsCausal, Window = attention.Window, Group = group, Heads = heads };
        plan.TileTokens = Math.Max(1, FloatsPerTask / ((shape.KeyLength + shape.ValueLength) * group));
        int wanted = _team.Size == 1 ? 1 : TasksPerThread * _team.Size;
        while (plan.TileTokens > 1 && plan.TileTokens * group > FewestRowsPerTask && (long)rows * heads < (long)wanted * plan.TileTokens) plan.TileTokens = (plan.TileTokens + 1) / 2;
        foreach (SequenceRun run in runs)
        {
            Check(run.FirstRow + run.Count <= rows, "Attention: shapes differ.");
            plan.Pages += run.Pages.Length;
            for (int token = 0; token < run.Count; token += plan.TileTokens)
            {
                int tokens = Math.Min(plan.TileTokens, run.Count - token);
                (int first, int end) = plan.PagesSeen(run, token, tokens);
                plan.Tiles++;
                plan.Cost += (long)(end - first) * tokens * group * heads;
            }
        }

        plan.CostPerTask = Math.Max(1, plan.Cost / wanted);
        return plan;
    }

    /// <summary>Cuts the runs into walks, the most costly first, so that none is begun when all others are at their end.</summary>
    private ReadOnlySpan<Walk> PlanWalks(ReadOnlySpan<SequenceRun> runs, KvPages cache, in Plan plan, ref AttentionWork work)
    {
        // A walk is cut where it costs more than a task should; the sum of all costs does not allow more cuts than these.
        long most = (long)plan.Tiles * plan.Heads + plan.Cost / plan.CostPerTask;
        byte* memory = _walks.Reserve(most * sizeof(Walk) + plan.Pages * sizeof(byte*));
        var walks = (Walk*)memory;
        var pages = (byte**)(walks + most);
        int count = 0, results = _team.Size;
        foreach (SequenceRun run in runs)
        {
            for (int i = 0; i < run.Pages.Length; i++) pages[i] = cache.Address(run.Pages[i]);
            for (int token = 0; token < run.Count; token += plan.TileTokens)
            {
                int tokens = Math.Min(plan.TileTokens, run.Count - token), position = run.FirstPosition + token;
                (int first, int end) = plan.PagesSeen(run, token, tokens);
                int length = end - first, rows = tokens * plan.Group;
                int parts = (int)Math.Clamp((long)length * rows / plan.CostPerTask, 1, Math.Max(1, length / PagesPerPart));
                int partLength = (length + parts - 1) / parts;
                parts = (length + partLength - 1) / partLength;
                for (int head = 0; head < plan.Heads; head++)
                {
                    for (int part = 0; part < parts; part++)
                    {
                        walks[count++] = new Walk
                        {
                            Pages = pages,
                            FirstRow = run.FirstRow + token,
                            Tokens = tokens,
                            FirstPosition = position,
                            LastSeenByAll = plan.LastSeenByAll(run),
                            Head = head,
                            FirstPage = first + part * partLength,
                            EndPage = Math.Min(end, first + (part + 1) * partLength),
                            Part = part,
                            Parts = parts,
                            Result = parts > 1 ? results++ : -1,
                        };
                    }
                }
            }

            pages += run.Pages.Length;
        }

        work.Walks = walks;
        work.WalkCount = count;
        var all = new Span<Walk>(walks, count);
        all.Sort();
        return all;
    }

    private struct Plan
    {
        public bool IsCausal;
        public int Group;
        public int Heads;
        public int Window;
        public int TileTokens;
        public int Tiles;
        public int Pages;
        public long Cost;
        public long CostPerTask;

        /// <summary>The last position that all tokens of a run see; -1 if each sees no further than itself.</summary>
        public readonly int LastSeenByAll(SequenceRun run) => IsCausal ? -1 : run.FirstPosition + run.Count - 1;

        /// <summary>The pages that some tokens of a run see.</summary>
        public readonly (int First, int End) PagesSeen(SequenceRun run, int token, int tokens)
        {
            int position = run.FirstPosition + token, last = Math.Max(position + tokens - 1, LastSeenByAll(run));
            return (Window > 0 ? Math.Max(0, position - Window + 1) / KvPages.PageTokens : 0, last / KvPages.PageTokens + 1);
        }
    }

    /// <summary>A task: some tokens of a run and a head of keys and values, over all pages that they see or a part of them.</summary>
    private struct Walk : IComparable<Walk>
    {
        public byte** Pages;
        public int FirstRow;
        public int Tokens;
        public int FirstPosition;
        public int LastSeenByAll;
        public int Head;
        public int FirstPage;
        public int EndPage;
        public int Part;
        public int Parts;

        /// <summary>Where a part's result waits to be joined with the others, which follow it; else -1.</summary>
        public int Result;

        private readonly long Cost => (long)(EndPage - FirstPage) * Tokens;

        public readonly int CompareTo(Walk other) => other.Cost.CompareTo(Cost);
    }

    private struct AttentionWork : IParallelWork
    {
        private const float NatsPerBit = 0.693147181f;

        public float* Queries;
        public nint QueryStride;
        public float* Output;
        public nint OutputStride;
        public KvFormat Format;
        public int Group;
        public float Scale;
        public float SoftCap;
        public int Window;
        public float* Sinks;
        public Walk* Walks;
        public int WalkCount;
        public int PaddedLength;
        public float* Scratch;
        public long ScratchFloats;
        public float* Results;
        public long ResultFloats;

        public readonly void Execute(int task, int worker)
        {
            ref readonly Walk walk = ref Walks[task];
            var one = new AttentionTask
            {
                QueryRows = walk.Tokens * Group,
                Group = Group,
                FirstPosition = walk.FirstPosition,
                LastSeenByAll = walk.LastSeenByAll,
                Queries = Queries + walk.FirstRow * QueryStride + walk.Head * Group * Format.Shape.KeyLength,
                QueryStride = QueryStride,
                Format = Format,
                Scale = Scale,
                SoftCap = SoftCap,
                Window = Window,
                Sinks = Sinks == null || walk.Part > 0 ? null : Sinks + walk.Head * Group,
                Pages = walk.Pages,
                KeysOffset = Format.KeysOffset(walk.Head),
                ValuesOffset = Format.ValuesOffset(walk.Head),
                FirstPage = walk.FirstPage,
                EndPage = walk.EndPage,
            };
            if (task + 1 < WalkCount)
            {
                // Most walks of sequences that decode together are a few pages long: without this each begins with a wait for memory.
                ref readonly Walk next = ref Walks[task + 1];
                one.NextKeys = next.Pages[next.FirstPage] + Format.KeysOffset(next.Head);
                one.NextValues = next.Pages[next.FirstPage] + Format.ValuesOffset(next.Head);
            }

            AttentionResult result = Result(walk.Parts > 1 ? walk.Result : worker, walk.Tokens * Group);
            VectorKernels.Best.Attend(one, Scratch + worker * ScratchFloats, result);
            if (walk.Parts == 1) Write(walk, result);
        }

        /// <summary>Joins the parts of a walk, given its first: each is weighted by how its reference compares with the highest.</summary>
        public readonly void Join(in Walk walk)
        {
            int rows = walk.Tokens * Group;
            AttentionResult all = Result(walk.Result, rows);
            for (int part = 1; part < walk.Parts; part++)
            {
                AttentionResult other = Result(walk.Result + part, rows);
                for (int row = 0; row < rows; row++)
                {
                    float top = MathF.Max(all.References[row], other.References[row]);
                    float mine = MathF.Exp((all.References[row] - top) * NatsPerBit), theirs = MathF.Exp((other.References[row] - top) * NatsPerBit);
                    float* values = all.Values + (nint)row * PaddedLength, otherValues = other.Values + (nint)row * PaddedLength;
                    VectorKernels.Best.Scale(values, mine, PaddedLength);
                    VectorKernels.Best.Add(values, otherValues, theirs, PaddedLength);
                    all.Sums[row] = all.Sums[row] * mine + other.Sums[row] * theirs;
                    all.References[row] = top;
                }
            }

            Write(walk, all);
        }

        private readonly void Write(in Walk walk, AttentionResult result)
        {
            int length = Format.Shape.ValueLength;
            for (int row = 0; row < walk.Tokens * Group; row++)
            {
                float* values = result.Values + (nint)row * PaddedLength;
                VectorKernels.Best.Scale(values, 1 / result.Sums[row], length);
                float* output = Output + (walk.FirstRow + row / Group) * OutputStride + (walk.Head * Group + row % Group) * length;
                new ReadOnlySpan<float>(values, length).CopyTo(new Span<float>(output, length));
            }
        }

        private readonly AttentionResult Result(int index, int rows) => new(Results + index * ResultFloats, rows, PaddedLength);
    }
}
