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

    /// <summary>Loads the model in a file.</summary>
    /// <param name="path">The file; of a split model, the first one.</param>
    /// <param name="options">How to load it.</param>
    /// <param name="progress">Hears how far it has come.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    /// <param name="machine">The memory that there is, unless it is this machine's.</param>
    /// <exception cref="ModelTooLargeException">The model does not fit the memory.</exception>
    public static Engine Load(
        string path, ModelOptions options, IProgress<LoadProgress>? progress, CancellationToken cancellationToken, MachineMemory? machine = null)
    {
        progress?.Report(new LoadProgress(0));
        GgufFile file = GgufFile.Open(path);
        Network? network = null;
        PrefixCache? prefixes = null;
        Task reading = Task.CompletedTask;
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        CancellationToken stop = stopping.Token;
        try
        {
            var warnings = new Warnings(options.OnWarning);
            long available = machine?.AvailableBytes ?? AvailableFor(file);
            var plan = new MemoryPlan(file, options);
            int context = plan.FittingContext(available, warnings);
            string? gpuDisabledReason = GpuDevices.DisabledReason(options.GpuLayers);
            if (gpuDisabledReason is not null) warnings.Add(gpuDisabledReason);
            LoadedModels.OfProcess.Add(file);

            // What is built meanwhile takes as long as touching the pages of a file that the system already has in memory.
            if (file.FileBytes <= available) reading = Task.Run(() => ReadWeights(file, progress, stop), CancellationToken.None);
            Tokenizer tokenizer = Tokenizer.FromFile(file);
            network = Network.Load(file, plan.Network with { ContextLength = context });
            foreach (AdapterFile adapter in options.Adapters) network.AddAdapter(adapter.Path, adapter.Scale, cancellationToken);
            reading.GetAwaiter().GetResult();
            MemoryEstimate memory = plan.Estimate(context);
            long spare = available - (memory.TotalBytes - memory.CacheBytes);
            prefixes = CacheSetup.Begin(network, file, options, spare, warnings.Add);
            var engine = new Engine(file, tokenizer, new NetworkPredictor(network, prefixes), options.ChatTemplate, new SchedulerLimits(options.ParallelRequests, options.QueueLimit))
            {
                Network = network,
                Prefixes = prefixes,
                Threads = plan.Network.Threads,
                Memory = memory,
                GpuDisabledReason = gpuDisabledReason,
            };
            progress?.Report(new LoadProgress(1));
            return engine;
        }
        catch
        {
            // The file must stay until nobody reads it.
            stopping.Cancel();
            Task.WhenAny(reading).Wait(CancellationToken.None);
            prefixes?.Dispose();
            network?.Dispose();
            file.Dispose();
            throw;
        }
    }

    /// <summary>The memory that a model could have: what is free, less what the system believes to be free.</summary>
    private static long AvailableFor(GgufFile file)
    {
        long available = MachineMemory.Read().AvailableBytes;
        // Only Linux counts the pages of mapped files as free.
        return OperatingSystem.IsLinux() ? Math.Max(0, available - LoadedModels.OfProcess.BytesBeside(file)) : available;
    }

    /// <summary>
    /// Touches every page of the mapped weights, so that the disk is waited for here, where there is progress and
    /// cancellation, and not in the first prompt.
    /// </summary>
    private static void ReadWeights(GgufFile file, IProgress<LoadProgress>? progress, CancellationToken cancellationToken)
    {
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
