using System.Diagnostics;
using Cria.Gguf;
using Cria.Models;

namespace Cria.Bench;

/// <summary>Times forward passes of a loaded network; what the opponent's benchmark does, with the same tokens in the same steps.</summary>
internal sealed class NetworkTimer : IDisposable
{
    private const int MaxBatch = 512;

    // .NET optimises methods while they run; what is measured here is the steady state, the start has a row of its own.
    private static readonly TimeSpan s_warmUp = TimeSpan.FromSeconds(2);

    private readonly GgufFile _file;
    private readonly Network _network;
    private readonly Batch _batch = new(MaxBatch);
    private KvSequence[] _sequences = [];
    private Workload? _warm;

    public NetworkTimer(string path, int threads)
    {
        _file = GgufFile.Open(path);
        try
        {
            // Generating behind a full context goes beyond the trained length, which here means nothing.
            var options = new NetworkOptions { Threads = threads, MaxBatch = MaxBatch, ContextLength = 16384, AllowLongerContext = true };
            _network = Network.Load(_file, options);
        }
        catch
        {
            _file.Dispose();
            throw;
        }
    }

    /// <summary>Tokens per second of one round; a workload other than the last one is set up and warmed up first.</summary>
    public double Measure(Workload workload)
    {
        if (workload != _warm)
        {
            SetUp(workload);
            long start = Stopwatch.GetTimestamp();
            do Round(workload);
            while (Stopwatch.GetElapsedTime(start) < s_warmUp);
            _warm = workload;
        }

        return Round(workload);
    }

    public void Dispose()
    {
        ForgetSequences();
        _batch.Dispose();
        _network.Dispose();
        _file.Dispose();
    }

    private void SetUp(Workload workload)
    {
        ForgetSequences();
        _sequences = [.. Enumerable.Range(0, workload.Sequences).Select(_ => _network.NewSequence())];
        int[] history = Contenders.Tokens(_network.Shape.VocabularySize, workload.Depth);
        foreach (KvSequence sequence in _sequences) Read(sequence, history, LogitsOf.None);
    }

    private double Round(Workload workload)
    {
        int[] tokens = Contenders.Tokens(_network.Shape.VocabularySize, Math.Max(workload.Prompt, workload.Generate));
        foreach (KvSequence sequence in _sequences) sequence.Truncate(workload.Depth);
        long start = Stopwatch.GetTimestamp();
        if (workload.Prompt > 0)
        {
            Read(_sequences[0], tokens, LogitsOf.Last);
            return workload.Prompt / Stopwatch.GetElapsedTime(start).TotalSeconds;
        }

        for (int i = 0; i < workload.Generate; i++)
        {
            _batch.Clear();
            foreach (KvSequence sequence in _sequences) _batch.Add(sequence, tokens.AsSpan(i, 1), LogitsOf.Last);
            _network.Forward(_batch, CancellationToken.None);
        }

        return _sequences.Length * workload.Generate / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private void Read(KvSequence sequence, int[] tokens, LogitsOf logitsAtEnd)
    {
        for (int i = 0; i < tokens.Length; i += MaxBatch)
        {
            int count = Math.Min(MaxBatch, tokens.Length - i);
            _batch.Clear();
            _batch.Add(sequence, tokens.AsSpan(i, count), i + count == tokens.Length ? logitsAtEnd : LogitsOf.None);
            _network.Forward(_batch, CancellationToken.None);
        }
    }

    private void ForgetSequences()
    {
        foreach (KvSequence sequence in _sequences) sequence.Dispose();
        _sequences = [];
    }
}
