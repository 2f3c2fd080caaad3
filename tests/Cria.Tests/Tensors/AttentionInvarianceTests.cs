using System.Runtime.Intrinsics;
using Cria.Gguf;
using Cria.Tensors;

namespace Cria.Tests.Tensors;

/// <summary>A row's attention, bit for bit, in whatever company it is computed.</summary>
public sealed class AttentionInvarianceTests
{
    private const int Length = 1130, KeyValueHeads = 2, HeadLength = 32;

    public static TheoryData<TensorType, int, float, bool> Kinds => new()
    {
        { TensorType.F16, 0, 0, false },
        { TensorType.F32, 0, 0, true },
        { TensorType.Q8_0, 0, 0, false },
        { TensorType.F16, 700, 0, true },
        { TensorType.F32, 100, 0, false },
        { TensorType.F16, 30, 5, false },
        { TensorType.Q8_0, 1, 0, true },
    };

    [Theory, MemberData(nameof(Kinds))]
    public void A_row_gets_what_it_gets_alone(TensorType type, int window, float softCap, bool hasSinks)
    {
        // Without vectors all groups would take minutes.
        foreach (int group in (int[])(Vector128.IsHardwareAccelerated ? [1, 3, 8] : [1]))
        {
            var attention = new AttentionShape
            {
                Heads = KeyValueHeads * group,
                Scale = 2,
                Window = window,
                SoftCap = softCap,
                Sinks = hasSinks ? [.. Enumerable.Range(0, KeyValueHeads * group).Select(i => i * 0.7f - 2)] : null,
            };
            using var alone = new Sequences(type, attention, threads: 1);
            using var together = new Sequences(type, attention, threads: 3);
            float[][] expected = alone.Rows([.. Enumerable.Range(0, Length).Where(p => p % 29 == 0 || p > Length - 40).Select(p => (0, p, 1))]);
            Check(expected, together.Rows([(0, 0, Length)]), "read at once");
            Check(expected, together.Rows([(0, 0, 37), (0, 37, 500), (0, 537, 5), (0, 542, 2), (0, 544, Length - 544)]), "in pieces");
            Check(expected, together.Rows([(0, Length - 1, 1), (0, 1001, 3), (0, 700, 20)]), "a few rows on several threads");
            Check(expected, alone.Rows([(0, 0, 600), (0, 600, Length - 600)]), "on one thread");
            Check(expected, together.Together([(1, 500, 3), (0, Length - 1, 1), (2, 0, 90)]), "among others");
            Check(expected, together.Together([(0, Length - 33, 33), (1, Length - 1, 1), (2, 60, 9)]), "a piece among others");
            Check(expected, together.Together([(2, 0, Length), (0, Length - 1, 1)]), "beside a long text");
        }
    }

    private static void Check(float[][] expected, float[][] actual, string how)
    {
        int compared = 0;
        for (int position = 0; position < Length; position++)
        {
            if (expected[position].Length == 0 || actual[position].Length == 0) continue;
            compared++;
            Assert.True(expected[position].AsSpan().SequenceEqual(actual[position]), $"{how}: position {position} differs.");
        }

        Assert.NotEqual(0, compared);
    }

    /// <summary>Three texts of equal length in one cache.</summary>
    private sealed class Sequences : IDisposable
    {
        private readonly Arithmetic _math;
        private readonly KvPages _cache;
        private readonly AttentionShape _attention;
        private readonly int[][] _pages;
        private readonly Activations[] _queries = new Activations[3];

        public Sequences(TensorType type, AttentionShape attention, int threads)
        {
            _math = new Arithmetic(threads);
            _attention = attention;
            _cache = new KvPages(type, type, [new KvShape(KeyValueHeads, HeadLength, HeadLength)]);
            int pages = (Length + KvPages.PageTokens - 1) / KvPages.PageTokens;
            for (int i = 0; i < 3 * pages; i++) _cache.Grow();
            _pages = [.. Enumerable.Range(0, 3).Select(s => Enumerable.Range(0, pages).Select(i => 3 * i + s).ToArray())];
            for (int s = 0; s < 3; s++)
            {
                using Activations keys = Noise(KeyValueHeads * HeadLength, 3 * s), values = Noise(KeyValueHeads * HeadLength, 3 * s + 1);
                _math.StoreKeysAndValues(keys, values, _cache, 0, [new SequenceRun(0, Length, 0, _pages[s])]);
                _queries[s] = Noise(attention.Heads * HeadLength, 3 * s + 2);
            }
        }

        /// <summary>The results of the first text's rows, each run computed in a batch of its own.</summary>
        public float[][] Rows(IReadOnlyList<(int Text, int First, int Count)> runs)
        {
            float[][] rows = [.. Enumerable.Repeat(Array.Empty<float>(), Length)];
            foreach ((int Text, int First, int Count) run in runs) Compute([run], rows);
            return rows;
        }

        /// <summary>The same, all runs in one batch.</summary>
        public float[][] Together(IReadOnlyList<(int Text, int First, int Count)> runs)
        {
            float[][] rows = [.. Enumerable.Repeat(Array.Empty<float>(), Length)];
            Compute(runs, rows);
            return rows;
        }

        public void Dispose()
        {
            foreach (Activations queries in _queries) queries.Dispose();
            _cache.Dispose();
            _math.Dispose();
        }

        private void Compute(IReadOnlyList<(int Text, int First, int Count)> runs, float[][] rows)
        {
            int count = runs.Sum(run => run.Count), row = 0;
            using Activations queries = new(count, _attention.Heads * HeadLength), output = new(count, _attention.Heads * HeadLength);
            var batch = new List<SequenceRun>();
            foreach ((int text, int first, int length) in runs)
            {
                batch.Add(new SequenceRun(row, length, first, _pages[text][..((first + length - 1) / KvPages.PageTokens + 1)]));
                for (int i = 0; i < length; i++) _queries[text][first + i].CopyTo(queries[row++]);
            }

            _math.Attention(queries, _cache, 0, _attention, [.. batch], output);
            foreach ((SequenceRun run, int text) in batch.Zip(runs.Select(run => run.Text)))
                for (int i = 0; text == 0 && i < run.Count; i++) rows[run.FirstPosition + i] = output[run.FirstRow + i].ToArray();
        }

        private static Activations Noise(int columns, int seed)
        {
            var noise = new Activations(Length, columns);
            var random = new Random(seed);
            for (int t = 0; t < Length; t++)
                foreach (ref float value in noise[t]) value = (float)(random.NextDouble() * 2 - 1);
            return noise;
        }
    }
}
