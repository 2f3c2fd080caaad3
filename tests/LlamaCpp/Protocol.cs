using System.Text.Json.Serialization;

namespace LlamaCpp;

/// <summary>The number formats that llama.cpp's key-value cache is tested with, numbered as in ggml.</summary>
public enum LlamaCppCacheType
{
    F32 = 0,
    F16 = 1,
    Q8_0 = 8,
}

/// <summary>Whether llama.cpp uses its fused attention kernel.</summary>
public enum FlashAttention
{
    Auto = -1,
    Off = 0,
    On = 1,
}

/// <summary>How token embeddings become one embedding per sequence.</summary>
public enum Pooling
{
    FromModel = -1,
    None = 0,
    Mean = 1,
    First = 2,
    Last = 3,

    /// <summary>Not an embedding: the scores of a rank head.</summary>
    Rank = 4,
}

/// <summary>How a model is opened; the defaults suit small test models.</summary>
public sealed record LlamaCppOptions
{
    public bool VocabularyOnly { get; init; }

    /// <summary>Tokens in the context; 0 takes the model's trained length.</summary>
    public int Context { get; init; } = 2048;

    public int Batch { get; init; } = 2048;

    public int MicroBatch { get; init; } = 512;

    /// <summary>One by default: on a busy machine llama.cpp's threads wait for each other, spinning, for long.</summary>
    public int Threads { get; init; } = 1;

    public int Sequences { get; init; } = 1;

    public LlamaCppCacheType KeyType { get; init; } = LlamaCppCacheType.F16;

    public LlamaCppCacheType ValueType { get; init; } = LlamaCppCacheType.F16;

    public FlashAttention FlashAttention { get; init; } = FlashAttention.Auto;

    /// <summary>Whether weights may be repacked for the processor while loading, llama.cpp's default.</summary>
    public bool Repack { get; init; } = true;

    public bool Embeddings { get; init; }

    public Pooling Pooling { get; init; } = Pooling.FromModel;

    /// <summary>LoRA adapters that act on everything.</summary>
    public IReadOnlyList<LlamaCppAdapter> Adapters { get; init; } = [];
}

/// <summary>A LoRA adapter's file and its scale.</summary>
public sealed record LlamaCppAdapter(string Path, float Scale);

/// <summary>One stage of a sampling chain, named as llama.cpp names it, with the numbers its constructor takes.</summary>
public sealed record SamplerStage(string Kind)
{
    public int Count { get; init; }

    public float First { get; init; }

    public float Second { get; init; }

    public float Third { get; init; }

    public int MinKeep { get; init; } = 1;

    public uint Seed { get; init; }

    public string? Text { get; init; }

    public IReadOnlyList<string> Breakers { get; init; } = [];

    public IReadOnlyList<TokenBias> Biases { get; init; } = [];

    public static SamplerStage Greedy() => new("greedy");

    public static SamplerStage Distribution(uint seed) => new("dist") { Seed = seed };

    public static SamplerStage TopK(int k) => new("top_k") { Count = k };

    public static SamplerStage TopP(float p, int minKeep = 1) => new("top_p") { First = p, MinKeep = minKeep };

    public static SamplerStage MinP(float p, int minKeep = 1) => new("min_p") { First = p, MinKeep = minKeep };

    public static SamplerStage Typical(float p, int minKeep = 1) => new("typical") { First = p, MinKeep = minKeep };

    public static SamplerStage Temperature(float t) => new("temp") { First = t };

    public static SamplerStage DynamicTemperature(float t, float range, float exponent) =>
        new("temp_ext") { First = t, Second = range, Third = exponent };

    public static SamplerStage Xtc(float probability, float threshold, uint seed, int minKeep = 1) =>
        new("xtc") { First = probability, Second = threshold, Seed = seed, MinKeep = minKeep };

    public static SamplerStage TopNSigma(float n) => new("top_n_sigma") { First = n };

    public static SamplerStage Mirostat(float tau, float eta, uint seed, int m = 100) =>
        new("mirostat") { First = tau, Second = eta, Seed = seed, Count = m };

    public static SamplerStage MirostatV2(float tau, float eta, uint seed) =>
        new("mirostat_v2") { First = tau, Second = eta, Seed = seed };

    public static SamplerStage Penalties(int lastN, float repeat, float frequency, float presence) =>
        new("penalties") { Count = lastN, First = repeat, Second = frequency, Third = presence };

    /// <summary>Needs a loaded model: the breakers are tokenised with its vocabulary.</summary>
    public static SamplerStage Dry(float multiplier, float @base, int allowedLength, int lastN, IReadOnlyList<string> breakers) =>
        new("dry") { First = multiplier, Second = @base, MinKeep = allowedLength, Count = lastN, Breakers = breakers };

    public static SamplerStage LogitBias(params TokenBias[] biases) => new("logit_bias") { Biases = biases };

    /// <summary>Needs a loaded model: the grammar works on its token texts.</summary>
    public static SamplerStage Grammar(string gbnf) => new("grammar") { Text = gbnf };
}

public sealed record TokenBias(int Token, float Bias);

/// <summary>A token that survived a sampling chain, with its probability among the survivors.</summary>
public sealed record SampledCandidate(int Token, float Logit, double Probability);

