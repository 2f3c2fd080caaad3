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

    /// <summary>
    /// Attention is computed for each so many pages of a sequence apart, then joined in their order, whoever computed them: a row's
    /// result must not depend on how its batch was cut into tasks.
    /// </summary>
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

            int rows = plan.TileTokens * group;
            work.PaddedLength = _vectors.PaddedValueLength(shape.ValueLength);
            work.ScratchFloats = _vectors.AttentionScratchFloats(rows, shape.KeyLength, shape.ValueLength);
            work.ResultFloats = AttentionResult.Floats(rows, work.PaddedLength);
            work.KeptFloats = AttentionResult.Floats(plan.KeptRows, work.PaddedLength);
            work.Scratch = (float*)_attention.Reserve((_team.Size * (work.ScratchFloats + 2 * work.ResultFloats) + plan.KeptResults * work.KeptFloats) * sizeof(float));
            work.Results = work.Scratch + _team.Size * work.ScratchFloats;
            work.Kept = work.Results + 2 * _team.Size * work.ResultFloats;

            // Even sixteen tokens of context are attended to faster by two threads: 2.0 against 2.9 microseconds.
            _team.Run(ref work, walks.Length);
            foreach (ref readonly Walk walk in walks)
                if (walk.AllParts > 0) work.Join(walk);
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
                plan.Cost += (long)(end - first) * tokens * group * heads;
            }
        }

        plan.CostPerTask = Math.Max(1, plan.Cost / wanted);
        foreach (SequenceRun run in runs)
        {
            for (int token = 0; token < run.Count;)
            {
                Tile tile = plan.TileAt(run, token);
                token += tile.Tokens;
                plan.Walks += tile.Walks * heads;
                if (tile.Walks == 1) continue;
                plan.KeptResults += tile.Parts * heads;
                plan.KeptRows = Math.Max(plan.KeptRows, tile.Tokens * group);
            }
        }

        return plan;
    }

    /// <summary>Cuts the runs into walks, the most costly first, so that none is begun when all others are at their end.</summary>
    private ReadOnlySpan<Walk> PlanWalks(ReadOnlySpan<SequenceRun> runs, KvPages cache, in Plan plan, ref AttentionWork work)
    {
        byte* memory = _walks.Reserve((long)plan.Walks * sizeof(Walk) + plan.Pages * sizeof(byte*));
        var walks = (Walk*)memory;
        var pages = (byte**)(walks + plan.Walks);
        int count = 0, kept = 0;
        foreach (SequenceRun run in runs)
        {
            for (int i = 0; i < run.Pages.Length; i++) pages[i] = cache.Address(run.Pages[i]);
            for (int token = 0; token < run.Count;)
            {
                Tile tile = plan.TileAt(run, token);
                for (int head = 0; head < plan.Heads; head++)
                {
                    for (int walk = 0; walk < tile.Walks; walk++)
                    {
                        int firstPart = tile.FirstPart + walk * tile.PartsPerWalk;
                        walks[count++] = new Walk
                        {
                            Pages = pages,
                            FirstRow = run.FirstRow + token,
                            Tokens = tile.Tokens,
                            FirstPosition = run.FirstPosition + token,
                            LastSeenByAll = plan.LastSeenByAll(run),
                            Head = head,
                            FirstPage = Math.Max(tile.FirstPage, firstPart * PagesPerPart),
                            EndPage = Math.Min(tile.EndPage, (firstPart + tile.PartsPerWalk) * PagesPerPart),
                            Kept = tile.Walks > 1 ? kept + walk * tile.PartsPerWalk : -1,
                            AllParts = tile.Walks > 1 && walk == 0 ? tile.Parts : 0,
                        };
                    }

                    if (tile.Walks > 1) kept += tile.Parts;
                }

                token += tile.Tokens;
            }

            pages += run.Pages.Length;
        }

        work.Walks = walks;
        work.WalkCount = count;
        var all = new Span<Walk>(walks, count);
        all.Sort();
        return all;
    }

    /// <summary>Some tokens of a run, the pages that they see, in parts, and how many parts a walk takes.</summary>
    private readonly record struct Tile(int Tokens, int FirstPage, int EndPage, int PartsPerWalk)
    {
        public int FirstPart => FirstPage / PagesPerPart;

        public int Parts => (EndPage - 1) / PagesPerPart - FirstPart + 1;

        public int Walks => (Parts + PartsPerWalk - 1) / PartsPerWalk;
    }

    private struct Plan
    {
        public bool IsCausal;
        public int Group;
        public int Heads;
        public int Window;
        public int TileTokens;
        public int Pages;
        public int Walks;
        public long Cost;
        public long CostPerTask;

        /// <summary>The results of parts that wait to be joined, and the most rows of one.</summary>
        public int KeptResults;
        public int KeptRows;

        /// <summary>The last position that all tokens of a run see; -1 if each sees no further than itself.</summary>
        public readonly int LastSeenByAll(SequenceRun run) => IsCausal ? -1 : run.FirstPosition + run.Count - 1;

        /// <summary>The pages that some tokens of a run see.</summary>
        public readonly (int First, int End) PagesSeen(SequenceRun run, int token, int tokens)
        {
            int position = run.FirstPosition + token, last = Math.Max(position + tokens - 1, LastSeenByAll(run));
            return (Window > 0 ? Math.Max(0, position - Window + 1) / KvPages.PageTokens : 0, last / KvPages.PageTokens + 1);
        }

        /// <summary>
        /// The tile that begins at a token. If it costs more than a task should, it has fewer tokens, and only if these are few it is
        /// walked in several tasks, for the results of all their parts must be kept.
        /// </summary>
        public readonly Tile TileAt(SequenceRun run, int token)
        {
            int tokens = Math.Min(TileTokens, run.Count - token);
            (int first, int end) = PagesSeen(run, token, tokens);
            while (tokens > 1 && tokens * Group > FewestRowsPerTask && (long)(end - first) * tokens * Group > CostPerTask)
            {
                tokens = (tokens + 1) / 2;
                (first, end) = PagesSeen(run, token, tokens);
            }

            var whole = new Tile(tokens, first, end, int.MaxValue);
            int walks = (int)Math.Clamp((long)(end - first) * tokens * Group / CostPerTask, 1, whole.Parts);
            return whole with { PartsPerWalk = (whole.Parts + walks - 1) / walks };
        }
    }

    /// <summary>A task: some tokens of a run and a head of keys and values, over all parts that they see or some of them.</summary>
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

        /// <summary>Where the results of its parts wait to be joined with those of other walks; -1 if it is the only one.</summary>
        public int Kept;

        /// <summary>The number of parts that wait from <see cref="Kept"/> on, for the first of several walks; else 0.</summary>
        public int AllParts;

        private readonly long Cost => (long)(EndPage - FirstPage) * Tokens;

        public readonly int CompareTo(Walk other) => other.Cost.CompareTo(Cost);
    }

    private struct AttentionWork : IParallelWork
    {
        private const float NatsPerBit = 0.693147181f, BitsPerNat = 1.44269504f;

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

        /// <summary>Two for each thread.</summary>
        public float* Results;
        public long ResultFloats;

        /// <summary>The results of parts that wait to be joined.</summary>
        public float* Kept;
        public long KeptFloats;

        public readonly void Execute(int task, int worker)
        {
            ref readonly Walk walk = ref Walks[task];
            int rows = walk.Tokens * Group, part = 0;
            AttentionResult whole = new(Results + 2 * worker * ResultFloats, rows, PaddedLength), next = new(Results + (2 * worker + 1) * ResultFloats, rows, PaddedLength);
            var one = new AttentionTask
            {
                QueryRows = rows,
                Group = Group,
                FirstPosition = walk.FirstPosition,
                LastSeenByAll = walk.LastSeenByAll,
                Queries = Queries + walk.FirstRow * QueryStride + walk.Head * Group * Format.Shape.KeyLength,
                QueryStride = QueryStride,
                Format = Format,
                Scale = Scale,
                SoftCap = SoftCap,
                Window = Window,
                Pages = walk.Pages,
                KeysOffset = Format.KeysOffset(walk.Head),
                ValuesOffset = Format.ValuesOffset(walk.Head),
            };
            for (int page = walk.FirstPage; page < walk.EndPage; page = one.EndPage, part++)
            {
                one.FirstPage = page;
                one.EndPage = Math.Min(walk.EndPage, (page / PagesPerPart + 1) * PagesPerPart);
                // Most walks of sequences that decode together are a few pages long: without this each begins with a wait for memory.
                ref readonly Walk coming = ref Walks[one.EndPage < walk.EndPage ? task : Math.Min(task + 1, WalkCount - 1)];
                byte* comingPage = coming.Pages[one.EndPage < walk.EndPage ? one.EndPage : coming.FirstPage];
                one.NextKeys = comingPage + Format.KeysOffset(coming.Head);
                one.NextValues = comingPage + Format.ValuesOffset(coming.Head);

                AttentionResult result = walk.Kept >= 0 ? KeptResult(walk, part) : part == 0 ? whole : next;
                VectorKernels.Best.Attend(one, Scratch + worker * ScratchFloats, result);
                if (walk.Kept < 0 && part > 0) Join(whole, next, rows);
            }

            if (walk.Kept < 0) Write(walk, whole);
        }

        /// <summary>Joins all parts that some walks left, given the first of these.</summary>
        public readonly void Join(in Walk walk)
        {
            AttentionResult whole = KeptResult(walk, 0);
            for (int part = 1; part < walk.AllParts; part++) Join(whole, KeptResult(walk, part), walk.Tokens * Group);
            Write(walk, whole);
        }

        /// <summary>Adds a part to those before it: both are weighted by how their references compare with the highest.</summary>
        private readonly void Join(AttentionResult whole, AttentionResult next, int rows)
        {
            for (int row = 0; row < rows; row++)
            {
                // A part of which a row sees nothing changes nothing: it has a weight of 0.
                float top = MathF.Max(whole.References[row], next.References[row]);
                float mine = Weight(whole.References[row], top), theirs = Weight(next.References[row], top);
                float* values = whole.Values + (nint)row * PaddedLength;
                if (mine != 1) VectorKernels.Best.Scale(values, mine, PaddedLength);
                VectorKernels.Best.Add(values, next.Values + (nint)row * PaddedLength, theirs, PaddedLength);
                whole.Sums[row] = whole.Sums[row] * mine + next.Sums[row] * theirs;
                whole.References[row] = top;
            }
        }

        private readonly void Write(in Walk walk, AttentionResult result)
        {
            int length = Format.Shape.ValueLength;
            for (int row = 0; row < walk.Tokens * Group; row++)
            {
                float* values = result.Values + (nint)row * PaddedLength;
                int head = walk.Head * Group + row % Group;
                float share = 1 / result.Sums[row];
                if (Sinks != null)
                {
                    float sink = Sinks[head] * BitsPerNat, top = MathF.Max(result.References[row], sink), mine = Weight(result.References[row], top);
                    share = mine / (result.Sums[row] * mine + Weight(sink, top));
                }

                VectorKernels.Best.Scale(values, share, length);
                float* output = Output + (walk.FirstRow + row / Group) * OutputStride + head * length;
                new ReadOnlySpan<float>(values, length).CopyTo(new Span<float>(output, length));
            }
        }

        private static float Weight(float reference, float top) => reference == top ? 1 : MathF.Exp((reference - top) * NatsPerBit);

        private readonly AttentionResult KeptResult(in Walk walk, int part) => new(Kept + (walk.Kept + part) * KeptFloats, walk.Tokens * Group, PaddedLength);
    }
}
