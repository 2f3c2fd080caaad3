using System.Runtime.InteropServices;

namespace LlamaCpp;

/// <summary>A chain of llama.cpp's samplers.</summary>
internal sealed unsafe class SamplerChain : IDisposable
{
    private readonly nint _vocabulary;
    private readonly int _vocabularySize;
    private readonly nint _chain = Native.llama_sampler_chain_init(true);

    public SamplerChain(ChainRequest request, nint vocabulary)
    {
        _vocabulary = vocabulary;
        _vocabularySize = request.VocabularySize;
        foreach (SamplerStage stage in request.Stages)
        {
            nint sampler = Create(stage);
            if (sampler == 0) throw new InvalidOperationException($"llama.cpp refused the sampler {stage}.");
            Native.llama_sampler_chain_add(_chain, sampler);
        }

        foreach (int token in request.History) Native.llama_sampler_accept(_chain, token);
    }

    public SampleResult Sample(ReadOnlySpan<float> logits, bool accept)
    {
        if (logits.Length != _vocabularySize)
            throw new InvalidOperationException($"The chain was made for {_vocabularySize} logits, not {logits.Length}.");
        var candidates = new Native.TokenData[logits.Length];
        for (int i = 0; i < logits.Length; i++) candidates[i] = new Native.TokenData { Id = i, Logit = logits[i] };
        fixed (Native.TokenData* data = candidates)
        {
            var array = new Native.TokenDataArray { Data = data, Size = (nuint)candidates.Length, Selected = -1 };
            Native.llama_sampler_apply(_chain, &array);
            int chosen = array.Selected < 0 ? -1 : array.Data[array.Selected].Id;
            if (accept && chosen >= 0) Native.llama_sampler_accept(_chain, chosen);
            return new SampleResult(Probabilities(new ReadOnlySpan<Native.TokenData>(array.Data, (int)array.Size)), chosen);
        }
    }

    public void Dispose() => Native.llama_sampler_free(_chain);

    private static SampledCandidate[] Probabilities(ReadOnlySpan<Native.TokenData> left)
    {
        // Not every sampler fills in the probabilities, so they are computed here from the logits that are left.
        double max = double.NegativeInfinity, sum = 0;
        foreach (Native.TokenData token in left) max = Math.Max(max, token.Logit);
        foreach (Native.TokenData token in left) sum += Math.Exp(token.Logit - max);
        var result = new SampledCandidate[left.Length];
        for (int i = 0; i < left.Length; i++)
            result[i] = new SampledCandidate(left[i].Id, left[i].Logit, Math.Exp(left[i].Logit - max) / sum);
        return [.. result.OrderByDescending(c => c.Probability).ThenBy(c => c.Token)];
    }

    private nint Create(SamplerStage s) => s.Kind switch
    {
        "greedy" => Native.llama_sampler_init_greedy(),
        "dist" => Native.llama_sampler_init_dist(s.Seed),
        "top_k" => Native.llama_sampler_init_top_k(s.Count),
        "top_p" => Native.llama_sampler_init_top_p(s.First, (nuint)s.MinKeep),
        "min_p" => Native.llama_sampler_init_min_p(s.First, (nuint)s.MinKeep),
        "typical" => Native.llama_sampler_init_typical(s.First, (nuint)s.MinKeep),
        "temp" => Native.llama_sampler_init_temp(s.First),
        "temp_ext" => Native.llama_sampler_init_temp_ext(s.First, s.Second, s.Third),
        "xtc" => Native.llama_sampler_init_xtc(s.First, s.Second, (nuint)s.MinKeep, s.Seed),
        "top_n_sigma" => Native.llama_sampler_init_top_n_sigma(s.First),
        "mirostat" => Native.llama_sampler_init_mirostat(_vocabularySize, s.Seed, s.First, s.Second, s.Count),
        "mirostat_v2" => Native.llama_sampler_init_mirostat_v2(s.Seed, s.First, s.Second),
        "penalties" => Native.llama_sampler_init_penalties(_vocabularySize, s.Count, s.First, s.Second, s.Third),
        "dry" => Dry(s),
        "logit_bias" => LogitBias(s),
        "grammar" => Native.llama_sampler_init_grammar(NeededVocabulary(s), s.Text ?? "", "root"),
        _ => throw new InvalidOperationException($"Unknown sampler {s.Kind}."),
    };

    private nint Dry(SamplerStage s)
    {
        byte** breakers = stackalloc byte*[s.Breakers.Count];
        try
        {
            for (int i = 0; i < s.Breakers.Count; i++) breakers[i] = (byte*)Marshal.StringToCoTaskMemUTF8(s.Breakers[i]);
            return Native.llama_sampler_init_dry(
                NeededVocabulary(s), s.First, s.Second, s.MinKeep, s.Count, breakers, (nuint)s.Breakers.Count);
        }
        finally
        {
            for (int i = 0; i < s.Breakers.Count; i++) Marshal.FreeCoTaskMem((nint)breakers[i]);
        }
    }

    private nint LogitBias(SamplerStage s)
    {
        Native.LogitBias[] biases = [.. s.Biases.Select(b => new Native.LogitBias { Token = b.Token, Bias = b.Bias })];
        fixed (Native.LogitBias* data = biases) return Native.llama_sampler_init_logit_bias(_vocabularySize, biases.Length, data);
    }

    private nint NeededVocabulary(SamplerStage s) =>
        _vocabulary != 0 ? _vocabulary : throw new InvalidOperationException($"The sampler {s.Kind} needs a loaded model.");
}
