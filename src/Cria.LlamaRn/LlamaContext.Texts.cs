namespace Cria.LlamaRn;

public sealed partial class LlamaContext
{
    /// <summary>Cuts a text into tokens, without those that mark its start or end.</summary>
    /// <exception cref="LlamaException">The work failed.</exception>
    public Task<TokenizeResult> TokenizeAsync(string text, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(text);
        return DoAsync(async token => new TokenizeResult(await Model.TokenizeAsync(text, cancellationToken: token).ConfigureAwait(false)), cancellationToken);
    }

    /// <summary>Joins tokens to a text; special tokens are written by name.</summary>
    /// <exception cref="LlamaException">There is no such token.</exception>
    public Task<string> DetokenizeAsync(ReadOnlyMemory<int> tokens, CancellationToken cancellationToken = default) =>
        DoAsync(token => Model.DetokenizeAsync(tokens, special: true, token), cancellationToken);

    /// <summary>Turns a text into a vector.</summary>
    /// <exception cref="LlamaException">The text does not fit the context, or the model cannot do it.</exception>
    public Task<EmbeddingResult> EmbeddingAsync(string text, EmbeddingParams? parameters = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(text);
        return DoAsync(token => EmbedAsync(text, parameters, token), cancellationToken);
    }

    /// <summary>Scores how well each document answers a query, and returns them best first.</summary>
    /// <exception cref="LlamaException">The model is no reranker, or a document does not fit the context.</exception>
    public Task<IReadOnlyList<RerankResult>> RerankAsync(string query, IReadOnlyList<string> documents, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        ArgumentNullException.ThrowIfNull(documents);
        return DoAsync(token => RankAsync(query, documents, token), cancellationToken);
    }

    /// <summary>Measures how fast the model reads prompts and generates tokens.</summary>
    /// <param name="pp">The tokens of the prompt.</param>
    /// <param name="tg">The tokens to generate.</param>
    /// <param name="pl">The sequences at once; only 1 is supported.</param>
    /// <param name="nr">How often each is measured; the result is the mean.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    /// <exception cref="LlamaException">A number is out of its range.</exception>
    public Task<BenchResult> BenchAsync(int pp, int tg, int pl = 1, int nr = 1, CancellationToken cancellationToken = default)
    {
        if (pl != 1) throw LlamaException.Invalid("pl", $"pl is {pl}, but one sequence at a time is measured: give 1.");
        return DoAsync(async token =>
        {
            BenchmarkResult measured = await Model.BenchmarkAsync(pp, tg, nr, cancellationToken: token).ConfigureAwait(false);
            double speedPp = Mean(measured.PrefillPerSecond), speedTg = Mean(measured.DecodePerSecond);
            double timePp = speedPp > 0 ? pp / speedPp : 0, timeTg = speedTg > 0 ? tg / speedTg : 0;
            return new BenchResult
            {
                NKvMax = Model.ContextLength,
                NBatch = Parameters.NBatch!.Value,
                NUbatch = Options.BatchSize,
                NThreads = Model.Threads,
                NThreadsBatch = Model.Threads,
                Pp = pp,
                Tg = tg,
                Pl = pl,
                NKv = pp + tg,
                TPp = timePp,
                SpeedPp = speedPp,
                TTg = timeTg,
                SpeedTg = speedTg,
                T = timePp + timeTg,
                Speed = timePp + timeTg > 0 ? (pp + tg) / (timePp + timeTg) : 0,
            };
        }, cancellationToken);
    }

    internal async Task<EmbeddingResult> EmbedAsync(string text, EmbeddingParams? parameters, CancellationToken cancellationToken)
    {
        var options = new EmbeddingOptions
        {
            Normalization = parameters?.EmbdNormalize ?? Parameters.EmbdNormalize!.Value,
            Pooling = Parameters.PoolingType switch
            {
                null or "" => null,
                "none" => PoolingType.None,
                "mean" => PoolingType.Mean,
                "cls" => PoolingType.Cls,
                "last" => PoolingType.Last,
                "rank" => PoolingType.Rank,
                var other => throw LlamaException.Invalid("pooling_type", $"pooling_type is \"{other}\", but must be none, mean, cls, last or rank."),
            },
        };
        return new EmbeddingResult((await Model.EmbedAsync(text, options, cancellationToken).ConfigureAwait(false)).Vector);
    }

    internal async Task<IReadOnlyList<RerankResult>> RankAsync(string query, IReadOnlyList<string> documents, CancellationToken cancellationToken) =>
        [.. (await Model.RerankAsync(query, documents, cancellationToken).ConfigureAwait(false))
            .Select(ranked => new RerankResult(ranked.Score, ranked.Index, ranked.Document))];

    /// <summary>Does work as a request of this context, which releasing the context cancels.</summary>
    private async Task<T> DoAsync<T>(Func<CancellationToken, Task<T>> work, CancellationToken cancellationToken)
    {
        using ActiveRequest request = BeginRequest(cancellationToken);
        return await ErrorRecovery.CodedAsync(() => work(request.Token)).ConfigureAwait(false);
    }

    private static double Mean(IReadOnlyList<double> values) => values.Count == 0 ? 0 : values.Average();
}
