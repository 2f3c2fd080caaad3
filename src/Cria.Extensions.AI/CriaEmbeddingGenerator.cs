using Cria.Extensions.AI.Telemetry;
using Microsoft.Extensions.AI;

namespace Cria.Extensions.AI;

/// <summary>Turns texts into vectors with a model in this process, through the interface that all of .NET's embedding generators have.</summary>
/// <remarks>All members may be used from several threads at once. Disposing it leaves the model as it is.</remarks>
public sealed class CriaEmbeddingGenerator : IEmbeddingGenerator<string, Embedding<float>>
{
    private readonly CriaModelHost _host;
    private bool _isDisposed;

    /// <summary>Makes a generator of a model that is loaded with its first request.</summary>
    public CriaEmbeddingGenerator(CriaModelHost host)
    {
        ArgumentNullException.ThrowIfNull(host);
        _host = host;
    }

    /// <summary>Makes a generator of a model.</summary>
    public CriaEmbeddingGenerator(LlamaModel model) : this(new CriaModelHost(model ?? throw new ArgumentNullException(nameof(model))))
    {
    }

    /// <inheritdoc/>
    /// <remarks><see cref="EmbeddingGenerationOptions.RawRepresentationFactory"/> may give <see cref="EmbeddingOptions"/>; without, a model whose file names no pooling is pooled by the mean.</remarks>
    /// <exception cref="NotSupportedException">The options ask for another number of dimensions than the model has.</exception>
    /// <exception cref="CriaException">The model cannot be loaded, or a text does not fit it.</exception>
    public async Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(
        IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(values);
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        using var operation = EmbeddingOperation.Start(_host);
        try
        {
            LlamaModel model = await _host.GetModelAsync(cancellationToken).ConfigureAwait(false);
            if (options?.Dimensions is { } dimensions && dimensions != model.Info.EmbeddingLength)
            {
                throw new NotSupportedException(
                    $"{dimensions} dimensions are asked for, but the model's vectors have {model.Info.EmbeddingLength}. Leave Dimensions out.");
            }

            EmbeddingOptions choice = options?.RawRepresentationFactory?.Invoke(this) as EmbeddingOptions
                ?? new EmbeddingOptions { Pooling = model.Info.Pooling is null or PoolingType.None ? PoolingType.Mean : null };
            IReadOnlyList<TextEmbedding> embeddings = await model.EmbedAsync(values, choice, cancellationToken).ConfigureAwait(false);
            int tokens = embeddings.Sum(embedding => embedding.TokenCount);
            operation.Answered(tokens, model.Info.EmbeddingLength);
            DateTimeOffset now = DateTimeOffset.UtcNow;
            return new(embeddings.Select(embedding => new Embedding<float>(embedding.Vector) { ModelId = _host.ModelId, CreatedAt = now }))
            {
                Usage = new UsageDetails { InputTokenCount = tokens, TotalTokenCount = tokens },
            };
        }
        catch (Exception failure)
        {
            operation.Failed(failure);
            throw;
        }
    }

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        return serviceKey is not null ? null
            : serviceType == typeof(EmbeddingGeneratorMetadata)
                ? new EmbeddingGeneratorMetadata(CriaChatClient.Provider, providerUri: null, _host.ModelId, _host.Model?.Info.EmbeddingLength)
            : serviceType == typeof(CriaModelHost) ? _host
            : serviceType == typeof(LlamaModel) ? _host.Model
            : serviceType.IsInstanceOfType(this) ? this
            : null;
    }

    /// <summary>Ends the use of this generator; the model stays.</summary>
    public void Dispose() => _isDisposed = true;
}
