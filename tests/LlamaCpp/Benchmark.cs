using System.Diagnostics;

namespace LlamaCpp;

/// <summary>Times prompts and generation in one setting, which stays warm, its context filled, for as long as it is asked for again.</summary>
internal sealed class Benchmark
{
    private readonly LoadedModel _model;
    private readonly BenchRequest _request;
    private bool _isFilled;

    /// <summary>Sets up a context and runs a round that is not counted.</summary>
    public Benchmark(LoadedModel model, BenchRequest request)
    {
        _model = model;
        _request = request;
        int filled = Math.Max(request.Prompt, request.Depth);
        model.Reopen(options => options with
        {
            Context = Math.Max(filled, request.Sequences * request.Depth) + request.Sequences * request.Generate + 64,
            Threads = request.Threads,
            Sequences = request.Sequences,
            MicroBatch = request.MicroBatch,
        });
        Prompt();
        Generate();
    }

    public bool IsFor(LoadedModel? model, BenchRequest request) => model == _model && request == _request;

    public BenchResult Run()
    {
        var prefill = new List<double>();
        var decode = new List<double>();
        for (int round = 0; round < _request.Repeats; round++)
        {
            double prompt = Prompt(), generated = Generate();
            if (_request.Prompt > 0) prefill.Add(_request.Prompt / prompt);
            if (_request.Generate > 0) decode.Add(_request.Sequences * _request.Generate / generated);
        }

        return new BenchResult(prefill, decode);
    }

    private double Prompt()
    {
        if (_request.Prompt == 0) return 0;
        _model.Clear();
        _isFilled = false;
        return Read(_request.Prompt);
    }

    private double Generate()
    {
        if (_request.Generate == 0) return 0;
        Fill();
        int[] next = Tokens(_model, _request.Generate);
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < _request.Generate; i++)
        {
            if (_request.Sequences == 1) _model.Decode(next.AsSpan(i, 1));
            else _model.DecodeStep(Repeat(next[i], _request.Sequences), _request.Depth + i);
            _model.Synchronize();
        }

        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    /// <summary>Brings the context to the depth asked for; where it has been there before, by forgetting what came after.</summary>
    private void Fill()
    {
        if (_isFilled)
        {
            _model.Truncate(_request.Depth);
            return;
        }

        _model.Clear();
        int[] history = Tokens(_model, _request.Depth);
        if (_request.Sequences == 1) Read(_request.Depth);
        else for (int i = 0; i < _request.Depth; i++) _model.DecodeStep(Repeat(history[i], _request.Sequences), i);
        _isFilled = true;
    }

    private double Read(int count)
    {
        int[] tokens = Tokens(_model, count);
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < count; i += 2048) _model.Decode(tokens.AsSpan(i, Math.Min(2048, count - i)));
        _model.Synchronize();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    // Spread over the vocabulary, away from the control tokens at its start.
    private static int[] Tokens(LoadedModel model, int count)
    {
        int span = Math.Max(1, model.Vocabulary.Size - 300), first = model.Vocabulary.Size - span;
        int[] tokens = new int[count];
        for (int i = 0; i < count; i++) tokens[i] = (int)((i * 7919L + 13) % span) + first;
        return tokens;
    }

    private static int[] Repeat(int token, int count)
    {
        int[] tokens = new int[count];
        Array.Fill(tokens, token);
        return tokens;
    }
}
