using Cria.Runtime;

namespace Cria.Tests.Runtime;

public class OptionRulesTests
{
    private const int Vocabulary = 100;

    public static TheoryData<string, GenerationOptions> WrongGenerationOptions => new()
    {
        { "MaxTokens", new() { MaxTokens = -2 } },
        { "Temperature", new() { Temperature = float.NaN } },
        { "Temperature", new() { Temperature = float.PositiveInfinity } },
        { "DynamicTemperatureRange", new() { DynamicTemperatureRange = -0.1f } },
        { "DynamicTemperatureExponent", new() { DynamicTemperatureExponent = float.NaN } },
        { "TopP", new() { TopP = 1.1f } },
        { "TopP", new() { TopP = float.NaN } },
        { "MinP", new() { MinP = -0.1f } },
        { "TypicalP", new() { TypicalP = 2 } },
        { "TopNSigma", new() { TopNSigma = float.NaN } },
        { "XtcProbability", new() { XtcProbability = 1.5f } },
        { "XtcThreshold", new() { XtcThreshold = -1 } },
        { "MinKeep", new() { MinKeep = -1 } },
        { "RepeatLastN", new() { RepeatLastN = -2 } },
        { "RepeatPenalty", new() { RepeatPenalty = 0 } },
        { "RepeatPenalty", new() { RepeatPenalty = float.Epsilon } },
        { "FrequencyPenalty", new() { FrequencyPenalty = float.NaN } },
        { "PresencePenalty", new() { PresencePenalty = float.NegativeInfinity } },
        { "DryMultiplier", new() { DryMultiplier = -1 } },
        { "DryBase", new() { DryBase = float.NaN } },
        { "DryAllowedLength", new() { DryAllowedLength = -1 } },
        { "DryLastN", new() { DryLastN = -2 } },
        { "DrySequenceBreakers", new() { DrySequenceBreakers = [""] } },
        { "DrySequenceBreakers", new() { DrySequenceBreakers = null! } },
        { "Mirostat", new() { Mirostat = 3 } },
        { "MirostatTau", new() { MirostatTau = -1 } },
        { "MirostatEta", new() { MirostatEta = 1.5f } },
        { "Seed", new() { Seed = -2 } },
        { "Seed", new() { Seed = 1L << 32 } },
        { "LogitBias", new() { LogitBias = new Dictionary<int, float> { [Vocabulary] = 1 } } },
        { "LogitBias", new() { LogitBias = new Dictionary<int, float> { [0] = float.NaN } } },
        { "LogitBias", new() { LogitBias = null! } },
        { "ProbabilityCount", new() { ProbabilityCount = -1 } },
        { "StopSequences", new() { StopSequences = ["ok", ""] } },
        { "StopSequences", new() { StopSequences = null! } },
        { "StopSequences", new() { StopSequences = [null!] } },
    };

    public static TheoryData<string, ModelOptions> WrongModelOptions => new()
    {
        { "ContextLength", new() { ContextLength = -1 } },
        { "Threads", new() { Threads = -1 } },
        { "Threads", new() { Threads = 5000 } },
        { "BatchSize", new() { BatchSize = 0 } },
        { "KeyType", new() { KeyType = (CacheType)9 } },
        { "ValueType", new() { ValueType = (CacheType)9 } },
    };

    [Theory]
    [MemberData(nameof(WrongGenerationOptions))]
    public void Refuses_generation_options_out_of_range_and_names_them(string option, GenerationOptions options)
    {
        var refusal = Assert.Throws<InvalidOptionException>(() => OptionRules.Check(options, Vocabulary));
        Assert.Equal(option, refusal.Option);
        Assert.StartsWith($"{option} is ", refusal.Message);
        Assert.Contains("must be", refusal.Message);
    }

    [Theory]
    [MemberData(nameof(WrongModelOptions))]
    public async Task Refuses_model_options_out_of_range_and_names_them(string option, ModelOptions options)
    {
        var refusal = await Assert.ThrowsAsync<InvalidOptionException>(() => LlamaModel.LoadAsync("any.gguf", options));
        Assert.Equal(option, refusal.Option);
    }

    [Fact]
    public void Accepts_the_defaults_and_the_ends_of_the_ranges()
    {
        OptionRules.Check(new ModelOptions());
        OptionRules.Check(new GenerationOptions(), Vocabulary);
        OptionRules.Check(
            new GenerationOptions
            {
                MaxTokens = 0, Temperature = -1, TopK = -1, TopP = 0, MinP = 1, TypicalP = 0, XtcProbability = 1, XtcThreshold = 1,
                RepeatLastN = -1, DryLastN = -1, Mirostat = 2, Seed = uint.MaxValue,
                LogitBias = new Dictionary<int, float> { [Vocabulary - 1] = float.NegativeInfinity },
            },
            Vocabulary);
    }

    [Fact]
    public void The_defaults_are_those_of_llama_rn()
    {
        GenerationOptions options = new();
        Assert.Equal(-1, options.MaxTokens);
        Assert.Equal((0.8f, 40, 0.95f, 0.05f, 1f, -1f), (options.Temperature, options.TopK, options.TopP, options.MinP, options.TypicalP, options.TopNSigma));
        Assert.Equal((0f, 0.1f), (options.XtcProbability, options.XtcThreshold));
        Assert.Equal((64, 1f, 0f, 0f), (options.RepeatLastN, options.RepeatPenalty, options.FrequencyPenalty, options.PresencePenalty));
        Assert.Equal((0, 5f, 0.1f), (options.Mirostat, options.MirostatTau, options.MirostatEta));
        Assert.Equal((0f, 1.75f, 2, -1), (options.DryMultiplier, options.DryBase, options.DryAllowedLength, options.DryLastN));
        Assert.Equal(["\n", ":", "\"", "*"], options.DrySequenceBreakers);
        Assert.Null(options.Seed);
        Assert.Equal((0, false), (options.ProbabilityCount, options.IgnoreEos));
    }
}
