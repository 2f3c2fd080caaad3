using Cria.Models;

namespace Cria.Runtime;

/// <summary>
/// Turns texts into vectors or scores. Short texts share a pass; a long one goes through in slices, unless its tokens see what
/// follows them.
/// </summary>
internal sealed class EmbeddingRun : Run<float[][][]>
{
    private readonly Network _network;
    private readonly int[][] _texts;
    private readonly PoolingType _pooling;
    private readonly LogitsOf _wanted;

    /// <summary>Prepares texts that are known to fit the context, for a network that is known to have the head that ranking needs.</summary>
    public EmbeddingRun(Network network, int[][] texts, PoolingType pooling, CancellationToken cancellationToken)
        : base(cancellationToken)
    {
        _network = network;
        _texts = texts;
        _pooling = pooling;
        _wanted = pooling switch
        {
            PoolingType.Cls => LogitsOf.First,
            PoolingType.Last => LogitsOf.Last,
            PoolingType.Rank => network.RankHead!.IsOfLastToken ? LogitsOf.Last : LogitsOf.First,
            _ => LogitsOf.All,
        };
    }

    protected override IEnumerator<Turn> Work()
    {
        using var batch = new Batch(_network.MaxBatch, _pooling == PoolingType.Rank ? BatchOutput.Scores : BatchOutput.Embeddings);
        Text[] texts = [.. _texts.Select(tokens => new Text(tokens, _pooling))];
        var parts = new List<Part>();
        try
        {
            for (int next = 0; next < texts.Length;)
            {
                yield return Turn.Over;
                batch.Clear();
                parts.Clear();
                next = Fill(batch, parts, texts, next);
                _network.Forward(batch, Cancellation);
                Take(batch, parts);
            }
        }
        finally
        {
            foreach (Text text in texts) text.Forget();
        }

        Result = [.. texts.Select(text => text.Vectors())];
    }

    /// <summary>Adds whole texts while they fit, or a slice of one that does not fit alone; returns the first text that is not done.</summary>
    private int Fill(Batch batch, List<Part> parts, Text[] texts, int next)
    {
        for (; next < texts.Length; next++)
        {
            Text text = texts[next];
            int count = text.Left, room = _network.BatchSize - batch.TokenCount;
            if (count > room)
            {
                if (batch.TokenCount > 0) return next;
                if (_network.Shape.IsCausal) count = room;
            }

            bool isFirst = text.Done == 0, isLast = count == text.Left;
            bool isWanted = _wanted switch
            {
                LogitsOf.First => isFirst,
                LogitsOf.Last => isLast,
                _ => true,
            };
            batch.Add(text.Sequence(_network), text.Take(count), isWanted ? _wanted : LogitsOf.None);
            parts.Add(new Part(text, isWanted ? _wanted == LogitsOf.All ? count : 1 : 0));
            if (!isLast) return next;
        }

        return next;
    }

    /// <summary>Gives the texts of a pass what it computed of them.</summary>
    private static void Take(Batch batch, List<Part> parts)
    {
        int row = 0;
        foreach ((Text text, int rows) in parts)
        {
            for (int i = 0; i < rows; i++) text.Add(batch.Result(row++));
            if (text.Left == 0) text.Forget();
        }
    }

    /// <summary>A text's share of a pass, and the number of its rows that the pass computes.</summary>
    private readonly record struct Part(Text Text, int Rows);

    /// <summary>A text on its way through the network.</summary>
    private sealed class Text(int[] tokens, PoolingType pooling)
    {
        private readonly List<float[]> _vectors = [];
        private KvSequence? _sequence;

        /// <summary>The number of tokens that have been in a pass.</summary>
        public int Done { get; private set; }

        public int Left => tokens.Length - Done;

        public KvSequence Sequence(Network network) => _sequence ??= network.NewSequence(mayExceedLimit: true);

        public ReadOnlySpan<int> Take(int count)
        {
            Done += count;
            return tokens.AsSpan(Done - count, count);
        }

        public void Add(ReadOnlySpan<float> row)
        {
            if (pooling != PoolingType.Mean || _vectors.Count == 0) _vectors.Add(row.ToArray());
            else Sum(_vectors[0], row);
        }

        public float[][] Vectors()
        {
            if (pooling == PoolingType.Mean)
                foreach (ref float value in _vectors[0].AsSpan()) value /= tokens.Length;
            return [.. _vectors];
        }

        /// <summary>Gives back the memory of the keys and values.</summary>
        public void Forget()
        {
            _sequence?.Dispose();
            _sequence = null;
        }

        private static void Sum(Span<float> sums, ReadOnlySpan<float> row)
        {
            for (int i = 0; i < sums.Length; i++) sums[i] += row[i];
        }
    }
}
