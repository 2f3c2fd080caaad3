using Cria.Gguf;
using Cria.Runtime.Sampling;
using Cria.Text;
using LlamaCpp;

namespace Cria.Conformance.Runtime;

/// <summary>Compares what the stages leave, alone and together, with llama.cpp's own samplers.</summary>
public sealed class SamplerParityTests(Oracle oracle, TinyModelFixture tiny) : IClassFixture<Oracle>, IClassFixture<TinyModelFixture>
{
    private const int VocabularySize = TinyModelFixture.VocabularySize;

    /// <summary>Changes nothing: every stage is off and the temperature is 1.</summary>
    private static readonly GenerationOptions s_plain = new() { Temperature = 1, TopK = 0, TopP = 1, MinP = 0 };

    public static TheoryData<string, GenerationOptions> Stages => new()
    {
        { "nothing", s_plain },
        { "top_k", s_plain with { TopK = 1 } },
        { "top_k", s_plain with { TopK = 40 } },
        { "top_k", s_plain with { TopK = 200 } },
        { "top_k", s_plain with { TopK = 5000 } },
        { "top_p", s_plain with { TopP = 0.01f } },
        { "top_p", s_plain with { TopP = 0.5f } },
        { "top_p", s_plain with { TopP = 0.95f } },
        { "top_p", s_plain with { TopP = 0.3f, MinKeep = 10 } },
        { "min_p", s_plain with { MinP = 0.05f } },
        { "min_p", s_plain with { MinP = 0.7f } },
        { "min_p", s_plain with { MinP = 0.7f, MinKeep = 20 } },
        { "min_p", s_plain with { MinP = 1 } },
        { "typical", s_plain with { TypicalP = 0.2f } },
        { "typical", s_plain with { TypicalP = 0.9f } },
        { "typical", s_plain with { TypicalP = 0.1f, MinKeep = 12 } },
        { "top_n_sigma", s_plain with { TopNSigma = 1 } },
        { "top_n_sigma", s_plain with { TopNSigma = 2.5f } },
        { "xtc", s_plain with { XtcProbability = 1, XtcThreshold = 0.01f } },
        { "xtc", s_plain with { XtcProbability = 1, XtcThreshold = 0.1f } },
        { "xtc", s_plain with { XtcProbability = 1, XtcThreshold = 0.01f, MinKeep = 304 } },
        { "xtc", s_plain with { XtcProbability = 1, XtcThreshold = 0.6f } },
        { "temperature", s_plain with { Temperature = 0.3f } },
        { "temperature", s_plain with { Temperature = 1.7f } },
        { "temperature", s_plain with { Temperature = 0 } },
        { "temperature", s_plain with { Temperature = -1 } },
        { "dynamic temperature", s_plain with { Temperature = 0.8f, DynamicTemperatureRange = 0.5f } },
        { "dynamic temperature", s_plain with { Temperature = 0.2f, DynamicTemperatureRange = 0.9f, DynamicTemperatureExponent = 2.5f } },
        { "penalties", s_plain with { RepeatPenalty = 1.3f } },
        { "penalties", s_plain with { RepeatPenalty = 0.7f, RepeatLastN = 10 } },
        { "penalties", s_plain with { FrequencyPenalty = 0.4f, PresencePenalty = 0.9f, RepeatLastN = 30 } },
        { "penalties", s_plain with { FrequencyPenalty = -0.4f, RepeatPenalty = 1.1f, RepeatLastN = 1000 } },
        { "dry", s_plain with { DryMultiplier = 0.8f, DryLastN = 500 } },
        { "dry", s_plain with { DryMultiplier = 0.8f, DryLastN = 20, DryBase = 1.2f, DryAllowedLength = 1 } },
        { "dry", s_plain with { DryMultiplier = 2, DryLastN = 500, DryAllowedLength = 0, DrySequenceBreakers = ["h", "in", "n e", "zé"] } },
        { "bias", s_plain with { LogitBias = new Dictionary<int, float> { [3] = 5, [300] = -2.5f, [7] = float.NegativeInfinity } } },
        { "the defaults", new GenerationOptions() },
    };

