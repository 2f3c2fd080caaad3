using System.Numerics;

namespace Cria.Runtime;

/// <summary>The one place that knows which values options may have.</summary>
internal static class OptionRules
{
    private const int MostThreads = 1024;
    private const int LargestBatch = 65536;
    private const int MostStopSequences = 1000;
    private const int MostParallel = 1024;

    public static void Check(ModelOptions options)
    {
        AtLeast(nameof(options.ContextLength), options.ContextLength, 0, "0 for the trained length, or a number of tokens");
        Within(nameof(options.Threads), options.Threads, 0, MostThreads);
        Within(nameof(options.BatchSize), options.BatchSize, 1, LargestBatch);
        Within(nameof(options.ParallelRequests), options.ParallelRequests, 1, MostParallel);
        AtLeast(nameof(options.QueueLimit), options.QueueLimit, 0, "0 or more");
        AtLeast(nameof(options.GpuLayers), options.GpuLayers, -1, "-1 for all layers, 0 for none, or a number of layers");
        Require(nameof(options.KeyType), options.KeyType, Enum.IsDefined(options.KeyType), "F16, F32 or Q8_0");
        Require(nameof(options.ValueType), options.ValueType, Enum.IsDefined(options.ValueType), "F16, F32 or Q8_0");
        foreach (AdapterFile adapter in NotNull(nameof(options.Adapters), options.Adapters))
        {
            Require(nameof(options.Adapters), adapter.Path, !string.IsNullOrEmpty(adapter.Path), "files with names");
            Require(nameof(options.Adapters), adapter.Scale, float.IsFinite(adapter.Scale), "scaled by finite numbers");
        }

        AtLeast(nameof(options.CacheMemory), options.CacheMemory, 0L, "0 for a part of what the machine has to spare, or a number of bytes");
        if (options.DiskCache is not { } disk) return;
        bool isPath = !string.IsNullOrEmpty(disk.Directory) && !disk.Directory.Contains('\0');
        Require($"{nameof(options.DiskCache)}.{nameof(disk.Directory)}", disk.Directory, isPath, "the path of a folder");
        AtLeast($"{nameof(options.DiskCache)}.{nameof(disk.MaxBytes)}", disk.MaxBytes, 1L, "1 or more bytes; to keep nothing on the disk, set DiskCache to null");
    }

    public static void Check(GenerationOptions options, int vocabularySize)
    {
        AtLeast(nameof(options.MaxTokens), options.MaxTokens, -1, "-1 for no limit, or a number of tokens");
        AtLeast(nameof(options.ProbabilityCount), options.ProbabilityCount, 0, "0 or more");
        bool isSeed = options.Seed is null or >= -1 and <= uint.MaxValue;
        Require(nameof(options.Seed), options.Seed, isSeed, "-1 for a random one, or 0 to 4294967295");
        CheckTemperature(options);
        CheckTruncation(options);
        CheckPenalties(options);
        CheckDry(options);
        Within(nameof(options.Mirostat), options.Mirostat, 0, 2);
        AtLeast(nameof(options.MirostatTau), options.MirostatTau, 0f, "0 or more");
        Within(nameof(options.MirostatEta), options.MirostatEta, 0f, 1f);
        CheckBias(options, vocabularySize);
        CheckStops(options);
        bool isTime = options.Timeout is not { } time || time > TimeSpan.Zero && time.TotalMilliseconds < uint.MaxValue - 1;
        Require(nameof(options.Timeout), options.Timeout, isTime, "more than zero and less than 49 days, or null for no limit");
        Require(nameof(options.Priority), options.Priority, Enum.IsDefined(options.Priority), "Low, Normal or High");
        Require(nameof(options.WhenFull), options.WhenFull, Enum.IsDefined(options.WhenFull), "Stop or DropOldest");
        Require(nameof(options.KeepTokens), options.KeepTokens, options.KeepTokens is null or >= 0, "0 or more, or null");
        NotNull(nameof(options.Speculation), options.Speculation);
        foreach (ScaledAdapter scaled in NotNull(nameof(options.Adapters), options.Adapters))
        {
            Require(nameof(options.Adapters), null, scaled.Adapter is not null, "loaded adapters");
            Require(nameof(options.Adapters), scaled.Scale, float.IsFinite(scaled.Scale), "scaled by finite numbers");
        }
    }

    public static void Check(EmbeddingOptions options)
    {
        bool isPooling = options.Pooling is not { } pooling || Enum.IsDefined(pooling);
        Require(nameof(options.Pooling), options.Pooling, isPooling, "None, Mean, Cls, Last or Rank, or null for the model's own");
        AtLeast(nameof(options.Normalization), options.Normalization, -1, "-1 for none, 0 for the largest value, or the p of a p-norm");
    }

    public static void Check(ConversationOptions options)
    {
        Require(nameof(options.AutoSavePath), options.AutoSavePath, options.AutoSavePath is not "", "the path of a file, or null");
        bool isInterval = options.AutoSaveInterval > TimeSpan.Zero && options.AutoSaveInterval.TotalMilliseconds < uint.MaxValue - 1;
        Require(nameof(options.AutoSaveInterval), options.AutoSaveInterval, isInterval, "more than zero and less than 49 days");
    }

