using Cria.Gguf;
using Cria.Models.Adapters;
using Cria.Tensors;
using Cria.Tensors.Formats;

namespace Cria.Models;

/// <summary>
/// The memory that a network will take, told from the shapes in its file's header: no weight is read, nothing is built, and the
/// architecture does not matter beyond its name.
/// </summary>
internal sealed class NetworkMemory
{
    // Measured with the vocabularies of Llama 2 and 3, GPT-2, Qwen 2 and BERT: 40 to 115.
    private const int BytesPerVocabularyToken = 120;

    private readonly GgufFile _file;
    private readonly NetworkShape _shape;
    private readonly NetworkOptions _options;
    private readonly HashSet<MatrixShape> _matrices = [];
    private readonly HashSet<(string Purpose, long Columns, int RowsPerToken)> _buffers = [];
    private readonly long _pageBytes;
    private int _adapterRank;

    /// <summary>Reads the shapes of a model's tensors and, where some are to be loaded with it, of its adapters'.</summary>
    public NetworkMemory(GgufFile file, NetworkOptions options, IEnumerable<string> adapters)
    {
        _file = file;
        _shape = Network.ReadShape(file);
        _options = options;
        TrainedOrAskedContext = options.ContextFor(_shape);
        _pageBytes = KvPages.BytesPerPage(options.KeyType, options.ValueType, _shape.CacheShapes());
        TableBytes = (long)_shape.VocabularySize * BytesPerVocabularyToken;
        foreach (GgufTensor tensor in file.Tensors) Add(tensor);
        AddBuffers();
        foreach (string adapter in adapters) AddAdapter(adapter);
    }

    /// <summary>The context that the options ask for, 0 being the trained length.</summary>
    public int TrainedOrAskedContext { get; }

    /// <summary>The bytes that are mapped from the file.</summary>
    public long WeightBytes => _file.FileBytes;

    /// <summary>What is made in memory while the model is loaded: the vocabulary, norms and biases as floats.</summary>
    public long TableBytes { get; private set; }

    /// <summary>The matrices of the adapters that are loaded with the model.</summary>
    public long AdapterBytes { get; private set; }

    /// <summary>The keys and values of one sequence of that many tokens.</summary>
    public long CacheBytes(long tokens) => Capped((double)((tokens + KvPages.PageTokens - 1) / KvPages.PageTokens) * _pageBytes);

    /// <summary>The buffers between the layers, the arithmetic's scratch memory and the logits of one token.</summary>
    public long WorkBytes(int context)
    {
        int tokens = _options.BatchFor(_shape, context);
        double buffers = _buffers.Sum(buffer => (double)buffer.RowsPerToken * Activations.BytesFor(tokens, buffer.Columns));
        double scratch = Arithmetic.ScratchBytes(new Workload
        {
            Threads = _options.Threads,
            Tokens = tokens,
            Matrices = _matrices,
            Pages = context / KvPages.PageTokens + 1,
            ListedPages = Math.Max(KvSequence.InitialPages, context / KvPages.PageTokens),
            Slots = _shape.ExpertsUsed,
            Heads = _shape.Heads,
            KeysAndValues = new KvShape(_shape.KeyValueHeads, _shape.KeyLength, _shape.ValueLength),
            AdapterRank = _adapterRank,
        });
        return Capped(buffers + scratch + Activations.BytesFor(1, _shape.IsCausal ? _shape.VocabularySize : _shape.EmbeddingLength));
    }

    /// <summary>A tensor is either a matrix that is computed with where it lies, or small and copied as floats.</summary>
    private void Add(GgufTensor tensor)
    {
        ReadOnlySpan<long> shape = tensor.Dimensions.TrimEnd(1);
        bool isMatrix = shape.Length > 1 && tensor.Name.EndsWith(".weight", StringComparison.Ordinal) && tensor.Name != "token_types.weight";
        if (!isMatrix)
        {
            TableBytes += tensor.ElementCount * sizeof(float);
            return;
        }

        int columns = Size(shape[0]), rows = Size(shape[1]), count = shape.Length > 2 ? Size(shape[2]) : 1;
        if (BlockFormat.CanDecode(tensor.Type)) _matrices.Add(new MatrixShape(tensor.Type, columns, rows, count));
        // What a layer lets through between its matrices is as wide as the input of the last of them.
        if (tensor.Name.EndsWith(".ffn_down.weight", StringComparison.Ordinal)) AddInner(columns, 1);
        if (tensor.Name.EndsWith(".ffn_down_exps.weight", StringComparison.Ordinal))
        {
            AddInner(columns, _shape.ExpertsUsed);
            _buffers.Add(("down", _shape.EmbeddingLength, _shape.ExpertsUsed));
            _buffers.Add(("expert scores", _shape.Experts, 1));
        }

        if (tensor.Name == "cls.weight") _buffers.Add(("rank", rows, 1));
    }

    private void AddInner(int columns, int rowsPerToken)
    {
        _buffers.Add(("gate", columns, rowsPerToken));
        _buffers.Add(("up", columns, rowsPerToken));
    }

    private void AddBuffers()
    {
        foreach (string purpose in (ReadOnlySpan<string>)["stream", "normed", "branch"]) _buffers.Add((purpose, _shape.EmbeddingLength, 1));
        _buffers.Add(("queries", (long)_shape.Heads * _shape.KeyLength, 1));
        _buffers.Add(("keys", (long)_shape.KeyValueHeads * _shape.KeyLength, 1));
        _buffers.Add(("values", (long)_shape.KeyValueHeads * _shape.ValueLength, 1));
        _buffers.Add(("attended", (long)_shape.Heads * _shape.ValueLength, 1));
    }

    private void AddAdapter(string path)
    {
        if (File.Exists(Path.Combine(path, MlxAdapter.WeightsName)))
        {
            // These have 16 bits at least, and half of their matrices become floats.
            AdapterBytes += 2 * new FileInfo(Path.Combine(path, MlxAdapter.WeightsName)).Length;
            return;
        }

        using LoraFile adapter = LoraFile.Open(path);
        foreach (LoraPair pair in adapter.Pairs)
        {
            AdapterBytes += LowRank.BytesFor(pair.Down, pair.Up);
            _adapterRank = Math.Max(_adapterRank, pair.Rank);
        }
    }

    // Damaged files may state sizes whose product is beyond all numbers; below 2^53, which is enough for all others, nothing is rounded.
    private static long Capped(double bytes) => (long)Math.Min(bytes, long.MaxValue / 16);

    // Larger sizes are refused when the network is built.
    private static int Size(long length) => (int)Math.Min(length, int.MaxValue);
}
