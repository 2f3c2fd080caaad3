using Cria.Tensors;

namespace Cria.Models;

/// <summary>The tokens of a run of which the logits are wanted.</summary>
internal enum LogitsOf
{
    /// <summary>No token: the run only fills the cache.</summary>
    None,

    /// <summary>The last token, which predicts the next one.</summary>
    Last,

    /// <summary>Every token.</summary>
    All,
}

/// <summary>Tokens of one or more sequences that go through a network together, and the logits that come out.</summary>
internal sealed class Batch : IDisposable
{
    private readonly int[] _tokens;
    private readonly int[] _wanted;
    private readonly List<Run> _runs = [];
    private Activations? _logits;

    /// <summary>Creates a batch for at most <paramref name="capacity"/> tokens.</summary>
    public Batch(int capacity)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        _tokens = new int[capacity];
        _wanted = new int[capacity];
    }

    /// <summary>One sequence's tokens in the batch: <paramref name="Count"/> of them from row <paramref name="FirstRow"/> on.</summary>
    internal readonly record struct Run(KvSequence Sequence, int FirstRow, int Count);

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
        int firstWanted = logits switch
        {
            LogitsOf.All => TokenCount,
            LogitsOf.Last => TokenCount + tokens.Length - 1,
            _ => TokenCount + tokens.Length,
        };
        TokenCount += tokens.Length;
        for (int row = firstWanted; row < TokenCount; row++) _wanted[LogitsCount++] = row;
    }

    /// <summary>The logits of a wanted token, in the order asked; valid until the next forward pass of this batch.</summary>
    public Span<float> Logits(int index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)LogitsCount, nameof(index));
        if (_logits is null || _logits.Rows != LogitsCount)
            throw new InvalidOperationException("The batch has not been through a network since it was filled.");
        return _logits[index];
    }

    /// <summary>Room for the wanted logits; grows by doubling, so that steady use allocates nothing.</summary>
    internal Activations LogitsBuffer(int vocabularySize)
    {
        if (_logits is null || _logits.Columns != vocabularySize || _logits.Capacity < LogitsCount)
        {
            int rows = _logits is null ? LogitsCount : Math.Max(LogitsCount, Math.Min(Capacity, 2 * _logits.Capacity));
            _logits?.Dispose();
            _logits = new Activations(rows, vocabularySize);
        }

        _logits.Resize(LogitsCount);
        return _logits;
    }

    public void Dispose()
    {
        _logits?.Dispose();
        _logits = null;
    }
}
