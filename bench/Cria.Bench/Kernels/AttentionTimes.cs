using BenchmarkDotNet.Attributes;
using Cria.Gguf;
using Cria.Tensors;

namespace Cria.Bench.Kernels;

/// <summary>Attention over a long cache, as of a 1.1B llama: 32 query heads on 4 key-value heads of 64.</summary>
public class AttentionTimes : IMeasuredWork, IDisposable
{
    private const int Heads = 32, KeyValueHeads = 4, HeadLength = 64, Context = 4096, PromptTokens = 64;

    private readonly AttentionShape _shape = new() { Heads = Heads, Scale = 0.125f };
    private readonly Arithmetic _math = new(threads: 1);
    private readonly Activations _queries = new(PromptTokens, Heads * HeadLength), _output = new(PromptTokens, Heads * HeadLength);
    private KvPages? _cache;
    private SequenceRun _oneToken, _prompt;

    public static IEnumerable<TensorType> Formats => [TensorType.F16, TensorType.Q8_0, TensorType.F32];

    [ParamsSource(nameof(Formats))]
    public TensorType Format { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        _cache = new KvPages(Format, Format, [new KvShape(KeyValueHeads, HeadLength, HeadLength)]);
        int[] pages = [.. Enumerable.Range(0, Context / KvPages.PageTokens).Select(_ => _cache.Grow())];
        using var rows = new Activations(Context, KeyValueHeads * HeadLength);
        for (int position = 0; position < Context; position++)
            for (int i = 0; i < rows.Columns; i++) rows[position][i] = (i % HeadLength % 7 - 3) * 0.25f;
        _math.StoreKeysAndValues(rows, rows, _cache, 0, [new SequenceRun(0, Context, 0, pages)]);

        for (int row = 0; row < PromptTokens; row++) _queries[row].Fill(0.25f);
        _oneToken = new SequenceRun(0, 1, Context - 1, pages);
        _prompt = new SequenceRun(0, PromptTokens, Context - PromptTokens, pages);
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _cache?.Dispose();
        _queries.Dispose();
        _output.Dispose();
        _math.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>The cache once, and a multiplication and an addition for each query with each key and each value.</summary>
    public Work WorkOf(string method) =>
        new(2.0 * Context * Format.BytesFor(KeyValueHeads * HeadLength), 4.0 * Context * Heads * HeadLength * (method == nameof(Prompt) ? PromptTokens : 1));

    [Benchmark]
    public void OneToken() => Attend(1, _oneToken);

    [Benchmark]
    public void Prompt() => Attend(PromptTokens, _prompt);

    private void Attend(int rows, SequenceRun run)
    {
        _queries.Resize(rows);
        _output.Resize(rows);
        _math.Attention(_queries, _cache!, 0, _shape, [run], _output);
    }
}