    [SkippableTheory]
    [MemberData(nameof(Stages))]
    public void A_stage_leaves_what_llama_cpp_leaves(string stage, GenerationOptions options)
    {
        LlamaCppProcess llama = Loaded();
        var random = new Random(StringComparer.Ordinal.Equals(stage, "dry") ? 5 : 1);
        for (int round = 0; round < 4; round++) Compare(llama, options, RandomLogits(random), RandomHistory(random));
    }

    [SkippableFact]
    public void Random_chains_leave_what_llama_cpp_leaves()
    {
        LlamaCppProcess llama = Loaded();
        var random = new Random(42);
        for (int round = 0; round < 200; round++) Compare(llama, RandomOptions(random), RandomLogits(random), RandomHistory(random));
    }

    [SkippableTheory]
    [InlineData(1, 5f, 0.1f)]
    [InlineData(1, 2f, 0.5f)]
    [InlineData(2, 5f, 0.1f)]
    [InlineData(2, 3f, 1f)]
    public void Mirostat_cuts_and_learns_like_llama_cpp(int version, float tau, float eta)
    {
        LlamaCppProcess llama = Loaded();
        llama.SetChain(
            [SamplerStage.Temperature(0.9f), version == 1 ? SamplerStage.Mirostat(tau, eta, seed: 1) : SamplerStage.MirostatV2(tau, eta, seed: 1)],
            VocabularySize);
        var mirostat = new Mirostat(version, tau, eta, VocabularySize);
        var candidates = new Candidates(VocabularySize);
        var random = new Random(9);

        for (int round = 0; round < 30; round++)
        {
            float[] logits = RandomLogits(random);
            SampleResult theirs = llama.Sample(logits, accept: true);

            candidates.Fill(logits);
            Temperature.Apply(candidates, 0.9f);
            mirostat.Truncate(candidates);
            candidates.Normalize();
            AssertSame(theirs, candidates);

            // They draw with other random numbers: from here, their choice counts for both.
            mirostat.Observe((float)theirs.Candidates.Single(candidate => candidate.Token == theirs.Chosen).Probability);
        }
    }

    private static void Compare(LlamaCppProcess llama, GenerationOptions options, float[] logits, int[] history)
    {
        SampleResult theirs = llama.Sample(logits, Chain(options), history);

        SequenceBreakers breakers = SequenceBreakers.None;
        if (Sampler.UsesDry(options)) breakers = SequenceBreakers.Find(options.DrySequenceBreakers, TinyModelFixture.Tokenizer);
        var sampler = new Sampler(options, seed: 1, logits.Length, contextLength: 1000, [], breakers);
        foreach (int token in history) sampler.Accept(token);
        sampler.Choose([.. logits]);

        AssertSame(theirs, sampler.Candidates);
    }

    /// <summary>The chain that llama.cpp's programs build from such options.</summary>
    private static List<SamplerStage> Chain(GenerationOptions options)
    {
        List<SamplerStage> chain = [];
        if (options.LogitBias.Count > 0) chain.Add(SamplerStage.LogitBias([.. options.LogitBias.Select(bias => new TokenBias(bias.Key, bias.Value))]));
        chain.Add(SamplerStage.Penalties(options.RepeatLastN, options.RepeatPenalty, options.FrequencyPenalty, options.PresencePenalty));
        chain.Add(SamplerStage.Dry(options.DryMultiplier, options.DryBase, options.DryAllowedLength, options.DryLastN, options.DrySequenceBreakers));
        chain.Add(SamplerStage.TopNSigma(options.TopNSigma));
        chain.Add(SamplerStage.TopK(options.TopK));
        chain.Add(SamplerStage.Typical(options.TypicalP, options.MinKeep));
        chain.Add(SamplerStage.TopP(options.TopP, options.MinKeep));
        chain.Add(SamplerStage.MinP(options.MinP, options.MinKeep));
        chain.Add(SamplerStage.Xtc(options.XtcProbability, options.XtcThreshold, seed: 1, options.MinKeep));
        chain.Add(SamplerStage.DynamicTemperature(options.Temperature, options.DynamicTemperatureRange, options.DynamicTemperatureExponent));
        chain.Add(SamplerStage.Distribution(1));
        return chain;
    }

