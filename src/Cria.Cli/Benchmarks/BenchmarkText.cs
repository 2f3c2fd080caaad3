namespace Cria.Cli.Benchmarks;

/// <summary>Texts to measure with: what they say does not matter, but they are always the same.</summary>
internal static class BenchmarkText
{
    private static readonly string[] s_words =
        "the river a lamp of stone under morning seven letters crossed slowly and kept their answer for winter while birds counted roads".Split(' ');

    /// <summary>Tokens of the model's vocabulary, mixed by the seed.</summary>
    public static int[] Tokens(LlamaModel model, int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => random.Next(model.Info.VocabularySize))];
    }

    /// <summary>A text of about so many tokens.</summary>
    public static async Task<string> WordsAsync(LlamaModel model, int tokens, int seed, CancellationToken cancellationToken)
    {
        var random = new Random(seed);
        string sample = Words(200);
        int perSample = (await model.TokenizeAsync(sample, cancellationToken: cancellationToken)).Length;
        return Words((int)(200L * tokens / perSample));

        string Words(int count) => string.Join(' ', Enumerable.Range(0, count).Select(_ => s_words[random.Next(s_words.Length)]));
    }
}

/// <summary>The middle of some measurements.</summary>
internal static class Median
{
    public static double Of(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
