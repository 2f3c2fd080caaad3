using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace LlamaCpp;

/// <summary>
/// llama.cpp in a child process, one request at a time. A request that llama.cpp refuses throws
/// <see cref="LlamaCppException"/> and leaves the process usable; one that crashes it throws too, and ends it.
/// </summary>
public sealed class LlamaCppProcess : IDisposable
{
    private readonly LineProcess _process;

    private LlamaCppProcess(string? backend, TimeSpan patience)
    {
        string program = typeof(LlamaCppProcess).Assembly.Location;
        var start = new ProcessStartInfo(DotnetHost(), [program, LlamaCppInstall.Folder()]);
        if (backend is not null) start.ArgumentList.Add(backend);
        start.Environment["GGML_NO_BACKTRACE"] = "1";
        // The parent may have instruction sets switched off to test its own kernels; the child is not under test.
        foreach (string name in start.Environment.Keys.Where(k => k.StartsWith("DOTNET_Enable", StringComparison.Ordinal)).ToList())
        {
            start.Environment.Remove(name);
        }

        _process = new LineProcess("llama.cpp", start, patience);
    }

    /// <summary>Whether the process still answers.</summary>
    public bool IsAlive => _process.IsAlive;

    /// <summary>
    /// Starts llama.cpp, setting it up first where needed, with the best processor backend or the named one (haswell, zen4,
    /// sse42, …). Throws <see cref="LlamaCppUnavailableException"/> where it cannot be had.
    /// </summary>
    public static LlamaCppProcess Start(string? backend = null, TimeSpan? patience = null) =>
        new(backend, patience ?? TimeSpan.FromMinutes(5));

    /// <summary>Opens a model in place of the one before.</summary>
    public LoadResult Load(string path, LlamaCppOptions? options = null) =>
        Ask<LoadResult>(new LoadRequest(Path.GetFullPath(path), options ?? new LlamaCppOptions()));

    /// <summary>Clears the context, runs the tokens and gives the logits after the last.</summary>
    public float[] Logits(IEnumerable<int> tokens) => Floats(new LogitsRequest([.. tokens], All: false));

    /// <summary>Clears the context, runs the tokens and gives the logits after each, one row after another.</summary>
    public float[] AllLogits(IEnumerable<int> tokens) => Floats(new LogitsRequest([.. tokens], All: true));

    /// <summary>Runs one more token and gives the logits after it.</summary>
    public float[] Continue(int token) => Floats(new ContinueRequest(token));

    /// <summary>Clears the context, runs the prompt and gives the next <paramref name="count"/> most likely tokens, past any end.</summary>
    public int[] Greedy(IEnumerable<int> prompt, int count) => Ask<TokensResponse>(new GreedyRequest([.. prompt], count)).Tokens;

    /// <summary>The pooled embedding of the tokens, or their scores; the model must be loaded with embeddings.</summary>
    public float[] Embed(IEnumerable<int> tokens) => Floats(new EmbedRequest([.. tokens], All: false));

    /// <summary>The embedding of each token, one row after another; the model must be loaded with embeddings and without pooling.</summary>
    public float[] EmbedAll(IEnumerable<int> tokens) => Floats(new EmbedRequest([.. tokens], All: true));

    public int[] Tokenize(string text, bool addSpecial = false, bool parseSpecial = false) =>
        Tokenize(Encoding.UTF8.GetBytes(text), addSpecial, parseSpecial);

    public int[] Tokenize(byte[] utf8, bool addSpecial = false, bool parseSpecial = false) =>
        Ask<TokensResponse>(new TokenizeRequest(utf8, addSpecial, parseSpecial)).Tokens;

    public byte[] Detokenize(IEnumerable<int> tokens, bool removeSpecial = false, bool unparseSpecial = false) =>
        Ask<BytesResponse>(new DetokenizeRequest([.. tokens], removeSpecial, unparseSpecial)).Bytes;

    /// <summary>The bytes of one token.</summary>
    public byte[] Piece(int token, bool special = false) => Ask<BytesResponse>(new PieceRequest(token, special)).Bytes;

    public VocabularyInfo Vocabulary() => Ask<VocabularyInfo>(new VocabularyRequest());

    public TokenInfo Token(int token) => Ask<TokenInfo>(new TokenRequest(token));

    /// <summary>Sets up the chain that <see cref="Sample(float[], bool)"/> uses from now on, after the tokens of a history.</summary>
    public void SetChain(IEnumerable<SamplerStage> stages, int vocabularySize, IEnumerable<int>? history = null) =>
        Ask<DoneResponse>(new ChainRequest([.. stages], [.. history ?? []], vocabularySize));

    /// <summary>Applies the chain; with <paramref name="accept"/>, its state moves on by the token it chose.</summary>
    public SampleResult Sample(float[] logits, bool accept = false) =>
        Ask<SampleResult>(new SampleRequest(MemoryMarshal.AsBytes<float>(logits).ToArray(), accept));

    /// <summary>Applies a fresh chain once.</summary>
    public SampleResult Sample(float[] logits, IEnumerable<SamplerStage> stages, IEnumerable<int>? history = null)
    {
        SetChain(stages, logits.Length, history);
        return Sample(logits);
    }

    /// <summary>Times the loaded model; warms up first, except where the same was asked just before.</summary>
    public BenchResult Bench(BenchRequest request) => Ask<BenchResult>(request);

    public MemoryResult Memory() => Ask<MemoryResult>(new MemoryRequest());

    /// <summary>Writes a quantised copy of a model; file types are numbered as in llama.h (7 = Q8_0, 15 = Q4_K_M, …).</summary>
    public void Quantize(string input, string output, int fileType, int threads = 2, bool pure = false) =>
        Ask<DoneResponse>(new QuantizeRequest(Path.GetFullPath(input), Path.GetFullPath(output), fileType, threads, pure));

    public void Dispose() => _process.Dispose();

    private static string DotnetHost() =>
        Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "dotnet" ? path
        : Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";

    private float[] Floats(Request request) => MemoryMarshal.Cast<byte, float>(Ask<FloatsResponse>(request).Values).ToArray();

    private TResponse Ask<TResponse>(Request request)
        where TResponse : Response
    {
        string answer = _process.Ask(JsonSerializer.Serialize(request, ProtocolJson.Default.Request), request.GetType().Name);
        return JsonSerializer.Deserialize(answer, ProtocolJson.Default.Response) switch
        {
            TResponse response => response,
            ErrorResponse error => throw new LlamaCppException(error.Message),
            var other => throw new LlamaCppException($"llama.cpp's process answered {request.GetType().Name} with {other}."),
        };
    }
}

/// <summary>llama.cpp refused a request or ended; the message carries what it said.</summary>
public sealed class LlamaCppException(string message) : Exception(message);
