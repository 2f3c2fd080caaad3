using Cria.Gguf;
using Cria.Models.Adapters;
using Cria.Models.Parts;
using Cria.Tensors;

namespace Cria.Models;

/// <summary>
/// A loaded model: its weights (mapped from the file, which must stay open as long), the arithmetic and the cache's memory.
/// Forward passes of several threads run one after the other.
/// </summary>
internal sealed class Network : IDisposable
{
    private static readonly SortedDictionary<string, Func<ModelReader, Transformer>> s_architectures = new(StringComparer.Ordinal)
    {
        ["bert"] = Bert.Build,
        ["gemma2"] = Gemma2.Build,
        ["gemma3"] = Gemma3.Build,
        ["gpt-oss"] = GptOss.Build,
        ["granite"] = Granite.Build,
        ["llama"] = Llama.Build,
        ["nomic-bert"] = NomicBert.Build,
        ["nomic-bert-moe"] = NomicBert.BuildWithExperts,
        ["olmo2"] = Olmo2.Build,
        ["phi3"] = Phi3.Build,
        ["qwen2"] = Qwen2.Build,
        ["qwen3"] = Qwen3.Build,
        ["qwen3moe"] = Qwen3Moe.Build,
        ["smollm3"] = SmolLm3.Build,
    };

    private readonly GgufFile _file;
    private readonly Transformer _transformer;
    private readonly Workspace _workspace;
    private readonly Arithmetic _math;
    private readonly KvCache _cache;
    private readonly Pass _pass;
    private readonly LoraRouter _adapters;
    private readonly List<ScaledAdapter> _always = [];
    private readonly Lock _lock = new();
    private bool _isDisposed;

    private Network(GgufFile file, Transformer transformer, ModelReader model, NetworkOptions options)
    {
        _file = file;
        _transformer = transformer;
        _workspace = model.Workspace;
        _adapters = model.Adapters;
        Shape = model.Shape;
        ContextLength = model.ContextLength;
        BatchSize = options.MaxBatch;
        _math = new Arithmetic(options.Threads);
        _cache = new KvCache(new KvPages(options.KeyType, options.ValueType, Shape.CacheShapes()));
        _pass = new Pass(_math, _cache.Pages, _workspace.MaxBatch);
    }

    /// <summary>The architectures that can be loaded, as <c>general.architecture</c> names them.</summary>
    public static IReadOnlyCollection<string> KnownArchitectures => s_architectures.Keys;

    /// <summary>The sizes of the network.</summary>
    public NetworkShape Shape { get; }

    /// <summary>The most tokens of one sequence.</summary>
    public int ContextLength { get; }

    /// <summary>The most tokens of one batch.</summary>
    public int MaxBatch => _workspace.MaxBatch;

    /// <summary>The number of tokens that a batch should have at most, unless a text needs more.</summary>
    public int BatchSize { get; }

    /// <summary>Whether it can tell what follows a text; else it only turns texts into vectors and scores.</summary>
    public bool CanPredict => _transformer.HasLogits && Shape.IsCausal;

    /// <summary>The part that scores documents, if there is one.</summary>
    public RankHead? RankHead => _transformer.RankHead;

    internal KvCache Cache => _cache;

    /// <summary>The bytes of the buffers between the layers and of the arithmetic's scratch memory.</summary>
    internal long WorkBytes => _workspace.Bytes + _math.HeldBytes;

    /// <summary>The bytes of the keys and values, those included that no sequence holds now.</summary>
    internal long CacheBytes => _cache.Pages.HeldBytes;

    /// <summary>The bytes of the adapters that all sequences go through.</summary>
    internal long AdapterBytes => _always.Sum(scaled => scaled.Adapter.Bytes);

    /// <summary>Loads the network that a file holds.</summary>
    public static Network Load(GgufFile file, NetworkOptions options)
    {
        ArgumentNullException.ThrowIfNull(file);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        NetworkShape shape = ReadShape(file);
        int context = options.ContextFor(shape);
        var workspace = new Workspace(options.BatchFor(shape, context));
        try
        {
            var model = new ModelReader(file, shape, context, workspace);
            Transformer transformer = s_architectures[shape.Architecture](model);
            model.RefuseUnusedTensors();
            return new Network(file, transformer, model, options);
        }
        catch
        {
            workspace.Dispose();
            throw;
        }
    }

    /// <summary>The sizes of the network that a file holds, if it is of an architecture that can be loaded and has weights.</summary>
    public static NetworkShape ReadShape(GgufFile file)
    {
        var settings = new Hyperparameters(file);
        if (!s_architectures.ContainsKey(settings.Architecture))
        {
            throw settings.Unsupported(settings.Architecture,
                $"the architecture {settings.Architecture} is not known; known are {string.Join(", ", s_architectures.Keys)}.");
        }

        if (file.Tensors.Count == 0)
        {
            throw new ModelLoadException(file.Path,
                $"{Path.GetFileName(file.Path)}: the file holds no weights, so that it can tokenize but not compute. Download the whole model.");
        }

        return NetworkShape.Read(file);
    }

