using Cria.Models.Adapters;
using Cria.Models.Parts;
using Cria.Tensors;

namespace Cria.Models;

/// <summary>
/// A transformer: an embedding table, a stack of blocks and, unless it is an encoder, which only turns text into vectors, the
/// way from the last row to logits.
/// </summary>
internal sealed class Transformer
{
    private readonly Embedding _embedding;
    private readonly Block[] _blocks;
    private readonly Norm? _outputNorm;
    private readonly Linear? _output;
    private readonly Activations _stream, _normed, _branch;
    private readonly LoraRouter _adapters;

    /// <summary>Reads the two ends and lets <paramref name="block"/> read each layer.</summary>
    public Transformer(ModelReader model, Func<int, Block> block, bool isEncoder = false)
    {
        int embedding = model.Shape.EmbeddingLength;
        _embedding = model.Embedding("token_embd.weight", embedding, model.Shape.VocabularySize);
        _blocks = [.. Enumerable.Range(0, model.Shape.Layers).Select(block)];
        if (!isEncoder)
        {
            _outputNorm = model.Norm("output_norm", embedding);
            // Without an output matrix of its own, a model uses the embedding table for both ways; what adapters change of that, they
            // change of the way in.
            _output = model.Has("output.weight") ? model.Linear("output", embedding, model.Shape.VocabularySize) : new Linear(_embedding.Table);
        }

        _stream = model.Workspace.Buffer("stream", embedding);
        _normed = model.Workspace.Buffer("normed", embedding);
        _branch = model.Workspace.Buffer("branch", embedding);
        _adapters = model.Adapters;
    }

    /// <summary>Whether there is a way from the last row to logits.</summary>
    public bool HasLogits => _output is not null;

    /// <summary>A vector that is added to the embedding of each token.</summary>
    public float[]? TypeEmbedding { get; init; }

    /// <summary>A table with a row for each position, which is added to the embedding of the token there.</summary>
    public Weight? PositionEmbedding { get; init; }

    /// <summary>The norm of the embeddings before the first block.</summary>
    public Norm? EmbeddingNorm { get; init; }

    /// <summary>What turns a row into scores, if the model ranks texts.</summary>
    public RankHead? RankHead { get; init; }

    /// <summary>What embeddings are multiplied by.</summary>
    public float EmbeddingScale { get; init; } = 1;

    /// <summary>What logits are multiplied by.</summary>
    public float LogitScale { get; init; } = 1;

    /// <summary>Logits are capped as cap · tanh(logit / cap); 0 leaves them.</summary>
    public float LogitSoftCap { get; init; }

    /// <summary>Runs the layers over the pass's rows and fills <paramref name="results"/>, unless null, for the wanted ones.</summary>
    public void Compute(Pass pass, Activations? results)
    {
        Arithmetic math = pass.Math;
        Embed(pass);
        for (int i = 0; i < _blocks.Length; i++)
        {
            pass.Cancellation.ThrowIfCancellationRequested();
            Block block = _blocks[i];
            bool isLast = i == _blocks.Length - 1;
            block.Attention.Project(pass, Normalised(math, block.AttentionNorm));
            if (isLast && results is null) return;

            Activations attended = block.Attention.Attend(pass);
            if (isLast)
            {
                // Nothing after this looks across rows, so only those go on that are wanted.
                Keep(attended, pass.WantedRows);
                Keep(_stream, pass.WantedRows);
                _adapters.Keep(pass.WantedRows);
            }

            block.Attention.Output(math, attended, _branch);
            Join(math, block.AttentionPostNorm, block.ResidualScale, block.AttentionOutputNorm);
            block.FeedForward.Run(math, Normalised(math, block.FeedForwardNorm), _branch);
            Join(math, block.FeedForwardPostNorm, block.ResidualScale, block.FeedForwardOutputNorm);
        }

        pass.Cancellation.ThrowIfCancellationRequested();
        Finish(math, pass.Output, Normalised(math, _outputNorm), results!);
    }

    private void Embed(Pass pass)
    {
        Arithmetic math = pass.Math;
        _embedding.Run(math, pass.Tokens, _stream);
        if (EmbeddingScale != 1) math.Scale(_stream, EmbeddingScale);
        if (TypeEmbedding is not null) math.AddBias(_stream, TypeEmbedding);
        if (PositionEmbedding is not null)
        {
            _branch.Resize(pass.Tokens.Length);
            math.Embed(PositionEmbedding, pass.Positions, _branch);
            math.Add(_stream, _branch);
        }

        EmbeddingNorm?.RunInPlace(math, _stream);
    }

    private void Finish(Arithmetic math, BatchOutput output, Activations rows, Activations results)
    {
        switch (output)
        {
            case BatchOutput.Embeddings:
                for (int row = 0; row < rows.Rows; row++) rows[row].CopyTo(results[row]);
                break;
            case BatchOutput.Scores:
                RankHead!.Run(math, rows, results);
                break;
            default:
                _output!.Run(math, rows, results);
                if (LogitScale != 1) math.Scale(results, LogitScale);
                if (LogitSoftCap > 0) math.SoftCap(results, LogitSoftCap);
                break;
        }
    }

    private Activations Normalised(Arithmetic math, Norm? norm)
    {
        if (norm is null) return _stream;
        norm.Run(math, _stream, _normed);
        return _normed;
    }

    private void Join(Arithmetic math, Norm? postNorm, float scale, Norm? outputNorm)
    {
        postNorm?.RunInPlace(math, _branch);
        math.Add(_stream, _branch, scale);
        outputNorm?.RunInPlace(math, _stream);
    }

    private static void Keep(Activations x, ReadOnlySpan<int> rows)
    {
        // The rows ascend, so none is overwritten before it has moved.
        for (int i = 0; i < rows.Length; i++)
            if (rows[i] != i) x[rows[i]].CopyTo(x[i]);
        x.Resize(rows.Length);
    }
}
