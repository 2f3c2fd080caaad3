using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace LlamaCpp;

/// <summary>Answers requests, one line of JSON each, with one model open at a time.</summary>
internal sealed unsafe class OracleServer : IDisposable
{
    private readonly long _bytesBeforeLoad = ProcessMemory.PeakBytes();
    private LoadedModel? _model;
    private SamplerChain? _chain;
    private Benchmark? _benchmark;

    private LoadedModel Model => _model ?? throw new InvalidOperationException("No model is loaded.");

    public void Run(Stream input, Stream output)
    {
        using var reader = new StreamReader(input);
        while (reader.ReadLine() is { } line)
        {
            Response response;
            NativeLibraries.TakeLog();
            try
            {
                response = Answer(JsonSerializer.Deserialize(line, ProtocolJson.Default.Request)!);
            }
            catch (Exception e)
            {
                response = new ErrorResponse($"{e.Message} {NativeLibraries.TakeLog()}".TrimEnd());
            }

            JsonSerializer.Serialize(output, response, ProtocolJson.Default.Response);
            output.WriteByte((byte)'\n');
            output.Flush();
        }
    }

    public void Dispose()
    {
        _chain?.Dispose();
        _model?.Dispose();
    }

    private Response Answer(Request request)
    {
        switch (request)
        {
            case LoadRequest r:
                Dispose();
                (_chain, _model, _benchmark) = (null, null, null);
                long started = Stopwatch.GetTimestamp();
                _model = new LoadedModel(r.Path, r.Options);
                return _model.Describe(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            case LogitsRequest r:
                Model.Clear();
                return Floats(Model.Logits(r.Tokens, r.All));
            case ContinueRequest r:
                return Floats(Model.Logits([r.Token], all: false));
            case GreedyRequest r:
                Model.Clear();
                return new TokensResponse(Model.Greedy(r.Tokens, r.Count));
            case EmbedRequest r:
                Model.Clear();
                return Floats(r.All ? Model.EmbedAll(r.Tokens) : Model.Embed(r.Tokens));
            case BenchRequest r:
                if (_benchmark?.IsFor(_model, r) != true) _benchmark = new Benchmark(Model, r);
                return _benchmark.Run();
            case TokenizeRequest r:
                return new TokensResponse(Model.Vocabulary.Tokenize(r.Text, r.AddSpecial, r.ParseSpecial));
            case DetokenizeRequest r:
                return new BytesResponse(Model.Vocabulary.Detokenize(r.Tokens, r.RemoveSpecial, r.UnparseSpecial));
            case PieceRequest r:
                return new BytesResponse(Model.Vocabulary.Piece(r.Token, r.Special));
            case VocabularyRequest:
                return Model.Vocabulary.Describe();
            case TokenRequest r:
                return Model.Vocabulary.Token(r.Token);
            case ChainRequest r:
                _chain?.Dispose();
                _chain = new SamplerChain(r, _model?.Vocabulary.Handle ?? 0);
                return new DoneResponse();
            case SampleRequest r:
                SamplerChain chain = _chain ?? throw new InvalidOperationException("No sampling chain is set up.");
                return chain.Sample(MemoryMarshal.Cast<byte, float>(r.Logits), r.Accept);
            case MemoryRequest:
                return new MemoryResult(ProcessMemory.PeakBytes(), _bytesBeforeLoad);
            case QuantizeRequest r:
                Quantize(r);
                return new DoneResponse();
            default:
                throw new InvalidOperationException($"Unknown request {request.GetType().Name}.");
        }
    }

    private static void Quantize(QuantizeRequest r)
    {
        Native.QuantizeParameters parameters = Native.llama_model_quantize_default_params();
        parameters.FileType = r.FileType;
        parameters.Threads = r.Threads;
        parameters.Pure = r.Pure;
        parameters.AllowRequantize = true;
        if (Native.llama_model_quantize(r.Input, r.Output, &parameters) != 0)
        {
            throw new InvalidOperationException($"llama.cpp could not quantize {r.Input}.");
        }
    }

    private static FloatsResponse Floats(ReadOnlySpan<float> values) => new(MemoryMarshal.AsBytes(values).ToArray());
}