    /// <summary>Checks that a prompt has tokens, and only known ones.</summary>
    public static void CheckPrompt(ReadOnlySpan<int> tokens, int vocabularySize)
    {
        Require("prompt", "empty", !tokens.IsEmpty, "at least one token");
        CheckTokens("prompt", tokens, vocabularySize);
    }

    /// <summary>Checks that all tokens are known.</summary>
    public static void CheckTokens(string option, ReadOnlySpan<int> tokens, int vocabularySize)
    {
        foreach (int token in tokens)
        {
            if ((uint)token >= (uint)vocabularySize)
                throw new InvalidOptionException(option, token, $"made of tokens from 0 to {vocabularySize - 1}");
        }
    }

    /// <summary>Refuses a value unless its rule holds.</summary>
    public static void Require(string option, object? value, bool holds, string allowed)
    {
        if (!holds) throw new InvalidOptionException(option, value, allowed);
    }

    public static void Within<T>(string option, T value, T lowest, T highest)
        where T : INumber<T> =>
        Require(option, value, value >= lowest && value <= highest, FormattableString.Invariant($"from {lowest} to {highest}"));

    public static void AtLeast<T>(string option, T value, T lowest, string allowed)
        where T : INumber<T> =>
        Require(option, value, T.IsFinite(value) && value >= lowest, allowed);

    private static void CheckTemperature(GenerationOptions options)
    {
        Finite(nameof(options.Temperature), options.Temperature);
        AtLeast(nameof(options.DynamicTemperatureRange), options.DynamicTemperatureRange, 0f, "0 or more");
        AtLeast(nameof(options.DynamicTemperatureExponent), options.DynamicTemperatureExponent, 0f, "0 or more");
    }

    private static void CheckTruncation(GenerationOptions options)
    {
        Within(nameof(options.TopP), options.TopP, 0f, 1f);
        Within(nameof(options.MinP), options.MinP, 0f, 1f);
        Within(nameof(options.TypicalP), options.TypicalP, 0f, 1f);
        Within(nameof(options.XtcProbability), options.XtcProbability, 0f, 1f);
        Within(nameof(options.XtcThreshold), options.XtcThreshold, 0f, 1f);
        Finite(nameof(options.TopNSigma), options.TopNSigma);
        AtLeast(nameof(options.MinKeep), options.MinKeep, 0, "0 or more");
    }

    private static void CheckPenalties(GenerationOptions options)
    {
        AtLeast(nameof(options.RepeatLastN), options.RepeatLastN, -1, "-1 for the whole context, 0 for none, or a number of tokens");
        Require(nameof(options.RepeatPenalty), options.RepeatPenalty,
            float.IsFinite(options.RepeatPenalty) && options.RepeatPenalty > 0 && float.IsFinite(1 / options.RepeatPenalty), "above 0");
        Finite(nameof(options.FrequencyPenalty), options.FrequencyPenalty);
        Finite(nameof(options.PresencePenalty), options.PresencePenalty);
    }

    private static void CheckDry(GenerationOptions options)
    {
        AtLeast(nameof(options.DryMultiplier), options.DryMultiplier, 0f, "0 or more");
        AtLeast(nameof(options.DryBase), options.DryBase, 0f, "0 or more; below 1 it switches the penalty off");
        AtLeast(nameof(options.DryAllowedLength), options.DryAllowedLength, 0, "0 or more");
        AtLeast(nameof(options.DryLastN), options.DryLastN, -1, "-1 for the whole context, 0 for none, or a number of tokens");
        foreach (string? breaker in NotNull(nameof(options.DrySequenceBreakers), options.DrySequenceBreakers))
            Require(nameof(options.DrySequenceBreakers), breaker, !string.IsNullOrEmpty(breaker), "texts that are not empty");
    }

    private static void CheckBias(GenerationOptions options, int vocabularySize)
    {
        foreach ((int token, float bias) in NotNull(nameof(options.LogitBias), options.LogitBias))
        {
            Require(nameof(options.LogitBias), token, (uint)token < (uint)vocabularySize, $"about tokens from 0 to {vocabularySize - 1}");
            bool isBias = float.IsFinite(bias) || float.IsNegativeInfinity(bias);
            Require(nameof(options.LogitBias), bias, isBias, "a number or negative infinity");
        }
    }

    private static void CheckStops(GenerationOptions options)
    {
        IReadOnlyList<string> stops = NotNull(nameof(options.StopSequences), options.StopSequences);
        bool areFew = stops.Count <= MostStopSequences;
        Require(nameof(options.StopSequences), $"{stops.Count} texts", areFew, $"at most {MostStopSequences} texts");
        foreach (string? stop in stops)
            Require(nameof(options.StopSequences), stop, !string.IsNullOrEmpty(stop), "texts that are not empty");
    }

    private static void Finite(string option, float value) => Require(option, value, float.IsFinite(value), "a finite number");

    private static T NotNull<T>(string option, T? value)
        where T : class =>
        value ?? throw new InvalidOptionException(option, null, "given; leave it out for none");
}