    /// <summary>Loads an adapter for this network's sequences, after all checks; the file is not needed afterwards.</summary>
    public LoraAdapter LoadAdapter(string path, CancellationToken cancellationToken = default)
    {
        using LoraFile file = CheckedAdapter(path, cancellationToken);
        return new LoraAdapter(file, _adapters, cancellationToken);
    }

    /// <summary>Loads an adapter that all sequences go through which begin later; it is freed with the network.</summary>
    public void AddAdapter(string path, float scale, CancellationToken cancellationToken = default) =>
        _always.Add(new ScaledAdapter(LoadAdapter(path, cancellationToken), scale));

    /// <summary>Checks that an adapter can be loaded, without loading it.</summary>
    public AdapterInfo CheckAdapter(string path, CancellationToken cancellationToken = default)
    {
        using LoraFile file = CheckedAdapter(path, cancellationToken);
        return file.Info;
    }

    /// <summary>Whether an adapter was loaded for this network.</summary>
    public bool Owns(LoraAdapter adapter) => adapter.BelongsTo(_adapters);

    /// <summary>
    /// Begins a sequence, which takes memory only as tokens are added. All its tokens go through these adapters and those of
    /// <see cref="AddAdapter"/>; another sequence is needed for other adapters.
    /// </summary>
    public KvSequence NewSequence(IReadOnlyList<ScaledAdapter>? adapters = null, bool mayExceedLimit = false)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (adapters is null && _always.Count == 0) return new KvSequence(_cache) { MayExceedLimit = mayExceedLimit };
        ScaledAdapter[] all = [.. _always, .. adapters ?? []];
        foreach (ScaledAdapter scaled in all)
            if (!Owns(scaled.Adapter)) throw new ArgumentException("An adapter belongs to another network.", nameof(adapters));
        return new KvSequence(_cache, AdapterSet.Of(all)) { MayExceedLimit = mayExceedLimit };
    }

    /// <summary>
    /// Appends the batch's tokens to their sequences and computes what was asked for. When it throws, also
    /// on cancellation, every sequence is as it was before.
    /// </summary>
    public void Forward(Batch batch, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(batch);
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            ObjectDisposedException.ThrowIf(_file.IsDisposed, _file);
            cancellation.ThrowIfCancellationRequested();
            Check(batch);
            bool isDone = false;
            try
            {
                foreach (Batch.Run run in batch.Runs) _cache.Reserve(run.Sequence, run.Sequence.Length + run.Count);
                _pass.Begin(batch, cancellation);
                _adapters.Begin(batch);
                _math.Cancellation = cancellation;
                _transformer.Compute(_pass, batch.LogitsCount > 0 ? batch.ResultBuffer(Width(batch.Output)) : null);
                foreach (Batch.Run run in batch.Runs) run.Sequence.Length += run.Count;
                isDone = true;
            }
            finally
            {
                _math.Cancellation = CancellationToken.None;
                _pass.End();
                _adapters.End();
                if (!isDone)
                    foreach (Batch.Run run in batch.Runs) _cache.Release(run.Sequence, run.Sequence.Length);
            }
        }
    }

    /// <summary>Frees the cache and the working memory; the file stays open.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            if (_isDisposed) return;
            _isDisposed = true;
            foreach (ScaledAdapter scaled in _always) scaled.Adapter.Dispose();
            _math.Dispose();
            _cache.Dispose();
            _workspace.Dispose();
        }
    }

    private int Width(BatchOutput output) => output switch
    {
        BatchOutput.Embeddings => Shape.EmbeddingLength,
        BatchOutput.Scores => RankHead!.Outputs,
        _ => Shape.VocabularySize,
    };

    private LoraFile CheckedAdapter(string path, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        LoraFile file = LoraFile.Open(path, _file, Shape, cancellationToken);
        try
        {
            file.CheckAgainst(_file, Shape, _adapters);
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private void Check(Batch batch)
    {
        if (batch.Output == BatchOutput.Logits && !CanPredict) throw UnsupportedTaskException.Generation(Shape.Architecture);
        if (batch.Output == BatchOutput.Scores && RankHead is null) throw UnsupportedTaskException.Reranking(Shape.Architecture);
        if (batch.TokenCount == 0) throw new ArgumentException("The batch is empty.", nameof(batch));
        if (batch.TokenCount > MaxBatch)
            throw new ArgumentException($"The batch has {batch.TokenCount} tokens, but the network takes {MaxBatch}.", nameof(batch));
        foreach (Batch.Run run in batch.Runs)
        {
            ObjectDisposedException.ThrowIf(run.Sequence.IsDisposed, run.Sequence);
            if (run.Sequence.Cache != _cache)
                throw new ArgumentException("A sequence of the batch belongs to another network.", nameof(batch));
            if (!Shape.IsCausal && run.Sequence.Length > 0)
                throw new ArgumentException("The tokens of this network see what follows them: a text must be in one run.", nameof(batch));
            if (run.Count > ContextLength - run.Sequence.Length)
                throw new ContextFullException(run.Sequence.Length + run.Count, ContextLength);
        }

        foreach (int token in batch.Tokens)
        {
            if ((uint)token >= (uint)Shape.VocabularySize)
                throw new InvalidOptionException("token", token, $"between 0 and {Shape.VocabularySize - 1}");
        }
    }
}