/// <summary>The survivors of a sampling chain, most likely first, and the token a selecting last stage chose, or -1.</summary>
public sealed record SampleResult(IReadOnlyList<SampledCandidate> Candidates, int Chosen) : Response;

public sealed record LoadResult(
    double Milliseconds, int VocabularySize, int TrainedContext, int EmbeddingLength, long Parameters) : Response;

public sealed record VocabularyInfo(
    int Type, int Size, int Bos, int Eos, int Eot, int Separator, int NewLine, bool AddBos, bool AddEos, bool AddSeparator) : Response;

public sealed record TokenInfo(string Text, float Score, int Attributes, bool IsEndOfGeneration, bool IsControl) : Response;

/// <summary>Tokens per second of each repeat.</summary>
public sealed record BenchResult(IReadOnlyList<double> Prefill, IReadOnlyList<double> Decode) : Response;

/// <summary>The most memory the process ever held, and what it held before the model was loaded.</summary>
public sealed record MemoryResult(long PeakBytes, long BeforeLoadBytes) : Response;

/// <summary>What the bench measures; with several sequences, decode advances all of them by one token a step and counts them all.</summary>
public sealed record BenchRequest(int Prompt, int Generate, int Repeats, int Threads) : Request
{
    /// <summary>Tokens in the context before decoding is timed.</summary>
    public int Depth { get; init; }

    public int Sequences { get; init; } = 1;

    public int MicroBatch { get; init; } = 512;
}

[JsonPolymorphic(TypeDiscriminatorPropertyName = "op")]
[JsonDerivedType(typeof(LoadRequest), "load")]
[JsonDerivedType(typeof(LogitsRequest), "logits")]
[JsonDerivedType(typeof(ContinueRequest), "continue")]
[JsonDerivedType(typeof(GreedyRequest), "greedy")]
[JsonDerivedType(typeof(EmbedRequest), "embed")]
[JsonDerivedType(typeof(TokenizeRequest), "tokenize")]
[JsonDerivedType(typeof(DetokenizeRequest), "detokenize")]
[JsonDerivedType(typeof(PieceRequest), "piece")]
[JsonDerivedType(typeof(VocabularyRequest), "vocabulary")]
[JsonDerivedType(typeof(TokenRequest), "token")]
[JsonDerivedType(typeof(ChainRequest), "chain")]
[JsonDerivedType(typeof(SampleRequest), "sample")]
[JsonDerivedType(typeof(BenchRequest), "bench")]
[JsonDerivedType(typeof(MemoryRequest), "memory")]
[JsonDerivedType(typeof(QuantizeRequest), "quantize")]
public abstract record Request;

internal sealed record LoadRequest(string Path, LlamaCppOptions Options) : Request;

internal sealed record LogitsRequest(int[] Tokens, bool All) : Request;

internal sealed record ContinueRequest(int Token) : Request;

internal sealed record GreedyRequest(int[] Tokens, int Count) : Request;

internal sealed record EmbedRequest(int[] Tokens, bool All) : Request;

internal sealed record TokenizeRequest(byte[] Text, bool AddSpecial, bool ParseSpecial) : Request;

internal sealed record DetokenizeRequest(int[] Tokens, bool RemoveSpecial, bool UnparseSpecial) : Request;

internal sealed record PieceRequest(int Token, bool Special) : Request;

internal sealed record VocabularyRequest : Request;

internal sealed record TokenRequest(int Token) : Request;

internal sealed record ChainRequest(IReadOnlyList<SamplerStage> Stages, int[] History, int VocabularySize) : Request;

internal sealed record SampleRequest(byte[] Logits, bool Accept) : Request;

internal sealed record MemoryRequest : Request;

internal sealed record QuantizeRequest(string Input, string Output, int FileType, int Threads, bool Pure) : Request;

[JsonPolymorphic(TypeDiscriminatorPropertyName = "is")]
[JsonDerivedType(typeof(ErrorResponse), "error")]
[JsonDerivedType(typeof(DoneResponse), "done")]
[JsonDerivedType(typeof(FloatsResponse), "floats")]
[JsonDerivedType(typeof(TokensResponse), "tokens")]
[JsonDerivedType(typeof(BytesResponse), "bytes")]
[JsonDerivedType(typeof(LoadResult), "loaded")]
[JsonDerivedType(typeof(VocabularyInfo), "vocabulary")]
[JsonDerivedType(typeof(TokenInfo), "token")]
[JsonDerivedType(typeof(SampleResult), "sample")]
[JsonDerivedType(typeof(BenchResult), "bench")]
[JsonDerivedType(typeof(MemoryResult), "memory")]
public abstract record Response;

internal sealed record ErrorResponse(string Message) : Response;

internal sealed record DoneResponse : Response;

internal sealed record FloatsResponse(byte[] Values) : Response;

internal sealed record TokensResponse(int[] Tokens) : Response;

internal sealed record BytesResponse(byte[] Bytes) : Response;

[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
[JsonSerializable(typeof(Request))]
[JsonSerializable(typeof(Response))]
internal sealed partial class ProtocolJson : JsonSerializerContext;
