using Cria.Gguf;
using Cria.Models;
using Cria.Tensors;

namespace Cria.Runtime.Prefixes;

/// <summary>Gives a network's cache its limit, and what is to be remembered its places.</summary>
internal static class CacheSetup
{
    /// <summary>Sets the limits, and returns what remembers the network's texts, unless it is one that predicts none.</summary>
    /// <param name="network">The network.</param>
    /// <param name="file">Its file.</param>
    /// <param name="options">How much may be kept.</param>
    /// <param name="spareBytes">The memory that is free beside the weights and all else that the model needs.</param>
    /// <param name="warn">Hears of a disk that fails.</param>
    public static PrefixCache? Begin(Network network, GgufFile file, ModelOptions options, long spareBytes, Action<string>? warn)
    {
        KvCache cache = network.Cache;
        int contextPages = (int)(((long)network.ContextLength + KvPages.PageTokens - 1) / KvPages.PageTokens);
        cache.PageLimit = CacheBudget.Pages(options.CacheMemory, spareBytes, cache.Pages.PageBytes, contextPages);
        cache.IsTight = bytes => CacheBudget.IsTight(bytes, MemoryGauge.OfMachine.Read(), MappedBytes(file));
        if (!network.CanPredict) return null;
        if (options.DiskCache is not { } disk) return new PrefixCache(cache);
        var model = new Lazy<byte[]>(() => Fingerprint(network, file));
        return new PrefixCache(cache, new PrefixStore(cache, new PrefixFolder(disk.Directory, disk.MaxBytes), model, warn));
    }

    // Only Linux counts the pages of mapped files as free.
    private static long MappedBytes(GgufFile file) =>
        OperatingSystem.IsLinux() ? LoadedModels.OfProcess.BytesBeside(file) + file.FileBytes : 0;

    /// <summary>What tells a model, as it is run, from others: some turn their keys by what the context's length is.</summary>
    private static byte[] Fingerprint(Network network, GgufFile file)
    {
        bool dependsOnContext = file.FindTensor("rope_factors_long.weight") is not null;
        return [.. GgufFingerprint.Of(file), .. BitConverter.GetBytes(dependsOnContext ? network.ContextLength : 0)];
    }
}
