using Cria.Models;
using Cria.Runtime;

namespace Cria;

public sealed partial class LlamaModel
{
    /// <summary>Turns a text into the vector that stands for it.</summary>
    /// <exception cref="InvalidOptionException">An option is outside its range.</exception>
    /// <exception cref="ContextFullException">The text does not fit the context.</exception>
    /// <exception cref="UnsupportedTaskException">The options ask for a rank head, which the model does not have.</exception>
    public async Task<TextEmbedding> EmbedAsync(
        string text, EmbeddingOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(text);
        return (await EmbedAsync([text], options, cancellationToken).ConfigureAwait(false))[0];
    }

    /// <summary>Turns texts into the vectors that stand for them, as many at once as a batch holds; the results have the texts' order.</summary>
    /// <exception cref="InvalidOptionException">An option is outside its range.</exception>
    /// <exception cref="ContextFullException">A text does not fit the context; none was embedded.</exception>
    /// <exception cref="UnsupportedTaskException">The options ask for a rank head, which the model does not have.</exception>
    public async Task<IReadOnlyList<TextEmbedding>> EmbedAsync(
        IEnumerable<string> texts, EmbeddingOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(texts);
        options = Checked(options);
        int[][] tokens = await ReadTextsAsync(texts, text => Tokens(text, options), cancellationToken).ConfigureAwait(false);
        return await EmbedAsync(tokens, options, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Turns a text of tokens into the vector that stands for it.</summary>
    /// <exception cref="InvalidOptionException">An option is outside its range, or there are no tokens.</exception>
    /// <exception cref="ContextFullException">The text does not fit the context.</exception>
    /// <exception cref="UnsupportedTaskException">The options ask for a rank head, which the model does not have.</exception>
    public async Task<TextEmbedding> EmbedAsync(
        ReadOnlyMemory<int> tokens, EmbeddingOptions? options = null, CancellationToken cancellationToken = default)
    {
        options = Checked(options);
        _engine.CheckPrompt(tokens.Span);
        return (await EmbedAsync([tokens.ToArray()], options, cancellationToken).ConfigureAwait(false))[0];
    }

    /// <summary>Scores how well each document answers a query, and returns them best first.</summary>
    /// <exception cref="ContextFullException">The query and a document do not fit the context together; none was scored.</exception>
    /// <exception cref="UnsupportedTaskException">The model is no reranker.</exception>
    public async Task<IReadOnlyList<RankedDocument>> RerankAsync(
        string query, IEnumerable<string> documents, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        ArgumentNullException.ThrowIfNull(documents);
        EmbeddingOptions options = Checked(new EmbeddingOptions { Pooling = PoolingType.Rank });
        string[] texts = [.. documents];
        string? template = Info.Metadata.GetValueOrDefault(RerankPrompt.TemplateKey);
        var prompt = new Lazy<RerankPrompt>(() => new RerankPrompt(_engine.Tokenizer, template, query));
        int[][] tokens = await ReadTextsAsync(texts, text => prompt.Value.Tokens(text), cancellationToken).ConfigureAwait(false);
        IReadOnlyList<TextEmbedding> scores = await EmbedAsync(tokens, options, cancellationToken).ConfigureAwait(false);
        return [.. texts.Select((text, i) => new RankedDocument(i, text, scores[i].Vector[0])).OrderByDescending(ranked => ranked.Score)];
    }

    private EmbeddingOptions Checked(EmbeddingOptions? options)
    {
        _engine.Scheduler.ThrowIfDisposed();
        options ??= new EmbeddingOptions();
        OptionRules.Check(options);
        options = options with { Pooling = options.Pooling ?? Info.Pooling ?? PoolingType.None };
        if (options.Pooling == PoolingType.Rank && Network.RankHead is null) throw UnsupportedTaskException.Reranking(Info.Architecture);
        return options;
    }

    private Network Network => _engine.Network ?? throw new InvalidOperationException("This model has no network to embed with.");

    private Task<int[][]> ReadTextsAsync(IEnumerable<string> texts, Func<string, int[]> tokenize, CancellationToken cancellationToken) =>
        Task.Run(() =>
        {
            var tokens = new List<int[]>();
            foreach (string text in texts)
            {
                cancellationToken.ThrowIfCancellationRequested();
                ArgumentNullException.ThrowIfNull(text, nameof(texts));
                tokens.Add(tokenize(text));
                _engine.CheckPrompt(tokens[^1]);
            }

            return tokens.ToArray();
        }, cancellationToken);

    private int[] Tokens(string text, EmbeddingOptions options)
    {
        int[] tokens = _engine.Tokenizer.Encode(text, options.AddSpecial, options.ParseSpecial);
        // An empty text still has a vector, where the model knows a first token.
        return tokens.Length == 0 && _engine.Tokenizer.Bos is { } bos ? [bos] : tokens;
    }

    private async Task<IReadOnlyList<TextEmbedding>> EmbedAsync(int[][] texts, EmbeddingOptions options, CancellationToken cancellationToken)
    {
        if (texts.Length == 0) return [];
        PoolingType pooling = options.Pooling!.Value;
        float[][][] vectors = await _engine.Complete(new EmbeddingRun(Network, texts, pooling, cancellationToken)).ConfigureAwait(false);
        if (pooling != PoolingType.Rank)
            foreach (float[] vector in vectors.SelectMany(text => text)) VectorNorm.Apply(vector, options.Normalization);
        return [.. vectors.Select((text, i) => new TextEmbedding(text, pooling, texts[i].Length))];
    }
}
