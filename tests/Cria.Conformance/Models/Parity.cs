using Cria.Gguf;
using Cria.Models;
using LlamaCpp;

namespace Cria.Conformance.Models;

/// <summary>
/// How far Cria's logits are from llama.cpp's for one model: the normalised mean squared error over a prompt and over
/// generated tokens, and how far below llama.cpp's best token Cria's choice is at worst, by llama.cpp's logits (0 if both
/// always choose the same).
/// </summary>
internal sealed record Parity(double PromptError, double GenerationError, double ChoiceGap)
{
    private const int PromptLength = 44, Generated = 20;

    /// <summary>
    /// Runs a prompt and then llama.cpp's own greedy continuation through both, so that each of the generated positions
    /// is compared after the same tokens.
    /// </summary>
    public static Parity Measure(
        LlamaCppProcess llama, string path, LlamaCppOptions theirs, NetworkOptions ours, params IReadOnlyList<AdapterFile> ourAdapters)
    {
        llama.Load(path, theirs);
        using GgufFile file = GgufFile.Open(path);
        using Network network = Network.Load(file, ours);
        ScaledAdapter[] adapters = [.. ourAdapters.Select(adapter => new ScaledAdapter(network.LoadAdapter(adapter.Path), adapter.Scale))];
        int vocabulary = network.Shape.VocabularySize;
        int[] prompt = [.. Enumerable.Range(0, PromptLength).Select(i => (i * 7919 + 13) % vocabulary)];
        int[] continuation = llama.Greedy(prompt, Generated);
        float[] expected = llama.AllLogits(prompt);

        using KvSequence sequence = network.NewSequence(adapters);
        using var batch = new Batch(PromptLength);
        batch.Add(sequence, prompt, LogitsOf.All);
        network.Forward(batch, CancellationToken.None);
        var promptError = new NormalisedError();
        for (int i = 0; i < prompt.Length; i++) promptError.Add(expected.AsSpan(i * vocabulary, vocabulary), batch.Logits(i));

        float[] last = expected[^vocabulary..];
        float gap = Gap(last, batch.Logits(PromptLength - 1));
        var generationError = new NormalisedError();
        foreach (int token in continuation)
        {
            batch.Clear();
            batch.Add(sequence, [token], LogitsOf.Last);
            network.Forward(batch, CancellationToken.None);
            last = llama.Continue(token);
            generationError.Add(last, batch.Logits(0));
            gap = MathF.Max(gap, Gap(last, batch.Logits(0)));
        }

        return new Parity(promptError.Value, generationError.Value, gap);
    }

    private static float Gap(float[] expected, ReadOnlySpan<float> actual) => expected.Max() - expected[actual.IndexOf(Highest(actual))];

    private static float Highest(ReadOnlySpan<float> values)
    {
        float highest = float.NegativeInfinity;
        foreach (float value in values) highest = MathF.Max(highest, value);
        return highest;
    }
}
