using Cria.Testing;
using LlamaCpp;

namespace Cria.Conformance;

public sealed class OracleTests(Oracle oracle) : IClassFixture<Oracle>
{
    [SkippableFact]
    public void Tokenizes_as_the_published_vocabulary_files_say()
    {
        foreach (string file in TestData.Files("vocab", "*.gguf"))
        {
            LlamaCppProcess llama = oracle.Process;
            llama.Load(file, new LlamaCppOptions { VocabularyOnly = true });
            string[] texts = File.ReadAllText(file + ".inp").Split("\n__ggml_vocab_test__\n");
            string[] expected = File.ReadAllLines(file + ".out");
            for (int i = 0; i < expected.Length; i++)
            {
                Assert.Equal(expected[i].Trim(), string.Join(' ', llama.Tokenize(texts[i])));
            }
        }
    }

    [SkippableFact]
    public void Reports_a_refused_file_with_what_llama_cpp_logged_and_lives_on()
    {
        LlamaCppProcess llama = oracle.Process;
        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(path, "not a model");
            Assert.Contains("magic", Assert.Throws<LlamaCppException>(() => llama.Load(path)).Message);
            Assert.True(llama.IsAlive);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [SkippableFact]
    public void Outlives_a_crash_of_the_library()
    {
        LlamaCppProcess crashed = oracle.Process;
        crashed.Load(TestData.Files("vocab", "*.gguf")[0], new LlamaCppOptions { VocabularyOnly = true });
        // Accepting a token that the grammar forbids throws a C++ exception through the C interface, which ends the process.
        Assert.Contains("ended", Assert.Throws<LlamaCppException>(
            () => crashed.SetChain([SamplerStage.Grammar("root ::= \"x\"")], 1000, history: [500])).Message);
        Assert.False(crashed.IsAlive);
        Assert.Equal(2, oracle.Process.Sample([0, 1], [SamplerStage.TopK(5)]).Candidates.Count);
    }

    [SkippableFact]
    public void Applies_a_sampling_chain()
    {
        LlamaCppProcess llama = oracle.Process;
        float[] logits = [0, MathF.Log(4), MathF.Log(2), MathF.Log(1)];
        SampleResult two = llama.Sample(logits, [SamplerStage.TopK(2), SamplerStage.Distribution(7)]);
        Assert.Equal([1, 2], two.Candidates.Select(c => c.Token));
        Assert.Equal(2 / 3.0, two.Candidates[0].Probability, 1e-6);
        Assert.Contains(two.Chosen, new[] { 1, 2 });

        SampleResult penalised = llama.Sample(logits, [SamplerStage.Penalties(64, 1, 0, 10), SamplerStage.Greedy()], history: [1, 2, 2]);
        Assert.Equal(0, penalised.Chosen);
    }
}