    private static void AssertSame(SampleResult theirs, Candidates ours)
    {
        // Tokens without a chance may be left in or out.
        Dictionary<int, double> expected = theirs.Candidates.Where(item => item.Probability > 1e-7).ToDictionary(item => item.Token, item => item.Probability);
        Dictionary<int, float> actual = ours.Items.ToArray().Where(item => item.Probability > 1e-7).ToDictionary(item => item.Token, item => item.Probability);
        Assert.Equal(expected.Keys.Order(), actual.Keys.Order());
        foreach ((int token, double probability) in expected) Assert.Equal(probability, actual[token], 1e-4 * probability + 1e-7);
    }

    private static GenerationOptions RandomOptions(Random random)
    {
        bool Maybe() => random.Next(3) == 0;
        float Between(double low, double high) => (float)(low + random.NextDouble() * (high - low));
        bool hasSigma = Maybe();
        return new GenerationOptions
        {
            RepeatPenalty = Maybe() ? Between(0.8, 1.5) : 1,
            FrequencyPenalty = Maybe() ? Between(-0.5, 1) : 0,
            PresencePenalty = Maybe() ? Between(-0.5, 1) : 0,
            RepeatLastN = random.Next(0, 80),
            DryMultiplier = Maybe() ? Between(0.1, 3) : 0,
            DryAllowedLength = random.Next(0, 4),
            DryLastN = random.Next(0, 100),
            TopNSigma = hasSigma ? Between(0.5, 3) : -1,
            TopK = Maybe() ? 0 : random.Next(1, 150),
            // Where top-n-sigma forbade tokens, llama.cpp's typical stage reckons with not-a-number.
            TypicalP = hasSigma || Maybe() ? 1 : Between(0.2, 1),
            TopP = Maybe() ? 1 : Between(0.1, 1),
            MinP = Maybe() ? 0 : Between(0, 0.3),
            XtcProbability = Maybe() ? 1 : 0,
            XtcThreshold = Between(0.01, 0.3),
            MinKeep = Maybe() ? random.Next(0, 20) : 0,
            Temperature = Maybe() ? 1 : Between(0.1, 2),
            DynamicTemperatureRange = Maybe() ? Between(0, 1) : 0,
            DynamicTemperatureExponent = Between(0.5, 2),
        };
    }

    private static float[] RandomLogits(Random random)
    {
        double spread = 0.5 + 3 * random.NextDouble();
        return [.. Enumerable.Range(0, VocabularySize).Select(_ => (float)(spread * (random.NextDouble() + random.NextDouble() + random.NextDouble() - 1.5) * 2))];
    }

    /// <summary>Tokens that repeat each other a lot, with letters among them.</summary>
    private static int[] RandomHistory(Random random)
    {
        List<int> history = [1];
        while (history.Count < 80)
        {
            if (history.Count > 5 && random.Next(3) == 0)
            {
                int start = random.Next(history.Count - 3);
                history.AddRange(history.GetRange(start, random.Next(1, Math.Min(12, history.Count - start))));
            }
            else
            {
                history.Add(random.Next(3, VocabularySize));
            }
        }

        return [.. history];
    }

    private LlamaCppProcess Loaded()
    {
        LlamaCppProcess llama = oracle.Process;
        llama.Load(tiny.Path, new LlamaCppOptions { VocabularyOnly = true });
        return llama;
    }
}

/// <summary>A tiny model on disk.</summary>
public sealed class TinyModelFixture : IDisposable
{
    public const int VocabularySize = 307;

    private static readonly Lazy<Tokenizer> s_tokenizer = new(() =>
    {
        using var fixture = new TinyModelFixture();
        using GgufFile file = GgufFile.Open(fixture.Path);
        return Cria.Text.Tokenizer.FromFile(file);
    });

    private readonly string _folder = Directory.CreateTempSubdirectory("cria-").FullName;

    public TinyModelFixture()
    {
        Path = System.IO.Path.Combine(_folder, "tiny.gguf");
        TestModels.TinyModel.Write(Path, "llama");
    }

    public static Tokenizer Tokenizer => s_tokenizer.Value;

    public string Path { get; }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
