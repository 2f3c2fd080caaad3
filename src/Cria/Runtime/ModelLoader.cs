using Cria.Gguf;
using Cria.Models;
using Cria.Runtime.Prefixes;
using Cria.Text;

namespace Cria.Runtime;

/// <summary>Opens a model's file and builds all that runs it.</summary>
internal static class ModelLoader
{
    private const int PageBytes = 4096;
    private const int ReportBytes = 16 << 20;

    // The parts of the work that come after reading the weights, in the progress that is reported.
    private const double WeightsShare = 0.9;

    public static Engine Load(string path, ModelOptions options, IProgress<LoadProgress>? progress, CancellationToken cancellationToken)
    {
        progress?.Report(new LoadProgress(0));
        GgufFile file = GgufFile.Open(path);
        Network? network = null;
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        CancellationToken stop = stopping.Token;
        // What is built meanwhile takes as long as touching the pages of a file that the system already has in memory.
        Task reading = Task.Run(() => ReadWeights(file, progress, stop), CancellationToken.None);
        try
        {
            Tokenizer tokenizer = Tokenizer.FromFile(file);
            int threads = options.Threads > 0 ? options.Threads : ProcessorCores.Count();
            network = Network.Load(file, new NetworkOptions
            {
                Threads = threads,
                MaxBatch = options.BatchSize,
                KeyType = options.KeyType.ToTensorType(),
                ValueType = options.ValueType.ToTensorType(),
                ContextLength = options.ContextLength,
                AllowLongerContext = options.AllowLongerContext,
            });
            foreach (AdapterFile adapter in options.Adapters) network.AddAdapter(adapter.Path, adapter.Scale, cancellationToken);
            reading.GetAwaiter().GetResult();
            long spare = MachineMemory.Read().AvailableBytes - file.FileBytes;
            PrefixCache? prefixes = CacheSetup.Begin(network, file, options, spare, warn: null);
            var engine = new Engine(file, tokenizer, new NetworkPredictor(network, prefixes), options.ChatTemplate, new SchedulerLimits(options.ParallelRequests, options.QueueLimit))
            {
                Network = network,
                Prefixes = prefixes,
                Threads = threads,
            };
            progress?.Report(new LoadProgress(1));
            return engine;
        }
        catch
        {
            // The file must stay until nobody reads it.
            stopping.Cancel();
            Task.WhenAny(reading).Wait(CancellationToken.None);
            network?.Dispose();
            file.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Touches every page of the mapped weights, so that the disk is waited for here, where there is progress and
    /// cancellation, and not in the first prompt. What does not fit the memory would only push itself out.
    /// </summary>
    private static void ReadWeights(GgufFile file, IProgress<LoadProgress>? progress, CancellationToken cancellationToken)
    {
        if (!MachineMemory.Read().Fits(file.FileBytes)) return;
        long total = Math.Max(1, file.Tensors.Sum(tensor => tensor.ByteLength)), done = 0;
        foreach (GgufTensor tensor in file.Tensors)
        {
            for (long offset = 0; offset < tensor.ByteLength; offset += ReportBytes)
            {
                cancellationToken.ThrowIfCancellationRequested();
                ReadOnlySpan<byte> part = tensor.Bytes(offset, (int)Math.Min(ReportBytes, tensor.ByteLength - offset));
                Touch(part);
                done += part.Length;
                progress?.Report(new LoadProgress(WeightsShare * done / total));
            }
        }
    }

    private static void Touch(ReadOnlySpan<byte> bytes)
    {
        byte sum = 0;
        for (int i = 0; i < bytes.Length; i += PageBytes) sum += Volatile.Read(in bytes[i]);
        GC.KeepAlive(sum);
    }
}
