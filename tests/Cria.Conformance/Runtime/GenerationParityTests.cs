using LlamaCpp;

namespace Cria.Conformance.Runtime;

/// <summary>Compares what the public face gives with llama.cpp running the same file.</summary>
public sealed class GenerationParityTests(Oracle oracle, TinyModelFixture tiny) : IClassFixture<Oracle>, IClassFixture<TinyModelFixture>
{
    private static readonly ModelOptions s_exact = new() { ContextLength = 512, KeyType = CacheType.F32, ValueType = CacheType.F32 };

    private static readonly LlamaCppOptions s_theirs = new()
    {
        Context = 512,
        KeyType = LlamaCppCacheType.F32,
        ValueType = LlamaCppCacheType.F32,
        FlashAttention = FlashAttention.Off,
    };

    [SkippableFact]
    public async Task Continues_greedily_with_the_same_tokens()
    {
        LlamaCppProcess llama = oracle.Process;
        llama.Load(tiny.Path, s_theirs);
        int[] prompt = llama.Tokenize("the other one and then another", addSpecial: true);
        int[] expected = llama.Greedy(prompt, 60);

        await using LlamaModel model = await LlamaModel.LoadAsync(tiny.Path, s_exact);
        GenerationResult result = await model.GenerateAsync(
            "the other one and then another", new GenerationOptions { Temperature = 0, MaxTokens = 60 });

        // They go on after the end of the text, we do not.
        Assert.Equal(expected.TakeWhile(token => token != 2), result.Tokens);
    }

    [SkippableFact]
    public async Task Perplexity_is_that_of_the_same_procedure_on_their_logits()
    {
        const int window = 64;
        string text = string.Concat(Enumerable.Range(0, 400).Select(i => (char)('a' + i * i % 23)));
        LlamaCppProcess llama = oracle.Process;
        llama.Load(tiny.Path, s_theirs);
        int[] tokens = llama.Tokenize(text, addSpecial: true);

        double sum = 0;
        int count = 0;
        for (int start = 0; start + window <= tokens.Length; start += window)
        {
            int[] part = tokens[start..(start + window)];
            part[0] = llama.Vocabulary().Bos;
            float[] logits = llama.AllLogits(part);
            for (int i = window / 2; i < window - 1; i++)
            {
                float[] row = logits[(i * TinyModelFixture.VocabularySize)..((i + 1) * TinyModelFixture.VocabularySize)];
                sum -= row[part[i + 1]] - Math.Log(row.Sum(logit => Math.Exp(logit)));
                count++;
            }
        }

        await using LlamaModel model = await LlamaModel.LoadAsync(tiny.Path, s_exact);
        PerplexityResult result = await model.MeasurePerplexityAsync(text, window);

        Assert.Equal(count, result.TokenCount);
        Assert.Equal(Math.Exp(sum / count), result.Perplexity, 1e-3 * result.Perplexity);
    }
}
