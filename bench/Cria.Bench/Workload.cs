namespace Cria.Bench;

/// <summary>What is timed: either reading a prompt, or generating behind <paramref name="Depth"/> tokens of each sequence.</summary>
internal sealed record Workload(int Prompt, int Generate, int Depth = 0, int Sequences = 1)
{
    public static Workload Prefill(int tokens) => new(tokens, 0);

    public static Workload Decode(int tokens, int depth = 0, int sequences = 1) => new(0, tokens, depth, sequences);
}

/// <summary>One of the two engines, in a process of its own with one model open.</summary>
internal interface IContender : IDisposable
{
    /// <summary>Tokens per second, once; the first call of a workload warms up before.</summary>
    double Measure(Workload workload);
}

/// <summary>How the two engines are started for what needs a fresh process each time.</summary>
internal static class Contenders
{
    public const int FirstTokenPrompt = 10;

    /// <summary>Token ids spread over the vocabulary, away from the control tokens at its start; the opponent's are the same.</summary>
    public static int[] Tokens(int vocabulary, int count) =>
        [.. Enumerable.Range(0, count).Select(i => (int)((i * 7919L + 13) % (vocabulary - 300)) + 300)];
}
