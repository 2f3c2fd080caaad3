using System.Diagnostics;
using LlamaCpp;
using TestModels;

namespace Cria.Bench;

/// <summary>llama.cpp's libraries, called directly.</summary>
internal sealed class LlamaCppContender : IContender
{
    private static readonly TimeSpan s_patience = TimeSpan.FromHours(1);

    private readonly LlamaCppProcess _process;
    private readonly int _threads;

    public LlamaCppContender(string model, int threads, string? backend)
    {
        _process = LlamaCppProcess.Start(backend, s_patience);
        _threads = threads;
        _process.Load(model, new LlamaCppOptions { Context = 512, Threads = threads });
    }

    public double Measure(Workload workload)
    {
        BenchResult result = _process.Bench(new BenchRequest(workload.Prompt, workload.Generate, Repeats: 1, _threads)
        {
            Depth = workload.Depth,
            Sequences = workload.Sequences,
        });
        return workload.Prompt > 0 ? result.Prefill[0] : result.Decode[0];
    }

    /// <summary>
    /// Seconds from asking for the model to its first token. The process has loaded a tiny model before, so that what is timed
    /// is llama.cpp and not the start of the harness around it.
    /// </summary>
    public static double FirstToken(string model, int threads)
    {
        using LlamaCppProcess process = LlamaCppProcess.Start(patience: s_patience);
        var options = new LlamaCppOptions { Context = 512, Threads = threads };
        string tiny = Path.Combine(Path.GetTempPath(), $"cria-bench-{Environment.ProcessId}.gguf");
        try
        {
            TinyModel.Write(tiny, "llama");
            process.Load(tiny, options);
            process.Greedy([1, 2, 3], 1);
        }
        finally
        {
            File.Delete(tiny);
        }

        int[] prompt = Contenders.Tokens(BenchModel.Vocabulary, Contenders.FirstTokenPrompt);
        long start = Stopwatch.GetTimestamp();
        process.Load(model, options);
        process.Greedy(prompt, 1);
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    /// <summary>The most memory held while reading a prompt and generating, less what the harness held before loading.</summary>
    public static double PeakBytes(string model, int threads, int prompt, int generate)
    {
        using LlamaCppProcess process = LlamaCppProcess.Start(patience: s_patience);
        process.Load(model, new LlamaCppOptions { Context = 512, Threads = threads });
        process.Bench(new BenchRequest(prompt, generate, Repeats: 1, threads));
        MemoryResult memory = process.Memory();
        return memory.PeakBytes - memory.BeforeLoadBytes;
    }

    public void Dispose() => _process.Dispose();
}
