using Cria.Tensors;

namespace Cria.Models;

/// <summary>What a network computes of the tokens that are asked for.</summary>
internal enum BatchOutput
{
    /// <summary>The logits of what follows.</summary>
    Logits,

    /// <summary>What the last layer makes of the token, after the last norm.</summary>
    Embeddings,

    /// <summary>The scores that a rank head gives.</summary>
    Scores,
}

/// <summary>The tokens of a run of which the logits, or what else the batch is for, are wanted.</summary>
internal enum LogitsOf
{
    /// <summary>No token: the run only fills the cache.</summary>
    None,

    /// <summary>The first token, which in an encoder stands for the whole text.</summary>
    First,

    /// <summary>The last token, which predicts the next one.</summary>
    Last,

    /// <summary>Every token.</summary>
    All,
}

/// <summary>Tokens of one or more sequences that go through a network together, and the logits, embeddings or scores that come out.</summary>
internal sealed class Batch : IDisposable
{
    private readonly int[] _tokens;
    private readonly int[] _wanted;
    private readonly List<Run> _runs = [];
    private Activations? _results;

    /// <summary>Creates a batch for at most <paramref name="capacity"/> tokens.</summary>
    public Batch(int capacity, BatchOutput output = BatchOutput.Logits)
    {
        Output = output;
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        _tokens = new int[capacity];
        _wanted = new int[capacity];
    }

    /// <summary>One sequence's tokens in the batch: <paramref name="Count"/> of them from row <paramref name="FirstRow"/> on.</summary>
    internal readonly record struct Run(KvSequence Sequence, int FirstRow, int Count);

    /// <summary>What the network computes of the wanted tokens.</summary>
    public BatchOutput Output { get; }

    /// <summary>The most tokens that fit.</summary>
    public int Capacity => _tokens.Length;

    /// <summary>The number of tokens added.</summary>
    public int TokenCount { get; private set; }

    /// <summary>The number of tokens whose logits are wanted.</summary>
    public int LogitsCount { get; private set; }

    internal ReadOnlySpan<int> Tokens => _tokens.AsSpan(0, TokenCount);

    internal List<Run> Runs => _runs;

    /// <summary>The rows whose logits are wanted, ascending.</summary>
    internal ReadOnlySpan<int> WantedRows => _wanted.AsSpan(0, LogitsCount);

    /// <summary>Empties the batch for the next use.</summary>
    public void Clear()
    {
        _runs.Clear();
        TokenCount = 0;
        LogitsCount = 0;
    }

    /// <summary>Adds tokens that continue a sequence; a sequence can be added once.</summary>
    public void Add(KvSequence sequence, ReadOnlySpan<int> tokens, LogitsOf logits)
    {
        ArgumentNullException.ThrowIfNull(sequence);
        if (tokens.IsEmpty) throw new ArgumentException("A run must have at least one token.", nameof(tokens));
        if (tokens.Length > Capacity - TokenCount)
            throw new ArgumentException($"The batch has room for {Capacity - TokenCount} tokens, not {tokens.Length}.", nameof(tokens));
        foreach (Run run in _runs)
            if (run.Sequence == sequence) throw new ArgumentException("The sequence is already in the batch.", nameof(sequence));

        tokens.CopyTo(_tokens.AsSpan(TokenCount));
        _runs.Add(new Run(sequence, TokenCount, tokens.Length));
        (int first, int count) = logits switch
        {
            LogitsOf.All => (TokenCount, tokens.Length),
            LogitsOf.First => (TokenCount, 1),
            LogitsOf.Last => (TokenCount + tokens.Length - 1, 1),
            _ => (TokenCount, 0),
        };
        TokenCount += tokens.Length;
        for (int row = first; row < first + count; row++) _wanted[LogitsCount++] = row;
    }

    /// <summary>The logits of a wanted token, in the order asked; valid until the next forward pass of this batch.</summary>
    public Span<float> Logits(int index) => Result(index);

    /// <summary>What the batch is for, be it logits, of a wanted token, in the order asked; valid until the batch's next forward pass.</summary>
    public Span<float> Result(int index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)LogitsCount, nameof(index));
        if (_results is null || _results.Rows != LogitsCount)
            throw new InvalidOperationException("The batch has not been through a network since it was filled.");
        return _results[index];
    }

    /// <summary>Room for the wanted results; grows by doubling, so that steady use allocates nothing.</summary>
    internal Activations ResultBuffer(int columns)
    {
        if (_results is null || _results.Columns != columns || _results.Capacity < LogitsCount)
        {
            int rows = _results is null ? LogitsCount : Math.Max(LogitsCount, Math.Min(Capacity, 2 * _results.Capacity));
            _results?.Dispose();
            _results = new Activations(rows, columns);
        }

        _results.Resize(LogitsCount);
        return _results;
    }

    public void Dispose()
    {
        _results?.Dispose();
        _results = null;
    }
}
