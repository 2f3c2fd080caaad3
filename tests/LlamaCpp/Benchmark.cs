using System.Diagnostics;

namespace LlamaCpp;

/// <summary>Times prompts and generation; the first round warms up and is not counted.</summary>
internal static class Benchmark
{
    public static BenchResult Run(LoadedModel model, BenchRequest request)
    {
        int filled = Math.Max(request.Prompt, request.Depth);
        model.Reopen(options => options with
        {
            Context = Math.Max(filled, request.Sequences * request.Depth) + request.Sequences * request.Generate + 64,
            Threads = request.Threads,
            Sequences = request.Sequences,
            MicroBatch = request.MicroBatch,
        });
        var prefill = new List<double>();
        var decode = new List<double>();
        for (int round = -1; round < request.Repeats; round++)
        {
            model.Clear();
            double prompt = Prompt(model, request.Prompt);
            model.Clear();
            double generated = Generate(model, request);
            if (round < 0) continue;
            if (request.Prompt > 0) prefill.Add(request.Prompt / prompt);
            if (request.Generate > 0) decode.Add(request.Sequences * request.Generate / generated);
        }

        return new BenchResult(prefill, decode);
    }

    private static double Prompt(LoadedModel model, int count)
    {
        int[] tokens = Tokens(model, count);
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < count; i += 2048) model.Decode(tokens.AsSpan(i, Math.Min(2048, count - i)));
        model.Synchronize();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static double Generate(LoadedModel model, BenchRequest request)
    {
        int[] history = Tokens(model, request.Depth);
        if (request.Sequences == 1) Prompt(model, request.Depth);
        else for (int i = 0; i < request.Depth; i++) model.DecodeStep(Repeat(history[i], request.Sequences), i);
        int[] next = Tokens(model, request.Generate);
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < request.Generate; i++)
        {
            if (request.Sequences == 1) model.Decode(next.AsSpan(i, 1));
            else model.DecodeStep(Repeat(next[i], request.Sequences), request.Depth + i);
            model.Synchronize();
        }

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
